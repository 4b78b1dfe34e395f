"""What a plugin gives back is looked at before it is believed: by type, field by field.

A plugin is free code; its annotations prove nothing. Each check returns the value, or raises ValueError with
words that hold the name of the field and never its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from unicodedata import category
from urllib.parse import urlsplit

from payport.gateways.types import (
    Checkout,
    Instructions,
    Names,
    NoCheckout,
    Outcome,
    PaymentReport,
    PostForm,
    Redirect,
    RefundReport,
    Row,
    ShowQR,
)
from payport.rules.money import Money

__all__ = [
    "LOOPBACK",
    "believe_checkout",
    "believe_names",
    "believe_refund",
    "believe_report",
    "believe_text",
]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # Unicode's names; a hard blank is Zs
_MOST_FIELDS: Final = 200
_MOST_TEXT: Final = 8_192  # what a browser and a column carry


def believe_report(value: object) -> PaymentReport:
    """A report in which nothing is missing that its outcome needs; times in UTC."""
    if type(value) is not PaymentReport:
        raise ValueError(f"gave {_kind(value)} where a PaymentReport is due")
    believe_text("paid_with", value.paid_with, most=200)
    _claims(value, "merchant_account", "merchant_reference", "gateway_reference", "order_text")
    if value.is_test is not None and type(value.is_test) is not bool:
        raise ValueError("is_test is neither a bool nor None")
    if type(value.unpaid) is not bool or (value.unpaid and value.outcome is not Outcome.PENDING):
        raise ValueError("unpaid is for a pending payment only")
    if value.outcome is Outcome.DONE:
        _complete(value, "merchant_reference", "amount", "gateway_reference")
    return replace(value, paid_at=_utc(value.paid_at))


def believe_refund(value: object) -> RefundReport:
    """A refund's report in which nothing is missing that its outcome needs."""
    if type(value) is not RefundReport:
        raise ValueError(f"gave {_kind(value)} where a RefundReport is due")
    _claims(value, "merchant_account", "merchant_reference", "refund_reference", "gateway_reference")
    if value.outcome is Outcome.DONE:
        _complete(value, "amount")
    return value


def believe_checkout(value: object) -> Checkout:
    """One of the five checkouts, with addresses that a browser may be sent to."""
    match value:
        case Redirect():
            _address(value.url)
        case PostForm():
            _address(value.url)
            _form(value.fields)
        case ShowQR():
            believe_text("payload", value.payload, least=1)
            believe_names("text", value.text)
        case Instructions():
            _rows(value.rows)
            if value.qr_payload is not None:
                believe_text("qr_payload", value.qr_payload, least=1)
        case NoCheckout():
            _outcome(value.outcome)
            if value.outcome is Outcome.DONE:
                raise ValueError("outcome is done without a checkout, and only a report says that money came")
            believe_text("gateway_code", value.gateway_code, most=64)
        case _:
            raise ValueError(f"gave {_kind(value)} where a Checkout is due")
    if value.checkout_reference is not None:
        believe_text("checkout_reference", value.checkout_reference, most=255, least=1)
    return value


def believe_text(name: str, value: object, *, most: int = _MOST_TEXT, least: int = 0) -> None:
    """A str of that length without line ends, control or direction marks."""
    if type(value) is not str:
        raise ValueError(f"{name} is {_kind(value)}, not a str")
    if not least <= len(value) <= most:
        raise ValueError(f"{name} has {len(value)} characters; {least} to {most} are allowed")
    if not value.isprintable() and any(category(letter) in _UNSEEN for letter in value):
        raise ValueError(f"{name} holds a line end, or a character that is not seen")


def believe_names(name: str, value: object) -> None:
    """A Names with text in both languages."""
    if type(value) is not Names:
        raise ValueError(f"{name} is {_kind(value)}, not Names")
    believe_text(f"{name}.vi", value.vi, least=1)
    believe_text(f"{name}.en", value.en, least=1)


def _claims(report: PaymentReport | RefundReport, *names: str) -> None:
    _outcome(report.outcome)
    believe_text("gateway_code", report.gateway_code, most=64)
    for name in names:
        text = getattr(report, name)
        if text is not None:
            believe_text(name, text, most=128, least=1)
    if report.amount is not None and type(report.amount) is not Money:
        raise ValueError(f"amount is {_kind(report.amount)}, not Money")


def _complete(report: PaymentReport | RefundReport, *names: str) -> None:
    for name in names:
        if getattr(report, name) is None:
            raise ValueError(f"outcome is done without {name}")
    if report.amount is not None and report.amount.minor < 1:
        raise ValueError("outcome is done with an amount below 1")


def _outcome(value: object) -> None:
    if type(value) is not Outcome:
        raise ValueError(f"outcome is {_kind(value)}, not an Outcome")
    if value is Outcome.NOT_SENT:
        raise ValueError("outcome is not_sent, which only the core can know")


def _utc(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError("paid_at is not a datetime with a zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("paid_at is before or after all time that UTC has") from None


def _address(value: object) -> None:
    believe_text("url", value, least=1)
    parts = urlsplit(str(value))
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise ValueError("url is not https with a host (http is for a loopback host only)")


def _form(fields: object) -> None:
    if not isinstance(fields, Mapping) or len(fields) > _MOST_FIELDS:
        raise ValueError(f"fields is no mapping of at most {_MOST_FIELDS} entries")
    for name, text in fields.items():
        believe_text("fields: a name", name, least=1)
        believe_text("fields: a value", text)


def _rows(rows: object) -> None:
    if not isinstance(rows, tuple) or not 0 < len(rows) <= _MOST_FIELDS:
        raise ValueError(f"rows is no tuple of 1 to {_MOST_FIELDS} rows")
    for row in rows:
        if type(row) is not Row:
            raise ValueError(f"rows: holds {_kind(row)}, not a Row")
        believe_names("rows: a label", row.label)
        believe_names("rows: a value", row.value)
        believe_text("rows: copy", row.copy)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
