"""Keeps who did what that moves no money, before it is done; and lists it. Decision 0032."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, insert, select

from payport.errors import NotFound, RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.errand import Errand, ErrandKind
from payport.service.by_hand import check_by_hand
from payport.service.paging import Page, between, checked, is_text, page
from payport.service.seller import Seller
from payport.service.told_events import told_event
from payport.storage import tables as t

__all__ = ["errands_of", "list_errands", "note"]

_KINDS: Final = tuple(str(kind) for kind in ErrandKind)
_FILES: Final = frozenset({ErrandKind.EXPORT, ErrandKind.EVIDENCE, ErrandKind.WHAT_IF})
_MOST: Final = 255
_MOST_DIGITS: Final = 18  # of a callback's number, as both databases hold it

_NAMED: Final[BindParameter[Any]] = bindparam("about")
_BY_PAYMENT: Final[Select[Any]] = select(t.payments.c.order_number).where(
    t.payments.c.merchant_reference == _NAMED
)
_BY_REFUND: Final[Select[Any]] = select(t.refunds.c.order_number).where(t.refunds.c.reference == _NAMED)
_BY_ORDER: Final[Select[Any]] = select(t.orders.c.number).where(t.orders.c.number == _NAMED)
_BY_CALLBACK: Final[Select[Any]] = (
    select(t.payments.c.order_number)
    .join(t.callbacks, t.callbacks.c.merchant_reference == t.payments.c.merchant_reference)
    .where(t.callbacks.c.id == _NAMED)
)
_BY_REFERENCE: Final = {
    ErrandKind.ASK: (_BY_PAYMENT,),
    ErrandKind.ASK_REFUND: (_BY_REFUND,),
    ErrandKind.UNPARK: (_BY_PAYMENT, _BY_REFUND, _BY_ORDER),
}


def note(
    connection: Connection,
    seller: Seller,
    kind: ErrandKind | str,
    about: str,
    *,
    actor: str,
    reason: str = "",
) -> None:
    """Of which order it is, is looked up: nobody can put an errand on another order's line, or on none.

    Raises: RequestRefused, naming the field: an actor is always said, a reason but for files.
    """
    (wanted,) = (ErrandKind(each) for each in checked("kind", [str(kind)], _KINDS))
    check_by_hand(actor=actor, reason=reason or ("-" if wanted in _FILES else ""))
    try:
        believe_text("about", about, most=_MOST)
    except ValueError:
        raise RequestRefused(
            field="about", problem=f"not a text of 1 to {_MOST} signs in one line", remedy="Name it shortly"
        ) from None
    connection.execute(
        insert(t.errands).values(
            at=seller.clock(),
            actor=actor.strip(),
            kind=str(wanted),
            about=about,
            order_number=_order_of(connection, wanted, about),
            reason=reason.strip(),
        )
    )


def list_errands(
    connection: Connection,
    *,
    kinds: Sequence[str] = (),
    actor: str | None = None,
    about: str | None = None,
    order_number: str | None = None,
    at_from: datetime | None = None,
    at_until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Errand]:
    """The newest first. Raises RequestRefused for a kind that is none."""
    columns = t.errands.c
    wanted = checked("kinds", kinds, _KINDS)
    asked = select(t.errands).where(
        *is_text(t.errands, actor=actor, about=about, order_number=order_number),
        *between(columns.at, "at", at_from, at_until),
    )
    if wanted:
        asked = asked.where(columns.kind.in_(wanted))
    return page(
        connection,
        asked,
        (columns.id,),
        lambda rows: [_errand(row) for row in rows],
        after=after,
        limit=limit,
    )


def errands_of(connection: Connection, order_number: str) -> tuple[Errand, ...]:
    """All that touched an order, oldest first."""
    asked = select(t.errands).where(t.errands.c.order_number == order_number).order_by(t.errands.c.id)
    return tuple(_errand(row) for row in connection.execute(asked))


def _order_of(connection: Connection, kind: ErrandKind, about: str) -> str | None:
    """None: of no order, or of nothing that is there."""
    if kind is ErrandKind.REPLAY:
        try:
            return told_event(connection, about).event.order
        except NotFound:
            return None
    if kind is ErrandKind.EVIDENCE:
        is_number = about.isascii() and about.isdecimal() and len(about) <= _MOST_DIGITS
        found = connection.scalar(_BY_CALLBACK, {"about": int(about)}) if is_number else None
    else:
        asked = (connection.scalar(each, {"about": about}) for each in _BY_REFERENCE.get(kind, ()))
        found = next((each for each in asked if each is not None), None)
    return None if found is None else str(found)


def _errand(row: Row[Any]) -> Errand:
    values = dict(row._mapping)
    return Errand(**values | {"kind": ErrandKind(row.kind)})
