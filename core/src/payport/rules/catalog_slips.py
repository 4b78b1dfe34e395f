"""What a slip in one key of a catalog is called, and what to write instead.

pydantic finds the slip; the words are ours, for somebody who is no programmer. None repeats a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, get_args

from pydantic_core import ErrorDetails

from payport.rules.catalog import Catalog
from payport.rules.document import Document

__all__ = ["EXAMPLES", "path_words", "slip_words"]

_Path: TypeAlias = tuple[int | str, ...]
_NAME: Final = '{ vi = "…", en = "…" }'

EXAMPLES: Final[Mapping[str, str]] = {
    "version": '"2027-spring"',
    "effective_from": "2027-01-01T00:00:00+07:00",
    "currency": '"VND"',
    "prices": '"net"',
    "zone": '"Asia/Ho_Chi_Minh"',
    "id": '"standard"',
    "names": _NAME,
    "vi": '"…"',
    "en": '"…"',
    "treatment": '"zero_rated"',
    "percent": "10",
    "reduced": "[{ percent = 8, since = 2027-01-01, before = 2028-01-01 }]",
    "since": "2027-01-01",
    "before": "2028-01-01",
    "tier": "1",
    "included_gb": "10",
    "tax": '"vat"',
    "terms": "[{ months = 12, price = 3_550_000 }]",
    "months": "12",
    "price": "3_550_000",
    "bonus_months": "6",
    "extra_capacity_on": '["new", "renew"]',
    "step_gb": "50",
    "extra_capacity.price": "{ amount = 3_550_000, months = 12 }",
    "amount": "3_550_000",
    "least_steps": "1",
    "most_steps": "100",
    "code": '"WELCOME10"',
    "promotions.packages": '["standard"]',
    "promotions.terms": "[12, 24]",
    "on": '["package"]',
    "uses": "100",
    "combines": "true",
}
"""How a key is written: by its place without numbers, else by its name alone."""

_WHOLE: Final = ("not a whole number", "Write digits alone, no quotes, no point and no comma")
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("is missing", "Add it"),
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "string_type": ("not a text", "Write it in quotes"),
    "bool_type": ("neither true nor false", "Write true or false, without quotes"),
    "date_type": ("not a date", "Write year-month-day, without quotes"),
    "datetime_type": ("not a date with time", "Write date, time and offset, without quotes"),
    "timezone_aware": ("has no time zone", "Add the offset"),
    "tuple_type": ("not a list", "Write it in brackets"),
    "model_type": ("not a table", "Write its keys in braces"),
    "too_short": ("is empty", "Give at least one"),
    "string_too_short": ("is empty", "Write something"),
    "string_too_long": ("longer than {max_length} characters", "Shorten it"),
    "greater_than_equal": ("lower than {ge}", "Give {ge} or more"),
    "greater_than": ("no time at all", "Give more"),
    "less_than_equal": ("more than {le}", "Give {le} or less"),
    "literal_error": ("not a word that is known here", "Write {expected}"),
    "time_delta_type": ("not a duration", "Write {{ hours = 24 }} or {{ days = 30 }}"),
}
"""By pydantic's type of error; filled with what it knows of the bound, never with the value."""

_WITH_EXAMPLE: Final = {
    "missing", "int_type", "int_from_float", "string_type", "date_type", "datetime_type", "timezone_aware",
    "tuple_type", "model_type", "too_short",
}  # fmt: skip
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "^[A-Za-z0-9_-]+$": (
        "holds a sign that an id cannot have",
        "Write letters without marks, digits, _ and - alone, no blanks",
    ),
    "^[A-Z]{3}$": ("not a currency's code", 'Write three capital letters, as "VND"'),
    "^[A-Z0-9-]{3,40}$": ("not a code that can be asked for", "Write 3 to 40 of A to Z, 0 to 9 and -"),
}
"""By the form that a text must have."""

_LONG: Final = "longer than a duration can be"
_OURS: Final[Mapping[str, str]] = {
    "is empty": "Write something",
    "longer than 100 characters": "Shorten it",
    "not a time zone of the IANA database": 'Write a name as "Asia/Ho_Chi_Minh"',
    "not a duration in whole days, hours, minutes or seconds, as { hours = 24 }": (
        "Write one or more of these four with whole numbers"
    ),
    _LONG: "Give 3660 days or less",
}
"""What to do about that which the model itself finds."""


def slip_words(error: ErrorDetails) -> tuple[str, str]:
    """Problem and remedy, each without its full stop."""
    path, kind, place = error["loc"], error["type"], _place(error["loc"])
    special = _special(error, place)
    if special is not None:
        return special
    if kind not in _SAID:
        problem = error["msg"].removeprefix("Value error, ")
        return problem, _OURS.get(problem, "Give a value that fits")
    problem, remedy = (words.format(**error.get("ctx", {})) for words in _SAID[kind])
    if kind in {"missing", "tuple_type", "model_type"} and (heading := _heading(path, place)):
        return problem, f"Write {heading}"
    example = EXAMPLES.get(place, EXAMPLES.get(str(path[-1]))) if kind in _WITH_EXAMPLE else None
    return problem, f"{remedy}, as {path[-1]} = {example}" if example else remedy


def _special(error: ErrorDetails, place: str) -> tuple[str, str] | None:
    """Where the key or the bound says more than the kind of slip alone."""
    match error["type"]:
        case "extra_forbidden":
            return "not a key that belongs here", _where_it_belongs(error["loc"])
        case "string_pattern_mismatch":
            return _FORMS[error["ctx"]["pattern"]]
        case "greater_than_equal" if place == "taxes.percent":
            return "lower than 1", 'For 0 % write treatment = "zero_rated" and no percent'
        case "less_than_equal" if not isinstance(error["ctx"]["le"], int):
            return _LONG, _OURS[_LONG]
    return None


def path_words(path: _Path) -> str:
    """`packages[1].terms[0].price`, counted from 0."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _place(path: _Path) -> str:
    """The path without its numbers."""
    return ".".join(part for part in path if isinstance(part, str))


def _heading(path: _Path, place: str) -> str | None:
    """How a table with a line of its own begins; None for what is written behind a key."""
    if place in {"taxes", "packages", "promotions"} and len(path) == 1:
        return f"its entries each under a line [[{place}]]"
    if place in {"taxes", "packages", "promotions"}:
        return f"its keys below a line [[{place}]]"
    if place in {"extra_capacity", "policies"}:
        return f"its keys below one line [{place}]"
    return None


def _where_it_belongs(path: _Path) -> str:
    """A name like it that belongs here, or the table that has one of this name."""
    tables = dict(_tables(Catalog, ()))
    name, here = str(path[-1]), _place(path[:-1])
    known = list(tables.get(here, ()))
    if close := get_close_matches(name, known, n=1):
        return f"Write {close[0]}, if that is meant, else remove it"
    homes = [place for place, names in tables.items() if name in names and place != here]
    if "" in homes:
        return "Move it to the top of the file, above the first line in brackets"
    if homes:
        return f"Move it to {homes[0]}"
    return "Remove it, or check its spelling; known here are " + ", ".join(known)


def _tables(model: type[Document], place: _Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each table of a catalog, by its place, with its keys."""
    yield _place(place), tuple(model.model_fields)
    for name, field in model.model_fields.items():
        for part in _documents(field.annotation):
            yield from _tables(part, (*place, name))


def _documents(annotation: Any) -> Iterator[type[Document]]:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield annotation
    for part in get_args(annotation):
        yield from _documents(part)
