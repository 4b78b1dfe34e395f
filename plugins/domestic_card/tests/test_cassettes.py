"""Queries and refunds as they went over a socket, recorded from the simulator.

`--record-mode=rewrite` makes them anew. A recorded answer is found by method, path and body, so a
request that says anything else is not answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import new_client
from payport.gateways.flow import Called, drive
from payport.plugin import Outcome, Payment, PaymentReport, Redirect, Refund, RefundReport, vnd
from payport.testing import NOW, a_context, a_payment, value_of
from payport_domestic_card import vnpay
from payport_simulators import serve
from payport_simulators.vnpay import Simulator, Terminal, app
from payport_simulators.vnpay.faults import ApiFault, Faults, RefundFault

CASSETTES = Path(__file__).parent / "cassettes" / "test_cassettes"


@pytest.fixture
def vcr_config(cassettes: Any) -> dict[str, Any]:
    return cassettes.config


class Sandbox:
    """Where calls go: to the simulator while recording, else nowhere."""

    def __init__(self, account: GatewayAccount, simulator: Simulator, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self._simulator = simulator

    def buyer_comes(self, payment: Payment, *, and_ends_with: str | None) -> None:
        """Opens the page, and ends with a response code or leaves."""
        checkout = value_of(vnpay.initiate(payment, a_context(account=self.account)))
        assert isinstance(checkout, Redirect)
        opened = self._simulator.open(checkout.url.partition("?")[2].encode())
        if and_ends_with is not None:
            self._simulator.settle(opened.token, and_ends_with)

    def has(self, **faults: Any) -> None:
        self._simulator.set_faults(Faults(**faults))

    def ask(self, payment: Payment) -> Called[PaymentReport]:
        return asked(self.account, payment)

    def give_back(self, refund: Refund) -> Called[RefundReport]:
        return self._called(self.account.ready.refund, refund)

    def ask_about(self, refund: Refund) -> Called[RefundReport]:
        return self._called(self.account.ready.query_refund, refund)

    def _called(self, hook: Any, refund: Refund) -> Called[RefundReport]:
        context = a_context(account=self.account, now=self.clock(), request_id=self.clock.next_id())
        with new_client() as client:
            return drive(hook(refund, context), client=client, account=self.account, kind="refund")


class Clock:
    """Stands still until it is moved, and names each call."""

    def __init__(self) -> None:
        self.now, self._calls = NOW, 0

    def __call__(self) -> datetime:
        return self.now

    def next_id(self) -> str:
        self._calls += 1
        return f"R{self._calls:019}"


def asked(account: GatewayAccount, payment: Payment) -> Called[PaymentReport]:
    context = a_context(account=account, now=NOW + timedelta(minutes=16))
    with new_client() as client:
        return drive(account.ready.query(payment, context), client=client, account=account, kind="query")


@pytest.fixture
def sandbox(account_with: Any, gateway: Any, record_mode: str) -> Iterator[Sandbox]:
    clock = Clock()
    simulator = Simulator({"DEMOTMN1": Terminal("DEMOTMN1", gateway.secret)}, clock=clock)
    api = "/merchant_webapi/api/transaction"
    if record_mode == "none":
        yield Sandbox(account_with(api_url=f"http://127.0.0.1:9{api}"), simulator, clock)
    else:
        with serve(app(simulator)) as url:
            yield Sandbox(account_with(api_url=f"{url}{api}"), simulator, clock)
    simulator.close()


@pytest.mark.vcr
class TestAsked:
    def test_a_payment_that_was_paid(self, sandbox: Sandbox) -> None:
        sandbox.buyer_comes(a_payment(), and_ends_with="00")

        called = sandbox.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.DONE, "querydr 00/00")
        assert called.value is not None
        assert (called.value.amount, called.value.gateway_reference) == (vnd(150_000), "15000001")
        assert called.value.paid_at == NOW

    def test_a_payment_that_was_cancelled(self, sandbox: Sandbox) -> None:
        sandbox.buyer_comes(a_payment(), and_ends_with="24")

        called = sandbox.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "querydr 00/02")

    def test_a_payment_that_was_left(self, sandbox: Sandbox) -> None:
        sandbox.buyer_comes(a_payment(), and_ends_with=None)

        called = sandbox.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "querydr 00/01")
        assert called.value is not None
        assert called.value.unpaid

    def test_a_payment_of_which_vnpay_never_heard(self, sandbox: Sandbox) -> None:
        called = sandbox.ask(a_payment())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "querydr 91")
        assert called.value is not None
        assert called.value.unpaid


@pytest.mark.vcr
class TestGivenBack:
    @pytest.fixture(autouse=True)
    def paid(self, sandbox: Sandbox) -> None:
        sandbox.buyer_comes(a_payment(), and_ends_with="00")

    def test_all_of_it_is_under_way_then_sent_to_the_bank_then_back(
        self, sandbox: Sandbox, a_refund: Any
    ) -> None:
        called = sandbox.give_back(a_refund())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "refund 00/05")
        assert called.value is not None
        assert (called.value.amount, called.value.gateway_reference) == (vnd(150_000), "15000002")
        told = []
        for _ in range(2):
            sandbox.clock.now += timedelta(minutes=1)
            report = sandbox.ask_about(a_refund(gateway_reference="15000002"))
            told.append((report.outcome, report.gateway_code))
        assert told == [
            (Outcome.PENDING, "querydr refund 00/06"),
            (Outcome.DONE, "querydr refund 00/00"),
        ]

    def test_a_part_and_then_more_than_is_left(self, sandbox: Sandbox, a_refund: Any) -> None:
        part = sandbox.give_back(a_refund(amount=vnd(90_000)))
        more = sandbox.give_back(a_refund(amount=vnd(60_001), idempotency_key="L" * 20))

        assert (part.outcome, part.gateway_code) == (Outcome.PENDING, "refund 00/05")
        assert (more.outcome, more.gateway_code) == (Outcome.DECLINED, "refund 93")

    def test_the_bank_refuses_it(self, sandbox: Sandbox, a_refund: Any) -> None:
        sandbox.has(refund=RefundFault.REJECTED)
        sandbox.give_back(a_refund())
        sandbox.clock.now += timedelta(minutes=2)

        called = sandbox.ask_about(a_refund(gateway_reference="15000002"))

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "querydr refund 00/09")

    def test_the_same_refund_is_asked_for_already(self, sandbox: Sandbox, a_refund: Any) -> None:
        sandbox.give_back(a_refund(amount=vnd(50_000)))

        called = sandbox.give_back(a_refund(amount=vnd(50_000), idempotency_key="L" * 20))

        assert (called.outcome, called.gateway_code) == (Outcome.UNKNOWN, "refund 94")

    @pytest.mark.parametrize("fault", [ApiFault.NO_HASH, ApiFault.BAD_HASH, ApiFault.SERVER_ERROR,
                                       ApiFault.HTML, ApiFault.TIMED_OUT])  # fmt: skip
    def test_REF_03_it_is_done_and_nobody_knows(
        self, fault: ApiFault, sandbox: Sandbox, a_refund: Any
    ) -> None:
        sandbox.has(api=fault)
        lost = sandbox.give_back(a_refund())
        sandbox.has()

        asked_without_a_number = sandbox.ask_about(a_refund())

        assert lost.outcome is Outcome.UNKNOWN
        assert asked_without_a_number.outcome is Outcome.UNKNOWN


@pytest.mark.vcr
class TestNotGivenBack:
    @pytest.mark.parametrize(("ending", "code"), [("24", "95"), (None, "95")])
    def test_what_was_never_paid(
        self, ending: str | None, code: str, sandbox: Sandbox, a_refund: Any
    ) -> None:
        sandbox.buyer_comes(a_payment(), and_ends_with=ending)

        called = sandbox.give_back(a_refund(payment=a_payment(gateway_reference=None)))

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, f"refund {code}")

    def test_what_vnpay_never_heard_of(self, sandbox: Sandbox, a_refund: Any) -> None:
        called = sandbox.give_back(a_refund())

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "refund 91")


def test_a_recorded_answer_fits_no_other_question(account_with: Any, cassettes: Any) -> None:
    account = account_with(api_url="http://127.0.0.1:9/merchant_webapi/api/transaction")

    with cassettes.replaying(CASSETTES / "TestAsked.test_a_payment_that_was_paid.yaml"):
        same = asked(account, a_payment())
        other = asked(account, a_payment(merchant_reference="PP23456789AC"))

    assert same.outcome is Outcome.DONE
    assert other.outcome is Outcome.UNKNOWN
