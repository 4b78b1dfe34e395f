"""Runs vector files against what is installed: `python -m payport_contracts.kit.vectors FILE…`.

Prints a line for each failure and the totals of each operation. Ends with 1 if a vector failed, with 2 if a
file could not be read or a checker not be loaded. Further checkers are found in the entry-point group
`payport.vectors`: modules with `OPERATIONS`, protocol → operation → checker.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from payport_contracts.kit import nganluong, onepay, vnpay
from payport_contracts.kit.runner import Checker, Operations, Outcome, Totals, Unreadable, Vector, check, read

__all__ = ["checkers_for", "main", "run"]

_GROUP: Final = "payport.vectors"
_BY_CONTRACT: Final = (vnpay.OPERATIONS, onepay.OPERATIONS, nganluong.OPERATIONS)


def checkers_for(protocol: str, operation: str) -> list[Checker]:
    """The kit's own, which asks the contracts, and those of the installed plugins and simulators."""
    tables = (*_BY_CONTRACT, *_plugins())
    return [table[protocol][operation] for table in tables if operation in table.get(protocol, {})]


def run(protocol: str, vectors: Sequence[Vector]) -> tuple[Totals, list[str]]:
    """Totals, and one line for each failure."""
    totals, failures = Totals(), []
    for vector in vectors:
        result = check(vector, checkers_for(protocol, vector["operation"]))
        totals.add(result)
        if result.outcome is Outcome.FAILED:
            failures.append(f"{result.vector} {result.operation}: {'; '.join(result.problems)}")
    return totals, failures


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        print("usage: python -m payport_contracts.kit.vectors FILE…", file=sys.stderr)
        return 2
    try:
        _plugins()
        files = [(name, *read(Path(name))) for name in arguments]
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    failed = False
    for name, protocol, vectors in files:
        totals, failures = run(protocol, vectors)
        for line in failures:
            print(f"FAILED {line}")
        _print_totals(name, protocol, totals)
        failed = failed or bool(failures)
    return 1 if failed else 0


def _print_totals(name: str, protocol: str, totals: Totals) -> None:
    print(f"{name} ({protocol})")
    width = max(len(operation) for operation in totals.counts)
    for operation, counts in totals.counts.items():
        print(f"  {operation:<{width}}  {_in_words(counts)}")
    print(f"  {'in all':<{width}}  {_in_words(totals.all)}")


def _in_words(counts: dict[Outcome, int]) -> str:
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts.get(outcome))


@cache
def _plugins() -> tuple[Operations, ...]:
    found = []
    for point in sorted(entry_points(group=_GROUP), key=lambda each: each.name):
        try:
            found.append(point.load().OPERATIONS)
        except Exception as error:
            raise Unreadable(f"{_GROUP}: {point.name} cannot be loaded ({type(error).__name__})") from error
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
