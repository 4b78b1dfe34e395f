"""Whether a journal is whole: each entry, each chain, each head, and what of it is kept outside.

Entries are read in the order of their numbers, then those that have none yet; the first that is wrong ends
the check, and is named. A head that is signed, or kept where nobody can reach it, makes sure what stands
before it; what is not yet sealed is only held together by its chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from payport.journal.check_entry import Row, read_row
from payport.journal.check_heads import heads_in_order
from payport.journal.entry import FIRST
from payport.journal.merkle import Tree, spans
from payport.journal.seal import Head, SignedHead
from payport.journal.sealing_key import PublicKeys

__all__ = ["Bad", "Row", "Verdict", "check_journal"]


@dataclass(frozen=True, slots=True)
class Bad:
    """The first thing that is wrong.

    Args:
        number: of the entry; None where it has none. `last`: where only a range can be told, its end.
        chain, sequence: of the entry; None where it cannot be read, is missing, or a head is wrong.
    """

    why: str
    number: int | None = None
    last: int | None = None
    chain: str | None = None
    sequence: int | None = None

    def __str__(self) -> str:
        where = "the journal" if self.number is None else f"entry {self.number}"
        if self.number is not None and self.last is not None and self.last > self.number:
            where = f"entries {self.number} to {self.last}"
        if self.chain is not None:
            where = f"{where if self.number else 'an entry not yet sealed'} ({self.chain}, {self.sequence})"
        return f"{where}: {self.why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Args:
        entries: how many were looked at. `sealed`: up to which number it is sure.
        bad: None: nothing is wrong. `notes`: what the verdict rests on, or does not.
    """

    entries: int
    sealed: int
    bad: Bad | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.bad is not None:
            return f"broken at {self.bad}; sure up to {self.sealed}"
        waiting = self.entries - self.sealed
        return f"whole, sealed up to {self.sealed} of {self.entries}, {waiting} not yet sealed"


def check_journal(
    rows: Iterable[Row], heads: Iterable[SignedHead], *, outside: Iterable[SignedHead] = (), keys: PublicKeys
) -> Verdict:
    """Look at all of it.

    Args:
        rows: by number, then those without one in the order in which they were written.
        heads: by size. `outside`: those that were kept where whoever writes the database cannot.
        keys: public, by id, from somewhere that is trusted. None at all: no signature is looked at.
    """
    checker = _Checker(keys)
    try:
        checker.expect(heads, outside)
        for row in rows:
            checker.take(row)
        checker.end()
    except _Found as found:
        return replace(checker.verdict(), bad=found.bad)
    return checker.verdict()


class _Found(Exception):
    def __init__(self, bad: Bad) -> None:
        super().__init__(bad.why)
        self.bad = bad


class _Checker:
    """Reads once, in order; keeps the ends of all chains."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._tree = Tree()
        self._chains: dict[str, tuple[int, str]] = {}
        self._accounts: dict[str, int] = {}
        self._due: Iterator[tuple[int, str | None, Head | None]] = iter(())
        self._next: tuple[int, str | None, Head | None] | None = None
        self._seen, self._sure = 0, 0
        self._signed = self._any_head = self._any_outside = False

    def expect(self, heads: Iterable[SignedHead], outside: Iterable[SignedHead]) -> None:
        """Look at the heads by themselves, and wait for their entries. What is wrong with one is told when
        its entries have come, so that an entry before it is named first."""
        kept = [*outside]
        self._any_outside = bool(kept)
        self._due = iter(heads_in_order(heads, kept, self._keys))
        self._next = next(self._due, None)

    def take(self, row: Row) -> None:
        if row.number is None:
            self._all_sealed_came()
        text, bad = read_row(row)
        if bad is None and row.number is not None:
            due = self._tree.size + 1
            if row.number != due:
                raise _Found(Bad(f"missing: entry {row.number} comes next", due))
            if self._seen > self._tree.size:
                bad = "it is sealed, and one before it is not"
        if bad is None:
            bad = self._wrong_place(text)
        if bad is not None:
            raise self._named(row, text, bad)
        self._chains[text["chain"]] = (text["sequence"], row.hash)
        self._accounts[text["account"]] = text["account_sequence"]
        self._seen += 1
        if row.number is not None:
            self._tree.append(row.hash)
            while self._next is not None and self._next[0] <= self._tree.size:
                self._meet(*self._next)

    def end(self) -> None:
        """Raises _Found for what should have come."""
        self._all_sealed_came()
        if self._tree.size > self._sure:
            raise _Found(Bad("numbered, and no head seals them", self._sure + 1, self._tree.size))
        if self._keys and self._any_head and not self._signed:
            raise _Found(Bad("no head is signed, though a key is known"))

    def _named(self, row: Row, text: Mapping[str, Any], why: str) -> _Found:
        name, sequence = text.get("chain"), text.get("sequence")
        return _Found(
            Bad(
                why,
                None if row.number is None else self._tree.size + 1,
                None,
                name if isinstance(name, str) else None,
                sequence if isinstance(sequence, int) else None,
            )
        )

    def _all_sealed_came(self) -> None:
        if self._next is not None:
            size, problem, _ = self._next
            missing = self._tree.size + 1
            raise _Found(Bad(problem or f"missing: a head seals up to {size}", missing, size))

    def verdict(self) -> Verdict:
        notes = []
        if self._any_head and not self._keys:
            notes.append("no public key is known, so no signature was looked at")
        if not self._any_outside:
            notes.append("no head from outside was compared: what was cut off at the end would not be seen")
        sure = self._sure if self._signed or not self._keys else 0
        return Verdict(self._seen, sure, notes=tuple(notes))

    def _wrong_place(self, text: Mapping[str, Any]) -> str | None:
        sequence, before = self._chains.get(text["chain"], (0, FIRST))
        if text["sequence"] != sequence + 1:
            return f"its chain was at {sequence}"
        if text["previous"] != before:
            return "it does not follow the entry before it in its chain"
        told = self._accounts.get(text["account"], 0)
        if text["account_sequence"] != told + 1:
            return f"its account was at {told}, and it says {text['account_sequence']}"
        return None

    def _meet(self, size: int, problem: str | None, head: Head | None) -> None:
        first = self._sure + 1
        if problem is not None:
            raise _Found(Bad(problem, first, size))
        assert head is not None
        if head.root != self._tree.root:
            for (start, last), ours, theirs in zip(spans(size), self._tree.peaks, head.peaks, strict=True):
                if ours != theirs and last >= first:
                    raise _Found(Bad("not what was sealed", max(start, first), last))
            raise _Found(
                Bad("not what was sealed", 1, self._sure)
            )  # pragma: no cover - an earlier head saw it
        self._sure, self._any_head = size, True
        self._signed = self._signed or head.key is not None
        self._next = next(self._due, None)
