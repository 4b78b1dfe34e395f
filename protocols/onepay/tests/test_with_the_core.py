"""An OnePay on a socket, a whole core: what buyers, operators and forgers get out of it.

On both databases where it counts what is stored twice or taken away; else on the one that is quicker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from payport.errors import RequestRefused
from payport.plugin import Redirect, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.rules.refund import State as RefundState
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from payport.signing.received import Channel
from payport_simulators import serve
from payport_simulators.onepay import (
    Delivery,
    Faults,
    Hash,
    Merchant,
    Product,
    QueryFault,
    RefundFault,
    Simulator,
    app,
)
from tests.support.oracle import check_invariants, everything_stored
from tests.support.shop import Shop, open_shop
from tests.support.unmoved import nothing_moves

SECRET, PASSWORD = "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "TEST-pass un/3"
STORED = b"responsecode=1&desc=confirm-success"
REFUSED = b"responsecode=0&desc=confirm-fail"
BY = {"actor": "lan@example.vn", "reason": "the buyer asked for it"}
PRODUCTS = {
    ("domestic", "unified"): Product.UNIFIED,
    ("international", "unified"): Product.UNIFIED,
    ("domestic", "legacy"): Product.DOMESTIC,
    ("international", "legacy"): Product.INTERNATIONAL,
}
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class CardShop:
    """A shop that is paid through one OnePay gateway, and that gateway's simulator."""

    shop: Shop
    simulator: Simulator
    kind: str
    product: Product

    @property
    def account(self) -> str:
        return f"onepay-{self.kind}"

    def pays(self, code: str | None = "0") -> Payment:
        """An order is placed, and its buyer ends OnePay's page with a code; None: the window is closed."""
        order = self.shop.order()
        method = "international_card" if self.kind == "international" else "onepay_card"
        checkout = self.shop.payport.pay(order.number, method, buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        self.simulator.open(self.product, urlsplit(checkout.url).query.encode())
        (payment,) = self.shop.payport.order(order.number).payments
        if code is not None:
            self.simulator.settle(payment.merchant_reference, code)
        return payment

    def tells(self, query: str, channel: Channel = Channel.IPN, **parts: Any) -> Receipt:
        return self.shop.deliver(query.encode(), channel=channel, account=self.account, **parts)

    def genuine(self, payment: Payment, **changes: str) -> str:
        return self.simulator.genuine_query(payment.merchant_reference, **changes)

    def has(self, **faults: Any) -> None:
        self.simulator.set_faults(Faults(delivery=Delivery.RETURN_ONLY, slow_for=timedelta(0), **faults))

    def work(self, **later: float) -> None:
        self.shop.clock.forward(**later)
        self.shop.payport.work(20)

    def refund(self, payment: Payment, amount: Any = None, key: str = "one") -> Any:
        return self.shop.payport.refund(payment.merchant_reference, amount, key=key, **BY)


@pytest.fixture
def card_shop(database_url: str, tmp_path: Path) -> Iterator[Callable[..., CardShop]]:
    """Opens a shop; its invariants are checked when the test ends."""
    closing: list[Callable[[], object]] = []
    opened: list[Shop] = []

    def clock() -> datetime:
        return opened[0].clock()

    def open_(kind: str = "domestic", generation: str = "unified") -> CardShop:
        product = PRODUCTS[kind, generation]
        merchant = Merchant(product, "TESTUN01", "D0UN0001", SECRET, user="opq03", password=PASSWORD)
        faults = Faults(delivery=Delivery.RETURN_ONLY)  # the tests knock for it
        simulator = Simulator({merchant.code: merchant}, clock=clock, faults=faults)
        server = serve(app(simulator))
        url = server.__enter__()
        path = "/onecomm-pay/Vpcdps.op" if kind == "domestic" else "/vpcpay/Vpcdps.op"
        method = "international_card" if kind == "international" else "onepay_card"
        accounts = f"""
[[accounts]]
name = "onepay-{kind}"
plugin = "onepay_{kind}"
environment = "sandbox"
keys = [{{ role = "secure_secret", id = "2026-11", value = "{SECRET}" }}]

[accounts.settings]
generation = "{generation}"
merchant = "TESTUN01"
access_code = "D0UN0001"
user = "opq03"
password = "{PASSWORD}"
query_url = "{url}/msp/api/v1/vpc/invoices/queries"
refund_url = "{url}/msp/api/v1/vpc/refunds"
legacy_query_url = "{url}{path}"

[[methods]]
id = "{method}"
accounts = ["onepay-{kind}"]
"""
        shop = open_shop(tmp_path, database_url, accounts=accounts)
        closing.extend([lambda: server.__exit__(None, None, None), simulator.close, shop.payport.close])
        closing.append(lambda: check_invariants(shop.payport))
        opened.append(shop)
        return CardShop(shop, simulator, kind, product)

    yield open_
    for close in reversed(closing):
        close()


def state(cards: CardShop, payment: Payment) -> State:
    found: State = cards.shop.payment(payment).state
    return found


def flags(cards: CardShop, payment: Payment) -> set[Flag]:
    return set(cards.shop.payment(payment).flags)


class TestAPaymentThatIsPaid:
    @on_one_database
    @pytest.mark.parametrize(("kind", "generation"), PRODUCTS)
    def test_is_proven_on_each_page(self, kind: str, generation: str, card_shop: Any) -> None:
        cards = card_shop(kind, generation)
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment))

        assert (receipt.decision, receipt.reply.status, receipt.reply.body) == (
            Decision.RECORDED,
            200,
            STORED,
        )
        paid = cards.shop.payment(payment)
        assert (paid.state, paid.received, paid.flags) == (State.SUCCEEDED, payment.amount, frozenset())
        assert cards.shop.payport.order(payment.order_number).state is OrderState.PAID

    @on_one_database
    @pytest.mark.parametrize(("kind", "generation"), [("domestic", "unified"), ("international", "legacy")])
    def test_CHN_05_is_found_out_when_no_ipn_comes(self, kind: str, generation: str, card_shop: Any) -> None:
        cards = card_shop(kind, generation)
        payment = cards.pays()

        cards.work(minutes=16)
        before = state(cards, payment)
        cards.work(minutes=1)

        assert (before, state(cards, payment)) == (State.PENDING, State.SUCCEEDED)

    @pytest.mark.parametrize("doors", [tuple(Channel), tuple(Channel)[::-1]], ids=str)
    def test_counts_once_however_often_and_at_whichever_door_it_is_told_first(
        self, doors: tuple[Channel, ...], card_shop: Any
    ) -> None:
        cards = card_shop()
        payment = cards.pays()
        query = cards.genuine(payment)

        told = [cards.tells(query, channel) for channel in (*doors, *doors)]

        assert {receipt.reply.body for receipt in told} == {STORED}
        assert told[0].decision is Decision.RECORDED
        assert [receipt.decision for receipt in told[1:]] == [Decision.ALREADY_KNOWN] * 3
        assert cards.shop.payment(payment).received == payment.amount
        assert flags(cards, payment) == set()


@on_one_database
class TestAPaymentThatIsNotPaid:
    def test_is_acknowledged_too(self, card_shop: Any) -> None:
        cards = card_shop()
        payment = cards.pays("99")

        receipt = cards.tells(cards.genuine(payment))

        assert (receipt.reply.body, state(cards, payment)) == (STORED, State.FAILED)

    @pytest.mark.parametrize("generation", ["unified", "legacy"])
    def test_expires_only_when_onepay_says_so_after_the_window(self, generation: str, card_shop: Any) -> None:
        cards = card_shop("international", generation)
        payment = cards.pays(None)

        cards.work(minutes=14)
        within = state(cards, payment)
        cards.work(minutes=4)

        assert (within, state(cards, payment)) == (State.PENDING, State.EXPIRED)


@on_one_database
class TestEachDecision:
    """The exact acknowledgement (sheet, 4.3)."""

    @pytest.fixture
    def cards(self, card_shop: Any) -> CardShop:
        found: CardShop = card_shop()
        return found

    def test_a_wrong_amount_is_stored_for_a_person(self, cards: CardShop) -> None:
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment, vpc_Amount=f"{payment.amount.minor - 1}00"))

        assert (receipt.decision, receipt.reply.body) == (Decision.WRONG_AMOUNT, STORED)
        assert (state(cards, payment), flags(cards, payment)) == (State.REVIEW, {Flag.AMOUNT})

    def test_one_hundredth_too_little_is_no_money_of_ours(self, cards: CardShop) -> None:
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment, vpc_Amount=f"{payment.amount.minor * 100 - 1}"))

        assert (receipt.decision, flags(cards, payment)) == (Decision.WRONG_AMOUNT, {Flag.CURRENCY})

    def test_another_orders_text_is_stored_for_a_person(self, cards: CardShop) -> None:
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment, vpc_OrderInfo="SVANOTHER234"))

        assert (receipt.decision, receipt.reply.body) == (Decision.TO_REVIEW, STORED)
        assert (state(cards, payment), flags(cards, payment)) == (State.REVIEW, {Flag.ORDER})
        assert cards.shop.payment(payment).received == payment.amount
        assert cards.shop.payport.order(payment.order_number).state is not OrderState.PAID

    def test_a_second_transaction_is_surplus(self, cards: CardShop) -> None:
        payment = cards.pays()
        cards.tells(cards.genuine(payment))

        receipt = cards.tells(cards.genuine(payment, vpc_TransactionNo="PAY-another"))

        assert (receipt.decision, receipt.reply.body) == (Decision.ALREADY_KNOWN, STORED)
        assert Flag.SURPLUS in flags(cards, payment)
        assert cards.shop.payment(payment).received == payment.amount + payment.amount

    def test_a_success_after_a_decline_counts(self, cards: CardShop) -> None:
        payment = cards.pays()
        cards.tells(cards.genuine(payment, vpc_TxnResponseCode="1"))

        receipt = cards.tells(cards.genuine(payment))

        assert (receipt.decision, receipt.reply.body) == (Decision.RECORDED, STORED)
        assert state(cards, payment) is State.SUCCEEDED

    def test_pending_is_stored_and_asked_about(self, cards: CardShop) -> None:
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment, vpc_TxnResponseCode="300"))
        cards.work(seconds=1)

        assert receipt.reply.body == STORED
        assert state(cards, payment) is State.SUCCEEDED  # so it said when it was asked

    def test_a_reference_that_is_not_here(self, cards: CardShop) -> None:
        payment = cards.pays()

        with nothing_moves(cards.shop):
            receipt = cards.tells(cards.genuine(payment, vpc_MerchTxnRef="SVANOTHER234"))

        assert (receipt.decision, receipt.reply.body) == (
            Decision.UNKNOWN_REFERENCE,
            b"responsecode=0&desc=order-not-found",
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_Command": "refund"},
            {"vpc_Amount": "0"},
            {"vpc_Message": "a&b"},
        ],
        ids=str,
    )
    def test_a_genuine_message_of_another_kind_or_form(
        self, changes: dict[str, str], cards: CardShop
    ) -> None:
        payment = cards.pays()

        with nothing_moves(cards.shop):
            receipt = cards.tells(cards.genuine(payment, **changes))

        assert (receipt.reply.status, receipt.reply.body) == (200, REFUSED)

    @pytest.mark.parametrize("fault", [Hash.WRONG, Hash.ABSENT, Hash.LOWER_CASE, Hash.OF_THE_REQUEST])
    def test_CHN_02_a_hash_that_is_not_onepays(self, fault: Hash, cards: CardShop) -> None:
        cards.has(callback_hash=fault)
        payment = cards.pays()
        url = cards.simulator.return_url(payment.merchant_reference)
        assert url is not None

        with nothing_moves(cards.shop):
            receipt = cards.tells(urlsplit(url).query, Channel.RETURN)

        assert (receipt.decision, receipt.reply.body) == (Decision.NOT_AUTHENTIC, REFUSED)

    def test_another_merchants_message_under_the_same_secret_pays_nothing(self, cards: CardShop) -> None:
        payment = cards.pays()

        receipt = cards.tells(cards.genuine(payment, vpc_Merchant="TESTUN99"))

        assert (receipt.decision, receipt.reply.body) == (Decision.NOT_AUTHENTIC, REFUSED)
        assert (state(cards, payment), flags(cards, payment)) == (State.REVIEW, {Flag.MERCHANT})
        assert cards.shop.payment(payment).received == vnd(0)

    def test_a_failure_that_was_forged_fails_nothing(self, cards: CardShop) -> None:
        payment = cards.pays()
        fields = {"vpc_TxnResponseCode": "99", "vpc_MerchTxnRef": payment.merchant_reference}

        receipt = cards.tells(urlencode(fields | {"vpc_SecureHash": "0" * 64}))

        assert (receipt.reply.body, state(cards, payment)) == (REFUSED, State.PENDING)

    def test_nothing_at_all(self, cards: CardShop) -> None:
        assert cards.tells("").reply.body == REFUSED

    def test_a_reply_is_plain_text(self, cards: CardShop) -> None:
        assert cards.tells(cards.genuine(cards.pays())).reply.content_type == "text/plain"


@on_one_database
class TestAnAnswerThatProvesNothing:
    @pytest.mark.parametrize(
        "fault", [QueryFault.NO_HASH, QueryFault.WRONG_HASH, QueryFault.SERVER_ERROR, QueryFault.HTML]
    )
    def test_CHN_08_leaves_the_payment_open_until_one_does(self, fault: QueryFault, card_shop: Any) -> None:
        cards = card_shop()
        payment = cards.pays()
        cards.has(query=fault)

        cards.work(minutes=17)
        in_the_dark = state(cards, payment)
        cards.has()
        cards.work(minutes=5)

        assert (in_the_dark, state(cards, payment)) == (State.PENDING, State.SUCCEEDED)

    def test_that_nobody_came_may_be_wrong_and_late_money_still_counts(self, card_shop: Any) -> None:
        cards = card_shop()
        payment = cards.pays()
        cards.has(query=QueryFault.NOT_FOUND)
        cards.work(minutes=17)

        cards.tells(cards.genuine(payment))

        assert (state(cards, payment), flags(cards, payment)) == (State.SUCCEEDED, {Flag.LATE})


class TestARefund:
    @pytest.fixture
    def cards(self, card_shop: Any) -> CardShop:
        found: CardShop = card_shop("international")
        return found

    @pytest.fixture
    def paid(self, cards: CardShop) -> Payment:
        payment = cards.pays()
        cards.tells(cards.genuine(payment))
        return cards.shop.payment(payment)

    def test_goes_back_in_parts(self, cards: CardShop, paid: Payment) -> None:
        first = cards.refund(paid, vnd(100_000), key="one")
        rest = cards.refund(paid, None, key="two")

        assert (first.state, rest.state) == (RefundState.SUCCEEDED, RefundState.SUCCEEDED)
        assert first.amount + rest.amount == paid.amount
        assert [each.amount for each in cards.simulator.refunds] == [
            10_000_000,
            (paid.amount.minor - 100_000) * 100,
        ]

    @on_one_database
    def test_that_onepay_refuses_frees_its_money(self, cards: CardShop, paid: Payment) -> None:
        cards.has(refund=RefundFault.DECLINED)

        refused = cards.refund(paid, vnd(100_000))

        assert refused.state is RefundState.FAILED
        assert cards.shop.payport.refundable(paid.merchant_reference).left == paid.amount

    @on_one_database
    @pytest.mark.parametrize(
        "fault", [RefundFault.NO_HASH, RefundFault.WRONG_HASH, RefundFault.TIMED_OUT, RefundFault.HTML]
    )
    def test_REF_03_that_went_back_unproven_is_unknown_and_never_sent_again(
        self, fault: RefundFault, cards: CardShop, paid: Payment
    ) -> None:
        cards.has(refund=fault)
        lost = cards.refund(paid, vnd(100_000))
        cards.has()

        again = cards.refund(paid, vnd(100_000))
        cards.work(days=2)

        assert (lost.state, again.state, again.reference) == (
            RefundState.UNKNOWN,
            RefundState.UNKNOWN,
            lost.reference,
        )
        assert len(cards.simulator.refunds) == 1
        assert cards.shop.payport.refundable(paid.merchant_reference).left == paid.amount - vnd(100_000)

    @on_one_database
    def test_that_is_unknown_is_settled_by_a_person_who_looked_into_the_portal(
        self, cards: CardShop, paid: Payment
    ) -> None:
        cards.has(refund=RefundFault.NO_HASH)
        lost = cards.refund(paid, vnd(100_000))

        settled = cards.shop.payport.settle_refund(lost.reference, "succeeded", **BY)

        assert settled.state is RefundState.SUCCEEDED


@on_one_database
class TestALegacyAccount:
    def test_offers_no_refund_and_says_what_to_do(self, card_shop: Any) -> None:
        cards = card_shop("domestic", "legacy")
        payment = cards.pays()
        cards.tells(cards.genuine(payment))

        with nothing_moves(cards.shop), pytest.raises(RequestRefused) as refusal:
            cards.refund(payment)

        assert "hand" in refusal.value.remedy
        assert {"refund", "partial_refund"}.isdisjoint(cards.shop.payport.capabilities(cards.account))
        assert cards.simulator.api_calls == ()


@on_one_database
@pytest.mark.parametrize("generation", ["unified", "legacy"])
def test_SEC_07_neither_the_password_nor_the_secret_is_left_anywhere(
    generation: str, card_shop: Any, caplog: pytest.LogCaptureFixture
) -> None:
    cards = card_shop("domestic", generation)

    with caplog.at_level(logging.DEBUG):
        payment = cards.pays()
        cards.work(minutes=17)

    assert state(cards, payment) is State.SUCCEEDED
    assert any("TEST-pass" in call.request for call in cards.simulator.api_calls)  # it was sent
    with cards.shop.payport.seller.database.reading() as connection:
        kept = everything_stored(connection) + caplog.text
    assert "vpc_Password" in kept  # the name of the field, and no more
    assert not any(secret in kept for secret in (PASSWORD, "TEST-pass", SECRET, SECRET.lower()))
