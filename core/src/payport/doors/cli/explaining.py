"""`payport explain`: why an account holds what it holds, step by step."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, heading, instant, money_json, record
from payport.doors.cli.usage import AsJson, Config

if TYPE_CHECKING:
    from payport.rules.entitlement import Entitlement, Holding
    from payport.rules.explanation import Charged, Step

__all__ = ["explain"]

_LABELS: Final = {
    "rule": ("quy tắc", "rule"),
    "order": ("đơn hàng", "order"),
    "by": ("người làm", "by"),
    "reason": ("lý do", "reason"),
    "note": ("ghi chú", "note"),
    "price": ("giá sau khuyến mãi", "price after promotions"),
    "credit": ("được trừ", "credit"),
    "total": ("tổng cộng", "total"),
    "received": ("đã nhận", "received"),
    "catalog": ("bảng giá", "catalog"),
    "before": ("trước", "before"),
    "after": ("sau", "after"),
    "holds": ("đang có", "holds"),
}


def explain(
    account: str,
    /,
    *,
    config: Config = None,
    language: Annotated[Literal["vi", "en"], Parameter(help="Of the sentences.")] = "en",
    json: AsJson = False,
) -> None:
    """Tell why an account holds what it holds: every grant, reversal, switch and credit in order.

    Also what did not take effect, and what waits for a person.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        steps = shop.explain(account)
        if json:
            as_json({"account": account, "steps": [_step_json(step, language) for step in steps]})
        else:
            zone = ZoneInfo(shop.seller.catalogs.versions[-1].zone)
            for step in steps:
                _as_text(step, zone, language)


def _as_text(step: Step, zone: tzinfo, language: str) -> None:
    heading(f"{instant(step.at, zone)}  {step.what[language]}")
    rows: list[tuple[str, object]] = [
        ("order", step.order_number),
        ("rule", step.rule and step.rule[language]),
        ("by", step.actor),
        ("reason", step.reason),
        *(("note", note[language]) for note in step.notes),
        *_money_rows(step.money),
        *_held_rows(step, language),
    ]
    record([(_label(name, language), value) for name, value in rows], indent=2)


def _money_rows(money: Charged | None) -> list[tuple[str, object]]:
    if money is None:
        return []
    return [
        ("price", money.price),
        ("credit", -money.credit if money.credit.minor else None),
        ("total", money.total),
        ("received", money.received),
        ("catalog", money.catalog_version),
    ]


def _held_rows(step: Step, language: str) -> list[tuple[str, object]]:
    from payport.rules.story import held_words  # noqa: PLC0415

    if step.before is None or step.after is None:
        return []
    if step.kind == "now":
        return [("holds", held_words(step.after)[language])]
    return [("before", held_words(step.before)[language]), ("after", held_words(step.after)[language])]


def _label(name: str, language: str) -> str:
    vi, en = _LABELS[name]
    return vi if language == "vi" else en


def _step_json(step: Step, language: str) -> dict[str, Any]:
    """Times in UTC, amounts in minor units."""
    return {
        "at": step.at.isoformat(),
        "kind": step.kind,
        "what": step.what[language],
        "rule": step.rule and step.rule[language],
        "notes": [note[language] for note in step.notes],
        "order_number": step.order_number,
        "actor": step.actor,
        "reason": step.reason,
        "money": step.money and _money_json(step.money),
        "before": step.before and _held_json(step.before),
        "after": step.after and _held_json(step.after),
    }


def _money_json(money: Charged) -> dict[str, Any]:
    return {
        "price": money_json(money.price),
        "credit": money_json(money.credit),
        "total": money_json(money.total),
        "received": money_json(money.received),
        "surplus_days": money.surplus_days,
        "catalog_version": money.catalog_version,
    }


def _held_json(held: Entitlement) -> dict[str, Any]:
    return {
        "state": held.state,
        "version": held.version,
        "held": held.held and _holding_json(held.held),
        "future": held.future and _holding_json(held.future),
        "used_bytes": held.used_bytes,
        "exhausted": held.exhausted,
    }


def _holding_json(holding: Holding) -> dict[str, Any]:
    return {
        "package": holding.line.package,
        "start": holding.term.start.isoformat(),
        "end": holding.term.end.isoformat(),
        "included_gb": holding.included_gb,
        "extra_gb": holding.extra_gb,
        "is_trial": holding.is_trial,
        "is_suspended": holding.is_suspended,
    }
