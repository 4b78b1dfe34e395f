"""Orders and questions as they went over a socket, recorded from the simulator.

`--record-mode=rewrite` makes them anew. A recorded answer is found by method, path and body, so a request
that says anything else is not answered. What stands for the password is left out of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import new_client
from payport.gateways.flow import Called, drive
from payport.plugin import Checkout, Outcome, Payment, PaymentReport, Redirect, vnd
from payport.testing import NOW, a_context, a_payment
from payport_simulators import serve
from payport_simulators.nganluong import ApiFault, Faults, Merchant, Simulator, State, app

CASSETTES = Path(__file__).parent / "cassettes" / "test_cassettes"


class Sandbox:
    """Where calls go: to the simulator while recording, else nowhere."""

    def __init__(self, account: GatewayAccount, simulator: Simulator | None) -> None:
        self.account = account
        self._simulator = simulator

    def has(self, **faults: Any) -> None:
        if self._simulator is not None:
            self._simulator.set_faults(Faults(**faults))

    def hands_over(self, payment: Payment) -> Called[Checkout]:
        return handed_over(self.account, payment)

    def gives_a_token(self) -> Payment:
        """Our payment, once NgânLượng has named it."""
        checkout = self.hands_over(a_payment()).value
        assert isinstance(checkout, Redirect)
        return replace(a_payment(), checkout_reference=checkout.checkout_reference)

    def buyer_ends(self, payment: Payment, state: State) -> None:
        if self._simulator is not None:
            assert payment.checkout_reference is not None
            self._simulator.settle(payment.checkout_reference, state, tell=False)

    def ask(self, payment: Payment) -> Called[PaymentReport]:
        return asked(self.account, payment)


def handed_over(account: GatewayAccount, payment: Payment) -> Called[Checkout]:
    with new_client() as client:
        flow = account.ready.initiate(payment, a_context(account=account))
        return drive(flow, client=client, account=account, kind="initiate")


def asked(account: GatewayAccount, payment: Payment) -> Called[PaymentReport]:
    context = a_context(account=account, now=NOW + timedelta(minutes=5))
    with new_client() as client:
        return drive(account.ready.query(payment, context), client=client, account=account, kind="query")


def at(account_with: Any, url: str, **settings: Any) -> GatewayAccount:
    api, check = f"{url}/checkout.api.nganluong.post.php", f"{url}/service/order/check"
    found: GatewayAccount = account_with(api_url=api, order_check_url=check, **settings)
    return found


@pytest.fixture(params=["detail", "order_check"])
def sandbox(account_with: Any, gateway: Any, record_mode: str, request: Any) -> Iterator[Sandbox]:
    by = request.param
    if record_mode == "none":
        yield Sandbox(at(account_with, "http://127.0.0.1:9", query_by=by), None)
        return
    merchant = Merchant("0045571", gateway.secret, "Merchant@example.vn")
    simulator = Simulator({merchant.id: merchant}, clock=lambda: NOW)
    with serve(app(simulator)) as url:
        yield Sandbox(at(account_with, url, query_by=by), simulator)
    simulator.close()


@pytest.mark.vcr
class TestAsked:
    def test_a_payment_that_was_paid(self, sandbox: Sandbox) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.PAID)

        called = sandbox.ask(payment)

        assert (called.outcome, called.gateway_code) == (Outcome.DONE, "00/00")
        assert called.value is not None
        assert (called.value.amount, called.value.merchant_reference) == (vnd(150_000), "PP23456789AB")
        assert called.value.merchant_account == "merchant@example.vn"
        assert called.value.gateway_reference

    def test_a_payment_that_was_left(self, sandbox: Sandbox) -> None:
        called = sandbox.ask(sandbox.gives_a_token())

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, "81")
        assert called.value is not None
        assert called.value.unpaid

    def test_a_payment_that_was_cancelled(self, sandbox: Sandbox) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.CANCELLED)

        called = sandbox.ask(payment)

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "115")

    def test_a_payment_that_is_held(self, sandbox: Sandbox) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.HELD)

        called = sandbox.ask(payment)

        assert called.outcome is Outcome.PENDING
        assert called.value is not None
        assert not called.value.unpaid

    def test_a_payment_of_another_sum_than_was_asked(self, sandbox: Sandbox) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.PAID)
        sandbox.has(amount_off_by=-1_000)

        called = sandbox.ask(payment)

        assert called.value is not None
        assert called.value.amount == vnd(149_000)  # for the core to compare

    @pytest.mark.parametrize("status", ["01", "02", "03"])
    def test_a_payment_that_one_document_calls_paid_and_another_does_not(
        self, sandbox: Sandbox, status: str
    ) -> None:
        payment = sandbox.gives_a_token()
        sandbox.has(status=status)

        called = sandbox.ask(payment)

        assert (called.outcome, called.gateway_code) == (Outcome.PENDING, f"00/{status}")

    @pytest.mark.parametrize(
        "fault",
        [ApiFault.HTML, ApiFault.SERVER_ERROR, ApiFault.HALF, ApiFault.OTHER_ENCODING, ApiFault.REDIRECT],
    )
    def test_CHN_08_a_gateway_that_is_out_of_order(self, sandbox: Sandbox, fault: ApiFault) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.PAID)
        sandbox.has(query=fault)

        assert sandbox.ask(payment).outcome is Outcome.UNKNOWN

    def test_CHN_08_and_answered_about_another_order(self, sandbox: Sandbox) -> None:
        payment = sandbox.gives_a_token()
        sandbox.buyer_ends(payment, State.PAID)
        other = sandbox.hands_over(a_payment(merchant_reference="PP23456789AC"))
        sandbox.has(other_order=True)

        assert isinstance(other.value, Redirect)
        assert sandbox.ask(payment).outcome is Outcome.UNKNOWN

    def test_a_token_of_which_nobody_heard(self, sandbox: Sandbox) -> None:
        called = sandbox.ask(a_payment(checkout_reference="1-ffffffffffffffffffffffffffffffff"))

        assert (called.outcome, called.gateway_code) == (Outcome.UNKNOWN, "29")


@pytest.mark.vcr
class TestHandedOver:
    def test_to_a_page_with_a_bare_ampersand(self, sandbox: Sandbox) -> None:
        sandbox.has(bare_ampersand=True)

        called = sandbox.hands_over(a_payment())

        assert isinstance(called.value, Redirect)
        assert called.value.checkout_reference

    def test_with_a_card(self, sandbox: Sandbox) -> None:
        assert isinstance(sandbox.hands_over(a_payment(choice="VISA")).value, Redirect)

    @pytest.mark.parametrize(
        "fault",
        [ApiFault.HTML, ApiFault.SERVER_ERROR, ApiFault.HALF, ApiFault.OTHER_ENCODING, ApiFault.REDIRECT],
    )
    def test_CHN_08_to_a_gateway_that_is_out_of_order(self, sandbox: Sandbox, fault: ApiFault) -> None:
        sandbox.has(create=fault)

        called = sandbox.hands_over(a_payment())

        assert (called.value, called.outcome) == (None, Outcome.UNKNOWN)


def test_a_recorded_answer_fits_no_other_question(account_with: Any, cassettes: Any) -> None:
    account = at(account_with, "http://127.0.0.1:9")
    with cassettes.replaying(CASSETTES / "TestAsked.test_a_token_of_which_nobody_heard[detail].yaml"):
        same = asked(account, a_payment(checkout_reference="1-ffffffffffffffffffffffffffffffff"))
        other = asked(account, a_payment(checkout_reference="1-00000000000000000000000000000000"))

    assert (same.gateway_code, other.gateway_code) == ("29", "")
    assert other.outcome is Outcome.UNKNOWN


def test_no_cassette_holds_the_password_or_what_stands_for_it(gateway: Any) -> None:
    texts = [file.read_text(encoding="utf-8") for file in CASSETTES.glob("*.yaml")]

    assert texts
    assert not any(gateway.secret in text or gateway.digest in text for text in texts)
