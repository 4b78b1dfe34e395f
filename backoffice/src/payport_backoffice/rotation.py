"""How a gateway account's key is changed without losing a callback: two dates, and the lines to write."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from payport import KeyView

__all__ = ["Rotation", "rotation"]

_OVERLAP: Final = timedelta(days=1)  # gateways repeat a callback for hours, not for days
_IN_FORCE: Final = ("signs now", "verifies")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What is to be written.

    Args:
        old: the id of the key that is replaced; None: none is valid, and the new one begins at once.
        new: the id of its successor. `variable`: of the environment, that would hold its value.
        begins, ends: of the new one, of the old one; between them both verify. None: there is no old one.
        toml: for payport.toml; it holds no value of a key.
    """

    old: str | None
    new: str
    variable: str
    begins: datetime | None
    ends: datetime | None
    toml: str


def rotation(
    account: str, role: str, keys: Collection[KeyView], *, now: datetime, zone: ZoneInfo
) -> Rotation:
    """Begin the day before the old key ends; where it has no end, or ends before that, tomorrow.

    Args:
        keys: all of this role of this account. zone: in which days begin.
    """
    valid = sorted((key for key in keys if key.standing in _IN_FORCE), key=lambda key: key.standing)
    old = valid[0] if valid else None
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    begins, ends = tomorrow, tomorrow + _OVERLAP
    if old is not None and old.not_after is not None:
        ends = old.not_after.astimezone(zone)
        begins = max(ends - _OVERLAP, min(tomorrow, ends))
    new = _new_id(begins if old else now.astimezone(zone), {key.id for key in keys})
    variable = re.sub(r"[^A-Z0-9]+", "_", f"{account}_{role}_{new}".upper())
    lines = []
    if old is not None:
        lines += [
            *_head(role, old.id),
            "# value: leave it as it is",
            *([f"not_before = {_written(old.not_before, zone)}"] if old.not_before else []),
            f"not_after = {_written(ends, zone)}",
            "",
        ]
    lines += [*_head(role, new), f'value = {{ env = "{variable}" }}']
    if old is not None:
        lines += [f"not_before = {_written(begins, zone)}"]
    return Rotation(
        old=None if old is None else old.id,
        new=new,
        variable=variable,
        begins=None if old is None else begins,
        ends=None if old is None else ends,
        toml="\n".join(lines),
    )


def _head(role: str, id_: str) -> tuple[str, ...]:
    return "[[accounts.keys]]", f'role = "{role}"', f'id = "{id_}"'


def _new_id(begins: datetime, taken: Collection[str]) -> str:
    """Its month; and where that is taken, a number behind it."""
    month, number = f"{begins:%Y-%m}", 1
    while (name := month if number == 1 else f"{month}-{number}") in taken:
        number += 1
    return name


def _written(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")
