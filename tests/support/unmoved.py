"""That a refused message moved nothing, said what every forger is told, and stood in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import filterfalse
from typing import Any, Final

from sqlalchemy import Row, Select, Table, select

from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.storage.tables import metadata
from tests.support.door import Answer
from tests.support.shop import Shop
from tests.support.sign import ipn_query

__all__ = [
    "BAD_SIGNATURE", "CONFIRMED", "everything_but_callbacks", "genuine_still_works", "is_refused",
    "last_callback", "nothing_moves",
]  # fmt: skip

BAD_SIGNATURE = b'{"RspCode":"97","Message":"Invalid signature"}'
CONFIRMED = b'{"RspCode":"00","Message":"Confirm Success"}'


def everything_but_callbacks(shop: Shop) -> str:
    """All rows of all tables, but for the raw callbacks and their number, for who wished an errand, and for
    the note that money of nobody came: what a message must not change that is refused, or is of no payment of
    ours. That the journal is sealed meanwhile, and when it is again, moves nothing."""
    with shop.payport.seller.database.reading() as connection:
        return "\n".join(
            f"{name} {sorted(map(str, filterfalse(_is_note, connection.execute(moved))))}"
            for name, moved in _MOVED.items()
        )


def _moved(table: Table) -> Select[Any]:
    """All columns but the journal's numbers, which are set when it is sealed."""
    return select(*(column for column in table.c if (table.name, column.name) != ("journal", "number")))


_MOVED: Final = {
    table.name: _moved(table)
    for table in metadata.sorted_tables
    if table.name not in {"callbacks", "errands", "refused_callbacks", "journal_heads", "pace"}
}


def _is_note(row: Row[Any]) -> bool:
    """An entry of money that belongs to nobody, or the lock under which it is written."""
    return row[0] == "" or getattr(row, "kind", None) == "money.unmatched"


@contextmanager
def nothing_moves(shop: Shop) -> Iterator[None]:
    before = everything_but_callbacks(shop)
    yield
    assert everything_but_callbacks(shop) == before


def last_callback(shop: Shop) -> tuple[str, str, str]:
    """Verdict, decision and reason of the newest one: what the operator sees."""
    with shop.payport.seller.database.reading() as connection:
        table = metadata.tables["callbacks"]
        row = connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).one()
    return row.verdict, row.decision, row.reason or ""


def genuine_still_works(shop: Shop, payment: Payment) -> None:
    """The next genuine callback pays: no mark of an earlier, refused one is in its way."""
    receipt = shop.deliver(ipn_query(payment.merchant_reference, payment.amount.minor))

    assert receipt.reply.body == CONFIRMED
    assert shop.payment(payment).state is State.SUCCEEDED
    assert shop.payport.order(payment.order_number).state is OrderState.PAID


def is_refused(answer: Answer) -> bool:
    """Exactly VNPAY's answer to a bad signature."""
    return (answer.status, answer.body) == (200, BAD_SIGNATURE)
