"""Terms that orders are found by, as rows: put in at placing, taken out when the buyer is erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from payport.rules.order import Order
from payport.storage import tables as t

__all__ = ["add_terms", "forget_terms", "orders_by_terms", "terms_beginning"]

_ADD: Final = insert(t.search_terms)
_FORGET: Final = delete(t.search_terms).where(
    t.search_terms.c.order_number.in_(
        select(t.orders.c.number).where(t.orders.c.account == bindparam("account"))
    )
)
_LAST_SIGN: Final = "\U0010ffff"
_RARE: Final = 2_000  # beyond that, a term is common, and how common is not counted
_HOW_MANY: Final = select(func.count()).select_from(
    select(t.search_terms.c.order_number)
    .where(t.search_terms.c.term == bindparam("term"))
    .order_by(t.search_terms.c.placed_at)  # by the index, never through the table
    .limit(_RARE)
    .subquery()
)


def add_terms(connection: Connection, order: Order, terms: Collection[str]) -> None:
    if terms:
        rows = [
            {"term": term, "placed_at": order.placed_at, "order_number": order.number}
            for term in sorted(terms)  # in the index's order: who places at the same time waits in turn
        ]
        connection.execute(_ADD, rows)


def forget_terms(connection: Connection, account: str) -> int:
    """Those of all orders of a buyer account: how many."""
    return connection.execute(_FORGET, {"account": account}).rowcount


def terms_beginning(connection: Connection, with_: str, *, most: int) -> tuple[str, ...]:
    """The first terms that begin so, by their letters: one step in the index for each, however many orders
    have it."""
    term = t.search_terms.c.term
    found: list[str] = []
    asked = select(func.min(term)).where(term >= with_, term < with_ + _LAST_SIGN)
    while len(found) < most:
        following = connection.execute(asked if not found else asked.where(term > found[-1])).scalar()
        if following is None:
            break
        found.append(following)
    return tuple(found)


def orders_by_terms(connection: Connection, terms: Sequence[str], *, limit: int) -> tuple[str, ...]:
    """Numbers of the newest orders that have every one of the terms.

    The rarest term leads: its orders are gone through from the newest, and the others are looked up for each.
    """
    counts = {term: connection.execute(_HOW_MANY, {"term": term}).scalar_one() for term in terms}
    if not counts or not all(counts.values()):
        return ()
    rarest, *others = sorted(counts, key=lambda term: counts[term])
    lead = t.search_terms.c
    asked = (
        select(lead.order_number)
        .where(lead.term == rarest)
        .order_by(lead.placed_at.desc(), lead.order_number.desc())
        .limit(limit)
    )
    for index, term in enumerate(others):
        also = t.search_terms.alias(f"also_{index}")
        asked = asked.where(
            select(also.c.term)
            .where(
                also.c.term == term,
                also.c.placed_at == lead.placed_at,
                also.c.order_number == lead.order_number,
            )
            .exists()
        )
    return tuple(connection.execute(asked).scalars())
