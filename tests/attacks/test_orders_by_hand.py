"""ORD rows again, and DEL-02, with what people do meanwhile: previews, adjustments, disputes, cancellations.

What must come of it is written by hand from rules.md, "A paid order takes effect on the state at payment",
and from docs/decisions 0012 and 0013.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

import pytest

from payport.errors import NotFound, PurchaseNotOpen, QuoteOutdated, RequestRefused
from payport.rules.entitlement import State as Holding
from payport.rules.grant import CapacityLine, TermLine
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from tests.support.at_once import at_once
from tests.support.customer import Customer
from tests.support.shop import BUYER, NOON, Shop
from tests.support.unmoved import CONFIRMED, nothing_moves

Act = Callable[[Customer, Payment], None]

STANDARD: Final = New(package="standard", months=12)
IN_THE_WINDOW: Final = datetime(2027, 11, 14, 5, tzinfo=UTC)  # ten days before the end
PURCHASES: Final = {
    "add capacity": AddCapacity(steps=1),
    "renew": Renew(months=12),
    "switch": Switch(package="enterprise", months=12),
}


def gives_gb(customer: Customer, _: Payment) -> None:
    customer.shop.payport.adjust(customer.account, actor="lan", reason="goodwill", gb=50)


def gives_days(customer: Customer, _: Payment) -> None:
    customer.shop.payport.adjust(customer.account, actor="lan", reason="goodwill", days=20)


def gives_a_term(customer: Customer, _: Payment) -> None:
    customer.shop.payport.adjust(
        customer.account, actor="lan", reason="goodwill", package="standard", months=1
    )


def disputes(customer: Customer, first: Payment) -> None:
    customer.shop.payport.chargeback(first.merchant_reference, first.amount, actor="lan", reason="claimed")


def disputes_and_wins(customer: Customer, first: Payment) -> None:
    payport = customer.shop.payport
    opened = payport.chargeback(first.merchant_reference, first.amount, actor="lan", reason="claimed")
    payport.chargeback_won(opened.reference, actor="lan")


def disputes_and_loses(customer: Customer, first: Payment) -> None:
    payport = customer.shop.payport
    opened = payport.chargeback(first.merchant_reference, first.amount, actor="lan", reason="claimed")
    payport.chargeback_lost(opened.reference, actor="lan")


FROM_PAYMENT: Final = "from payment"
FOLLOWS: Final = "from the last end"
JOINS: Final = "until the end of the current term"
REVIEW: Final = "review"

TABLE: Final[Mapping[tuple[Act, str], str]] = {  # what happens to an account after the order was placed
    (gives_gb, "add capacity"): JOINS,
    (gives_gb, "renew"): FOLLOWS,
    (gives_gb, "switch"): FROM_PAYMENT,  # an adjustment gives no credit, so none is lost
    (gives_days, "add capacity"): JOINS,  # the term that it was priced for, with its end as it stands
    (gives_days, "renew"): FOLLOWS,
    (gives_days, "switch"): FROM_PAYMENT,
    (gives_a_term, "add capacity"): JOINS,
    (gives_a_term, "renew"): REVIEW,  # a future term stands
    (gives_a_term, "switch"): FROM_PAYMENT,  # replaces a future term too
    (disputes, "add capacity"): REVIEW,  # suspended
    (disputes, "renew"): REVIEW,
    (disputes, "switch"): REVIEW,
    (disputes_and_wins, "add capacity"): JOINS,
    (disputes_and_wins, "renew"): FOLLOWS,
    (disputes_and_wins, "switch"): REVIEW,  # decision 0013: its credit was disputed meanwhile
    (disputes_and_loses, "add capacity"): REVIEW,  # nothing is held any more
    (disputes_and_loses, "renew"): REVIEW,
    (disputes_and_loses, "switch"): REVIEW,
}


def test_ORD_07_what_a_person_does_meanwhile_counts_when_the_money_comes(shop: Shop) -> None:
    for number, ((act, kind), must) in enumerate(TABLE.items()):
        customer, first = holder(shop, f"khach-{number}")
        payment = customer.begins(PURCHASES[kind])
        act(customer, first)
        shop.clock.forward(minutes=1)
        before = len(customer.grants)
        held = customer.held
        last = held.future or held.held
        last_end = last.term.end if last else None

        assert customer.pays(payment).reply.body == CONFIRMED

        case = (act.__name__, kind)
        order = shop.payport.order(payment.order_number)
        assert order.received == order.total, case
        if must == REVIEW:
            assert (order.state, len(customer.grants)) == (OrderState.REVIEW, before), case
            assert order.review_reason, case
            continue
        assert (order.state, len(customer.grants)) == (OrderState.PAID, before + 1), case
        line = customer.grants[-1].lines[0]
        if isinstance(line, CapacityLine):
            assert held.term is not None
            assert (must, line.end_date) == (JOINS, held.term.end_date), case
        else:
            assert isinstance(line, TermLine)
            starts = {FOLLOWS: last_end, FROM_PAYMENT: shop.clock()}
            assert line.term.start == starts[must], case


@pytest.mark.parametrize("kind", PURCHASES)
def test_ORD_03_a_quote_from_before_an_adjustment_or_a_dispute_is_not_placed(shop: Shop, kind: str) -> None:
    for act in (gives_gb, gives_days, gives_a_term, disputes, disputes_and_wins, disputes_and_loses):
        customer, first = holder(shop, act.__name__)
        quote = customer.quote(PURCHASES[kind])
        act(customer, first)

        with pytest.raises(QuoteOutdated), nothing_moves(shop):
            customer.places(quote)


@pytest.mark.parametrize("purchase", [STANDARD, New(package="standard", months=12, code="ONCE")])
def test_ORD_04_a_preview_is_no_quote(shop: Shop, purchase: New) -> None:
    """It shows a price, and neither holds it nor reserves the use of a code."""
    with nothing_moves(shop):
        shown = shop.payport.preview("binh-minh", purchase)
        for call in (
            partial(shop.payport.place, shown, BUYER),
            partial(shop.payport.find_quote, "binh-minh", shown.id),
        ):
            with pytest.raises(NotFound):
                call()

    assert Customer(shop, "khach-2").places(purchase).total == shown.total


class TestASuccessThatIsDeliveredAgainAfterItsMoneyIsGone:
    """A dispute that is lost takes the grant, as a full refund does."""

    def test_DEL_02_gives_nothing_back(self, shop: Shop) -> None:
        customer, first = holder(shop, "binh-minh")
        disputes_and_loses(customer, first)
        gone = customer.held

        with nothing_moves(shop):
            assert customer.pays(first).decision == "already_known"

        assert (gone.state, customer.held) == (Holding.NONE, gone)

    def test_DEL_02_while_it_is_disputed_lifts_no_suspension(self, shop: Shop) -> None:
        customer, first = holder(shop, "binh-minh")
        disputes(customer, first)

        with nothing_moves(shop):
            assert customer.pays(first).decision == "already_known"

        assert customer.held.state is Holding.SUSPENDED

    def test_ORD_06_at_the_same_moment_is_granted_once_and_taken_once(self, shop: Shop) -> None:
        for number in range(5):
            customer, first = holder(shop, f"khach-{number}")

            at_once(
                *[partial(customer.pays, first)] * 2,
                *[partial(disputes_and_loses, customer, first)] * 2,
            )

            kinds = [grant.kind for grant in customer.grants]
            assert kinds == ["order", "suspension", "reversal"]
            assert customer.held.state is Holding.NONE


class TestTwoPeopleAtOneMoment:
    def test_ORD_06_who_start_a_trial_start_one_and_it_ends_with_what_is_bought(self, shop: Shop) -> None:
        """The order was placed when nothing was held."""
        customer = Customer(shop)
        payment = customer.begins(STANDARD)

        results = at_once(*[partial(shop.payport.start_trial, customer.account)] * 4)
        refused = [result for result in results if isinstance(result, PurchaseNotOpen)]
        customer.pays(payment)

        assert len(refused) == 3
        assert [grant.kind for grant in customer.grants] == ["trial", "order"]
        assert (customer.held.state, customer.held.future) == (Holding.ACTIVE, None)

    def test_ORD_06_who_meet_an_account_for_the_first_time_start_one_trial(self, shop: Shop) -> None:
        for number in range(5):
            customer = Customer(shop, f"khach-{number}")

            _, *trials = at_once(
                partial(customer.quote, STANDARD),
                *[partial(shop.payport.start_trial, customer.account)] * 4,
            )

            assert sum(isinstance(trial, PurchaseNotOpen) for trial in trials) == 3
            assert [grant.kind for grant in customer.grants] == ["trial"]

    def test_ORD_06_who_adjust_from_one_page_adjust_once(self, shop: Shop) -> None:
        customer, _ = holder(shop, "binh-minh")
        give = partial(
            shop.payport.adjust, customer.account, actor="lan", reason="goodwill", gb=50, seen_version=1
        )

        results = at_once(*[give] * 5)

        refused = [result for result in results if isinstance(result, RequestRefused)]
        assert [error.field for error in refused] == ["seen_version"] * 4
        assert customer.held.extra_gb == 50

    def test_ORD_06_who_adjust_while_an_order_is_paid_leave_both(self, shop: Shop) -> None:
        for number in range(5):
            customer, _ = holder(shop, f"khach-{number}")
            payment = customer.begins(AddCapacity(steps=1))

            at_once(
                partial(customer.pays, payment),
                partial(shop.payport.adjust, customer.account, actor="lan", reason="goodwill", gb=10, days=5),
            )

            assert sorted(grant.kind for grant in customer.grants) == ["adjustment", "order", "order"]
            held = customer.held
            assert held.term is not None
            assert (held.extra_gb, held.term.end_date) == (60, date(2027, 11, 29))

    def test_ORD_06_who_cancel_and_a_success_end_as_one_of_the_two(self, shop: Shop) -> None:
        """Cancelled first: the money is late, and fulfilled by policy. Paid first: nothing to cancel."""
        for number in range(8):
            customer = Customer(shop, f"khach-{number}")
            payment = customer.begins(STANDARD)
            cancel = partial(shop.payport.cancel, payment.order_number, actor="lan", reason="by phone")

            at_once(cancel, partial(customer.pays, payment), cancel)

            assert shop.payport.order(payment.order_number).state is OrderState.PAID
            assert len(customer.grants) == 1


def holder(shop: Shop, account: str) -> tuple[Customer, Payment]:
    """Standard, bought at noon for a year, all of it in use, and ten days left. With what paid for it."""
    shop.clock.now = NOON
    customer = Customer(shop, account)
    first = customer.begins(STANDARD)
    customer.pays(first)
    shop.clock.now = IN_THE_WINDOW
    customer.uses(10)
    return customer, first
