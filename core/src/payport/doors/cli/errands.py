"""`payport errands`: who did what that moves no money, and why."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, instant, table
from payport.doors.cli.usage import AsJson, Config

__all__ = ["errands"]


def errands(
    *,
    config: Config = None,
    actor: Annotated[str | None, Parameter(name="--by", help="Of this person alone.")] = None,
    order: Annotated[str | None, Parameter(help="Of this order alone.")] = None,
    kind: Annotated[tuple[str, ...], Parameter(help="Of this kind alone; repeatable.")] = (),
    limit: Annotated[int, Parameter(help="How many, 1 to 200; 50 if not given.")] = 50,
    json: AsJson = False,
) -> None:
    """List who asked, told again, resumed, let go on, or took a file away; the newest first.

    Each was kept before it was done: it may have failed, and is never missing.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        found = shop.errands(kinds=kind, actor=actor, order_number=order, limit=limit).rows
    if json:
        as_json(
            [
                {
                    "id": each.id,
                    "at": each.at.isoformat(),
                    "by": each.actor,
                    "kind": each.kind,
                    "about": each.about,
                    "order": each.order_number,
                    "reason": each.reason,
                }
                for each in found
            ]
        )
    elif not found:
        print("nobody did such a thing")
    else:
        table(
            ("at", "by", "kind", "about", "order", "reason"),
            [
                (
                    instant(each.at),
                    each.actor,
                    each.kind,
                    each.about,
                    each.order_number or "-",
                    each.reason or "-",
                )
                for each in found
            ],
        )
