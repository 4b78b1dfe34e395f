"""Replaying entries from empty: what they say stands, and in what the tables differ from it.

Only texts are read, since they alone are hashed. What an entry says beside the columns of its row is not
compared here (witnesses.py does); what a row has, and its entry does not say, must be empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from payport.journal.entry import Fact

__all__ = ["Difference", "Facts", "Key", "Standing", "Told", "compare_row", "missing", "replay", "untold"]

Key: TypeAlias = tuple[str, ...]  # the subject, and the values that name its row
Facts: TypeAlias = Mapping[str, Fact]
Told: TypeAlias = tuple[str, int, str]  # chain, sequence, text
_BORN: Final = {None, "created"}  # what a subject is before its first entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which the tables and the journal disagree.

    Args:
        table, key: the row; for an entry that makes no sense, `journal` with its chain and sequence.
        column: of the row; None: the row itself is missing, or told of nowhere.
        problem: what differs, in words, with both values.
        entry: the last one that tells of the row, such as "SV260001 4"; None where none does.
    """

    table: str
    key: str
    column: str | None
    problem: str
    entry: str | None

    def __str__(self) -> str:
        where = (
            f"{self.table} {self.key}" if self.column is None else f"{self.table} {self.key}, {self.column}"
        )
        return f"{where}: {self.problem}" + (f" (entry {self.entry})" if self.entry else "")


@dataclass(frozen=True, slots=True)
class Standing:
    """One row as the journal has it: its state and facts after the last entry that tells of it."""

    entry: str
    state: str | None
    facts: Facts


def replay(
    told: Iterable[Told],
    names: Mapping[str, tuple[str, ...]],
    *,
    hear: Callable[[Mapping[str, Any]], None] = lambda _: None,
) -> tuple[dict[Key, Standing], list[Difference]]:
    """What stands after these entries, and which of them tell of a move from where nothing stood.

    Args:
        told: in the order in which they were made.
        names: for each subject that has rows, the columns that name one. Other subjects are passed over.
        hear: is given each entry as it reads, in turn; may raise KeyError, TypeError.
    """
    standing: dict[Key, Standing] = {}
    slips: list[Difference] = []
    for chain, sequence, text in told:
        try:
            read = json.loads(text)
            subject, facts, before, after = read["subject"], read["facts"], read["from"], read["to"]
            hear(read)
            if subject not in names:
                continue
            key: Key = (subject, *(str(facts[name]) for name in names[subject]))
        except (ValueError, KeyError, TypeError) as error:
            slips.append(_slip(chain, sequence, f"it cannot be read: {type(error).__name__}"))
            continue
        earlier = standing.get(key)
        if not _follows(before, earlier):
            was = "nothing" if earlier is None else earlier.state
            slips.append(_slip(chain, sequence, f"{_shown(key)} moves from {before}, and was {was}"))
        standing[key] = Standing(f"{chain} {sequence}", after, facts)
    return standing, slips


def compare_row(table: str, key: Key, stands: Standing, row: Facts) -> list[Difference]:
    """The columns of a row that are not what its last entry says."""

    def differs(column: str, says: object, has: object) -> Difference:
        problem = f"the table has {has!r}, the journal says {says!r}"
        return Difference(table=table, key=_shown(key), column=column, problem=problem, entry=stands.entry)

    found = [
        differs(column, stands.facts.get(column), has)
        for column, has in row.items()
        if stands.facts.get(column) != has
    ]
    if "state" in row and stands.state != row["state"] and not any(each.column == "state" for each in found):
        found.append(differs("state", stands.state, row["state"]))
    return found


def missing(table: str, key: Key, stands: Standing) -> Difference:
    """A row that the journal tells of, and the table has not."""
    problem = "the journal tells of it, the table has no such row"
    return Difference(table=table, key=_shown(key), column=None, problem=problem, entry=stands.entry)


def untold(table: str, key: Key) -> Difference:
    """A row that no entry tells of."""
    problem = "the table has it, no entry tells of it"
    return Difference(table=table, key=_shown(key), column=None, problem=problem, entry=None)


def _follows(before: Any, earlier: Standing | None) -> bool:
    """A subject begins anew only where it may: what was withdrawn is confirmed again as if it were new."""
    if earlier is None:
        return before in _BORN
    return before == earlier.state or (before is None and earlier.state == "withdrawn")


def _slip(chain: str, sequence: int, problem: str) -> Difference:
    entry = f"{chain} {sequence}"
    return Difference(table="journal", key=entry, column=None, problem=problem, entry=entry)


def _shown(key: Key) -> str:
    return " ".join(key[1:])
