"""The catalog's file: TOML in, a checked Catalog out, or what is wrong with it: key, problem, remedy.

Keys are said as `packages[1].terms[0].price`, counted from 0 in the order of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from payport.errors import CatalogError
from payport.rules.catalog import Catalog
from payport.rules.catalog_check import Fault, faults
from payport.rules.catalog_slips import path_words, slip_words
from payport.rules.document import Id

__all__ = ["entry_of", "load_catalog", "read_catalog"]

_BYTE_ORDER_MARK: Final = "\ufeff"  # some editors begin a file with it
_SIGNS: Final = (
    "Correct the line that is named: texts stand in straight quotes, numbers are digits alone, as 3_550_000, "
    "and every bracket is closed"
)
_ENTRY: Final = re.compile(r"(taxes|packages|promotions)\[(\d+)\]")
_ID: Final = TypeAdapter(Id)


def load_catalog(text: str, *, source: str) -> Catalog:
    """Read and check one version.

    Args:
        text: the TOML document.
        source: its file's name, for messages.
    Raises: CatalogError, for the first thing that is wrong; no value of the file is in its words.
    """
    read = read_catalog(text)
    if isinstance(read, Catalog):
        return read
    first = read[0]
    field = f"{source}: {first.key}" if first.key else source
    raise CatalogError(field=field, problem=first.problem, remedy=first.remedy)


def read_catalog(text: str) -> Catalog | tuple[Fault, ...]:
    """The catalog, or all that is found to be wrong with it, from the top of the file to its end.

    There are three steps, and one is taken only if the one before found nothing: whether it is TOML (which
    stops at the first fault), whether each key is right, and whether the parts fit each other.
    """
    try:
        document = tomllib.loads(text.removeprefix(_BYTE_ORDER_MARK))
    except tomllib.TOMLDecodeError as error:
        return (Fault("", f"not TOML: {error}", _SIGNS),)
    try:
        catalog = Catalog.model_validate(_frozen(document))
    except ValidationError as error:
        slips = _causes(error.errors(include_input=False, include_url=False))
        return tuple(Fault(path_words(slip["loc"]), *slip_words(slip)) for slip in slips)
    return tuple(faults(catalog)) or catalog


def entry_of(key: str, text: str) -> str | None:
    """The id of the tax class, package or promotion that a fault's key is in; None where it has none."""
    found = _ENTRY.match(key)
    if found is None:
        return None
    entry: Mapping[str, Any] = tomllib.loads(text.removeprefix(_BYTE_ORDER_MARK))[found[1]][int(found[2])]
    try:
        return _ID.validate_python(entry["id"], strict=True)
    except (KeyError, TypeError, ValidationError):
        return None


def _causes(slips: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the list that counts as empty only because its entries are wrong."""
    inside = {slip["loc"][:-depth] for slip in slips for depth in range(1, len(slip["loc"]))}
    return [slip for slip in slips if slip["type"] != "too_short" or slip["loc"] not in inside]


def _frozen(value: Any) -> Any:
    """Lists as tuples: a strict model takes no list where it keeps a tuple."""
    if isinstance(value, dict):
        return {key: _frozen(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    return value
