"""How many callbacks an hour brought that prove nothing, and which of the kept ones may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, Connection, Integer, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from payport.storage import tables as t

__all__ = ["RefusedHour", "add_refused", "kept_of", "prune_refused", "refused_hours"]

_KEPT_OF: Final = (
    select(func.count()).select_from(t.callbacks).where(t.callbacks.c.merchant_reference == bindparam("of"))
)
_BEFORE: Final[BindParameter[datetime]] = bindparam("before", type_=t.callbacks.c.received_at.type)
_PRUNE: Final = delete(t.callbacks).where(
    t.callbacks.c.id.in_(
        select(t.callbacks.c.id)
        .where(t.callbacks.c.verdict != "proof", t.callbacks.c.received_at < _BEFORE)
        .order_by(t.callbacks.c.received_at)
        .limit(bindparam("most", type_=Integer))
        .scalar_subquery()
    )
)
_PRUNE_HOURS: Final = delete(t.refused_callbacks).where(t.refused_callbacks.c.hour < _BEFORE)
_DECIDED_SO: Final = _KEPT_OF.where(t.callbacks.c.decision == bindparam("decision"))


@dataclass(frozen=True, slots=True)
class RefusedHour:
    """All callbacks of one gateway account that proved nothing in the hour that begins at `hour`, kept or
    not."""

    account: str
    hour: datetime
    count: int


def add_refused(connection: Connection, account: str, hour: datetime, number: int = 1) -> int:
    """Count that many more. Returns how many it are now; the row stays locked until the end."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(t.refused_callbacks)
    counted = made.on_conflict_do_update(
        index_elements=["gateway_account", "hour"],
        set_={"count": t.refused_callbacks.c.count + made.excluded.count},
    ).returning(t.refused_callbacks.c.count)
    values = {"gateway_account": account, "hour": hour, "count": number}
    return int(connection.execute(counted, values).scalar_one())


def kept_of(connection: Connection, merchant_reference: str, decision: str | None = None) -> int:
    """How many callbacks of one payment are kept: all, or those that were decided so."""
    if decision is None:
        return int(connection.execute(_KEPT_OF, {"of": merchant_reference}).scalar_one())
    named = {"of": merchant_reference, "decision": str(decision)}
    return int(connection.execute(_DECIDED_SO, named).scalar_one())


def refused_hours(connection: Connection, *, since: datetime, more_than: int) -> Sequence[RefusedHour]:
    """The hours from then on that brought more than so many, the latest first."""
    refused = t.refused_callbacks.c
    rows = connection.execute(
        select(t.refused_callbacks)
        .where(refused.hour >= since, refused.count > more_than)
        .order_by(refused.hour.desc(), refused.gateway_account)
    )
    return [RefusedHour(account, hour, count) for account, hour, count in rows]


def prune_refused(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete at most so many callbacks that proved nothing, the oldest first, and the counts of their hours.

    What proved something is evidence, and stays.
    """
    deleted = connection.execute(_PRUNE, {"before": before, "most": limit})
    connection.execute(_PRUNE_HOURS, {"before": before})
    return deleted.rowcount
