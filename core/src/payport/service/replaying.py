"""Whether the tables are what the journal says: replayed from empty, entry by entry, it gives each row.

Rows without entries of their own, which an entry rests on, are compared with what it says of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from payport.journal.replay import Difference, Key, Standing, compare_row, missing, replay, untold
from payport.journal.witnesses import Witness, Witnesses, compare_use, compare_witness
from payport.storage.changes import SUBJECTS
from payport.storage.replay_records import (
    NAMES,
    accounts_after,
    count_rows,
    entries_of,
    find_row,
    rows_of,
)
from payport.storage.witness_records import kept_of, uses_of

__all__ = ["MOST_DIFFERENCES", "compare"]

MOST_DIFFERENCES: Final = 1_000  # then there is no point in going on
_ACCOUNTS_AT_ONCE: Final = 200


def compare(connection: Connection) -> tuple[Difference, ...]:
    """In what the tables differ from the journal; empty if in nothing. Of more than `MOST_DIFFERENCES`, some.

    The connection must see one moment alone, as that of `Database.reading` does. Whether the journal itself
    is whole is another question: here an entry is believed.
    """
    return _Comparing(connection).all()


@dataclass
class _Comparing:
    """One pass over all buyer accounts.

    Args:
        seen: how many rows hang on accounts, for each subject.
        unclaimed: rows that no entry of their own account tells of.
        moved: rows that entries of another account than theirs tell of.
        catalogs: those that were compared, by name and digest.
    """

    connection: Connection
    found: list[Difference] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    unclaimed: set[Key] = field(default_factory=set)
    moved: set[Key] = field(default_factory=set)
    catalogs: set[tuple[Key, str]] = field(default_factory=set)

    def all(self) -> tuple[Difference, ...]:
        after: str | None = None
        while accounts := accounts_after(self.connection, after, most=_ACCOUNTS_AT_ONCE):
            self._compare(accounts)
            after = accounts[-1]
            if len(self.found) + len(self.unclaimed) >= MOST_DIFFERENCES:
                break
        else:
            self._count()
        self.found += [untold(_table(key), key) for key in sorted(self.unclaimed - self.moved)]
        return tuple(self.found)

    def _compare(self, accounts: Sequence[str]) -> None:
        witnesses = Witnesses()
        standing, slips = replay(entries_of(self.connection, accounts), NAMES, hear=witnesses.hear)
        self.found += slips
        for subject in SUBJECTS:
            rows = rows_of(self.connection, subject, accounts)
            self.seen[subject] += len(rows)
            for key, row in rows.items():
                stands = standing.pop(key, None)
                if stands is None:
                    self.unclaimed.add(key)
                else:
                    self.found += compare_row(_table(key), key, stands, row)
        for key, stands in standing.items():
            self._compare_elsewhere(key, stands)
        self._compare_witnesses(witnesses)

    def _compare_elsewhere(self, key: Key, stands: Standing) -> None:
        """A row that does not hang where its entries stand: gone, or another's now."""
        row = find_row(self.connection, key)
        if row is None:
            self.found.append(missing(_table(key), key, stands))
        elif stands.state == "withdrawn" and row.get("order_number") != stands.facts.get("order_number"):
            pass  # confirmed anew, for another buyer: it is compared there
        else:
            self.moved.add(key)
            self.found += compare_row(_table(key), key, stands, row)

    def _compare_witnesses(self, witnesses: Witnesses) -> None:
        for witness, kept in kept_of(self.connection, self._anew(witnesses.named)):
            self.found += compare_witness(witness, kept)
        uses = uses_of(self.connection, [*witnesses.uses])
        for order, use in witnesses.uses.items():
            self.found += compare_use(order, use, uses.get(order))

    def _anew(self, named: Iterable[Witness]) -> Iterator[Witness]:
        """A catalog only once for all orders that it priced."""
        for witness in named:
            if witness.table != "catalogs":
                yield witness
            elif (witness.key, witness.digest) not in self.catalogs:
                self.catalogs.add((witness.key, witness.digest))
                yield witness

    def _count(self) -> None:
        """Rows that hang on no account, which a database that enforces its references cannot have."""
        for subject, count in count_rows(self.connection).items():
            if count != self.seen[subject]:
                table = SUBJECTS[subject].table.name
                problem = f"{count - self.seen[subject]} rows hang on no order and no account"
                self.found.append(Difference(table=table, key="", column=None, problem=problem, entry=None))


def _table(key: Key) -> str:
    return SUBJECTS[key[0]].table.name
