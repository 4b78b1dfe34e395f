"""Queries as they went over a socket, recorded from the simulator: `--record-mode=rewrite` makes them anew.

A recorded answer is found by method, path and body, so a request that says anything else is not answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import new_client
from payport.gateways.flow import Called, drive
from payport.plugin import Outcome, Payment, PaymentReport, Redirect, vnd
from payport.testing import NOW, a_context, a_payment, value_of
from payport_domestic_card import vnpay
from payport_simulators import serve
from payport_simulators.vnpay import Simulator, Terminal, app

CASSETTES = Path(__file__).parent / "cassettes" / "test_cassettes"


@pytest.fixture
def vcr_config(cassettes: Any) -> dict[str, Any]:
    return cassettes.config


class Sandbox:
    """Where queries go: to the simulator while recording, else nowhere."""

    def __init__(self, account: GatewayAccount, simulator: Simulator) -> None:
        self.account = account
        self._simulator = simulator

    def buyer_comes(self, payment: Payment, *, and_ends_with: str | None) -> None:
        """Opens the page, and ends with a response code or leaves."""
        checkout = value_of(vnpay.initiate(payment, a_context(account=self.account)))
        assert isinstance(checkout, Redirect)
        opened = self._simulator.open(checkout.url.partition("?")[2].encode())
        if and_ends_with is not None:
            self._simulator.settle(opened.token, and_ends_with)

    def ask(self, payment: Payment) -> Called[PaymentReport]:
        return asked(self.account, payment)


def asked(account: GatewayAccount, payment: Payment) -> Called[PaymentReport]:
    context = a_context(account=account, now=NOW + timedelta(minutes=16))
    with new_client() as client:
        return drive(account.ready.query(payment, context), client=client, account=account, kind="query")


@pytest.fixture
def sandbox(account_with: Any, gateway: Any, record_mode: str) -> Iterator[Sandbox]:
    simulator = Simulator({"DEMOTMN1": Terminal("DEMOTMN1", gateway.secret)}, clock=lambda: NOW)
    api = "/merchant_webapi/api/transaction"
    if record_mode == "none":
        yield Sandbox(account_with(api_url=f"http://127.0.0.1:9{api}"), simulator)
    else:
        with serve(app(simulator)) as url:
            yield Sandbox(account_with(api_url=f"{url}{api}"), simulator)
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


def test_a_recorded_answer_fits_no_other_question(account_with: Any, cassettes: Any) -> None:
    account = account_with(api_url="http://127.0.0.1:9/merchant_webapi/api/transaction")

    with cassettes.replaying(CASSETTES / "TestAsked.test_a_payment_that_was_paid.yaml"):
        same = asked(account, a_payment())
        other = asked(account, a_payment(merchant_reference="PP23456789AC"))

    assert same.outcome is Outcome.DONE
    assert other.outcome is Outcome.UNKNOWN
