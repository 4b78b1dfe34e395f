"""`payport cancel` and `payport adjust`: a person ends an order, or gives and takes without a payment."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from payport.doors.cli.acts import By, How, Reason, carry_out
from payport.doors.cli.printing import plain
from payport.doors.cli.usage import Config

__all__ = ["adjust", "cancel"]


def cancel(
    number: str,
    /,
    *,
    by: By,
    reason: Reason,
    how: How | None = None,
    config: Config = None,
) -> int:
    """End an order that is placed or in review. Money that came in for it is to be given back."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import Cancel  # noqa: PLC0415

    def tell(order: Any) -> None:
        print(f"order {order.number}: {order.state}")
        if order.received.minor:
            print(f"{order.received} came in for it: `payport order` lists its payments")

    with opened(config) as shop:
        return carry_out(shop, Cancel(order_number=number, reason=reason), by=by, how=how, tell=tell)


def adjust(
    account: str,
    /,
    *,
    by: By,
    reason: Reason,
    gb: Annotated[int, Parameter(help="Given to the term that stands; below zero: taken.")] = 0,
    days: Annotated[int, Parameter(help="Added to it; below zero: taken off.")] = 0,
    package: Annotated[str | None, Parameter(help="Begin a term of this one, for --months.")] = None,
    months: Annotated[int | None, Parameter(help="How long that term is.")] = None,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Give or take without a payment: GB and days of what an account holds, or a new term."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import Adjust  # noqa: PLC0415
    from payport.rules.story import held_words  # noqa: PLC0415

    def tell(held: Any) -> None:
        print(plain(f"account {account} holds {held_words(held).en}"))

    act = Adjust(account=account, reason=reason, gb=gb, days=days, package=package, months=months)
    with opened(config) as shop:
        return carry_out(shop, act, by=by, how=how, tell=tell)
