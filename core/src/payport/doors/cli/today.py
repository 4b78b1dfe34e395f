"""`payport today`: money by method, and what needs a person, with the command that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, heading, instant, money_json, plain, record, table
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.service.needs import Need
    from payport.service.pointers import Pointer
    from payport.service.today import Today

__all__ = ["COMMANDS_OF_NEEDS", "today"]

COMMANDS_OF_NEEDS: Final[Mapping[str, str]] = {
    "orders_in_review": "payport resolve ORDER paid|cancelled",
    "payments_in_review": "payport resolve PAYMENT succeeded|failed",
    "proposals": "payport proposals approve|decline ID",
    "confirmations": "payport confirm ORDER AMOUNT",
    "refunds_in_doubt": "payport settle-refund REFUND succeeded|failed",
    "refunds_unknown": "payport ask-refund REFUND",
    "surplus": "payport refund PAYMENT --surplus",
    "unmatched": "payport dismiss ACCOUNT REFERENCE",
    "lines_undecided": "payport confirm ORDER AMOUNT, or payport dismiss ACCOUNT REFERENCE",
    "lines_unnamed": "payport find AMOUNT; then payport confirm, or payport dismiss ACCOUNT REFERENCE",
    "chargebacks": "payport close-chargeback CHARGEBACK won|lost",
    "asks_used_up": "payport ask PAYMENT",
    "expired_unasked": "payport order ORDER",
    "parked_work": "payport work; then payport work unpark REFERENCE",
    "late_work": "payport worker",
    "parked_events": "payport events replay EVENT",
    "stopped_subscribers": "payport events resume SUBSCRIBER",
    "accounts_unusable": "payport doctor",
    "plugins_refused": "payport gateways",
    "keys_missing": "payport check",
    "keys_ending": "payport check",
    "catalogs_changed": "payport check",
    "journal": "payport journal check",
    "floods": "payport doctor",
}
"""By `NeedKind`: where a person begins."""


def today(
    *,
    config: Config = None,
    day: Annotated[str | None, Parameter(help="Of the merchant's calendar: 2026-11-30.")] = None,
    days: Annotated[int, Parameter(help="So many up to that day, 1 to 92; 1 if not given.")] = 1,
    json: AsJson = False,
) -> int:
    """Show money by method and day, and what needs a person now. Exit status 1: something does."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    last = None if day is None else _day(day)
    with opened(config) as shop:
        seen = shop.today(day=last, days=days)
    if json:
        as_json(_object(seen))
    else:
        _print_money(seen)
        _print_needs(seen)
    return 1 if seen.needs else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(field="--day", problem="is no day", remedy="Write it as 2026-11-30") from None


def _print_money(seen: Today) -> None:
    span = str(seen.day) if len(seen.days) == 1 else f"{seen.days[0]} to {seen.day}"
    print(f"{span}, {seen.zone}")
    if not seen.income:
        print("no money came in or went back")
        return
    table(
        ("day", "method", "came in", "payments", "went back", "refunds"),
        [
            (each.day, each.method, each.received, each.receipts, each.refunded, each.refunds)
            for each in seen.income
        ],
    )


def _print_needs(seen: Today) -> None:
    if not seen.needs:
        print("nothing needs a person")
    zone = ZoneInfo(seen.zone)
    for need in seen.needs:
        heading(plain(f"{need.what.en} ({need.count})"))
        record(
            [
                ("urgent", "yes" if need.is_urgent else None),
                ("money", ", ".join(map(str, need.money)) or None),
                ("oldest", None if need.oldest is None else instant(need.oldest, zone)),
                ("first", ", ".join(_names(need)) or None),
                ("what to do", need.remedy.en),
                ("command", COMMANDS_OF_NEEDS[need.kind]),
            ],
            indent=2,
        )


def _names(need: Need) -> list[str]:
    """Each with the order or the gateway account by which it is found."""
    return [
        f"{each.reference} ({belongs_to})" if (belongs_to := _belongs_to(each)) else each.reference
        for each in need.first
    ]


def _belongs_to(each: Pointer) -> str | None:
    if each.order_number is None:
        return each.gateway_account
    return None if each.order_number == each.reference else f"order {each.order_number}"


def _object(seen: Today) -> dict[str, Any]:
    return {
        "at": seen.at.isoformat(),
        "zone": seen.zone,
        "days": [day.isoformat() for day in seen.days],
        "income": [
            {
                "day": each.day.isoformat(),
                "method": each.method,
                "received": money_json(each.received),
                "receipts": each.receipts,
                "refunded": money_json(each.refunded),
                "refunds": each.refunds,
            }
            for each in seen.income
        ],
        "needs": [_need_object(need) for need in seen.needs],
    }


def _need_object(need: Need) -> dict[str, Any]:
    return {
        "kind": need.kind,
        "count": need.count,
        "urgent": need.is_urgent,
        "oldest": None if need.oldest is None else need.oldest.isoformat(),
        "money": [money_json(money) for money in need.money],
        "first": [
            {
                "reference": each.reference,
                "order_number": each.order_number,
                "gateway_account": each.gateway_account,
            }
            for each in need.first
        ],
        "what": need.what.en,
        "remedy": need.remedy.en,
        "command": COMMANDS_OF_NEEDS[need.kind],
    }
