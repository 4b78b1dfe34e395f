"""How a payment ends: its results, now and by a fault later, and when the shop hears of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from payport_simulators.delivery import Delivery, Ipn, Notice
from payport_simulators.onepay.cards import UsedCard, typed_test_card, used
from payport_simulators.onepay.faults import Faults
from payport_simulators.onepay.products import UNDECIDED
from payport_simulators.onepay.records import PayRequest, Result

__all__ = ["PENDING", "is_decline", "notices", "result", "results"]

PENDING: Final = ("100", "300", "P")  # after which money may still come


def is_decline(code: str) -> bool:
    """Whether a card was used and its bank, or the gateway, said no."""
    return code != "0" and code not in PENDING and code not in UNDECIDED


def result(
    request: PayRequest, code: str, card: UsedCard | None, *, at: datetime, number: Callable[[], str]
) -> Result:
    """One attempt's; by a test card if none is given, and by none where the code says that none was used."""
    if code in UNDECIDED:
        return Result(code, "", None, at)
    if card is None:
        method = request.methods[0]
        card = used(method, typed_test_card(method))
    return Result(code, number(), card, at)


def results(
    request: PayRequest,
    code: str,
    card: UsedCard | None,
    *,
    faults: Faults,
    now: datetime,
    number: Callable[[], str],
) -> tuple[Result, ...]:
    """The end, and what follows it by a fault. An instalment fee is part of every success."""
    first = _with_fee(result(request, code, card, at=now, number=number), faults)
    later = now + faults.late_by
    if first.paid and faults.pending_first:
        return (replace(first, code="300", fee=0), replace(first, at=later))
    if not first.paid and code not in PENDING and faults.success_after_decline:
        return (first, _with_fee(result(request, "0", card, at=later, number=number), faults))
    return (first,)


def notices(
    token: str, ended: Sequence[Result], *, faults: Faults, now: datetime, number: Callable[[], str]
) -> Iterator[Notice[Result]]:
    """What the shop is to be told of these results, and when."""
    if faults.delivery is Delivery.RETURN_ONLY:
        return
    first, *following = ended
    due = now + faults.late_by if faults.ipn is Ipn.LATE else now
    yield Notice(token, first, due, faults.ipn)
    for each in following:
        yield Notice(token, each, max(due, each.at))
    if faults.second_transaction and first.paid:
        yield Notice(token, replace(first, number=number()), due)


def _with_fee(ended: Result, faults: Faults) -> Result:
    return replace(ended, fee=faults.instalment_fee) if ended.paid else ended
