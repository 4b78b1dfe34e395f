"""What an act would do, found by doing it and undoing it: so a preview cannot disagree with the act.

A refund is taken as if its gateway had said yes. Nothing is sent, kept, or told to anybody. What is then done
for good is held against what was shown, in the transaction that does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from payport.errors import EffectChanged
from payport.rules.acts import Act, Confirm, act_to_json
from payport.rules.confirmation import Confirmation
from payport.rules.confirmation import State as Seen
from payport.rules.entitlement import Entitlement
from payport.rules.grant import Grant
from payport.rules.left import left_of
from payport.rules.line import TaxSum
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Payment
from payport.rules.refund import Refund, State
from payport.rules.refund_lines import line_prices
from payport.rules.refund_tax import refund_taxes
from payport.rules.standing import grant_of
from payport.rules.story import given, held_words
from payport.rules.words import Text
from payport.service.acting import perform
from payport.service.books import Books, books_of
from payport.service.holding import entitlement
from payport.service.performed import Performed, Result, as_if_done, check_second, needs_second
from payport.service.refund_judge import Finding
from payport.service.refundable import RefundableLine
from payport.service.seller import Seller
from payport.service.settling_refunds import locked_refund, settle_refund
from payport.service.targets import Target, locked_target
from payport.storage.account_records import grants_of
from payport.storage.order_records import find_order
from payport.storage.payment_records import payments_of
from payport.storage.quote_records import find_quote

__all__ = ["Change", "Effect", "perform_as_shown", "rehearse"]


@dataclass(frozen=True, slots=True)
class Change:
    """A state before and after; both alike where it stays."""

    reference: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act would do at this moment.

    Args:
        result: what it is about, as it would stand then.
        amount: of the money that it is about; None where that is none, or not known.
        order: its state; None where no order is touched. `payments`: of the order, those that change.
        held_before, held_after: what the account holds; None where the money belongs to nobody.
        given: what new grants give, in words. `taken`: the lines of grants that are taken back.
        taxes: of a refund of the order's own money, for each rate: net, tax and gross.
        left: of the payment's money, afterwards. `surplus`: of the order's, what is to be given back then.
        needs_second: by the policy, one person's word is not enough.
    """

    act: Act
    result: Result
    amount: Money | None
    account: str | None
    order: Change | None
    payments: tuple[Change, ...]
    held_before: Entitlement | None
    held_after: Entitlement | None
    given: tuple[Text, ...]
    taken: tuple[RefundableLine, ...]
    taxes: tuple[TaxSum, ...]
    left: Money | None
    surplus: Money | None
    needs_second: bool

    @property
    def words_before(self) -> Text | None:
        """What the account holds now; None where the money belongs to nobody."""
        return None if self.held_before is None else held_words(self.held_before)

    @property
    def words_after(self) -> Text | None:
        """What it would hold then."""
        return None if self.held_after is None else held_words(self.held_after)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the act and of all that this says of it, but for times and new references: what
        a form sends back as what its reader saw."""
        said = {
            "act": act_to_json(self.act),
            "amount": _figure(self.amount),
            "account": self.account,
            "states": [
                (change.reference, change.before, change.after)
                for change in ((self.order,) if self.order else ()) + self.payments
            ],
            "held": [_held_figures(held) for held in (self.held_before, self.held_after)],
            "given": [text.en for text in self.given],
            "taken": [(line.number, line.what.en, _figure(line.price)) for line in self.taken],
            "taxes": [
                (tax.names.en, str(tax.percent), *map(_figure, (tax.net, tax.tax, tax.gross)))
                for tax in self.taxes
            ],
            "left": _figure(self.left),
            "surplus": _figure(self.surplus),
            "needs_second": self.needs_second,
        }
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _figure(amount: Money | None) -> str:
    return "" if amount is None else f"{amount.minor} {amount.currency}"


def _held_figures(held: Entitlement | None) -> tuple[int, str] | None:
    return None if held is None else (held.version, held_words(held).en)


def rehearse(connection: Connection, seller: Seller, act: Act, *, actor: str) -> Effect:
    """Do it, on a connection whose transaction is undone. Raises what the act itself raises, but for its
    needing a second person."""
    return _perform(connection, seller, act, actor=actor)[1]


def perform_as_shown(
    connection: Connection, seller: Seller, act: Act, *, actor: str, shown: str | None, approved: bool = False
) -> Performed:
    """Do it, if it does what its reader saw; see `acting.perform`.

    Args:
        shown: `Effect.digest` of what was looked at; None: nothing was.
    Raises: EffectChanged where it would do something else by now. What was done before is not done again,
        whatever was shown.
    """
    if shown is None:
        return perform(connection, seller, act, actor=actor, approved=approved)
    done, effect = _perform(connection, seller, act, actor=actor)
    if done.is_news and effect.digest != shown:
        raise EffectChanged(
            field="shown",
            problem="it would not do any more what was shown",
            remedy="Look at what it would do now, and decide again",
        )
    if not approved:
        check_second(seller, act, done)
    return done


def _perform(connection: Connection, seller: Seller, act: Act, *, actor: str) -> tuple[Performed, Effect]:
    """What is done, and what that comes to once a gateway says yes; of that nothing is kept.

    The account is ours before anything is read of it, so that nothing changes in between.
    """
    target = locked_target(connection, act)
    before = _Standing.read(connection, seller, target)
    done = perform(connection, seller, act, actor=actor, approved=True)
    if done.begun is None:
        return done, _effect(connection, seller, act, target=target, before=before, done=done)
    imagined = connection.begin_nested()
    try:
        sent = _taken_for_sent(connection, seller, done)
        return done, _effect(connection, seller, act, target=target, before=before, done=sent)
    finally:
        imagined.rollback()


def _effect(
    connection: Connection, seller: Seller, act: Act, *, target: Target, before: _Standing, done: Performed
) -> Effect:
    after = _Standing.read(connection, seller, target)
    news = after.grants[len(before.grants) :]
    books = after.books
    return Effect(
        act=act,
        result=done.result,
        amount=done.amount,
        account=target.account,
        order=None
        if before.order is None or after.order is None
        else Change(before.order.number, before.order.state, after.order.state),
        payments=tuple(_changes(before.payments, after.payments)),
        held_before=before.held,
        held_after=after.held,
        given=tuple(given(line) for grant in news for line in grant.lines),
        taken=tuple(_taken(news, after.grants)),
        taxes=_taxes(connection, done.result, after),
        left=None
        if books is None or target.merchant_reference is None
        else left_of(books.payment, books.chargebacks, books.refunds),
        surplus=None if books is None else books.surplus,
        needs_second=_needs_second(seller, act, done),
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """How it all stands, at one moment of the transaction."""

    order: Order | None
    payments: tuple[Payment, ...]
    grants: tuple[Grant, ...]
    held: Entitlement | None
    books: Books | None

    @classmethod
    def read(cls, connection: Connection, seller: Seller, target: Target) -> _Standing:
        number, account, now = target.order_number, target.account, seller.clock()
        payments = () if number is None else payments_of(connection, number)
        named = [one for one in payments if one.merchant_reference == target.merchant_reference]
        about = (*named, *payments)[:1]
        return cls(
            order=None if number is None else find_order(connection, number=number),
            payments=payments,
            grants=() if account is None else grants_of(connection, account),
            held=_held(connection, account, now),
            books=books_of(connection, about[0]) if about else None,
        )


def _held(connection: Connection, account: str | None, now: datetime) -> Entitlement | None:
    return None if account is None else entitlement(connection, account, at=now)


def _taken_for_sent(connection: Connection, seller: Seller, done: Performed) -> Performed:
    assert done.begun is not None
    assert done.begun.account is not None
    refund = locked_refund(connection, done.begun.refund.reference)
    yes = Finding(State.SUCCEEDED, "rehearsed")
    by = done.begun.account.name
    return as_if_done(done, settle_refund(connection, seller, refund, yes, at=seller.clock(), by=by))


def _changes(before: Sequence[Payment], after: Sequence[Payment]) -> Iterator[Change]:
    states = {payment.merchant_reference: payment.state for payment in before}
    for payment in after:
        was = states.get(payment.merchant_reference, payment.state)
        if was is not payment.state:
            yield Change(payment.merchant_reference, was, payment.state)


def _taken(news: Sequence[Grant], grants: Sequence[Grant]) -> Iterator[RefundableLine]:
    """The lines that a reversal among the news takes, with what each had cost."""
    for reversal in news:
        granted = next((grant for grant in grants if grant.id == reversal.of), None)
        if granted is None or not reversal.reversed_lines:
            continue
        prices = line_prices(granted)
        for line in reversal.reversed_lines:
            yield RefundableLine(line, given(granted.lines[line]), prices[line])


def _taxes(connection: Connection, result: Result, after: _Standing) -> tuple[TaxSum, ...]:
    if not isinstance(result, Refund) or after.order is None or after.books is None:
        return ()
    quote = find_quote(connection, after.order.quote_id)
    assert quote is not None
    granted = grant_of(after.grants, after.order.number)
    return refund_taxes(result, quote, granted, after.books.refunds)


def _needs_second(seller: Seller, act: Act, done: Performed) -> bool:
    if isinstance(act, Confirm) and isinstance(done.result, Confirmation):
        return done.result.state is Seen.WAITING
    return needs_second(seller, act, done)
