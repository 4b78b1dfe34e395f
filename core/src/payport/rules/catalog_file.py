"""The catalog's file: TOML in, a checked Catalog out, or the file, the key and the remedy.

Keys are said as `packages[1].terms[0].price`, counted from 0 in the order of the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from payport.errors import CatalogError
from payport.rules.catalog import Catalog
from payport.rules.catalog_check import faults

__all__ = ["load_catalog"]

_FITS: Final = "Give a value that fits"
_WHOLE: Final = ("not a whole number", "Write digits alone: no quotes, no point, not true or false")
# Filled with what pydantic knows of the bound, never with the value.
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("is missing", "Add it"),
    "extra_forbidden": ("not a key of a catalog", "Remove it, or check its spelling"),
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "string_type": ("not a text", "Write it in quotes"),
    "bool_type": ("neither true nor false", "Write true or false, without quotes"),
    "date_type": ("not a date", "Write it as 2027-01-01, without quotes"),
    "datetime_type": ("not a date with time", "Write it as 2027-01-01T00:00:00+07:00, without quotes"),
    "timezone_aware": ("has no time zone", "Add the offset, as in 2027-01-01T00:00:00+07:00"),
    "tuple_type": ("not a list", "Write it in brackets, or each entry under [[…]]"),
    "model_type": ("not a table", "Write its keys in braces, or under […]"),
    "dataclass_type": ("not a table", 'Write it as {{ vi = "…", en = "…" }}'),
    "too_short": ("is empty", "Give at least one"),
    "string_too_short": ("is empty", "Write something"),
    "string_too_long": ("longer than {max_length} characters", "Shorten it"),
    "string_pattern_mismatch": ("not of the form {pattern}", "Write it in that form"),
    "greater_than_equal": ("lower than {ge}", "Give {ge} or more"),
    "greater_than": ("not above {gt}", "Give more"),
    "less_than_equal": ("more than {le}", "Give {le} or less"),
    "literal_error": ("not a word that is known here", "Write {expected}"),
    "time_delta_type": ("not a duration", "Write it as {{ hours = 24 }} or {{ days = 30 }}"),
}


def load_catalog(text: str, *, source: str) -> Catalog:
    """Read and check one version.

    Args:
        text: the TOML document.
        source: its file's name, for messages.
    Raises: CatalogError, for the first thing that is wrong; no value of the file is in its words.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(
            field=source, problem=f"not TOML: {error}", remedy="Correct the line that is named"
        ) from None
    try:
        catalog = Catalog.model_validate(_frozen(document))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _refusal(source, first) from None
    for fault in faults(catalog):
        raise CatalogError(field=f"{source}: {fault.key}", problem=fault.problem, remedy=fault.remedy)
    return catalog


def _frozen(value: Any) -> Any:
    """Lists as tuples: a strict model takes no list where it keeps a tuple."""
    if isinstance(value, dict):
        return {key: _frozen(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    return value


def _refusal(source: str, error: ErrorDetails) -> CatalogError:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    context = error.get("ctx", {})
    if error["type"] not in _SAID:
        return CatalogError(
            field=f"{source}: {key}", problem=error["msg"].removeprefix("Value error, "), remedy=_FITS
        )
    problem, remedy = (words.format(**context) for words in _SAID[error["type"]])
    return CatalogError(field=f"{source}: {key}", problem=problem, remedy=remedy)
