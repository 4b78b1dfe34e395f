"""`payport explain`: why an account holds what it holds, step by step."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, heading, instant, money_json, plain, record
from payport.doors.cli.usage import AsJson, Config

if TYPE_CHECKING:
    from payport.rules.entitlement import Entitlement, Holding
    from payport.rules.step import Charged, Step
    from payport.rules.words import Text

__all__ = ["explain"]

_LABELS: Final = {
    "account": ("tài khoản", "account"),
    "order": ("đơn hàng", "order"),
    "rule": ("quy tắc", "rule"),
    "by": ("người làm", "by"),
    "reason": ("lý do", "reason"),
    "line": ("nội dung", "what"),
    "how": ("cách tính", "price by"),
    "price": ("sau khuyến mãi, có thuế", "after promotions, with tax"),
    "credit": ("được trừ", "credit"),
    "credited": ("trừ từ đơn", "credit of"),
    "days": ("số ngày từ phần dư", "days from credit"),
    "total": ("tổng cộng", "total"),
    "received": ("đã nhận", "received"),
    "paid": ("thanh toán lúc", "paid"),
    "catalog": ("bảng giá", "catalog"),
    "before": ("trước", "before"),
    "after": ("sau", "after"),
    "holds": ("đang có", "holds"),
    "note": ("lưu ý", "note"),
}
_HARD_BLANK: Final = "\u00a0"


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
            record([(_label("account", language), account)])
            for step in steps:
                _as_text(step, zone, language)


def _as_text(step: Step, zone: tzinfo, language: str) -> None:
    heading(plain(f"{instant(step.at, zone)}  {_words(step.what, language)}"))
    rows: list[tuple[str, object]] = [
        ("order", step.order_number),
        ("rule", step.rule and _words(step.rule, language)),
        ("by", step.actor),
        ("reason", step.reason),
        *(("line", _words(line, language)) for line in step.lines),
        *_money_rows(step, zone, language),
        *_held_rows(step, language),
        *(("note", _words(note, language)) for note in step.notes),
    ]
    record([(_label(name, language), value) for name, value in rows], indent=2)


def _money_rows(step: Step, zone: tzinfo, language: str) -> list[tuple[str, object]]:
    from payport.rules.story import money_words  # noqa: PLC0415

    money = step.money
    if money is None:
        return []
    credit = _words(money_words(-money.credit), language)
    return [
        *(("how", _words(line, language)) for line in money.lines),
        ("price", _words(money_words(money.price), language)),
        ("credit", credit if money.credit.minor else None),
        ("credited", ", ".join(money.credited_orders) or None),
        ("days", money.surplus_days or None),
        ("total", _words(money_words(money.total), language)),
        ("received", _words(money_words(money.received), language)),
        ("paid", None if money.paid_at in {None, step.at} else instant(money.paid_at, zone)),
        ("catalog", money.catalog_version),
    ]


def _held_rows(step: Step, language: str) -> list[tuple[str, object]]:
    from payport.rules.story import held_words  # noqa: PLC0415

    if step.before is None or step.after is None:
        return []
    before, after = (_words(held_words(held), language) for held in (step.before, step.after))
    return [("holds", after)] if step.kind == "now" else [("before", before), ("after", after)]


def _words(text: Text, language: str) -> str:
    return text[language].replace(_HARD_BLANK, " ")


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
        "lines": [line[language] for line in step.lines],
        "notes": [note[language] for note in step.notes],
        "order_number": step.order_number,
        "actor": step.actor,
        "reason": step.reason,
        "money": step.money and _money_json(step.money, language),
        "before": step.before and _held_json(step.before),
        "after": step.after and _held_json(step.after),
    }


def _money_json(money: Charged, language: str) -> dict[str, Any]:
    return {
        "lines": [line[language] for line in money.lines],
        "price": money_json(money.price),
        "credit": money_json(money.credit),
        "credited_orders": list(money.credited_orders),
        "total": money_json(money.total),
        "received": money_json(money.received),
        "paid_at": None if money.paid_at is None else money.paid_at.isoformat(),
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
