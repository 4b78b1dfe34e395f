"""Callbacks that came to the same end, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from payport.storage import tables as t

__all__ = ["Refusals", "refusals"]


@dataclass(frozen=True, slots=True)
class Refusals:
    """Callbacks at one gateway account that came to the same end. `reason` is a word, as errors.py lists."""

    account: str
    reason: str
    count: int
    latest: datetime


def refusals(connection: Connection, where: Iterable[ColumnElement[bool]]) -> tuple[Refusals, ...]:
    """Counted by account and by the word that a reason begins with, the most first."""
    columns = t.callbacks.c
    statement = (
        select(columns.gateway_account, columns.reason, func.count(), func.max(columns.received_at))
        .where(*where)
        .group_by(columns.gateway_account, columns.reason)
    )
    sums: dict[tuple[str, str], Refusals] = {}
    for account, reason, count, latest in connection.execute(statement):
        key = (account, (reason or "").partition(":")[0])
        known = sums.get(key, Refusals(*key, 0, latest))
        sums[key] = Refusals(*key, known.count + count, max(known.latest, latest))
    return tuple(sorted(sums.values(), key=lambda entry: (-entry.count, entry.account, entry.reason)))
