"""Keeps who did what that moves no money, before it is done; and lists it. Decision 0032."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from payport.errors import RequestRefused
from payport.gateways.believed import believe_text
from payport.rules.errand import Errand, ErrandKind
from payport.service.by_hand import check_by_hand
from payport.service.paging import Page, between, checked, is_text, page
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["errands_of", "list_errands", "note"]

_KINDS: Final = tuple(str(kind) for kind in ErrandKind)
_FILES: Final = frozenset({ErrandKind.EXPORT, ErrandKind.EVIDENCE, ErrandKind.WHAT_IF})
_MOST: Final = 255


def note(
    connection: Connection,
    seller: Seller,
    kind: ErrandKind | str,
    about: str,
    *,
    actor: str,
    reason: str = "",
    order_number: str | None = None,
) -> None:
    """Raises: RequestRefused, naming the field: an actor is always said, a reason but for files."""
    (wanted,) = (ErrandKind(each) for each in checked("kind", [str(kind)], _KINDS))
    check_by_hand(actor=actor, reason=reason or ("-" if wanted in _FILES else ""))
    for field, text in (("about", about), ("order_number", order_number or "-")):
        try:
            believe_text(field, text, most=_MOST)
        except ValueError:
            raise RequestRefused(
                field=field, problem=f"not a text of 1 to {_MOST} signs in one line", remedy="Name it shortly"
            ) from None
    connection.execute(
        insert(t.errands).values(
            at=seller.clock(),
            actor=actor.strip(),
            kind=str(wanted),
            about=about,
            order_number=order_number,
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


def _errand(row: Row[Any]) -> Errand:
    values = dict(row._mapping)
    return Errand(**values | {"kind": ErrandKind(row.kind)})
