"""Entries of the journal as moments of an order's time line: each tells its subject as it stood then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, get_args

from payport.journal.entry import Entry, Fact
from payport.rules import chargeback as chargebacks_rules
from payport.rules import confirmation as confirmations_rules
from payport.rules import moment_words as words
from payport.rules import order as orders_rules
from payport.rules import refund as refunds_rules
from payport.rules.chargeback import Chargeback
from payport.rules.confirmation import Confirmation
from payport.rules.grant import Grant
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.quote import Quote
from payport.rules.refund import Refund
from payport.rules.story import claimed_back, given_back
from payport.rules.words import Text
from payport.service.moments import Links, Moment, MomentKind
from payport.service.naming import gateway_words, method_words
from payport.service.seller import Seller

__all__ = ["Subjects", "moment_of"]

_TAKEN_OVER: Final = ".taken_over"
_KINDS: Final = frozenset(get_args(MomentKind))


@dataclass(frozen=True, slots=True)
class Subjects:
    """What the entries of an order are about, as it stands now; by reference."""

    order: Order
    quote: Quote
    refunds: Mapping[str, Refund]
    chargebacks: Mapping[str, Chargeback]
    grants: Mapping[str, Grant]


def moment_of(entry: Entry, because: str | None, about: Subjects, seller: Seller) -> Moment:
    """The entry as a moment, without its links to itself. `because`: the words beside it."""
    is_news = not entry.kind.endswith(_TAKEN_OVER)
    told = (_TELLERS.get(entry.subject, _other) if is_news else _taken_over)(entry, about, seller)
    kind: Any = entry.subject if entry.subject in _KINDS else "other"
    return replace(told, kind=kind, state=entry.to_state, because=because)


def _order(entry: Entry, about: Subjects, _: Seller) -> Moment:
    state = orders_rules.State(_word(entry, "state"))
    then = replace(about.order, state=state, received=_money(entry, "received_minor"))
    if entry.from_state is None and state is orders_rules.State.PLACED:
        return _told(entry, words.placed(then, about.quote), money=then.total)
    moved = entry.from_state != entry.to_state
    return _told(entry, words.of_order(then, moved=moved), money=None if moved else then.received)


def _payment(entry: Entry, _: Subjects, seller: Seller) -> Moment:
    amount, reference = _money(entry, "amount_minor"), entry.reference
    account = _word(entry, "gateway_account")
    by = method_words(seller).get(_word(entry, "method"), gateway_words(seller, account))
    name = entry.kind.partition(".")[2]
    surplus = entry.kind == "money.surplus"
    what = words.surplus_came(reference) if surplus else words.of_payment(name, reference, amount, by)
    links = Links(
        merchant_reference=reference,
        gateway_account=account,
        gateway_reference=_maybe(entry, "gateway_reference"),
    )
    return _told(entry, what, money=amount, links=links)


def _receipt(entry: Entry, _: Subjects, seller: Seller) -> Moment:
    amount, account = _money(entry, "amount_minor"), _word(entry, "gateway_account")
    links = Links(
        merchant_reference=_word(entry, "merchant_reference"),
        gateway_account=account,
        gateway_reference=entry.reference,
        callback=_callback(_word(entry, "proof")),
    )
    what = words.came_in(amount, entry.reference, gateway_words(seller, account))
    return _told(entry, what, money=amount, links=links)


def _refund(entry: Entry, about: Subjects, _: Seller) -> Moment:
    known = about.refunds[entry.reference]
    reported = entry.facts.get("reported_minor")
    then = replace(
        known,
        state=refunds_rules.State(_word(entry, "state")),
        reported=Money(reported, known.amount.currency) if isinstance(reported, int) else None,
    )
    links = Links(
        merchant_reference=known.merchant_reference,
        refund_reference=known.reference,
        gateway_account=known.gateway_account,
        gateway_reference=_maybe(entry, "gateway_reference"),
    )
    ended = _maybe(entry, "closed_by")
    return _told(
        entry,
        given_back(then),
        money=then.amount if then.state is refunds_rules.State.FAILED else then.spent,
        actor=known.requested_by if ended is None else None if ended == known.gateway_account else ended,
        links=links,
    )


def _chargeback(entry: Entry, about: Subjects, _: Seller) -> Moment:
    known = about.chargebacks[entry.reference]
    state = chargebacks_rules.State(_word(entry, "state"))
    opened = state is chargebacks_rules.State.OPENED
    links = Links(merchant_reference=known.merchant_reference, chargeback_reference=known.reference)
    return _told(
        entry,
        claimed_back(known, state),
        money=known.amount,
        actor=known.opened_by if opened else known.closed_by,
        links=links,
    )


def _confirmation(entry: Entry, about: Subjects, _: Seller) -> Moment:
    then = Confirmation(
        gateway_account=_word(entry, "gateway_account"),
        bank_reference=entry.reference,
        merchant_reference=_word(entry, "merchant_reference"),
        order_number=about.order.number,
        state=confirmations_rules.State(_word(entry, "state")),
        amount=_money(entry, "amount_minor"),
        booked_on=date.fromisoformat(_word(entry, "booked_on")),
        note="",
        first_by=_word(entry, "first_by"),
        first_at=datetime.fromisoformat(_word(entry, "first_at")),
        second_by=_maybe(entry, "second_by"),
    )
    links = Links(
        merchant_reference=then.merchant_reference,
        gateway_account=then.gateway_account,
        bank_reference=then.bank_reference,
    )
    actor = None if then.state is confirmations_rules.State.WITHDRAWN else then.second_by or then.first_by
    return _told(entry, words.confirmed(then), money=then.amount, actor=actor, links=links)


def _grant(entry: Entry, about: Subjects, _: Seller) -> Moment:
    grant = about.grants[entry.reference]
    of = grant if grant.of is None else about.grants[grant.of]
    lines = [of.lines[index] for index in grant.reversed_lines] or of.lines
    return _told(entry, words.entitled(grant, lines), actor=grant.actor, links=Links(grant=grant.id))


def _proposal(entry: Entry, _: Subjects, __: Seller) -> Moment:
    state, first, second = (_word(entry, name) for name in ("state", "proposed_by", "closed_by"))
    what = words.proposed(_word(entry, "act"), state, first, second)
    money = None if _fact(entry, "amount_minor") is None else _money(entry, "amount_minor")
    return _told(entry, what, money=money, actor=second or first, links=Links(proposal=entry.reference))


def _account(entry: Entry, about: Subjects, seller: Seller) -> Moment:
    if entry.kind != "account.erased":
        return _other(entry, about, seller)
    return _told(entry, words.erased())


def _taken_over(entry: Entry, _: Subjects, __: Seller) -> Moment:
    return _told(entry, words.taken_over(entry.subject, entry.reference, entry.to_state or "-"))


def _other(entry: Entry, _: Subjects, __: Seller) -> Moment:
    return _told(entry, words.noted(entry.kind, entry.reference))


_TELLERS: Final = {
    "order": _order,
    "payment": _payment,
    "receipt": _receipt,
    "refund": _refund,
    "chargeback": _chargeback,
    "confirmation": _confirmation,
    "grant": _grant,
    "proposal": _proposal,
    "account": _account,
}


def _told(
    entry: Entry,
    what: Text,
    *,
    money: Money | None = None,
    actor: str | None = None,
    links: Links | None = None,
) -> Moment:
    return Moment(
        at=entry.at, kind="other", name=entry.kind, what=what, money=money, actor=actor,
        links=links or Links(),
    )  # fmt: skip


def _fact(entry: Entry, name: str) -> Fact:
    return entry.facts.get(name)


def _word(entry: Entry, name: str) -> str:
    return str(_fact(entry, name) or "")


def _maybe(entry: Entry, name: str) -> str | None:
    return _word(entry, name) or None


def _money(entry: Entry, name: str) -> Money:
    minor = _fact(entry, name)
    return Money(minor if isinstance(minor, int) else 0, _word(entry, "currency"))


def _callback(proof: str) -> int | None:
    """The number of the callback that a proof names: "callback 17 sha256:…"."""
    kind, _, rest = proof.partition(" ")
    number = rest.partition(" ")[0]
    return int(number) if kind == "callback" and number.isdecimal() else None
