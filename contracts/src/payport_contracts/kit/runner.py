"""Runs test vectors and says where they fail: reads a file, asks every checker, compares what they say.

A vector is one case of one operation of one protocol. A checker is a function from a vector to the facts that
the code under test found. A fact that the vector states too must be equal; words that only inform are not
compared.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

__all__ = [
    "Checker",
    "Disagreement",
    "Facts",
    "Operations",
    "Outcome",
    "Result",
    "Totals",
    "Unreadable",
    "Vector",
    "check",
    "read",
]

Vector: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = Mapping[str, Any]
"""What was found. `valid` is the verdict on the whole; without it, only a part (a signature) was checked."""

Checker: TypeAlias = Callable[[Vector], Facts | None]
"""None: nothing can be said about this vector by what is built so far."""

Operations: TypeAlias = Mapping[str, Mapping[str, Checker]]
"""Protocol → operation → checker."""

_INFORMATION: Final = frozenset({"reason", "error", "field", "matched_form", "flag", "Message"})
_QUERY_TEXTS: Final = frozenset(
    {"url_query", "form_body", "url_query_from_official_php"}
)  # one right text of many
_BESIDE: Final = {  # facts that a vector states beside `expected`
    "canonical": ("canonical", "canonical_recomputed_from_received"),
    "fields": ("fields",),
}
_NEVER_SHOWN: Final = frozenset(
    {"canonical", "merchant_password", "form_body", "form_fields"}
)  # may hold a secret
_SECRET_NAME: Final = re.compile(r"secret|pass|key", re.IGNORECASE)


class Outcome(StrEnum):
    PASSED = "passed"
    SIGNATURE = "signature only"  # the rest of the operation is not built
    NOT_BUILT = "not built"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """One vector's. `problems` are sentences without any secret."""

    vector: str
    operation: str
    outcome: Outcome
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class Totals:
    """Counts for each operation, in the order in which they first came."""

    counts: dict[str, Counter[Outcome]] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        self.counts.setdefault(result.operation, Counter())[result.outcome] += 1

    @property
    def all(self) -> Counter[Outcome]:
        return sum(self.counts.values(), Counter())


class Disagreement(Exception):
    """What was found cannot stand with what the vector expects. A sentence, without any secret."""


class Unreadable(Exception):
    """A file that is not in the form of the vectors; says which file and what is wrong."""


def read(path: Path) -> tuple[str, list[Vector]]:
    """The protocol and the vectors of a file. Raises Unreadable."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path}: not JSON in UTF-8") from None
    if not isinstance(document, dict) or not isinstance(document.get("protocol"), str):
        raise Unreadable(f'{path}: no object with a "protocol"')
    vectors = document.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise Unreadable(f'{path}: no list of "vectors"')
    for position, vector in enumerate(vectors):
        if not isinstance(vector, dict) or not all(
            isinstance(vector.get(name), str) for name in ("id", "operation")
        ):
            raise Unreadable(f'{path}: vector {position} lacks an "id" or an "operation"')
        if not isinstance(vector.get("valid"), bool) or not isinstance(vector.get("expected", {}), dict):
            raise Unreadable(f'{path}: {vector["id"]} lacks "valid" (true or false) or an object "expected"')
    return document["protocol"], vectors


def check(vector: Vector, checkers: Iterable[Checker]) -> Result:
    """Ask every checker. One that fails fails the vector; the fullest answer names what was checked."""
    problems: list[str] = []
    outcome = Outcome.NOT_BUILT
    for checker in checkers:
        try:
            facts = checker(vector)
        except Disagreement as error:
            problems.append(str(error))
            continue
        except Exception as error:
            problems.append(f"the check raised {type(error).__name__}")
            continue
        if facts is None:
            continue
        problems += _differences(vector, facts)
        outcome = Outcome.PASSED if "valid" in facts or outcome is Outcome.PASSED else Outcome.SIGNATURE
    shown = tuple(_without_secrets(problem, vector) for problem in problems)
    return Result(vector["id"], vector["operation"], Outcome.FAILED if problems else outcome, shown)


def _differences(vector: Vector, facts: Facts) -> Iterator[str]:
    if "valid" in facts and facts["valid"] is not vector["valid"]:
        reason = f" ({facts['reason']})" if facts.get("reason") else ""
        yield f"valid: expected {_shown(vector['valid'])}, came {_shown(facts['valid'])}{reason}"
        return
    for name, found in facts.items():
        if name == "valid" or name in _INFORMATION:
            continue
        for expected in _stated(vector, name):
            if not _equal(name, expected, found):
                yield _difference(name, expected, found)


def _stated(vector: Vector, name: str) -> Iterator[Any]:
    """What the vector says of a fact; nothing where it is silent or says null."""
    stated = [vector.get("expected", {}).get(name)]
    stated += [vector.get(place) for place in _BESIDE.get(name, ())]
    return (value for value in stated if value is not None)


def _equal(name: str, expected: Any, found: Any) -> bool:
    if isinstance(expected, dict) and isinstance(found, Mapping):
        return all(
            item in _INFORMATION or (item in found and _equal(item, value, found[item]))
            for item, value in expected.items()
        )
    if name in _QUERY_TEXTS and isinstance(expected, str) and isinstance(found, str):
        return _pairs(expected) == _pairs(found)
    return type(expected) is type(found) and bool(expected == found)


def _pairs(text: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(text, keep_blank_values=True))


def _difference(name: str, expected: Any, found: Any) -> str:
    if isinstance(expected, str) and isinstance(found, str) and (name in _NEVER_SHOWN or len(expected) > 24):
        same = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
        place = min(len(expected), len(found)) if same is None else same
        return f"{name}: differs from character {place} on ({len(expected)} expected, {len(found)} came)"
    if name in _NEVER_SHOWN:
        return f"{name}: differs"
    return f"{name}: expected {_shown(expected)}, came {_shown(found)}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _without_secrets(text: str, vector: Vector) -> str:
    for secret in sorted(_secrets(vector.get("secret")), key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _secrets(inner, inner_name)
    elif isinstance(value, str) and value and _SECRET_NAME.search(name):
        yield value
