"""The journal for who audits it: checked where it is, or written to one file that anybody can check.

The file is lines of JSON: public keys, entries, heads. It holds no words but where they are asked for: people
write names into them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection

from payport.errors import ConfigurationError
from payport.journal.check import Row, Verdict, check_journal
from payport.journal.replay import Difference
from payport.journal.seal import SignedHead
from payport.journal.sealing_key import public_keys
from payport.service.heads_file import head_as_line, head_from_line, read_heads
from payport.service.replaying import compare
from payport.service.sealing import Sealing
from payport.service.seller import Seller
from payport.storage import seal_records as records

__all__ = ["FORM", "JournalCheck", "check_database", "check_export", "check_now", "export_journal"]

FORM: Final = "payport journal export 1"


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """What was found when all of it was read.

    Args:
        verdict: of entries, chains and heads; `str` says it in a line.
        differences: in what the tables differ from it; not looked for in a journal that is broken.
    """

    verdict: Verdict
    differences: tuple[Difference, ...]

    @property
    def is_whole(self) -> bool:
        return self.verdict.bad is None and not self.differences


def check_now(seller: Seller, *, heads: Path | None = None) -> JournalCheck:
    """Read all of the journal, and compare the database's tables with it.

    Args:
        heads: where heads were kept outside; None: where payport.toml says.
    Raises: ConfigurationError for such a file that cannot be read.
    """
    kept = heads or seller.sealing.heads
    outside = () if kept is None else read_heads(kept)  # before the database: then none in it is newer
    with seller.database.reading() as connection:
        verdict = check_database(connection, seller.sealing, outside=outside)
        return JournalCheck(verdict, compare(connection) if verdict.bad is None else ())


def check_database(
    connection: Connection, sealing: Sealing, *, outside: Iterable[SignedHead] = ()
) -> Verdict:
    """Look at the journal as it stands. `outside`: heads that were kept elsewhere."""
    odd = records.odd_heads(connection)
    heads = [replace(head, text="") if head.text in odd else head for head in records.heads(connection)]
    with closing(records.rows(connection)) as rows:
        return check_journal(rows, heads, outside=outside, keys=public_keys(sealing.known))


def export_journal(
    connection: Connection, sealing: Sealing, file: IO[str], *, words: bool = False
) -> tuple[int, int]:
    """Write all of it. `connection`: reads as of one moment. Returns how many entries and heads it wrote."""
    _write(file, {"form": FORM, "keys": dict(sealing.known)})
    entries = 0
    for row in records.rows(connection):
        entry = {"number": row.number, "text": row.text, "hash": row.hash}
        _write(file, {"entry": {**entry, "because": row.because} if words else entry})
        entries += 1
    heads = records.heads(connection)
    file.writelines(f"{head_as_line(head)}\n" for head in heads)
    return entries, len(heads)


def check_export(
    file: Path, *, outside: Iterable[SignedHead] = (), keys: Mapping[str, str] | None = None
) -> Verdict:
    """Look at an exported journal.

    Args:
        keys: public, by id; None: those that the export itself names, which prove less.
    Raises: ConfigurationError, where it is no export.
    """
    lines = _lines(file)
    first = next(lines, None)
    if not isinstance(first, dict) or first.get("form") != FORM or not isinstance(first.get("keys"), dict):
        raise ConfigurationError(
            field=file.name,
            problem="is no export of a journal",
            remedy="Make one with `payport journal export`",
        )
    own = {str(name): str(public) for name, public in first["keys"].items()}
    heads = [head_from_line(line) for line in _lines(file) if isinstance(line, dict) and "head" in line]
    rows = (_row(line) for line in lines if not (isinstance(line, dict) and "head" in line))
    return check_journal(rows, heads, outside=outside, keys=public_keys(own if keys is None else keys))


def _row(line: Any) -> Row:
    """What cannot be read becomes an entry that no check believes."""
    given = line.get("entry") if isinstance(line, dict) else None
    if not isinstance(given, dict):
        return Row(None, "", "")
    number = given.get("number")
    return Row(number, given.get("text", ""), given.get("hash", ""), given.get("because"))


def _lines(file: Path) -> Iterator[Any]:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            for line in opened:
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield None
    except OSError as error:
        raise ConfigurationError(
            field=file.name, problem=f"cannot be read: {error.strerror}", remedy="Name the exported file"
        ) from None


def _write(file: IO[str], line: Mapping[str, Any]) -> None:
    file.write(f"{json.dumps(line, separators=(',', ':'))}\n")
