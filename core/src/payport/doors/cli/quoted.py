"""A previewed quote printed: its lines with their workings, tax, notes, and what it would give now."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from payport.doors.cli.priced import print_lines
from payport.doors.cli.printing import heading, instant, record, table
from payport.rules.calendar import Term
from payport.rules.entitlement import Entitlement, Holding
from payport.rules.grant import CapacityLine, TermLine
from payport.rules.quote import Quote
from payport.rules.words import Language
from payport.service.foreseeing import Foreseen

__all__ = ["print_quote", "quote_json"]


def print_quote(priced: Quote, foreseen: Foreseen, language: Language, zone: tzinfo) -> None:
    record(
        [
            ("account", priced.account),
            ("purchase", priced.purchase.kind),
            ("package", priced.package),
            ("catalog", priced.catalog_version),
            ("priced", instant(priced.made_at, zone)),
            ("such a quote holds until", instant(priced.expires_at, zone)),
        ]
    )
    heading("lines")
    print_lines(priced, language, workings=True)
    heading("tax")
    table(
        ("class", "rate", "of", "tax"),
        [(tax.names[language], _rate(tax.treatment, tax.percent), tax.net, tax.tax) for tax in priced.taxes],
        indent=2,
    )
    if priced.notes:
        heading("notes")
        for note in priced.notes:
            record([("note", note[language])], indent=2)
    heading("paid now, it would give")
    record(_given(foreseen, priced), indent=2)
    heading("and the account would hold")
    _print_held(foreseen.held, language)


def _given(foreseen: Foreseen, priced: Quote) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for line in foreseen.grant.lines:
        match line:
            case TermLine():
                term = line.term
                rows += [
                    ("term", f"{term.months} months{_bonus(term)}, {term.days} days"),
                    ("begins", instant(term.start, ZoneInfo(term.zone))),
                    ("valid to", term.valid_to),
                    ("days from credit", priced.surplus_days or None),
                ]
            case CapacityLine():
                rows.append(("extra capacity", f"{line.gb:,} GB, from {line.start_date}"))
    return rows


def _print_held(held: Entitlement, language: Language) -> None:
    rows = [("now", held.held), ("then", held.future)]
    table(
        ("", "package", "from", "valid to", "included", "extra"),
        [_holding(label, holding, language) for label, holding in rows if holding is not None],
        indent=2,
    )


def _holding(label: str, holding: Holding, language: Language) -> tuple[object, ...]:
    return (
        label,
        holding.line.names[language],
        holding.term.start_date,
        holding.term.valid_to,
        f"{holding.included_gb:,} GB",
        f"{holding.extra_gb:,} GB",
    )


def quote_json(priced: Quote, foreseen: Foreseen) -> dict[str, Any]:
    """Times in UTC, amounts in minor units, words in both languages; no id, since nothing is kept."""
    held = foreseen.held
    return {
        "open": True,
        **priced.model_dump(mode="json", exclude={"id"}),
        "grant": [line.model_dump(mode="json") for line in foreseen.grant.lines],
        "held": _holding_json(held.held),
        "future": _holding_json(held.future),
    }


def _holding_json(holding: Holding | None) -> dict[str, Any] | None:
    if holding is None:
        return None
    return {
        "package": holding.line.package,
        "starts_at": holding.term.start.isoformat(),
        "ends_at": holding.term.end.isoformat(),
        "valid_to": holding.term.valid_to.isoformat(),
        "included_gb": holding.included_gb,
        "extra_gb": holding.extra_gb,
    }


def _rate(treatment: str, percent: int) -> str:
    return f"{percent} %" if treatment == "taxed" else treatment.replace("_", " ")


def _bonus(term: Term) -> str:
    return f" and {term.bonus_months} more at no cost" if term.bonus_months else ""
