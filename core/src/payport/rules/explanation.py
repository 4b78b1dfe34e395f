"""Why an account holds what it holds: all that changed it, or did not, in order; then what holds now. Pure.

Each step names the rule that made it, as the rules name it, and what was held before and after. What a term's
end or beginning changed by itself is a step too, so that nothing is left for the reader to work out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from payport.rules import order as orders
from payport.rules import refund as refunds_rules
from payport.rules.chargeback import Chargeback, because
from payport.rules.chargeback import State as Claim
from payport.rules.entitlement import Entitlement, Usage, project
from payport.rules.grant import Grant
from payport.rules.money import Money, total
from payport.rules.quote import Quote
from payport.rules.reasons import REVIEW, RULES, bought_by_rule
from payport.rules.refund import Of, Refund, refunded, reserved
from payport.rules.refund_lines import invoice_shares, stand_on
from payport.rules.standing import grant_of
from payport.rules.step import Charged, Step
from payport.rules.story import (
    BOUGHT,
    BY_HAND,
    CHANGES_NOTHING,
    as_is,
    claimed_back,
    given,
    given_back,
    passed,
    price_lines,
    still_open,
    still_unknown,
    surplus_words,
    took_nothing,
    usage_words,
    waits,
)
from payport.rules.words import Text, say

__all__ = ["Bought", "explain"]


@dataclass(frozen=True, slots=True)
class Bought:
    """An order with its quote. `since`: when it came to the state that it has."""

    order: orders.Order
    quote: Quote
    since: datetime


def explain(
    grants: Sequence[Grant],
    *,
    bought: Sequence[Bought],
    chargebacks: Sequence[Chargeback],
    refunds: Sequence[Refund],
    at: datetime,
    usage: Usage | None,
) -> tuple[Step, ...]:
    """The story of one account, oldest first; the last step is what holds now.

    Args:
        grants: all of the account, in order.
        bought: its orders, at least all that made a grant.
        chargebacks, refunds: of those orders.
        at: now; where a clock is behind, the moment of the last grant is told instead.
    """
    story = _Story(
        grants=grants,
        bought={each.order.number: each for each in bought},
        chargebacks=chargebacks,
        refunds=refunds,
        at=max([at, *(grant.effective_at for grant in grants)]),
    )
    in_turn = [
        *story.passages(),
        *story.granted(),
        *story.claimed_in_vain(),
        *story.refunded_beside(),
        *story.not_granted(),
    ]
    return (*sorted(in_turn, key=lambda step: step.at), story.present(usage))  # stable: so at one instant


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A chargeback coming to a state."""

    of: Chargeback
    state: Claim
    at: datetime
    actor: str | None

    @property
    def reason(self) -> str:
        return because(self.of.reference, self.state)


@dataclass(frozen=True, slots=True)
class _Story:
    grants: Sequence[Grant]
    bought: Mapping[str, Bought]
    chargebacks: Sequence[Chargeback]
    refunds: Sequence[Refund]
    at: datetime

    def granted(self) -> Iterator[Step]:
        """Every grant, with what was held just before it and just after; before it the chargeback or the
        refund, if it follows from one."""
        for index, grant in enumerate(self.grants):
            if grant.of is not None:
                yield from (self._claimed(event) for event in self._claims() if event.reason == grant.reason)
                yield from (self._refund(each) for each in self.refunds if _reason(each) == grant.reason)
            before = project(self.grants[:index], at=grant.effective_at)
            after = project(self.grants[: index + 1], at=grant.effective_at)
            if grant.kind == "order":
                yield self._order(grant, self.bought[grant.order_number or ""], before, after)
            else:
                yield self._by_hand(grant, before, after)

    def passages(self) -> Iterator[Step]:
        """What a term's end or beginning changed by itself, between one grant and the next."""
        for index, grant in enumerate(self.grants):
            known = self.grants[: index + 1]
            until = self.grants[index + 1].effective_at if index + 1 < len(self.grants) else self.at
            held = project(known, at=grant.effective_at)
            while (edge := _next_edge(held)) is not None and edge <= until:
                then = project(known, at=edge)
                yield Step(at=edge, kind="time", what=passed(held, then), before=held, after=then)
                held = then

    def not_granted(self) -> Iterator[Step]:
        """Orders with money, or in review, that gave nothing."""
        for each in self._waiting():
            yield Step(
                at=each.since,
                kind="not_granted",
                what=say(
                    "{what}: chưa cấp gì, tiền được giữ an toàn",
                    "{what}: nothing was granted, the money is safe",
                    what=BOUGHT[each.quote.purchase.kind],
                ),
                rule=REVIEW if each.order.state is orders.State.REVIEW else None,
                order_number=each.order.number,
                reason=each.order.review_reason,
                money=self._charged(each),
            )

    def claimed_in_vain(self) -> Iterator[Step]:
        """Chargebacks from which no grant followed, and why."""
        reasons = {grant.reason for grant in self.grants if grant.of is not None}
        for event in self._claims():
            if event.reason not in reasons:
                yield replace(self._claimed(event), notes=(self._why_nothing_followed(event.of),))

    def refunded_beside(self) -> Iterator[Step]:
        """Refunds for which nothing was taken, and why."""
        reasons = {grant.reason for grant in self.grants if grant.of is not None}
        for each in self.refunds:
            if _reason(each) not in reasons:
                step = self._refund(each)
                gave = each.order_number in self._granted_orders()
                yield replace(step, notes=(*step.notes, took_nothing(each, gave=gave)))

    def present(self, usage: Usage | None) -> Step:
        """What holds, and what waits for a person."""
        held = project(self.grants, at=self.at, usage=usage)
        used = usage_words(held)
        return Step(
            at=self.at,
            kind="now",
            what=Text(vi="hiện tại", en="now"),
            lines=() if used is None else (used,),
            notes=(
                *(waits(each.order, self._money_of(each.order)) for each in self._waiting()),
                *(still_open(each) for each in self.chargebacks if each.state is Claim.OPENED),
                *(still_unknown(each) for each in self.refunds if each.state not in refunds_rules.FINISHED),
            ),
            before=held,
            after=held,
        )

    def _order(self, grant: Grant, each: Bought, before: Entitlement, after: Entitlement) -> Step:
        kind = each.quote.purchase.kind
        return Step(
            at=grant.effective_at,
            kind="order",
            what=BOUGHT[kind],
            rule=bought_by_rule(grant, kind, before.state),
            lines=tuple(map(given, grant.lines)),
            notes=tuple(surplus_words(each.order, self._surplus_back(each.order))),
            before=before,
            after=after,
            order_number=each.order.number,
            money=self._charged(each),
        )

    def _by_hand(self, grant: Grant, before: Entitlement, after: Entitlement) -> Step:
        of = next((earlier for earlier in self.grants if earlier.id == grant.of), grant)
        lines = [of.lines[index] for index in grant.reversed_lines] or of.lines
        changes = (before.state, before.held, before.future) != (after.state, after.held, after.future)
        what = BY_HAND[grant.kind]
        return Step(
            at=grant.effective_at,
            kind=grant.kind,
            what=say(what.vi, what.en, order=as_is(grant.order_number or "-")),
            rule=RULES[grant.kind],
            lines=tuple(map(given, lines)),
            notes=(
                *(() if changes else (CHANGES_NOTHING,)),
                *(self._credited_since(of) if grant.kind == "reversal" else ()),
                *(self._stood_on(grant) if grant.kind == "reversal" else ()),
            ),
            before=before,
            after=after,
            order_number=grant.order_number,
            actor=grant.actor,
            reason=grant.reason,
        )

    def _claims(self) -> Iterator[_Claimed]:
        """Every opening and closing."""
        for each in self.chargebacks:
            yield _Claimed(each, Claim.OPENED, each.opened_at, each.opened_by)
            if each.closed_at is not None:
                yield _Claimed(each, each.state, each.closed_at, each.closed_by)

    def _claimed(self, event: _Claimed) -> Step:
        of = event.of
        return Step(
            at=event.at,
            kind="chargeback",
            what=claimed_back(of, event.state),
            order_number=of.order_number,
            actor=event.actor,
            reason=of.reason if event.state is Claim.OPENED else None,
        )

    def _refund(self, each: Refund) -> Step:
        """Of which lines the money is, and what a person should see, stand with it."""
        granted = grant_of(self.grants, each.order_number)
        went = each.state is refunds_rules.State.SUCCEEDED and each.of is Of.ORDER and granted is not None
        return Step(
            at=each.closed_at or each.requested_at,
            kind="refund",
            what=given_back(each),
            lines=tuple(
                say("{what}: {share}", "{what}: {share}", what=given(granted.lines[line]), share=share)
                for line, share in invoice_shares(each, granted)
            )
            if went and granted is not None
            else (),
            notes=() if each.problem is None else (as_is(each.problem),),
            order_number=each.order_number,
            actor=each.requested_by,
            reason=each.reason,
        )

    def _stood_on(self, entry: Grant) -> Iterator[Text]:
        """What came later and was held with what is taken now."""
        earlier = self.grants[: self.grants.index(entry)]
        for later in stand_on(entry, earlier):
            yield say(
                "{what} ngày {day} dựa trên phần này: cần người xem lại",
                "{what} of {day} stood on it: a person should look",
                what=say("đơn {order}", "order {order}", order=as_is(later.order_number))
                if later.order_number
                else Text(vi="điều chỉnh", en="an adjustment"),
                day=later.effective_at.date(),
            )

    def _money_of(self, order: orders.Order) -> Money:
        """What of its money is still there, lost or disputed money apart."""
        of_it = [each for each in self.refunds if each.order_number == order.number]
        currency = order.total.currency
        return order.received - refunded(of_it, Of.ORDER, currency) - refunded(of_it, Of.SURPLUS, currency)

    def _surplus_back(self, order: orders.Order) -> Money:
        of_it = [each for each in self.refunds if each.order_number == order.number]
        return reserved([each for each in of_it if each.of is Of.SURPLUS], order.total.currency)

    def _why_nothing_followed(self, each: Chargeback) -> Text:
        if each.order_number in self._granted_orders():
            return Text(
                vi="không đổi gì: số tiền còn lại đủ cho đơn hàng, hoặc một yêu cầu khác quyết định",
                en="nothing changes: what is left covers the order, or another chargeback decides",
            )
        return Text(vi="không đổi gì: đơn hàng chưa cấp gì", en="nothing changes: the order gave nothing")

    def _charged(self, each: Bought) -> Charged:
        quote, currency = each.quote, each.quote.currency
        credit = [line.gross for line in quote.lines if line.kind == "credit"]
        credited = [grant.order_number for grant in self.grants if grant.id in quote.credited_grants]
        return Charged(
            lines=tuple(price_lines(quote)),
            price=total([line.gross for line in quote.lines if line.kind != "credit"], currency),
            credit=-total(credit, currency),
            credited_orders=tuple(filter(None, credited)),
            total=quote.total,
            received=each.order.received,
            paid_at=each.order.paid_at,
            surplus_days=quote.surplus_days,
            catalog_version=quote.catalog_version,
        )

    def _credited_since(self, of: Grant) -> Iterator[Text]:
        """Money that is gone may have paid for something that still stands."""
        for number in self._granted_orders():
            if of.id in self.bought[number].quote.credited_grants:
                yield say(
                    "giá trị còn lại của nó đã được trừ vào đơn {order}: cần người xem lại",
                    "its unused value was credited to order {order}: a person should look",
                    order=as_is(number),
                )

    def _granted_orders(self) -> list[str]:
        return [grant.order_number for grant in self.grants if grant.kind == "order" and grant.order_number]

    def _waiting(self) -> list[Bought]:
        granted = self._granted_orders()
        return [
            each
            for number, each in self.bought.items()
            if number not in granted
            and (self._money_of(each.order).minor > 0 or each.order.state is orders.State.REVIEW)
        ]


def _reason(refund: Refund) -> str:
    return refunds_rules.because(refund.reference, refund.state)


def _next_edge(held: Entitlement) -> datetime | None:
    """When a term that is known now ends or begins next."""
    known = [holding.term for holding in (held.held, held.future) if holding is not None]
    edges = [edge for term in known for edge in (term.start, term.end) if edge > held.at]
    return min(edges, default=None)
