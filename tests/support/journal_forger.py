"""Whoever can write the database, and change the journal at will; and all who look at it then.

A change is made in a transaction, looked at there, and undone. The stand-alone script is asked too, of an
export with the same change, and must say the same as the core. (Once: no database is in that.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from payport.journal.check import Bad, Verdict
from payport.journal.entry import FIRST, leaf_hash
from payport.journal.sealing_key import SealingKey, new_private_key
from payport.service.auditing import FORM, check_database, check_export
from payport.service.heads_file import read_heads
from payport.service.sealing import Sealing, seal
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["Entries", "Forger", "rehashed", "the_script", "with_a_key", "write_journal"]

Entries: TypeAlias = list[dict[str, Any]]
SCRIPT: Final = Path(__file__).parents[2] / "docs" / "check_journal.py"


def with_a_key(seller: Seller, folder: Path, *, key_id: str = "2026") -> Seller:
    """The seller, with a key of its own and a file that keeps heads."""
    key = SealingKey(key_id, new_private_key())
    sealing = Sealing(key=key, heads=folder / "heads.jsonl", known={key_id: key.public})
    return replace(seller, sealing=sealing)


def the_script() -> ModuleType:
    """docs/check_journal.py, as a module: a process of its own for each forgery would take minutes."""
    spec = spec_from_file_location("check_journal_alone", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rehashed(rows: Entries) -> Entries:
    """The rows as a forger writes them who knows the form: every chain fits, and so does every hash."""
    ends: dict[str, tuple[int, str]] = {}
    told: dict[str, int] = {}
    for row in rows:
        read = json.loads(row["text"])
        sequence, previous = ends.get(read["chain"], (0, FIRST))
        told[read["account"]] = told.get(read["account"], 0) + 1
        read |= {"sequence": sequence + 1, "previous": previous, "account_sequence": told[read["account"]]}
        if row["because"] is None or previous != row["previous"]:
            row["because"], read["words"] = None, None
        row["text"] = json.dumps(read, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        row |= {"sequence": sequence + 1, "account_sequence": read["account_sequence"]}
        row["hash"] = leaf_hash(row["text"])
        ends[read["chain"]] = (sequence + 1, row["hash"])
    return rows


@dataclass
class Forger:
    """Has the database in hand, and neither the key nor the file of heads."""

    seller: Seller
    folder: Path
    script: ModuleType

    def seal(self) -> int:
        return seal(self.seller).size

    @property
    def entries(self) -> Entries:
        """By number, then those without one; `previous` is what the text says. Anybody's own to change."""
        return [dict(row) for row in self._stored]

    @cached_property
    def _stored(self) -> Entries:
        with self.seller.database.reading() as connection:
            found = connection.execute(
                select(t.journal).order_by(t.journal.c.number.is_(None), t.journal.c.number, t.journal.c.id)
            )
            return [{**row._mapping, "previous": json.loads(row.text)["previous"]} for row in found]

    @property
    def heads(self) -> Entries:
        with self.seller.database.reading() as connection:
            return [
                {**row._mapping}
                for row in connection.execute(select(t.journal_heads).order_by(t.journal_heads.c.size))
            ]

    def judge(
        self, entries: Entries, heads: Entries | None = None, *, with_outside: bool = True
    ) -> Verdict | None:
        """What is said of this journal in the database; None: the database itself refuses it."""
        heads = self.heads if heads is None else heads
        outside = self.seller.sealing.heads if with_outside else None
        kept = () if outside is None else read_heads(outside)
        verdict: list[Verdict] = []

        def use(connection: Connection) -> None:
            write_journal(connection, entries, heads)
            verdict.append(check_database(connection, self.seller.sealing, outside=kept))
            raise _Undone

        try:
            self.seller.database.transaction(use)
        except _Undone:
            pass
        except IntegrityError:
            return None
        if self.seller.database.is_sqlite:
            self._ask_the_auditors(entries, heads, outside)
        return verdict[0]

    def bad(self, entries: Entries, heads: Entries | None = None, *, with_outside: bool = True) -> Bad | None:
        """What is wrong; None where the database refuses it already. AssertionError: nobody sees it."""
        verdict = self.judge(entries, heads, with_outside=with_outside)
        assert verdict is None or verdict.bad is not None, f"nobody saw it: {verdict}"
        return None if verdict is None else verdict.bad

    def _ask_the_auditors(self, entries: Entries, heads: Entries, outside: Path | None) -> None:
        """The core and the script say the same of an export."""
        file = self.folder / "forged.jsonl"
        file.write_text("".join(f"{line}\n" for line in self._lines(entries, heads)), encoding="utf-8")
        kept = () if outside is None else read_heads(outside)
        ours = check_export(file, outside=kept)
        said = StringIO()
        with redirect_stdout(said):
            status = self.script.check(str(file), None if outside is None else str(outside), {})
        theirs = said.getvalue().splitlines()
        assert theirs == [str(ours), *(f"  {note}" for note in ours.notes)]
        assert status == (ours.bad is not None)

    def _lines(self, entries: Entries, heads: Entries) -> Sequence[str]:
        told = [
            {"entry": {name: row[name] for name in ("number", "text", "hash", "because")}} for row in entries
        ]
        signed = [{"head": {"text": head["text"], "signature": head["signature"]}} for head in heads]
        return [
            json.dumps(one)
            for one in ({"form": FORM, "keys": dict(self.seller.sealing.known)}, *told, *signed)
        ]


class _Undone(Exception):
    pass


def write_journal(connection: Connection, entries: Entries, heads: Entries) -> None:
    connection.execute(delete(t.journal_heads))
    connection.execute(delete(t.journal))
    columns = {column.name for column in t.journal.c}
    if entries:
        connection.execute(
            insert(t.journal), [{name: row[name] for name in columns & row.keys()} for row in entries]
        )
    if heads:
        connection.execute(insert(t.journal_heads), heads)
