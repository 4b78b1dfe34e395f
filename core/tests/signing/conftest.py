"""Gateways that sign for themselves: plain hmac and hashlib, written from the sheets, never from our code."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from pydantic import SecretStr

from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import verify

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
Values = Mapping[str, str | bytes]


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def escaped(value: str | bytes) -> bytes:
    """PHP's urlencode, from its description: letters, digits and -_. stay, a space is +."""
    keep = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    return b"".join(
        bytes([byte]) if byte in keep else b"+" if byte == 32 else f"%{byte:02X}".encode()
        for byte in _bytes(value)
    )


def _vnpay(fields: Values, key: str) -> str:
    text = b"&".join(name.encode() + b"=" + escaped(value) for name, value in sorted(fields.items()))
    return hmac.new(key.encode(), text, hashlib.sha512).hexdigest()


def _onepay(fields: Values, key: str) -> str:
    text = b"&".join(name.encode() + b"=" + _bytes(value) for name, value in sorted(fields.items()) if value)
    return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest().upper()


def _nganluong(*names: str, lead: bytes = b"", after: tuple[bytes, ...] = ()) -> Callable[[Values, str], str]:
    def sign(fields: Values, key: str) -> str:
        values = [_bytes(fields.get(name, b"")) for name in names]
        return hashlib.md5(lead + b" ".join([*values, *after, key.encode()])).hexdigest()

    return sign


@dataclass(frozen=True)
class Sender:
    """One gateway's server, for one shipped callback contract."""

    contract: Contract
    fields: dict[str, str]
    signature: str
    key: str
    other_key: str
    sign: Callable[[Values, str], str]
    reference: str  # the field that holds our reference
    amount: str
    text: str  # a field of free text
    method: str = "GET"
    settings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.contract.id} by {self.method}"

    @property
    def is_proof(self) -> bool:
        return self.contract.grade == "proof"

    def keyring(self, *values: str) -> Keyring:
        """Keys one after the other, each a year younger than the one before."""
        return Keyring(
            Key(
                self.contract.key_role or "",
                f"key-{number}",
                SecretStr(value),
                "sandbox",
                not_before=datetime(2020 + number, 1, 1, tzinfo=UTC),
            )
            for number, value in enumerate(values or (self.key,))
        )

    def deliver(self, raw: bytes, *, query: bytes = b"", body: bytes = b"") -> Received:
        """`raw` where the contract reads, and something else in the other place."""
        if self.method == "GET":
            return Received("GET", raw, (), body, AT)
        return Received("POST", query, (), raw, AT)

    def message(
        self,
        fields: Values | None = None,
        *,
        signature: str | bytes | None = None,
        key: str | None = None,
        extra: bytes = b"",
    ) -> Received:
        """Genuine unless told otherwise: these fields, this signature, and unsigned text at the end."""
        values = self.fields if fields is None else fields
        made = self.sign(values, key or self.key) if signature is None else signature
        return self.deliver(self.raw(values) + b"&" + self.signature.encode() + b"=" + escaped(made) + extra)

    def raw(self, fields: Values) -> bytes:
        return b"&".join(name.encode() + b"=" + escaped(value) for name, value in fields.items())

    def judge(self, message: Received, keys: Keyring | None = None) -> Verified | Hint:
        return verify(self.contract, message, keyring=keys or self.keyring(), settings=self.settings, at=AT)

    def seen(self, message: Received, name: str) -> str:
        """The value that a plugin, or for a hint the core, would see."""
        result = self.judge(message)
        return result[name] if isinstance(result, Verified) else result.value


def contract(path: str) -> Contract:
    return load_contract(files("payport_contracts").joinpath(path).read_bytes().decode(), source=path)


_VNPAY = {
    "vnp_Amount": "15000000",
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP15000001",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Thanh toan don hang: PPAB23CD45EF",
    "vnp_PayDate": "20261125100000",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "TESTTMN1",
    "vnp_TransactionNo": "15000001",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "PPAB23CD45EF",
}
_ONEPAY = {
    "vpc_Command": "pay",
    "vpc_Version": "2",
    "vpc_Merchant": "TESTUN01",
    "vpc_Amount": "9900000",
    "vpc_MerchTxnRef": "PPAB23CD45EF",
    "vpc_Message": "Approved by issuer",
    "vpc_TransactionNo": "PAY-cM95TESTJWT2-77ME7Q8Dg",
    "vpc_TxnResponseCode": "0",
}
_NGANLUONG = {
    "transaction_info": "Thanh toan",
    "order_code": "PPAB23CD45EF",
    "price": "150000",
    "payment_id": "19900001",
    "payment_type": "1",
    "error_text": "",
}
_UPDATE = {
    name: _NGANLUONG[name] for name in ("transaction_info", "order_code", "payment_id", "payment_type")
}
_REFUND = {
    "transaction_info": "Thanh toan",
    "order_code": "PPAB23CD45EF",
    "payment_id": "19900001",
    "refund_payment_id": "19900099",
    "refund_amount": "150000",
    "refund_type": "1",
    "refund_description": "Khach huy don",
}
_WORDS = ("TESTVNPAYSECRETALPHA000000000001", "TESTVNPAYSECRETBETA0000000000002")
_HEX = ("5A5A0000111122223333444455556666", "0A1B2C3D4E5F60718293A4B5C6D7E8F9")


def _senders() -> list[Sender]:
    vnpay = ("vnp_TxnRef", "vnp_Amount", "vnp_OrderInfo")
    onepay = ("vpc_MerchTxnRef", "vpc_Amount", "vpc_Message")
    site = {"merchant_site_code": "900001"}
    returned = _nganluong(*_NGANLUONG, lead=b" ", after=(b"900001",))
    return [
        Sender(contract("vnpay/ipn.toml"), _VNPAY, "vnp_SecureHash", *_WORDS, _vnpay, *vnpay),
        Sender(contract("vnpay/return.toml"), _VNPAY, "vnp_SecureHash", *_WORDS, _vnpay, *vnpay),
        Sender(contract("onepay/callback.toml"), _ONEPAY, "vpc_SecureHash", *_HEX, _onepay, *onepay),
        Sender(contract("onepay/callback.toml"), _ONEPAY, "vpc_SecureHash", *_HEX, _onepay, *onepay, "POST"),
        Sender(
            contract("nganluong/classic-return.toml"), _NGANLUONG, "secure_code", *_WORDS, returned,
            "order_code", "price", "transaction_info", settings=site,
        ),
        Sender(
            contract("nganluong/update-order.toml"), _UPDATE, "secure_code", *_WORDS, _nganluong(*_UPDATE),
            "order_code", "payment_id", "transaction_info", "POST",
        ),
        Sender(
            contract("nganluong/refund-order.toml"), _REFUND, "secure_code", *_WORDS, _nganluong(*_REFUND),
            "order_code", "refund_amount", "transaction_info", "POST",
        ),
    ]  # fmt: skip


@pytest.fixture(params=_senders(), ids=str)
def sender(request: pytest.FixtureRequest) -> Sender:
    """Each shipped callback contract that signs, with a gateway that speaks it."""
    return request.param


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def vnpay() -> Sender:
    return _senders()[0]


@pytest.fixture
def onepay() -> Sender:
    return _senders()[2]


@pytest.fixture
def shipped() -> Callable[[str], Contract]:
    """A shipped contract by its file, as in "vnpay/ipn.toml"."""
    return contract
