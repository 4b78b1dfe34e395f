"""Fault switches on a page: how a set of them is described, shown, and read back from a form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["MARK", "Group", "Names", "Options", "Switch", "read_switches", "shown"]

MARK: Final = "fault_panel"  # a form without it has no panel, and changes no switch

Names = tuple[str, str]  # vi, en
Options = Mapping[str, Names]
_WHOLE: Final = re.compile(r"-?[0-9]{1,12}")
_Faults = TypeVar("_Faults", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Switch:
    """One control: a list with `options`, a whole number with a `unit`, or a box to tick."""

    name: str
    names: Names
    options: Options | None = None
    unit: Names | None = None


@dataclass(frozen=True, slots=True)
class Group:
    names: Names
    switches: tuple[Switch, ...]


def shown(faults: DataclassInstance) -> dict[str, str]:
    """Each switch's value as its control writes it; a ticked box is "on", an empty one ""."""
    return {f.name: _written(getattr(faults, f.name)) for f in fields(faults)}


def read_switches(form: Mapping[str, str], before: _Faults, groups: Sequence[Group]) -> _Faults:
    """The switches as the form sets them. What it says in no way that we know stays as it was.

    A value is of the type that it has in `before`: bool, StrEnum, timedelta, int, or one of its control's
    texts.
    """
    if MARK not in form:
        return before
    changes = {
        switch.name: _read(form.get(f"fault_{switch.name}", ""), getattr(before, switch.name), switch.options)
        for group in groups
        for switch in group.switches
    }
    return replace(before, **changes)


def _written(value: object) -> str:
    match value:
        case bool():
            return "on" if value else ""
        case timedelta():
            return str(int(value.total_seconds()))
        case _:
            return str(value)


def _read(text: str, before: Any, options: Options | None) -> Any:
    match before:
        case bool():
            return text == "on"
        case StrEnum():
            return type(before)(text) if text in set(type(before)) else before
        case timedelta() if _WHOLE.fullmatch(text) and 0 <= int(text) <= 86_400:
            return timedelta(seconds=int(text))
        case int() if _WHOLE.fullmatch(text):
            return int(text)
        case str() if text in (options or ()):
            return text
        case _:
            return before
