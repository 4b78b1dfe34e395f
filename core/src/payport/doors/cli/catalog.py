"""`payport catalog`: what is wrong with a catalog's file, or its price list; and what another one changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from payport.doors.cli.printing import as_json
from payport.doors.cli.usage import AsJson, UsageError

if TYPE_CHECKING:
    from payport.rules.catalog import Catalog
    from payport.rules.catalog_check import Fault

__all__ = ["catalog", "check", "diff"]

catalog = App(
    name="catalog", help="Check a catalog and print its prices, or compare two of them.", version_flags=()
)

_Day: TypeAlias = Annotated[
    date | None, Parameter(name="--on", help="Prices of this day, as 2027-01-15; else of the first day.")
]


@catalog.command
def check(file: Path, /, *, on: _Day = None, json: AsJson = False) -> int:
    """Say all that is wrong with a catalog's file, or print its price list.

    Exit status 1: something is wrong; each fault says where, and what to do.
    """
    from payport.doors.cli.price_lists import prices_json, print_prices  # noqa: PLC0415
    from payport.rules.calendar import local_date  # noqa: PLC0415

    read = _read(file, json=json)
    if read is None:
        return 1
    day = on or local_date(read.effective_from, read.zone)
    if json:
        as_json(prices_json(read, day))
    else:
        print(f"{file.name}: nothing is wrong.\n")
        print_prices(read, day)
    return 0


@catalog.command
def diff(before: Path, after: Path, /, *, json: AsJson = False) -> int:
    """Say what the second catalog changes for buyers.

    Each price, and all else in words. Prices are those of the day on which the second comes into force.
    Exit status 1: something changes.
    """
    from payport.doors.cli.price_changes import changes_json, print_changes  # noqa: PLC0415
    from payport.rules.catalog_difference import difference  # noqa: PLC0415

    old, new = _read(before, json=json), _read(after, json=json)
    if old is None or new is None:
        return 1
    found = difference(old, new)
    if json:
        as_json(changes_json(old, new, found))
    else:
        print_changes(old, new, found)
    return 0 if found.is_none else 1


def _read(file: Path, *, json: bool) -> Catalog | None:
    """None where it is no catalog; its faults are printed then."""
    from payport.rules.catalog import Catalog  # noqa: PLC0415
    from payport.rules.catalog_file import read_catalog  # noqa: PLC0415

    text = _text(file)
    read = read_catalog(text)
    if isinstance(read, Catalog):
        return read
    (_faults_as_json if json else _faults_as_text)(file.name, text, read)
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem, remedy = f"{file} is not UTF-8 text", "Save it as UTF-8"
    except OSError as error:
        problem = f"{file} cannot be read: {error.strerror or type(error).__name__}"
        remedy = "Correct the path, or let this user read it"
    raise UsageError(field="FILE", problem=problem, remedy=remedy)


def _faults_as_text(name: str, text: str, faults: tuple[Fault, ...]) -> None:
    from payport.doors.cli.printing import heading, plain  # noqa: PLC0415
    from payport.rules.catalog_file import entry_of  # noqa: PLC0415

    print(f"{name}: 1 fault" if len(faults) == 1 else f"{name}: {len(faults)} faults")
    for fault in faults:
        entry = entry_of(fault.key, text)
        where = f"{fault.key} (in {entry})" if entry else fault.key
        heading(plain(where or "the file"))
        print(f"  {fault.problem}.\n  {fault.remedy}.")
    if any("[" in fault.key for fault in faults):
        heading("packages[0] is the first package of the file, packages[1] the second.")


def _faults_as_json(name: str, text: str, faults: tuple[Fault, ...]) -> None:
    from payport.rules.catalog_file import entry_of  # noqa: PLC0415

    as_json(
        {
            "file": name,
            "faults": [
                {
                    "key": fault.key,
                    "entry": entry_of(fault.key, text),
                    "problem": fault.problem,
                    "remedy": fault.remedy,
                }
                for fault in faults
            ],
        }
    )
