"""INV-5, of what hosts are told: one outgoing event for each entry and subscriber; each line has its head.

Who wants what is decided here by other code than the product's own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from payport.storage.event_records import Subscription
from tests.support.stored import Stored

__all__ = ["check_events", "wanted_by"]


def check_events(stored: Stored, subscriptions: Iterable[Subscription]) -> None:
    """`subscriptions`: those that whoever wrote an entry knew, all the time."""
    entries = {entry.id: entry for entry in stored.rows["journal"]}
    queued: defaultdict[str, Counter[int]] = defaultdict(Counter)
    lines: defaultdict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in stored.rows["deliveries"]:
        entry = entries[row.entry_id]
        where = f"INV-5: event {entry.account} {entry.account_sequence} to {row.subscriber}"
        assert (row.account, row.account_sequence) == (entry.account, entry.account_sequence), (
            f"{where} stands in another line"
        )
        queued[row.subscriber][row.entry_id] += 1
        if row.state == "waiting":
            lines[row.subscriber, row.account].append(row)
    for each in subscriptions:
        due = Counter(entry.id for entry in wanted_by(each, entries.values()))
        assert not due - queued[each.name], f"INV-5: {each.name} is not told of all that it wants"
        assert not queued[each.name] - due, f"INV-5: {each.name} is told twice, or of what it does not want"
    for (name, account), line in lines.items():
        line.sort(key=lambda row: row.account_sequence)
        heads = [row for row in line if row.due_at is not None]
        assert heads == line[:1], (
            f"INV-5: the line of {account} to {name} has {len(heads)} heads, or a wrong one"
        )


def wanted_by(subscription: Subscription, entries: Iterable[Row[Any]]) -> list[Row[Any]]:
    """The entries that it is to be told of: all but what was taken over from before the journal."""
    return [
        entry
        for entry in entries
        if not entry.kind.endswith(".taken_over")
        and {"*", entry.kind, entry.kind.split(".")[0] + ".*"} & set(subscription.kinds)
    ]
