"""What a gateway's word about a refund makes of it: compared with all that we know, in one place. Pure.

A report that contradicts us is not believed: the refund is unknown, its money stays reserved, and a person
settles it. Rules: "Quote and order", and the six outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from payport.gateways.types import Outcome, RefundReport
from payport.rules.money import Money
from payport.rules.refund import FINISHED, Refund, State

__all__ = ["Finding", "Known", "judge_refund"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored besides the refund. `reference_is_anothers`: the report's gateway reference names
    another refund or payment of the account."""

    merchant_account: str
    reference_is_anothers: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Where the refund goes: None where it stays. What is not told stays as it was.

    Args:
        gateway_reference: the gateway's name for the refund, where the report is believed.
        reported: what the gateway says it gave back, where that is another amount.
        problem: why a person must look.
    """

    to: State | None
    because: str
    gateway_reference: str | None = None
    reported: Money | None = None
    problem: str | None = None


def judge_refund(
    refund: Refund, outcome: Outcome, report: RefundReport | None, known: Known, *, asked: bool
) -> Finding:
    """Judge one call.

    Args:
        outcome: of the call; the report's own, if there is one.
        report: None where the flow did not come to its end.
        asked: it answers `query_refund`; else it is the refund's own call, which was sent once.
    """
    if refund.state in FINISHED:
        return _afterwards(refund, outcome)
    if report is None:
        failed = outcome is Outcome.NOT_SENT and not asked
        return Finding(
            State.FAILED if failed else _in_doubt(asked), "no byte left" if failed else "no answer"
        )
    problem = _problem(refund, report, known)
    if problem is None:
        return Finding(
            _goes_to(refund, outcome, asked), f"the gateway says {outcome}", report.gateway_reference
        )
    wrong = any(_contradictions(refund, report, known))
    return Finding(
        None if refund.state is State.UNKNOWN else State.UNKNOWN,
        problem,
        gateway_reference=None if wrong else report.gateway_reference,
        reported=None if wrong else _other_amount(refund, report),
        problem=problem,
    )


def _goes_to(refund: Refund, outcome: Outcome, asked: bool) -> State | None:
    match outcome:
        case Outcome.DONE:
            return State.SUCCEEDED
        case Outcome.DECLINED:
            return State.FAILED
        case Outcome.PENDING:
            return State.SUBMITTED if refund.state is State.REQUESTED else None
        case _:
            return _in_doubt(asked)


def _afterwards(refund: Refund, outcome: Outcome) -> Finding:
    """A late word about a refund that a person has ended changes nothing; where it says otherwise, it is kept
    for people: the money may have gone back, or may not."""
    said = {Outcome.DONE: State.SUCCEEDED, Outcome.DECLINED: State.FAILED}.get(outcome, refund.state)
    if said is refund.state:
        return Finding(None, "known already")
    problem = f"the gateway says {outcome}, after {refund.closed_by} ended it as {refund.state}"
    return Finding(None, problem, problem=problem)


def _in_doubt(asked: bool) -> State | None:
    """An answer that says nothing leaves what was known before; a refund that was sent is then unknown."""
    return None if asked else State.UNKNOWN


def _problem(refund: Refund, report: RefundReport, known: Known) -> str | None:
    """Why the report is not believed, or settles nothing: for the person who will."""
    wrong = ", ".join(_contradictions(refund, report, known))
    if wrong:
        return f"the gateway's answer has another {wrong}: it was not believed"
    if report.outcome is Outcome.SUSPECT:
        return "the gateway disputes it: money may have gone back"
    if report.outcome is Outcome.DONE and report.amount != refund.amount:
        return f"the gateway says that {report.amount} went back, and {refund.amount} were asked for"
    if report.outcome in {Outcome.DONE, Outcome.DECLINED} and refund.reported is not None:
        return f"the gateway says {report.outcome}, after it said that {refund.reported} went back"
    return None


def _other_amount(refund: Refund, report: RefundReport) -> Money | None:
    """What the gateway says it gave back, in the currency that can be counted."""
    if report.outcome is not Outcome.DONE or report.amount in {None, refund.amount}:
        return None
    return report.amount if report.amount and report.amount.currency == refund.amount.currency else None


def _contradictions(refund: Refund, report: RefundReport, known: Known) -> Iterator[str]:
    """What the report names, and names otherwise than we do. What it does not carry contradicts nothing."""
    if report.merchant_account not in {None, known.merchant_account}:
        yield "merchant account"
    if report.merchant_reference not in {None, refund.merchant_reference}:
        yield "payment"
    if report.refund_reference not in {None, refund.reference}:
        yield "refund"
    unmoved = report.outcome in {Outcome.DECLINED, Outcome.PENDING}  # what went back is counted as it is told
    if unmoved and report.amount not in {None, refund.amount}:
        yield "amount"
    told, ours = report.gateway_reference, refund.gateway_reference
    if told is not None and (known.reference_is_anothers or ours not in {None, told}):
        yield "gateway reference"
