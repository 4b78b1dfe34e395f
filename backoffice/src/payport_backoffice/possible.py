"""Which acts an order is open to now, for whoever may act. The core decides again when one is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from payport import Chargeback, OrderView, Refundable
from payport_web.languages import msg

__all__ = ["Possible", "possible"]

_CAN_BE_CANCELLED: Final = ("placed", "review")
_FINISHED: Final = ("succeeded", "failed")
_WAITS_FOR_MONEY: Final = ("placed", "expired")


@dataclass(frozen=True, slots=True)
class Possible:
    """Where an act begins.

    Args:
        path: below the order's. label: marked with `msg`.
        is_due: the order waits for it.
    """

    path: str
    label: str
    is_due: bool = False


def possible(
    order: OrderView,
    refundable: Sequence[Refundable],
    chargebacks: Sequence[Chargeback],
    by_hand: Collection[str],
) -> tuple[Possible, ...]:
    """In the order in which people want them.

    Args:
        refundable: of each payment that received anything.
        by_hand: the gateway accounts whose money people confirm.
    """
    found: list[Possible] = []
    if order.state == "review" or any(each.state == "review" for each in order.payments):
        found.append(Possible("resolve", msg("Resolve"), is_due=True))
    if any(each.state not in _FINISHED for each in order.refunds):
        found.append(Possible("settle", msg("Settle a refund"), is_due=True))
    waits = order.state in _WAITS_FOR_MONEY and order.received < order.total
    if waits and any(each.gateway_account in by_hand for each in order.payments):
        found.append(Possible("confirm", msg("Confirm money"), is_due=True))
    has_money = any(each.left.minor for each in refundable)
    if has_money:
        found.append(Possible("refund", msg("Give money back")))
    if order.state in _CAN_BE_CANCELLED:
        found.append(Possible("cancel", msg("Cancel")))
    if has_money or any(each.state == "opened" for each in chargebacks):
        found.append(Possible("chargeback", msg("Chargeback")))
    return tuple(found)
