"""The story of an account: every step with its rule, its money, and what was held before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from payport.rules.chargeback import Chargeback, answer, because
from payport.rules.chargeback import State as Claim
from payport.rules.effect import Review
from payport.rules.entitlement import State
from payport.rules.explanation import Bought, explain
from payport.rules.grant import DaysLine, Grant
from payport.rules.money import Money, vnd
from payport.rules.order import Order
from payport.rules.order import State as OrderState
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.rules.refund import Refund
from payport.rules.step import Step

JANUARY_15 = date(2026, 1, 15)
IN_THE_WINDOW = date(2027, 1, 5)
AFTER_THE_END = date(2027, 1, 20)
NEW = New(package="small", months=12)


@dataclass
class Teller:
    """A desk that remembers its orders and chargebacks, so that its story can be told."""

    desk: Any
    bought: list[Bought] = field(default_factory=list)
    chargebacks: list[Chargeback] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def on(self, day: date) -> Teller:
        self.desk.on(day)
        return self

    def buys(self, purchase: Any, *, received: int | None = None, quote: Quote | None = None) -> Order:
        quote = quote or self.desk.quote(purchase)
        number = f"PP{len(self.desk.grants)}"
        result = self.desk.pay(quote)
        in_review = isinstance(result, Review)
        order = Order(
            number=f"{number}R" if in_review else number,
            token="t",
            account="alice",
            quote_id=quote.id,
            state=OrderState.REVIEW if in_review else OrderState.PAID,
            total=quote.total,
            received=quote.total if received is None else vnd(received),
            locale="vi",
            placed_at=self.desk.now,
            expires_at=self.desk.now,
            paid_at=None if in_review else self.desk.now,
            review_reason=result.reason if in_review else None,
        )
        self.bought.append(Bought(order, quote, since=self.desk.now))
        return order

    def claims(self, order: Order, amount: Money | None = None, reference: str = "SVCB") -> None:
        self._change(
            Chargeback(
                reference=reference,
                merchant_reference="SVPAY",
                order_number=order.number,
                state=Claim.OPENED,
                amount=amount or order.total,
                opened_at=self.desk.now,
                opened_by="Lan",
                reason="not recognised",
            ),
            order,
        )

    def closes(self, order: Order, state: Claim, reference: str = "SVCB") -> None:
        opened = next(each for each in self.chargebacks if each.reference == reference)
        self.chargebacks.remove(opened)
        self._change(replace(opened, state=state, closed_at=self.desk.now, closed_by="Minh"), order)

    def story(self, at: datetime | None = None) -> Sequence[Step]:
        return explain(
            self.desk.grants,
            bought=self.bought,
            chargebacks=self.chargebacks,
            refunds=self.refunds,
            at=at or self.desk.now,
            usage=self.desk.usage,
        )

    def _change(self, chargeback: Chargeback, order: Order) -> None:
        self.chargebacks.append(chargeback)
        entry = answer(
            self.desk.grants,
            order,
            [each for each in self.chargebacks if each.order_number == order.number],
            [each for each in self.refunds if each.order_number == order.number],
            id=f"G{len(self.desk.grants)}",
            at=self.desk.now,
            actor="Lan",
            reason=because(chargeback.reference, chargeback.state),
        )
        if entry is not None:
            self.desk.grants.append(entry)


@pytest.fixture
def teller(desk: Any) -> Teller:
    return Teller(desk)


@pytest.fixture
def any_time(desk_with: Callable[..., Any]) -> Teller:
    return Teller(desk_with(policies={"switch_any_time": True}))


def rules(story: Sequence[Step]) -> list[str]:
    return [step.rule.en for step in story if step.rule is not None]


def english(texts: Sequence[Any]) -> list[str]:
    return [text.en for text in texts]


def last_grant(story: Sequence[Step]) -> Step:
    return [step for step in story if step.kind not in {"now", "time", "chargeback", "not_granted"}][-1]


class TestTheRuleThatMadeAStep:
    def test_new_with_nothing_held(self, teller: Teller) -> None:
        teller.buys(NEW)

        assert rules(teller.story()) == ["new: nothing was held, so from payment"]

    def test_new_in_a_trial(self, teller: Teller) -> None:
        teller.desk.trial()
        teller.buys(NEW)

        assert rules(teller.story()) == [
            "trial: nothing was held, so from that moment to a local midnight",
            "new: in a trial, so from payment; the trial ends",
        ]

    def test_renew_before_the_end_and_after_it(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(NEW)
        teller.on(IN_THE_WINDOW).buys(Renew(months=1))
        teller.on(date(2027, 3, 1)).buys(Renew(months=1))

        assert rules(teller.story())[1:] == [
            "renew: active, so from the last end",
            "renew: expired, so from payment",
        ]

    def test_add_capacity(self, teller: Teller) -> None:
        teller.buys(NEW)
        teller.desk.uses(10)
        teller.buys(AddCapacity(steps=1))

        assert rules(teller.story())[1:] == ["add_capacity: active, so until the end of the current term"]

    def test_switch_at_once_and_of_an_expired_package(self, any_time: Teller) -> None:
        any_time.on(JANUARY_15).buys(NEW)
        any_time.on(date(2026, 3, 1)).desk.uses(1)
        any_time.buys(Switch(package="huge", months=12))
        any_time.on(date(2028, 3, 1)).desk.uses(1)
        any_time.buys(Switch(package="small", months=1))

        assert rules(any_time.story())[1:] == [
            "switch at_once: active, so from payment, in place of every term that stood",
            "switch: expired, so from payment",
        ]

    def test_switch_at_end(self, desk_with: Callable[..., Any]) -> None:
        teller = Teller(desk_with(policies={"switch": "at_end"}))
        teller.on(JANUARY_15).buys(NEW)
        teller.on(IN_THE_WINDOW).desk.uses(1)
        teller.buys(Switch(package="huge", months=12))

        assert rules(teller.story())[1:] == ["switch at_end: active, so from the last end, without credit"]

    def test_adjustment_by_staff_with_actor_and_reason(self, teller: Teller) -> None:
        teller.buys(NEW)
        teller.desk.adjusted(DaysLine(days=-3))

        step = teller.story()[-2]
        assert (step.kind, step.actor, step.reason, step.order_number) == (
            "adjustment",
            "Lan",
            "goodwill",
            None,
        )
        assert step.rule is not None
        assert step.rule.en.startswith("adjustment by staff: ")
        assert english(step.lines) == ["-3 days at the end of the last term"]


class TestAnOrdersStep:
    def test_says_what_was_given_and_what_was_held_before_and_after(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(New(package="huge", months=12, extra_steps=2))

        step, _ = teller.story()
        assert english(step.lines) == [
            "Huge, 200 GB, 12 months: 2026-01-15 to 2027-01-14",
            "+10 GB of extra capacity, for the term to 2027-01-14",
        ]
        assert step.before is not None
        assert step.after is not None
        assert (step.before.state, step.after.state) == (State.NONE, State.ACTIVE)
        assert (step.after.package, step.after.extra_gb, step.order_number) == ("huge", 10, "PP0")

    def test_names_bonus_months(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(New(package="large", months=24))

        assert english(teller.story()[0].lines) == [
            "Large, 50 GB, 24 months and 6 months more at no cost: 2026-01-15 to 2028-07-14"
        ]

    def test_says_how_its_price_came_about(self, teller: Teller) -> None:
        teller.buys(NEW)

        money = teller.story()[0].money
        assert money is not None
        assert english(money.lines) == ["Small: ₫1,200,000 (list price of 12 months)", "VAT 8%: ₫96,000"]
        assert (money.price, money.credit, money.total) == (vnd(1_296_000), vnd(0), vnd(1_296_000))
        assert (money.catalog_version, money.credited_orders, money.surplus_days) == ("test", (), 0)

    def test_says_whose_unused_value_a_switch_took_off(self, any_time: Teller) -> None:
        any_time.on(JANUARY_15).buys(NEW)
        any_time.on(date(2026, 7, 1)).desk.uses(1)
        order = any_time.buys(Switch(package="huge", months=12))

        money = last_grant(any_time.story()).money
        assert money is not None
        assert (money.price, money.credit, money.credited_orders) == (
            vnd(10_800_000),
            vnd(703_036),  # 650,959 and its 8 %
            ("PP0",),
        )
        assert money.price - money.credit == money.total == order.total

    def test_says_how_many_days_the_rest_of_a_credit_made(self, any_time: Teller) -> None:
        any_time.on(JANUARY_15).buys(New(package="huge", months=12))
        any_time.on(date(2026, 7, 1)).desk.uses(1)
        any_time.buys(Switch(package="small", months=12))

        step = last_grant(any_time.story())
        assert step.money is not None
        assert step.money.surplus_days == any_time.bought[1].quote.surplus_days > 0

    def test_names_surplus_money(self, teller: Teller) -> None:
        teller.buys(NEW, received=2 * 1_296_000)

        assert english(teller.story()[0].notes) == [
            "₫1,296,000 more than its total came in: surplus money, to be given back"
        ]


class TestWhatTimeChanges:
    def test_is_a_step_when_the_next_term_begins(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(NEW)
        teller.on(IN_THE_WINDOW).buys(Renew(months=12))

        story = teller.on(AFTER_THE_END).story()

        assert [(step.kind, step.what.en) for step in story[2:]] == [
            ("time", "the next term began"),
            ("now", "now"),
        ]
        assert story[2].at == datetime.fromisoformat("2027-01-15T00:00:00+07:00")

    def test_is_a_step_when_a_term_or_a_trial_ends(self, teller: Teller) -> None:
        teller.on(JANUARY_15).desk.trial(days=3)
        teller.on(date(2026, 2, 1)).buys(New(package="small", months=1))

        story = teller.on(date(2026, 6, 1)).story()

        ends = [(step.what.en, step.after.state) for step in story if step.kind == "time" and step.after]
        assert ends == [("the trial ended", State.NONE), ("the term ended", State.EXPIRED)]

    def test_stands_in_its_place_among_what_people_did(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(New(package="small", months=1))
        teller.on(date(2026, 3, 1)).buys(Renew(months=1))

        assert [step.kind for step in teller.story()] == ["order", "time", "order", "now"]

    def test_is_told_to_the_last_grant_at_least_where_a_clock_is_behind(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(NEW)

        story = teller.story(at=teller.desk.now - timedelta(minutes=5))

        assert [(step.kind, step.at) for step in story] == [
            ("order", teller.desk.now),
            ("now", teller.desk.now),
        ]


class TestAChargeback:
    def test_is_told_beside_what_follows_from_it(self, teller: Teller) -> None:
        order = teller.on(JANUARY_15).buys(NEW)
        teller.on(date(2026, 2, 1)).claims(order)
        teller.on(date(2026, 3, 1)).closes(order, Claim.WON)

        story = teller.story()

        assert [(step.kind, step.actor) for step in story] == [
            ("order", None),
            ("chargeback", "Lan"),
            ("suspension", "Lan"),
            ("chargeback", "Minh"),
            ("restoring", "Lan"),
            ("now", None),
        ]
        assert story[1].what.en == "chargeback SVCB of ₫1,296,000 on payment SVPAY: opened"
        assert (story[1].reason, story[2].reason) == ("not recognised", "chargeback SVCB opened")
        assert all(step.notes == () for step in story)

    def test_that_is_open_is_said_again_at_the_end(self, teller: Teller) -> None:
        order = teller.buys(NEW)
        teller.claims(order)

        now = teller.story()[-1]
        assert english(now.notes) == ["chargeback SVCB of ₫1,296,000 on order PP0 is open"]

    def test_on_a_grant_that_was_replaced_says_that_nothing_changes_and_who_used_its_value(
        self, any_time: Teller
    ) -> None:
        first = any_time.on(JANUARY_15).buys(NEW)
        any_time.on(date(2026, 3, 1)).desk.uses(1)
        any_time.buys(Switch(package="huge", months=12))
        any_time.claims(first)
        any_time.closes(first, Claim.LOST)

        suspension, reversal = (step for step in any_time.story() if step.kind in {"suspension", "reversal"})
        nothing = "nothing changes: what it is about is not part of what is held any more"
        assert english(suspension.notes) == [nothing]
        assert english(reversal.notes) == [
            nothing,
            "its unused value was credited to order PP1: a person should look",
        ]
        assert english(reversal.lines) == ["Small, 10 GB, 12 months: 2026-01-15 to 2027-01-14"]

    def test_of_surplus_money_says_that_the_rest_covers_the_order(self, teller: Teller) -> None:
        teller.claims(teller.buys(NEW, received=2 * 1_296_000))

        step = next(step for step in teller.story() if step.kind == "chargeback")
        assert english(step.notes) == [
            "nothing changes: what is left covers the order, or another chargeback decides"
        ]


class TestAnOrderInReview:
    @pytest.fixture
    def told(self, teller: Teller) -> Teller:
        """Two renewals quoted, both paid: the second has no place."""
        teller.on(JANUARY_15).buys(NEW)
        teller.on(IN_THE_WINDOW)
        quotes = [teller.desk.quote(Renew(months=12)) for _ in range(2)]
        for quote in quotes:
            teller.buys(None, quote=quote)
        return teller

    def test_is_told_with_its_reason_and_its_money(self, told: Teller) -> None:
        step = told.story()[-2]

        assert (step.kind, step.order_number) == ("not_granted", "PP2R")
        assert step.reason == "a following term was paid, but one stands already"
        assert rules([step]) == [
            "review: the money is safe and named, nothing is granted, the back office is told"
        ]
        assert step.money is not None
        assert (step.money.received, step.before, step.after) == (vnd(1_296_000), None, None)

    def test_is_said_again_at_the_end(self, told: Teller) -> None:
        assert english(told.story()[-1].notes) == [
            "order PP2R (review): ₫1,296,000 came in, nothing was granted: a person must decide"
        ]

    def test_whose_money_is_claimed_back_gave_nothing_to_take(self, told: Teller) -> None:
        told.claims(told.bought[-1].order)

        step = next(step for step in told.story() if step.kind == "chargeback")
        assert english(step.notes) == ["nothing changes: the order gave nothing"]

    def test_is_told_only_where_money_came(self, told: Teller) -> None:
        unpaid = replace(told.bought[-1].order, state=OrderState.EXPIRED, received=vnd(0))
        told.bought[-1] = replace(told.bought[-1], order=unpaid)

        assert "not_granted" not in {step.kind for step in told.story()}


class TestNow:
    def test_says_what_is_used_and_that_it_is_all(self, teller: Teller) -> None:
        teller.on(JANUARY_15).buys(NEW)
        some = teller.desk.uses(7.259) and teller.story()[-1]
        all_ = teller.desk.uses(10) and teller.story()[-1]

        assert english(some.lines) == ["7.25 of 10 GB are used, as reported on 2026-01-15"]
        assert english(all_.lines) == ["10.00 of 10 GB are used, as reported on 2026-01-15: exhausted"]

    def test_of_an_account_without_a_grant_is_all_that_there_is(self, teller: Teller) -> None:
        (now,) = teller.desk.uses(3) and teller.story()

        assert now.after is not None
        assert (now.kind, now.after.state, now.lines, now.notes) == ("now", State.NONE, (), ())


def test_the_story_is_told_in_both_languages(any_time: Teller) -> None:
    order = any_time.on(JANUARY_15).buys(NEW)
    any_time.on(date(2026, 3, 1)).desk.uses(1)
    any_time.buys(Switch(package="huge", months=12))
    any_time.claims(order)

    for step in any_time.story():
        texts = [step.what, *([step.rule] if step.rule else []), *step.lines, *step.notes]
        texts += step.money.lines if step.money else ()
        assert all(text.vi != text.en for text in texts)
        assert not any("{" in text.vi + text.en for text in texts)


def test_what_a_person_wrote_is_never_taken_for_a_form(teller: Teller) -> None:
    teller.buys(NEW)
    given = Grant(
        id="G1",
        account="alice",
        kind="adjustment",
        effective_at=teller.desk.now,
        actor="{order}",
        reason="{0.__class__}",
        lines=(DaysLine(days=1),),
    )
    teller.desk.grants.append(given)

    step = last_grant(teller.story())

    assert (step.actor, step.reason) == ("{order}", "{0.__class__}")
