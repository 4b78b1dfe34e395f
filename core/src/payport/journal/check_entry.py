"""What is wrong with one entry of a journal by itself, as it is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from payport.journal.entry import leaf_hash, words_digest

__all__ = ["COLUMNS", "Row", "read_row"]

COLUMNS: Final = (
    "account", "account_sequence", "at", "chain", "from", "kind", "reference", "sequence", "subject", "to",
)  # fmt: skip
_FORM: Final = 1
_NONE: Final = type(None)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "account": (str,),
    "account_sequence": (int,),
    "at": (str,),
    "chain": (str,),
    "facts": (dict,),
    "form": (int,),
    "from": (str, _NONE),
    "kind": (str,),
    "previous": (str,),
    "reference": (str,),
    "sequence": (int,),
    "subject": (str,),
    "to": (str, _NONE),
    "words": (str, _NONE),
}
_PLAIN: Final = r'"[^"\\\x00-\x1f]*"'  # a string with nothing escaped in it
_WRITTEN: Final = {(str,): f"({_PLAIN})", (int,): "(0|[1-9][0-9]{0,17})", (str, _NONE): f"(null|{_PLAIN})"}
_FRAME: Final = re.compile(
    "{"
    + ",".join(
        f'"{name}":{"1" if name == "form" else _WRITTEN[types]}'
        for name, types in _TYPES.items()
        if name != "facts"
    )
    + "}"
)
_in_columns: Final = itemgetter(*COLUMNS)
_dump: Final = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class Row(NamedTuple):
    """One entry as it is stored.

    Args:
        number: None: not sealed yet.
        because: the words beside it; None: there are none, or they were erased.
        columns: what a table says beside the text, see `COLUMNS`; None: nothing stands beside it.
    """

    number: int | None
    text: str
    hash: str
    because: str | None = None
    columns: tuple[Any, ...] | None = None


def read_row(row: Row) -> tuple[Mapping[str, Any], str | None]:
    """What its text says, and what is wrong with it.

    Of a sealed entry the facts are not read: the sealer did so, and the tree holds their bytes.
    """
    if not _has_its_hash(row):
        return _read(row.text), "its text has another hash"
    text = _framed(row.text) if row.number is not None else None
    if text is None:
        text = _read(row.text)
        bad = _unlike(text) or _badly_written(text, row.text)
        if bad is not None:
            return text, bad
    if row.columns is not None and row.columns != _in_columns(text):
        for name, value in zip(COLUMNS, row.columns, strict=True):
            if text[name] != value:
                return text, f"its column {name} is not what its text says"
    if row.because is not None and words_digest(text["previous"], row.because) != text["words"]:
        return text, "its words are not those that were written"
    return text, None


def _has_its_hash(row: Row) -> bool:
    try:
        return leaf_hash(row.text) == row.hash
    except (UnicodeEncodeError, AttributeError):  # it is no text, or none of ours
        return False


def _framed(text: str) -> Mapping[str, Any] | None:
    """All but its facts, where they stand as in an entry; None: it has to be read as a whole.

    A quote inside a string is escaped. So the first of these marks, and the last, are the entry's own keys. A
    string with anything escaped in it is left to whoever reads all.
    """
    begin, end = text.find(',"facts":{'), text.rfind('},"form":1,"from":')
    found = _FRAME.fullmatch(text[:begin] + text[end + 1 :]) if 0 < begin < end else None
    if found is None:
        return None
    account, told, at, chain, before, kind, previous, ref, sequence, subject, to, words = found.groups()
    return {
        "account": account[1:-1],
        "account_sequence": int(told),
        "at": at[1:-1],
        "chain": chain[1:-1],
        "from": None if before == "null" else before[1:-1],
        "kind": kind[1:-1],
        "previous": previous[1:-1],
        "reference": ref[1:-1],
        "sequence": int(sequence),
        "subject": subject[1:-1],
        "to": None if to == "null" else to[1:-1],
        "words": None if words == "null" else words[1:-1],
    }


def _read(text: str) -> Mapping[str, Any]:
    """Nothing where it cannot be read."""
    try:
        read = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _unlike(text: Mapping[str, Any]) -> str | None:
    if text.keys() != _TYPES.keys() or text["form"] != _FORM:
        return "it is no entry"
    for name, kinds in _TYPES.items():
        if type(text[name]) not in kinds:
            return f"its {name} is of a wrong kind"
    return None


def _badly_written(read: Mapping[str, Any], text: str) -> str | None:
    try:
        same = _dump(read) == text
    except (ValueError, RecursionError):
        same = False
    return None if same else "its text is not written as an entry is"
