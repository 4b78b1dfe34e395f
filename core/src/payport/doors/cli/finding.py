"""`payport find`: orders and money by whatever a person has at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, instant, money_json, table
from payport.doors.cli.usage import AsJson, Config

if TYPE_CHECKING:
    from payport.service.found import Found

__all__ = ["find"]


def find(
    text: str,
    /,
    *,
    config: Config = None,
    limit: Annotated[int, Parameter(help="How many, 1 to 100; 20 if not given.")] = 20,
    json: AsJson = False,
) -> int:
    """Find orders, payments, refunds and lines of statements; what fits best comes first.

    By number, account, name, company, phone, e-mail address, any reference, an amount, or a transfer's memo.
    Exit status 1: nothing fits.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        found = shop.find(text, limit=limit)
    if json:
        as_json([_object(each) for each in found])
    elif not found:
        print("nothing fits")
    else:
        table(
            ("kind", "reference", "found by", "amount", "at", "order", "state", "account"),
            [
                (
                    each.kind.replace("_", " "),
                    each.reference,
                    each.by.replace("_", " "),
                    each.amount,
                    instant(each.at),
                    each.order_number or "-",
                    "-" if each.order is None else each.order.state,
                    each.gateway_account if each.order is None else each.order.account,
                )
                for each in found
            ],
        )
    return 0 if found else 1


def _object(each: Found) -> dict[str, Any]:
    """Without what names people: `payport order --buyer` shows who bought."""
    return {
        "kind": each.kind,
        "reference": each.reference,
        "by": each.by,
        "amount": money_json(each.amount),
        "at": each.at.isoformat(),
        "gateway_account": each.gateway_account,
        "order_number": each.order_number,
        "order_state": None if each.order is None else each.order.state,
        "account": None if each.order is None else each.order.account,
    }
