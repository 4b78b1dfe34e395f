"""What we send: signed in one way, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from payport.errors import ConfigurationError, ContractError, RequestRefused
from payport.signing.contract import Contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received
from payport.signing.verify import sign, verify

if TYPE_CHECKING:
    from conftest import Sender

Shipped = Callable[[str], Contract]
KEYS = Keyring([Key("hash_secret", "k", SecretStr("synthetic"), "sandbox")])
PAY: dict[str, Any] = {
    "vnp_TxnRef": "P1",
    "vnp_Amount": 15_000_000,
    "vnp_OrderInfo": "P 1",
    "vnp_BankCode": "",
}


def test_integers_are_sent_as_their_digits_and_empty_fields_not_at_all(
    shipped: Shipped, at: datetime
) -> None:
    sent = sign(shipped("vnpay/pay.toml"), PAY, keyring=KEYS, settings={}, at=at)

    assert list(sent) == ["vnp_TxnRef", "vnp_Amount", "vnp_OrderInfo", "vnp_SecureHash"]
    assert sent["vnp_Amount"] == "15000000"


def test_what_is_signed_does_not_depend_on_the_order_of_the_fields(shipped: Shipped, at: datetime) -> None:
    turned = dict(reversed(PAY.items()))

    one, other = (
        sign(shipped("vnpay/pay.toml"), fields, keyring=KEYS, settings={}, at=at) for fields in (PAY, turned)
    )

    assert one == other


@pytest.mark.parametrize("value", [None, True, False, 1.5, b"1", ["1"], {"a": "1"}, 15_000_000.0])
def test_only_text_and_whole_numbers_are_signed(shipped: Shipped, at: datetime, value: Any) -> None:
    with pytest.raises(RequestRefused, match="vnp_Amount"):
        sign(shipped("vnpay/pay.toml"), {**PAY, "vnp_Amount": value}, keyring=KEYS, settings={}, at=at)


def test_a_refusal_does_not_show_the_value(shipped: Shipped, at: datetime) -> None:
    keys = Keyring([Key("secure_secret", "k", SecretStr("5A" * 16), "sandbox")])

    with pytest.raises(RequestRefused) as refusal:
        sign(shipped("onepay/pay.toml"), {"vpc_OrderInfo": "marker&x"}, keyring=keys, settings={}, at=at)

    assert refusal.value.field == "vpc_OrderInfo"
    assert "marker" not in str(refusal.value)


def test_an_address_with_its_own_query_is_signed_raw(shipped: Shipped, at: datetime) -> None:
    keys = Keyring([Key("secure_secret", "k", SecretStr("5A" * 16), "sandbox")])

    sent = sign(
        shipped("onepay/pay.toml"),
        {"vpc_ReturnURL": "https://shop.example/?a=1&b=2"},
        keyring=keys,
        settings={},
        at=at,
    )

    assert sent["vpc_ReturnURL"] == "https://shop.example/?a=1&b=2"


def test_without_a_key_nothing_is_signed(shipped: Shipped, at: datetime) -> None:
    with pytest.raises(ConfigurationError, match=r"keys\.hash_secret"):
        sign(shipped("vnpay/pay.toml"), PAY, keyring=Keyring([]), settings={}, at=at)


def test_a_contract_goes_one_way(shipped: Shipped, vnpay: Sender, at: datetime) -> None:
    with pytest.raises(ContractError, match="is for what we receive"):
        sign(vnpay.contract, vnpay.fields, keyring=KEYS, settings={}, at=at)
    with pytest.raises(ContractError, match="is for what we send"):
        verify(shipped("vnpay/pay.toml"), Received("GET", b"", (), b"", at), keyring=KEYS, settings={}, at=at)


def test_our_own_signed_request_played_back_is_incomplete(
    shipped: Shipped, vnpay: Sender, at: datetime
) -> None:
    """vnpay.md 4: the same key and rule sign our own payment URL."""
    keys = vnpay.keyring()
    fields = {"vnp_TmnCode": "TESTTMN1", "vnp_TxnRef": "P1", "vnp_Amount": "15000000", "vnp_Command": "pay"}
    sent = sign(shipped("vnpay/pay.toml"), fields, keyring=keys, settings={}, at=at)

    with pytest.raises(Exception, match="vnp_ResponseCode: is missing") as rejection:
        vnpay.judge(vnpay.deliver(vnpay.raw(sent)))

    assert rejection.value.reason == "missing_field"
