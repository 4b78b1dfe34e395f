"""Where each thing that needs a person is mended: the page for one of them, and the list of all.

Whoever may act is led straight to the act that ends the matter, others to where it can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode

from payport import NeedKind, Pointer

__all__ = ["REMEDIES", "Place"]

_One: TypeAlias = Callable[[Pointer, bool], str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Args:
    every: path of all of them, with what is asked there.
    one: address of one, for whoever may act or not; None: there is no page of its own.
    """

    every: str
    one: _One
    asked: Mapping[str, str]


def _of_order(act: str = "", name: str = "", value: str = "") -> _One:
    """The order's page; or, for whoever may act, the act, with the reference under this name.

    Args:
        value: instead of the reference.
    """

    def one(pointer: Pointer, may_act: bool) -> str | None:
        if pointer.order_number is None:
            return _searched(pointer, may_act)
        path = f"/orders/{quote(pointer.order_number, safe='')}"
        if not act or not may_act:
            return path
        return f"{path}/{act}?{urlencode({name: value or pointer.reference})}" if name else f"{path}/{act}"

    return one


def _at(path: str) -> _One:
    return lambda _pointer, _may_act: path


def _acted(path: str, read: str) -> _One:
    """The act at this path, with the reference in it; `read`: for those who may not act."""
    return lambda pointer, may_act: (path if may_act else read).format(quote(pointer.reference, safe=""))


def _searched(pointer: Pointer, _may_act: bool) -> str | None:
    return f"/find?{urlencode({'q': pointer.reference})}"


def _dismissed(pointer: Pointer, may_act: bool) -> str | None:
    if not may_act:
        return _searched(pointer, may_act)
    named = {"account": pointer.gateway_account or "", "reference": pointer.reference}
    return f"/unmatched/dismiss?{urlencode(named)}"


def _key(pointer: Pointer, _may_act: bool) -> str | None:
    """A key's role and id, or a role alone; of a web hook there is no account."""
    if pointer.gateway_account is None:
        return "/work"
    account, role = quote(pointer.gateway_account, safe=""), quote(pointer.reference.split()[0], safe="")
    return f"/house/keys/{account}/{role}"


def _place(every: str, one: _One, **asked: str) -> Place:
    return Place(every, one, asked)


REMEDIES: Final[Mapping[NeedKind, Place]] = {
    NeedKind.ORDERS_IN_REVIEW: _place("/orders", _of_order("resolve", "payment", "-"), state="review"),
    NeedKind.PAYMENTS_IN_REVIEW: _place("/payments", _of_order("resolve", "payment"), state="review"),
    NeedKind.PROPOSALS: _place("/proposals", _acted("/proposals/{}", "/proposals/{}")),
    NeedKind.CONFIRMATIONS: _place("/orders", _of_order("confirm", "second"), state="placed"),
    NeedKind.REFUNDS_IN_DOUBT: _place("/refunds", _of_order("settle", "refund"), state="unknown"),
    NeedKind.REFUNDS_UNKNOWN: _place("/refunds", _of_order("ask-refund", "refund"), state="unknown"),
    NeedKind.SURPLUS: _place("/payments", _of_order("refund", "payment"), flag="surplus"),
    NeedKind.UNMATCHED: _place("/callbacks", _dismissed, decision="unknown_reference"),
    NeedKind.LINES_UNDECIDED: _place("/statement-lines", _of_order("confirm"), fate="ambiguous"),
    NeedKind.LINES_UNNAMED: _place("/statement-lines", _searched, fate="unmatched"),
    NeedKind.CHARGEBACKS: _place("/orders", _of_order("chargeback", "close")),
    NeedKind.ASKS_USED_UP: _place("/payments", _of_order("ask", "payment"), state="pending"),
    NeedKind.EXPIRED_UNASKED: _place("/payments", _of_order(), flag="expired_unasked"),
    NeedKind.PARKED_WORK: _place("/work", _acted("/work/{}/unpark", "/work")),
    NeedKind.LATE_WORK: _place("/work", _at("/work")),
    NeedKind.PARKED_EVENTS: _place("/work", _acted("/events/{}/replay", "/events/{}")),
    NeedKind.STOPPED_SUBSCRIBERS: _place("/work", _acted("/subscribers/{}/resume", "/work")),
    NeedKind.ACCOUNTS_UNUSABLE: _place("/house", _at("/house")),
    NeedKind.PLUGINS_REFUSED: _place("/house", _at("/house")),
    NeedKind.KEYS_MISSING: _place("/house/keys", _key),
    NeedKind.KEYS_ENDING: _place("/house/keys", _key),
    NeedKind.CATALOGS_CHANGED: _place("/house/catalogs", _at("/house/catalogs")),
    NeedKind.JOURNAL: _place("/house/journal", _at("/house/journal")),
    NeedKind.FLOODS: _place("/callbacks", _at("/callbacks?verdict=rejected"), verdict="rejected"),
}
