"""`payport journal`: seals what happened to money, shows whether it is whole, and hands it to auditors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import dumps as as_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from cyclopts import App, Parameter

from payport.doors.cli.printing import as_json, plain
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.journal.check import Verdict
    from payport.journal.replay import Difference

__all__ = ["check", "export", "journal", "keys", "new_key", "seal"]

_SHOWN: Final = 20  # differences of the tables; --json has all

journal = App(
    name="journal", help="Seal, check or export the journal of what happened to money.", version_flags=()
)
_Heads: TypeAlias = Annotated[
    Path | None,
    Parameter(name="--heads", help="The heads that were kept outside; else those that payport.toml names."),
]


@journal.command
def seal(*, config: Config = None) -> None:
    """Seal all entries that are committed: number them, sign a head over them, keep it outside.

    A worker does so by itself, every few seconds.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.service.sealing import seal as seal_now  # noqa: PLC0415

    with opened(config) as shop:
        done = seal_now(shop.seller)
        sealing = shop.seller.sealing
    print(f"sealed up to {done.size}, {done.added} of them now")
    if sealing.key is None:
        print("the head is not signed: payport.toml names no journal.key")
    if sealing.heads is None:
        print("the head is kept in the database alone: payport.toml names no journal.heads")


@journal.command
def check(
    *,
    config: Config = None,
    export: Annotated[
        Path | None, Parameter(name="--export", help="An exported journal, instead of the database's.")
    ] = None,
    heads: _Heads = None,
    key: Annotated[
        tuple[str, ...],
        Parameter(help="ID=BASE64, a public key that is trusted, for --export; may be given again."),
    ] = (),
    json: AsJson = False,
) -> int:
    """Say whether the journal is whole, and up to which entry that is sure; or name the first bad entry.

    The database's tables are compared with it too. Exit status 1: something is wrong.
    """
    if key and export is None:
        raise UsageError(
            field="--key",
            problem="goes with --export: the database is checked by the keys that payport.toml names",
            remedy="Leave it out, or name an exported journal",
        )
    verdict, differences = (
        _check_database(config, heads) if export is None else (_check_file(export, heads, key), ())
    )
    if json:
        _as_json(verdict, differences)
    else:
        _as_text(verdict, differences)
    return 1 if verdict.bad is not None or differences else 0


@journal.command
def export(
    file: Path,
    /,
    *,
    config: Config = None,
    words: Annotated[
        bool, Parameter(help="The words beside the entries too: people may have written names there.")
    ] = False,
) -> None:
    """Write the journal to a new file, for whoever checks it without the database: docs/check_journal.py."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.service.auditing import export_journal  # noqa: PLC0415

    with opened(config) as shop, shop.seller.database.reading() as connection:
        try:
            with file.open("x", encoding="ascii", newline="\n") as written:
                entries, heads = export_journal(connection, shop.seller.sealing, written, words=words)
        except FileExistsError:
            raise UsageError(
                field="FILE", problem="is there already", remedy="Name a file that is not"
            ) from None
        except OSError as error:
            file.unlink(missing_ok=True)  # a part of a journal is none
            raise UsageError(
                field="FILE", problem=f"cannot be written: {error.strerror}", remedy="Name another place"
            ) from None
    print(f"{file.name}: {entries} entries, {heads} heads")


@journal.command(name="new-key")
def new_key(
    file: Path,
    /,
    *,
    key_id: Annotated[str, Parameter(name="--key-id", help="Its name, in every head that it signs.")],
) -> None:
    """Make a key that signs heads, in a new file that nobody else may read; say what payport.toml needs."""
    from payport.doors.journal_key import KEY_ID, new_journal_key  # noqa: PLC0415

    if not re.fullmatch(KEY_ID, key_id):
        raise UsageError(
            field="--key-id", problem="is no name of a key", remedy="Take letters, digits and ._- alone"
        )

    try:
        public = new_journal_key(file)
    except OSError as error:
        raise UsageError(
            field="FILE",
            problem=f"cannot be made: {error.strerror}",
            remedy="Name a file that is not there yet, where this user may write",
        ) from None
    named = as_text(plain(file.as_posix()), ensure_ascii=False)
    print(f'[journal]\nkey = {{ file = {named} }}\nkey_id = "{key_id}"\nheads = "heads.jsonl"')
    print(f"\nPublic, for whoever checks: {key_id}={public}")


@journal.command
def keys(*, config: Config = None) -> None:
    """Say the public keys that verify heads, as ID=BASE64, the one that signs now last."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        known = shop.seller.sealing.known
    for name, public in known.items():
        print(f"{plain(name)}={plain(public)}")
    if not known:
        print("none: payport.toml names no journal.key")


def _check_database(config: Path | None, heads: Path | None) -> tuple[Verdict, tuple[Difference, ...]]:
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.service.auditing import check_now  # noqa: PLC0415

    with opened(config) as shop:
        found = check_now(shop.seller, heads=_there(heads))
    return found.verdict, found.differences


def _check_file(export: Path, heads: Path | None, keys: tuple[str, ...]) -> Verdict:
    from payport.service.auditing import check_export  # noqa: PLC0415
    from payport.service.heads_file import read_heads  # noqa: PLC0415

    kept = _there(heads)
    outside = () if kept is None else read_heads(kept)
    return check_export(export, outside=outside, keys=_trusted(keys) if keys else None)


def _there(heads: Path | None) -> Path | None:
    if heads is not None and not heads.exists():
        raise UsageError(field="--heads", problem="is not there", remedy="Name the file that keeps the heads")
    return heads


def _trusted(keys: tuple[str, ...]) -> Mapping[str, str]:
    given = {}
    for each in keys:
        name, found, public = each.partition("=")
        if not found or not name:
            raise UsageError(field="--key", problem="is not ID=BASE64", remedy="Say --key 2026-11=BASE64")
        given[name] = public
    return given


def _as_text(verdict: Verdict, differences: tuple[Difference, ...]) -> None:
    print(plain(verdict))
    for note in verdict.notes:
        print(f"  {note}")
    for difference in differences[:_SHOWN]:
        print(f"differs  {plain(difference)}")
    if len(differences) > _SHOWN:
        print(f"… and {len(differences) - _SHOWN} more: --json shows them")
    if differences:
        print(f"the tables differ from the journal in {len(differences)}")


def _as_json(verdict: Verdict, differences: tuple[Difference, ...]) -> None:
    bad = verdict.bad
    as_json(
        {
            "whole": bad is None,
            "entries": verdict.entries,
            "sealed": verdict.sealed,
            "bad": None
            if bad is None
            else {
                "number": bad.number,
                "last": bad.last,
                "chain": bad.chain,
                "sequence": bad.sequence,
                "why": bad.why,
            },
            "notes": list(verdict.notes),
            "differences": [str(difference) for difference in differences],
        }
    )
