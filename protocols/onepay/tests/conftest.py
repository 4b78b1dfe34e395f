"""Four accounts of the sandbox, and an OnePay that signs for itself, from the sheet alone."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from vcr import VCR

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Outcome, PaymentReport, Refund, RefundReport, Response, Verified, vnd
from payport.testing import NOW, a_callback, a_context, a_payment, an_answer, offered, value_of
from payport_domestic_card import onepay_domestic
from payport_intl_card import onepay_international
from tests.support.cassettes import Cassettes

SECRET = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
PASSWORD = "TEST-pass un/3"
CASSETTES = Cassettes(secrets={SECRET, PASSWORD}, masked={PASSWORD})
UNSIGNED = ("vpc_SecureHash", "vpc_SecureHashType")


@dataclass(frozen=True)
class OnePay:
    """OnePay's side: what it would send about `a_payment()`."""

    secret: str = SECRET

    def sign(self, fields: dict[str, str]) -> str:
        """Section 3: decoded values, byte order of names, empty ones left out, the key's bytes."""
        ours = {
            name: value
            for name, value in fields.items()
            if name.startswith(("vpc_", "user_")) and name not in UNSIGNED and value
        }
        text = "&".join(f"{name}={ours[name]}" for name in sorted(ours, key=str.encode))
        return hmac.new(bytes.fromhex(self.secret), text.encode(), hashlib.sha256).hexdigest().upper()

    def result(self, *, without: tuple[str, ...] = (), **changes: str) -> dict[str, str]:
        """A signed result of the unified page: paid by Mastercard."""
        fields = {
            "vpc_Command": "pay",
            "vpc_Version": "2",
            "vpc_Merchant": "TESTUN01",
            "vpc_MerchTxnRef": "PP23456789AB",
            "vpc_OrderInfo": "PP23456789AB",
            "vpc_Amount": "15000000",
            "vpc_TxnResponseCode": "0",
            "vpc_TransactionNo": "PAY-cM95TESTJWT2-77ME7Q8Dg",
            "vpc_Message": "Approved",
            "vpc_Card": "MC",
            "vpc_CardNum": "512345xxxxxx0008",
            "vpc_PayChannel": "WEB",
        } | changes
        fields = {name: value for name, value in fields.items() if name not in without}
        return fields | {"vpc_SecureHash": self.sign(fields)}

    def callback(self, *, without: tuple[str, ...] = (), **changes: str) -> str:
        return urlencode(self.result(without=without, **changes))

    def answer(
        self, *, signed: bool = True, status: int = 200, without: tuple[str, ...] = (), **changes: str
    ) -> Response:
        """What queryDR says of `a_payment()`, which is paid."""
        changes = {"vpc_DRExists": "Y", "vpc_Command": "queryDR"} | changes
        fields = self.result(without=without, **changes)
        if not signed:
            del fields["vpc_SecureHash"]
        return an_answer(content=urlencode(fields).encode(), status=status)

    def refund_answer(
        self, *, signed: bool = True, status: int = 200, without: tuple[str, ...] = (), **changes: str
    ) -> Response:
        """`a_refund()` was carried out."""
        fields = {
            "vpc_Command": "refund",
            "vpc_Merchant": "TESTUN01",
            "vpc_AccessCode": "D0UN0001",
            "vpc_MerchTxnRef": "RF23456789AB",
            "vpc_OrgMerchTxnRef": "PP23456789AB",
            "vpc_Amount": "4900000",
            "vpc_Operator": "thu.ngan",
            "vpc_Version": "2",
            "vpc_TransactionNo": "REF-TEST0001",
            "vpc_TxnResponseCode": "0",
            "vpc_Message": "Refund approved",
        } | changes
        fields = {name: value for name, value in fields.items() if name not in without}
        if signed:
            fields["vpc_SecureHash"] = self.sign(fields)
        return an_answer(content=urlencode(fields).encode(), status=status)


MODULES = {"onepay_domestic": onepay_domestic, "onepay_international": onepay_international}


@pytest.fixture(scope="session")
def account_of() -> Callable[..., GatewayAccount]:
    """The sandbox account of a gateway, with these settings on top of its own."""
    points = [offered(module, name=name)[0] for name, module in MODULES.items()]
    registry = discover(contracts=ContractLibrary.installed(), entry_points=tuple(points))
    assert not registry.refused

    def make(gateway: str = "onepay_domestic", **settings: Any) -> GatewayAccount:
        table = {
            "name": "onepay-main",
            "plugin": gateway,
            "environment": "sandbox",
            "settings": {
                "merchant": "TESTUN01",
                "access_code": "D0UN0001",
                "user": "opq03",
                "password": PASSWORD,
            }
            | settings,
            "keys": [{"role": "secure_secret", "id": "2026-11", "value": SECRET}],
        }
        return load_accounts([table], registry=registry, approved={})["onepay-main"]

    return make


@pytest.fixture(scope="session")
def unified(account_of: Callable[..., GatewayAccount]) -> GatewayAccount:
    return account_of()


@pytest.fixture(scope="session")
def legacy(account_of: Callable[..., GatewayAccount]) -> GatewayAccount:
    """The legacy domestic page."""
    return account_of(generation="legacy")


@pytest.fixture
def onepay() -> OnePay:
    return OnePay()


@pytest.fixture
def read() -> Callable[[GatewayAccount, str], PaymentReport]:
    """What the core believes of an IPN's query: verified, parsed, and the report looked at."""

    def reading(account: GatewayAccount, query: str) -> PaymentReport:
        proven = account.verify(a_callback(query.encode(), account="onepay-main"))
        assert isinstance(proven, Verified)
        return account.parse(proven)

    return reading


@pytest.fixture
def asked() -> Callable[[GatewayAccount, Response], PaymentReport]:
    """The report that an answer to queryDR leads to, as the core believes it. Raises what the flow raises."""

    def ask(account: GatewayAccount, answer: Response) -> PaymentReport:
        return value_of(account.ready.query(a_payment(), a_context(account=account)), answer)

    return ask


@pytest.fixture
def a_refund() -> Callable[..., Refund]:
    """49,000 ₫ of `a_payment()`."""

    def make(**changes: Any) -> Refund:
        refund = Refund(
            amount=vnd(49_000),
            refund_reference="RF23456789AB",
            idempotency_key="K" * 20,
            gateway_reference=None,
            requested_at=NOW,
            requested_by="thu.ngan",
            payment=a_payment(gateway_reference="PAY-cM95TESTJWT2-77ME7Q8Dg"),
        )
        return replace(refund, **changes)

    return make


@pytest.fixture
def given_back(a_refund: Any, unified: GatewayAccount) -> Callable[..., RefundReport]:
    """The report that an answer to a refund leads to. Raises what the flow raises."""

    def give(answer: Response, **changes: Any) -> RefundReport:
        return value_of(unified.ready.refund(a_refund(**changes), a_context(account=unified)), answer)

    return give


@pytest.fixture
def outcome_of_flow() -> Callable[..., Outcome]:
    """As the core's driver: whatever a flow raises is unknown."""

    def outcome(report: Callable[..., Any], *arguments: Any) -> Outcome:
        try:
            found: Outcome = report(*arguments).outcome
        except AssertionError:
            raise
        except Exception:
            return Outcome.UNKNOWN
        return found

    return outcome


@pytest.fixture(scope="session")
def cassettes() -> Cassettes:
    return CASSETTES


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    CASSETTES.register(vcr)
