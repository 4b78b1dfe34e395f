"""`payport chargeback` and `close-chargeback`: an issuer claims money back, and how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from payport.doors.cli.acts import By, How, Reason, carry_out
from payport.doors.cli.amounts import amount_given
from payport.doors.cli.printing import plain
from payport.doors.cli.usage import Config

if TYPE_CHECKING:
    from payport.rules.chargeback import Chargeback

__all__ = ["chargeback", "close_chargeback"]


def chargeback(
    merchant_reference: str,
    amount: str,
    /,
    *,
    by: By,
    reason: Reason,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Record that a buyer's bank claims money of a payment back: what was bought is suspended by it."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import OpenChargeback  # noqa: PLC0415

    with opened(config) as shop:
        currency = shop.refundable(merchant_reference).left.currency
        money = amount_given(amount, currency, option="AMOUNT")
        act = OpenChargeback(merchant_reference=merchant_reference, amount=money, reason=reason)
        return carry_out(shop, act, by=by, how=how, tell=_tell)


def close_chargeback(
    reference: str,
    outcome: Literal["won", "lost"],
    /,
    *,
    by: By,
    reason: Reason = "",
    how: How | None = None,
    config: Config = None,
) -> int:
    """Say how a chargeback ended: won, and the money stays; or lost, and it is gone."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import CloseChargeback  # noqa: PLC0415

    act = CloseChargeback(reference=reference, outcome=outcome, reason=reason)
    with opened(config) as shop:
        return carry_out(shop, act, by=by, how=how, tell=_tell)


def _tell(each: Chargeback) -> None:
    from payport.rules.story import claimed_back  # noqa: PLC0415

    print(plain(f"{claimed_back(each, each.state).en}; order {each.order_number}"))
