"""What the core makes of a gateway's report: the one place where a report is compared with what we know.

Pure. The same comparisons, in the same order, for every gateway, for callbacks and for queries. Nothing here
trusts a plugin: it reports, and this decides. Rules: "Quote and order"; design, "The core decides".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payport.gateways.types import Outcome, PaymentReport
from payport.rules.money import Money
from payport.rules.payment import Flag, Payment, State, move

__all__ = ["Decision", "Judgement", "Known", "judge", "when_paid"]

_STILL_OUR_MONEY: Final = frozenset({Flag.AMOUNT, Flag.ORDER, Flag.REFERENCE})
_ENDED_UNPAID: Final = frozenset({State.FAILED, State.EXPIRED})
_MOST_PAID_WITH: Final = 120  # what its column holds; it is for people, and never holds up money


class Decision(StrEnum):
    """What a callback came to; each has its exact answer in the gateway's words (`Answers`)."""

    RECORDED = "recorded"
    ALREADY_KNOWN = "already_known"
    TO_REVIEW = "to_review"
    WRONG_AMOUNT = "wrong_amount"
    UNKNOWN_REFERENCE = "unknown_reference"
    NOT_AUTHENTIC = "not_authentic"
    NO_INPUT = "no_input"
    INCOMPLETE = "incomplete"
    HINT_TAKEN = "hint_taken"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class Known:
    """What we know apart from the payment itself."""

    merchant_account: str
    environment: str
    now: datetime
    reference_is_anothers: bool = False  # the reported gateway reference belongs to another payment
    reference_is_counted: bool = False  # its money is among this payment's receipts already
    counted_by_a_person: bool = False  # of this payment's receipts, a person named a transaction


@dataclass(frozen=True, slots=True)
class Judgement:
    """The payment afterwards; `receipt` is money newly proven; `ask` makes a query due."""

    decision: Decision
    payment: Payment
    because: str
    receipt: Money | None = None
    ask: bool = False


def judge(payment: Payment, report: PaymentReport, known: Known, *, asked: bool) -> Judgement:
    """Compare, then decide.

    Args:
        asked: whether the report answers our own query; only then may "unpaid" expire a payment, and
            only after the gateway's window has closed.
    """
    for compare in (_merchant_account, _amount, _environment, _order, _gateway_reference):
        found = compare(payment, report, known)
        if found is not None:
            return _contradicts(payment, report, known, *found)
    match report.outcome:
        case Outcome.DONE:
            return _done(payment, report, known)
        case Outcome.DECLINED:
            return _declined(payment)
        case Outcome.SUSPECT:
            return _suspect(payment, report)
        case _:
            return _undecided(payment, report, known, asked=asked)


def when_paid(payment: Payment, reported: datetime | None, received_at: datetime) -> datetime:
    """The gateway's own instant if it lies between handing over and receipt, else the receipt."""
    if reported is not None and payment.handed_over_at <= reported <= received_at:
        return reported
    return received_at


def _merchant_account(_: Payment, report: PaymentReport, known: Known) -> tuple[Flag, Decision] | None:
    if report.merchant_account is None or report.merchant_account == known.merchant_account:
        return None
    return Flag.MERCHANT, Decision.NOT_AUTHENTIC


def _amount(payment: Payment, report: PaymentReport, _: Known) -> tuple[Flag, Decision] | None:
    if report.amount is None or report.amount == payment.amount:
        return None
    same = report.amount.currency == payment.amount.currency
    return (Flag.AMOUNT if same else Flag.CURRENCY), Decision.WRONG_AMOUNT


def _environment(payment: Payment, report: PaymentReport, known: Known) -> tuple[Flag, Decision] | None:
    is_test = payment.environment != "live"
    if payment.environment == known.environment and report.is_test in {None, is_test}:
        return None
    return Flag.ENVIRONMENT, Decision.TO_REVIEW


def _order(payment: Payment, report: PaymentReport, _: Known) -> tuple[Flag, Decision] | None:
    """Only of a success: what was not paid for another order was not paid for this one either."""
    if report.outcome is not Outcome.DONE or report.order_text in {None, payment.order_number}:
        return None
    return Flag.ORDER, Decision.TO_REVIEW


def _gateway_reference(payment: Payment, report: PaymentReport, known: Known) -> tuple[Flag, Decision] | None:
    if known.reference_is_anothers:
        return Flag.REFERENCE, Decision.TO_REVIEW
    if payment.state is State.SUCCEEDED or report.outcome is Outcome.DECLINED:
        return None  # a second success is surplus money, not a contradiction; a refused try names no money
    ours = payment.gateway_reference
    if ours is None or report.gateway_reference in {None, ours}:
        return None
    return Flag.REFERENCE, Decision.TO_REVIEW


def _contradicts(
    payment: Payment, report: PaymentReport, known: Known, flag: Flag, decision: Decision
) -> Judgement:
    """Nothing is granted: what is unfinished goes to review, what succeeded stays; both keep the flag."""
    receipt = _proven(payment, report, known) if flag in _STILL_OUR_MONEY else None
    flags = {flag} | ({Flag.SURPLUS} if receipt is not None and payment.state is State.SUCCEEDED else set())
    after = _flagged(payment, *flags)
    if payment.state is not State.SUCCEEDED and payment.state is not State.REVIEW:
        after = move(after, State.REVIEW)
    if receipt is not None:
        after = _with_money(after, report, receipt)
    return Judgement(decision, after, f"a report contradicts what we know: {flag}", receipt=receipt)


def _done(payment: Payment, report: PaymentReport, known: Known) -> Judgement:
    receipt = _proven(payment, report, known)
    if report.amount is None:  # nobody signed an amount: only a query may say what was paid
        return Judgement(Decision.RECORDED, payment, "a success without an amount proves nothing", ask=True)
    if payment.state is State.SUCCEEDED:
        if receipt is None:
            return Judgement(Decision.ALREADY_KNOWN, payment, "the same success again")
        after, because = (
            _flagged(payment, Flag.SURPLUS, Flag.SECOND_PAYMENT),
            "a second success is surplus money",
        )
        if known.counted_by_a_person:
            after = _flagged(after, Flag.REFERENCE)
            because += "; or it is the first, which a person counted by another name"
        after = replace(after, received=after.received + receipt)
        return Judgement(Decision.ALREADY_KNOWN, after, because, receipt=receipt)
    if payment.state is State.REVIEW and not _review_may_end(payment):
        after = payment if receipt is None else _with_money(payment, report, receipt)
        return Judgement(
            Decision.RECORDED,
            after,
            "a success of a payment in review waits for a person",
            receipt=receipt,
            ask=True,
        )
    late = (Flag.LATE,) if payment.state in _ENDED_UNPAID else ()
    after = move(_flagged(payment, *late), State.SUCCEEDED)
    after = replace(after, flags=after.flags - {Flag.SUSPECT})
    if receipt is not None:
        after = _with_money(after, report, receipt)
    return Judgement(Decision.RECORDED, after, "the gateway proved the money", receipt=receipt)


def _declined(payment: Payment) -> Judgement:
    if payment.state is State.SUCCEEDED:
        return Judgement(
            Decision.ALREADY_KNOWN,
            _flagged(payment, Flag.CONFLICT),
            "not paid, says a late report; the success stays",
        )
    if payment.state in _ENDED_UNPAID:
        return Judgement(Decision.ALREADY_KNOWN, payment, "known as not paid")
    if payment.state is State.REVIEW and not _review_may_end(payment):
        return Judgement(Decision.RECORDED, payment, "a refusal of a payment in review waits for a person")
    after = move(payment, State.FAILED)
    return Judgement(
        Decision.RECORDED, replace(after, flags=after.flags - {Flag.SUSPECT}), "the gateway says: not paid"
    )


def _suspect(payment: Payment, report: PaymentReport) -> Judgement:
    flagged = _flagged(payment, Flag.SUSPECT)
    if payment.state is State.SUCCEEDED:
        return Judgement(
            Decision.ALREADY_KNOWN, _flagged(flagged, Flag.CONFLICT), "the gateway disputes a success"
        )
    if payment.state is State.REVIEW:
        return Judgement(Decision.RECORDED, payment, "disputed still")
    after = _named(move(flagged, State.REVIEW), report)
    return Judgement(
        Decision.TO_REVIEW,
        after,
        "the gateway says that money may be taken and is disputed",
        ask=payment.state in _ENDED_UNPAID,  # nobody would ask any more
    )


def _undecided(payment: Payment, report: PaymentReport, known: Known, *, asked: bool) -> Judgement:
    if payment.state is State.SUCCEEDED:
        after = payment if asked else _flagged(payment, Flag.CONFLICT)  # an ask may cross the success
        return Judgement(Decision.ALREADY_KNOWN, after, "undecided, says a late report")
    if payment.state in _ENDED_UNPAID:
        return Judgement(Decision.ALREADY_KNOWN, payment, "known as not paid")
    if asked and report.unpaid and payment.state is State.PENDING and known.now >= payment.closes_at:
        return Judgement(
            Decision.RECORDED,
            move(payment, State.EXPIRED),
            "the window is closed, and the gateway says: unpaid",
        )
    named = _named(payment, report) if report.outcome is Outcome.PENDING else payment
    return Judgement(Decision.RECORDED, named, "not known yet", ask=not asked)


def _proven(payment: Payment, report: PaymentReport, known: Known) -> Money | None:
    """Money that this report proves and no earlier one did."""
    if report.outcome is not Outcome.DONE or report.amount is None:
        return None
    if known.reference_is_counted or known.reference_is_anothers:
        return None
    return report.amount if report.amount.currency == payment.amount.currency else None


def _review_may_end(payment: Payment) -> bool:
    """Only a dispute of the gateway's own is settled by its own later word; a contradiction waits."""
    return payment.flags <= {Flag.SUSPECT, Flag.UNASKED}


def _with_money(payment: Payment, report: PaymentReport, receipt: Money) -> Payment:
    named = _named(payment, report)
    return replace(
        named,
        received=payment.received + receipt,
        paid_with=report.paid_with[:_MOST_PAID_WITH] or payment.paid_with,
    )


def _named(payment: Payment, report: PaymentReport) -> Payment:
    """The gateway reference is learnt once and never changes."""
    return replace(payment, gateway_reference=payment.gateway_reference or report.gateway_reference)


def _flagged(payment: Payment, *flags: Flag) -> Payment:
    return replace(payment, flags=payment.flags | set(flags))
