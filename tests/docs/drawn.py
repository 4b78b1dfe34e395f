"""What docs/money-and-states.md shows of the code: diagrams from MOVES, tables from what the judge says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from payport.gateways.types import Outcome, PaymentReport
from payport.rules.money import Money, vnd
from payport.rules.payment import Flag, Payment, State
from payport.service.judge import Judgement, Known, judge
from tests.support.shop import NOON

__all__ = ["contradictions", "diagram", "judgements"]

_StateOf = TypeVar("_StateOf", bound=StrEnum)
_PENDING = Payment(
    merchant_reference="SV23456789AB",
    order_number="SVBA98765432",
    account="binh-minh",
    gateway_account="bank-main",
    gateway="bank",
    environment="sandbox",
    method="domestic_card",
    choice=None,
    state=State.PENDING,
    amount=vnd(1_100_000),
    received=vnd(0),
    handed_over_at=NOON,
    closes_at=NOON + timedelta(minutes=15),
    buyer_ip="203.0.113.9",
    language="vi",
)
_STORED = {
    "pending": _PENDING,
    "failed": replace(_PENDING, state=State.FAILED),
    "expired": replace(_PENDING, state=State.EXPIRED),
    "review, disputed": replace(_PENDING, state=State.REVIEW, flags=frozenset({Flag.SUSPECT})),
    "review, contradicted": replace(_PENDING, state=State.REVIEW, flags=frozenset({Flag.ENVIRONMENT})),
    "succeeded": replace(_PENDING, state=State.SUCCEEDED, received=vnd(1_100_000), gateway_reference="T1"),
}
_SAID: dict[str, dict[str, Any]] = {
    "done": {"outcome": Outcome.DONE},
    "declined": {"outcome": Outcome.DECLINED, "gateway_reference": None},
    "suspect": {"outcome": Outcome.SUSPECT},
    "pending": {"outcome": Outcome.PENDING, "gateway_reference": None},
    "unknown": {"outcome": Outcome.UNKNOWN, "gateway_reference": None},
    "unpaid": {"outcome": Outcome.PENDING, "gateway_reference": None, "unpaid": True},
}
_DIFFERS: dict[str, dict[str, Any]] = {
    "merchant account": {"merchant_account": "THEIRS"},
    "amount": {"amount": vnd(1_099_999)},
    "currency": {"amount": Money(1_100_000, "USD")},
    "environment": {"is_test": False},
    "order, not the payment's": {"order_text": "SVANOTHER234"},
    "gateway reference, another payment's": {"gateway_reference": "T9"},
    "gateway reference, not the one that is known": {"gateway_reference": "T2"},
}


def diagram(moves: Mapping[_StateOf, Set[_StateOf]], *, begin: _StateOf) -> str:
    """A Mermaid state diagram, in the order in which the states are defined."""
    lines = ["stateDiagram-v2", f"    [*] --> {begin}"]
    lines += [
        f"    {state} --> {to}" for state, targets in moves.items() for to in type(state) if to in targets
    ]
    lines += [f"    {state} --> [*]" for state, targets in moves.items() if not targets]
    return "\n".join(lines) + "\n"


def judgements() -> Iterable[list[str]]:
    """A row for each stored state: what a report that agrees with what we know makes of it.

    "unpaid" is the answer to our own query, after the window has closed; the others come unasked.
    """
    for name, payment in _STORED.items():
        cells = [name]
        for said, changes in _SAID.items():
            asked = said == "unpaid"
            judged = _judge(payment, asked=asked, counted=payment.state is State.SUCCEEDED, **changes)
            cells.append(f"{judged.payment.state}, `{judged.decision}`")
        yield cells


def contradictions() -> Iterable[list[str]]:
    """A row for each thing that may differ in a success of a pending payment."""
    for name, changes in _DIFFERS.items():
        known = "T1" if name.endswith("known") else None
        payment = replace(_PENDING, gateway_reference=known)
        judged = _judge(payment, outcome=Outcome.DONE, anothers=name.endswith("another payment's"), **changes)
        (flag,) = judged.payment.flags
        money = "counted" if judged.receipt is not None else "not counted"
        yield [name, str(judged.payment.state), f"`{judged.decision}`", f"`{flag}`", money]


def _judge(
    payment: Payment, *, asked: bool = False, counted: bool = False, anothers: bool = False, **said: Any
) -> Judgement:
    report: dict[str, Any] = {
        "gateway_code": "",
        "merchant_account": "OURS",
        "merchant_reference": payment.merchant_reference,
        "amount": payment.amount,
        "gateway_reference": "T1",
        **said,
    }
    known = Known(
        merchant_account="OURS",
        environment="sandbox",
        now=payment.closes_at if asked else payment.handed_over_at,
        reference_is_anothers=anothers,
        reference_is_counted=counted,
    )
    return judge(payment, PaymentReport(**report), known, asked=asked)
