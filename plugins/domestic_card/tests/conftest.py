"""An account of the sandbox, and a VNPAY that signs for itself, from the sheet alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from vcr import VCR

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Context, PaymentReport, Refund, Response, Verified, vnd
from payport.testing import NOW, a_callback, a_context, a_payment, an_answer, offered
from payport_domestic_card import vnpay
from payport_domestic_card.vnpay_account import Settings
from tests.support.cassettes import Cassettes

SECRET = "TESTVNPAYSECRETBETA00000000000002"
CASSETTES = Cassettes({SECRET})
ANSWER_SLOTS = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef",
    "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType",
    "vnp_TransactionStatus", "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount",
)  # fmt: skip


@dataclass(frozen=True)
class Gateway:
    """VNPAY's side: what it would send about `a_payment()`."""

    secret: str = SECRET

    def callback(self, *, without: str | None = None, **changes: str) -> str:
        fields = {
            "vnp_Amount": "15000000",
            "vnp_BankCode": "NCB",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": "Thanh toan don hang PP23456789AB",
            "vnp_PayDate": "20261125100312",
            "vnp_ResponseCode": "00",
            "vnp_TmnCode": "DEMOTMN1",
            "vnp_TransactionNo": "15000001",
            "vnp_TransactionStatus": "00",
            "vnp_TxnRef": "PP23456789AB",
        } | changes
        text = "&".join(
            f"{name}={quote_plus(value)}" for name, value in sorted(fields.items()) if name != without
        )
        return f"{text}&vnp_SecureHash={self.sign(text)}"

    def answer(self, *, signed: bool = True, **changes: Any) -> Response:
        fields = {
            "vnp_ResponseId": "0f3d5c0a4b8e4f0f",
            "vnp_Command": "querydr",
            "vnp_ResponseCode": "00",
            "vnp_Message": "QueryDR Success",
            "vnp_TmnCode": "DEMOTMN1",
            "vnp_TxnRef": "PP23456789AB",
            "vnp_Amount": "15000000",
            "vnp_BankCode": "NCB",
            "vnp_PayDate": "20261125100312",
            "vnp_TransactionNo": "15000001",
            "vnp_TransactionType": "01",
            "vnp_TransactionStatus": "00",
            "vnp_OrderInfo": "Thanh toan don hang PP23456789AB",
        } | changes
        text = "|".join(str(fields.get(slot) or "") for slot in ANSWER_SLOTS)
        return an_answer(fields | ({"vnp_SecureHash": self.sign(text)} if signed else {}))

    def short_answer(self, code: str, *, command: str = "querydr") -> Response:
        """A signed refusal: six fields and no more."""
        kept = ("vnp_ResponseId", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef")
        whole = json.loads(self.answer().content)
        fields = {name: whole[name] for name in kept} | {"vnp_Command": command, "vnp_ResponseCode": code}
        text = "|".join(fields.get(slot, "") for slot in ANSWER_SLOTS[: 13 if command == "refund" else 15])
        return an_answer(fields | {"vnp_SecureHash": self.sign(text)})

    def refund_row(self, *, signed: bool = True, **changes: Any) -> Response:
        """What querydr says of `a_refund()`, which is done."""
        return self.answer(
            signed=signed,
            **{
                "vnp_TransactionNo": "15000009",
                "vnp_TransactionType": "02",
                "vnp_OrderInfo": "Hoan tien PP23456789AB RF23456789AB",
            }
            | changes,
        )

    def refund_answer(self, *, signed: bool = True, **changes: Any) -> Response:
        """`a_refund()` was taken over: the first thirteen of the fifteen slots."""
        refund = {"vnp_Command": "refund", "vnp_Message": "Refund success", "vnp_TransactionStatus": "05"}
        fields = json.loads(self.refund_row(signed=False, **refund | changes).content)
        text = "|".join(str(fields.get(slot) or "") for slot in ANSWER_SLOTS[:13])
        return an_answer(fields | ({"vnp_SecureHash": self.sign(text)} if signed else {}))

    def sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()


@pytest.fixture(scope="session")
def account_with() -> Callable[..., GatewayAccount]:
    """The sandbox account, with these settings on top of its own."""
    registry = discover(contracts=ContractLibrary.installed(), entry_points=offered(vnpay, name="vnpay"))

    def make(**settings: Any) -> GatewayAccount:
        table = {
            "name": "vnpay-main",
            "plugin": "vnpay",
            "environment": "sandbox",
            "settings": {"tmn_code": "DEMOTMN1", "server_ip": "203.0.113.10"} | settings,
            "keys": [{"role": "hash_secret", "id": "2026-11", "value": SECRET}],
        }
        return load_accounts([table], registry=registry, approved={})["vnpay-main"]

    return make


@pytest.fixture(scope="session")
def account(account_with: Callable[..., GatewayAccount]) -> GatewayAccount:
    return account_with()


@pytest.fixture
def in_context(account: GatewayAccount) -> Context[Settings]:
    return a_context(account=account)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def a_refund() -> Callable[..., Refund]:
    """All of `a_payment()`, whose number at VNPAY is 15000001."""

    def make(**changes: Any) -> Refund:
        refund = Refund(
            amount=vnd(150_000),
            refund_reference="RF23456789AB",
            idempotency_key="K" * 20,
            gateway_reference=None,
            requested_at=NOW,
            requested_by="thu.ngan",
            payment=a_payment(gateway_reference="15000001"),
        )
        return replace(refund, **changes)

    return make


@pytest.fixture
def report(account: GatewayAccount) -> Any:
    """What the core believes of an IPN's query: verified, parsed, and the report looked at."""

    def read(query: str) -> PaymentReport:
        proven = account.verify(a_callback(query.encode(), account="vnpay-main"))
        assert isinstance(proven, Verified)
        return account.ready.parse(proven)

    return read


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    CASSETTES.register(vcr)


@pytest.fixture(scope="session")
def cassettes() -> Cassettes:
    return CASSETTES
