"""Queries and refunds as they went over a socket, recorded from the simulator.

`--record-mode=rewrite` makes them anew. A recorded answer is found by method, path and body, so a request
that says anything else is not answered. The password of queryDR is blotted out of what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import new_client
from payport.gateways.flow import Called, drive
from payport.plugin import Outcome, Payment, PaymentReport, Redirect, Refund, RefundReport, vnd
from payport.testing import NOW, a_context, a_payment, value_of
from payport_simulators import serve
from payport_simulators.onepay import (
    Delivery,
    Faults,
    Merchant,
    Product,
    QueryFault,
    RefundFault,
    Simulator,
    app,
)

CASSETTES = Path(__file__).parent / "cassettes" / "test_cassettes"
SECRET, PASSWORD = "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "TEST-pass un/3"
UNTOLD: dict[str, Any] = {"delivery": Delivery.RETURN_ONLY, "slow_for": timedelta(0)}  # no IPN, at once
PATHS = {
    "query_url": "/msp/api/v1/vpc/invoices/queries",
    "refund_url": "/msp/api/v1/vpc/refunds",
}
LEGACY = {"onepay_domestic": "/onecomm-pay/Vpcdps.op", "onepay_international": "/vpcpay/Vpcdps.op"}
PAGES = {
    ("onepay_domestic", "unified"): Product.UNIFIED,
    ("onepay_international", "unified"): Product.UNIFIED,
    ("onepay_domestic", "legacy"): Product.DOMESTIC,
    ("onepay_international", "legacy"): Product.INTERNATIONAL,
}


@pytest.fixture
def vcr_config(cassettes: Any) -> dict[str, Any]:
    config: dict[str, Any] = cassettes.config
    return config


@dataclass(frozen=True)
class Sandbox:
    """Where calls go: to the simulator while recording, else nowhere."""

    account: GatewayAccount
    simulator: Simulator
    product: Product

    def buyer_comes(self, payment: Payment, *, and_ends_with: str | None) -> None:
        """Opens the page, and ends with a response code or leaves."""
        checkout = value_of(
            self.account.ready.initiate(
                payment, a_context(account=self.account, cancel_url="https://shop.example/cart")
            )
        )
        assert isinstance(checkout, Redirect)
        opened = self.simulator.open(self.product, checkout.url.partition("?")[2].encode())
        if and_ends_with is not None:
            self.simulator.settle(opened.token, and_ends_with)

    def has(self, **faults: Any) -> None:
        self.simulator.set_faults(Faults(**UNTOLD, **faults))

    def ask(self, payment: Payment) -> Called[PaymentReport]:
        return asked(self.account, payment)

    def give_back(self, refund: Refund) -> Called[RefundReport]:
        with new_client() as client:
            flow = self.account.ready.refund(refund, a_context(account=self.account))
            return drive(flow, client=client, account=self.account, kind="refund")


def asked(account: GatewayAccount, payment: Payment) -> Called[PaymentReport]:
    context = a_context(account=account, now=NOW + timedelta(minutes=17))
    with new_client() as client:
        return drive(account.ready.query(payment, context), client=client, account=account, kind="query")


@pytest.fixture
def sandbox(account_of: Any, record_mode: str) -> Iterator[Callable[..., Sandbox]]:
    closing: list[Any] = []

    def open_(gateway: str = "onepay_domestic", generation: str = "unified", **merchants: Any) -> Sandbox:
        product = PAGES[gateway, generation]
        merchant = Merchant(
            product, "TESTUN01", "D0UN0001", SECRET, user="opq03", password=PASSWORD, **merchants
        )
        simulator = Simulator({merchant.code: merchant}, clock=lambda: NOW, faults=Faults(**UNTOLD))
        closing.append(simulator.close)
        url = "http://127.0.0.1:9"
        if record_mode != "none":
            server = serve(app(simulator))
            url = server.__enter__()
            closing.append(lambda: server.__exit__(None, None, None))
        addresses = {name: url + path for name, path in PATHS.items()}
        addresses["legacy_query_url"] = url + LEGACY[gateway]
        return Sandbox(account_of(gateway, generation=generation, **addresses), simulator, product)

    yield open_
    for close in reversed(closing):
        close()


@pytest.mark.vcr
@pytest.mark.parametrize(("gateway", "generation"), PAGES)
class TestAsked:
    def test_a_payment_that_was_paid(self, gateway: str, generation: str, sandbox: Any) -> None:
        onepay = sandbox(gateway, generation)
        onepay.buyer_comes(a_payment(), and_ends_with="0")

        called = onepay.ask(a_payment())

        assert (called.outcome, called.gateway_code, called.problem) == (Outcome.DONE, "queryDR 0", "")
        assert (called.value.amount, called.value.order_text) == (vnd(150_000), "PP23456789AB")
        assert called.value.gateway_reference

    def test_a_payment_that_was_cancelled(self, gateway: str, generation: str, sandbox: Any) -> None:
        onepay = sandbox(gateway, generation)
        onepay.buyer_comes(a_payment(), and_ends_with="99")

        called = onepay.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "queryDR 99")

    def test_a_payment_that_was_left(self, gateway: str, generation: str, sandbox: Any) -> None:
        onepay = sandbox(gateway, generation)
        onepay.buyer_comes(a_payment(), and_ends_with=None)

        called = onepay.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "queryDR 100")
        assert called.value.unpaid

    def test_a_payment_of_which_onepay_never_heard(self, gateway: str, generation: str, sandbox: Any) -> None:
        called = sandbox(gateway, generation).ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "queryDR N")
        assert called.value.unpaid

    @pytest.mark.parametrize("fault", [QueryFault.WRONG_HASH, QueryFault.SERVER_ERROR, QueryFault.HTML])
    def test_a_payment_that_was_paid_and_nobody_can_tell(
        self, fault: QueryFault, gateway: str, generation: str, sandbox: Any
    ) -> None:
        onepay = sandbox(gateway, generation)
        onepay.buyer_comes(a_payment(), and_ends_with="0")
        onepay.has(query=fault)

        unsigned_as_ever = generation == "legacy" and fault is QueryFault.WRONG_HASH

        assert onepay.ask(a_payment()).outcome is (Outcome.DONE if unsigned_as_ever else Outcome.UNKNOWN)


@pytest.mark.vcr
class TestAskedOfTheUnifiedPage:
    def test_a_paid_one_whose_answer_has_no_hash(self, sandbox: Any) -> None:
        onepay = sandbox()
        onepay.buyer_comes(a_payment(), and_ends_with="0")
        onepay.has(query=QueryFault.NO_HASH)

        called = onepay.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.UNKNOWN, "queryDR unsigned 0")


@pytest.mark.vcr
class TestGivenBack:
    @pytest.fixture
    def onepay(self, sandbox: Any) -> Sandbox:
        """A payment is paid."""
        found: Sandbox = sandbox()
        found.buyer_comes(a_payment(), and_ends_with="0")
        return found

    def test_all_of_it(self, onepay: Sandbox, a_refund: Any) -> None:
        called = onepay.give_back(a_refund(amount=vnd(150_000)))

        assert (called.outcome, called.gateway_code) == (Outcome.DONE, "0")
        assert called.value is not None
        assert called.value.amount == vnd(150_000)
        assert called.value.gateway_reference

    def test_a_part_another_part_and_then_more_than_is_left(self, onepay: Sandbox, a_refund: Any) -> None:
        told = [
            onepay.give_back(a_refund(amount=vnd(amount), refund_reference=f"RF23456789A{letter}")).outcome
            for amount, letter in ((90_000, "A"), (60_000, "B"), (1, "C"))
        ]

        assert told == [Outcome.DONE, Outcome.DONE, Outcome.DECLINED]

    def test_it_waits_for_somebody_at_onepay(self, onepay: Sandbox, a_refund: Any) -> None:
        onepay.has(refund=RefundFault.WAITS)

        called = onepay.give_back(a_refund())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "300")

    def test_onepay_refuses_it(self, onepay: Sandbox, a_refund: Any) -> None:
        onepay.has(refund=RefundFault.DECLINED)

        called = onepay.give_back(a_refund())

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "1")

    @pytest.mark.parametrize(
        "fault",
        [
            RefundFault.NO_HASH,
            RefundFault.WRONG_HASH,
            RefundFault.TIMED_OUT,
            RefundFault.SERVER_ERROR,
            RefundFault.HTML,
        ],
    )
    def test_REF_03_it_is_carried_out_and_nobody_can_tell(
        self, fault: RefundFault, onepay: Sandbox, a_refund: Any
    ) -> None:
        onepay.has(refund=fault)

        assert onepay.give_back(a_refund()).outcome is Outcome.UNKNOWN


@pytest.mark.vcr
class TestNotGivenBack:
    @pytest.mark.parametrize("ending", ["99", None])
    def test_what_was_never_paid(self, ending: str | None, sandbox: Any, a_refund: Any) -> None:
        onepay = sandbox()
        onepay.buyer_comes(a_payment(), and_ends_with=ending)

        assert onepay.give_back(a_refund()).outcome is Outcome.UNKNOWN

    def test_by_a_merchant_without_the_right(self, sandbox: Any, a_refund: Any) -> None:
        onepay = sandbox(may_refund=False)
        onepay.buyer_comes(a_payment(), and_ends_with="0")

        called = onepay.give_back(a_refund())

        assert (called.outcome, called.gateway_code) == (Outcome.UNKNOWN, "unsigned 255")


def test_a_recorded_answer_fits_no_other_question(account_of: Any, cassettes: Any) -> None:
    account = account_of(query_url=f"http://127.0.0.1:9{PATHS['query_url']}")
    recorded = CASSETTES / "TestAsked.test_a_payment_that_was_paid[onepay_domestic-unified].yaml"

    with cassettes.replaying(recorded):
        same = asked(account, a_payment())
        other = asked(account, a_payment(merchant_reference="PP23456789AC"))

    assert same.outcome is Outcome.DONE
    assert other.outcome is Outcome.UNKNOWN


def test_no_recording_holds_a_secret() -> None:
    for path in CASSETTES.glob("*.yaml"):
        text = path.read_text(encoding="utf-8").lower()

        assert not any(secret in text for secret in (SECRET.lower(), "test-pass", "un%2f3")), path.name
