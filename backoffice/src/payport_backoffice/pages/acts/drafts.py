"""What a form of an act is made of, before anybody has typed anything; and reading what they typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias

from payport import Money, RequestRefused, vnd
from payport_web.languages import msg

__all__ = ["REASON", "Choice", "Draft", "Field", "Kind", "Option", "Typed", "Unreadable", "Way", "pick"]

Kind: TypeAlias = Literal["text", "amount", "number", "date", "choice", "checks", "flag"]
_AMOUNT: Final = re.compile(r"[0-9]{1,15}|[0-9]{1,3}([.,\s][0-9]{3}){1,4}")
_NUMBER: Final = re.compile(r"[+\-−]?[0-9]{1,15}")
_LONGEST_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class Option:
    """One of a choice.

    Args:
        label: marked with `msg`; or `text`: in both languages; or `name`: which no language changes.
        money: what stands beside it.
    """

    value: str
    label: str = ""
    text: Any = None
    name: str = ""
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a form.

    Args:
        name: as the core's refusals name it, so that each is said beside its field.
        value: what stands there at first. `most`: an amount that `hint` speaks of as %(most)s.
        options: of a choice, or of checks, whose fields are called `name-value` each.
    """

    name: str
    label: str
    kind: Kind = "text"
    value: str = ""
    required: bool = True
    hint: str = ""
    most: Money | None = None
    options: tuple[Option, ...] = ()
    longest: int = _LONGEST_REASON

    @property
    def names(self) -> tuple[str, ...]:
        if self.kind == "checks":
            return tuple(f"{self.name}-{option.value}" for option in self.options)
        return (self.name,)


REASON: Final = Field(
    "reason", msg("Reason"), hint=msg("Kept in the journal, with your name."), longest=_LONGEST_REASON
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form, as it is now.

    Args:
        title, lead, button: marked with `msg`. about: the reference that it is about.
        back: the page that it came from, and that the act leads to; below the mount.
        facts: a label, and an amount, a text, an instant or a name beside it.
        query: chooses among several, and stands in the form's own address.
        hidden: fields that are not seen; `kept`: those that stay as they were first sent.
        also: other things that may be done here: a label, a path, and its query.
        done: the code of what is said afterwards.
    """

    title: str
    about: str
    back: str
    button: str
    fields: tuple[Field, ...]
    lead: str = ""
    facts: tuple[tuple[str, Any], ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    also: tuple[tuple[str, str, Mapping[str, str]], ...] = ()
    tone: str = "danger"
    done: str = "done"

    @property
    def names(self) -> tuple[str, ...]:
        """Of all its fields."""
        return (*self.hidden, *(name for each in self.fields for name in each.names))


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that an act may be about. `query`: chooses it."""

    label: str
    reference: str
    amount: Money
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """Several things that the act may be about: the reader takes one."""

    title: str
    about: str
    back: str
    ways: tuple[Way, ...]


def pick(ways: Sequence[Way], query: Mapping[str, str], *, problem: str) -> Way | None:
    """The one that is asked for, or the only one; None: there are several to choose from.

    Raises: RequestRefused with `problem` where there is none, or the one that is asked for is not there any
        more: another is never taken for it.
    """
    asked = {name: query[name] for name in ("payment", "refund", "close") if name in query}
    found = [way for way in ways if not asked or dict(way.query) == asked]
    if not found:
        raise RequestRefused(field="order", problem=problem, remedy="Look at how the order stands now")
    return found[0] if len(found) == 1 else None


class Unreadable(Exception):
    """What was typed into a field cannot be taken. `problem` is marked with `msg`."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name)
        self.name, self.problem = name, problem


class Typed:
    """What was sent, read as what it must be. Each raises Unreadable, naming the field."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form

    def text(self, name: str) -> str:
        given = self._form[name].strip()
        if not given:
            raise Unreadable(name, msg("Please fill this in."))
        return given

    def text_or_none(self, name: str) -> str | None:
        return self._form[name].strip() or None

    def reason(self) -> str:
        given = self._form["reason"].strip()
        if not given or len(given) > _LONGEST_REASON or not given.isprintable():
            raise Unreadable("reason", msg("Say why in one line, as an auditor should read it."))
        return given

    def amount(self, name: str) -> Money:
        found = self.amount_or_none(name)
        if found is None:
            raise Unreadable(name, msg("Please give an amount, as 1.100.000."))
        return found

    def amount_or_none(self, name: str) -> Money | None:
        """Whole đồng, with or without marks of thousands; where another currency is due, the core refuses."""
        given = self._form[name].strip()
        digits = given.removeprefix("₫").removesuffix("₫").removesuffix("đ").removesuffix("VND").strip()
        if not given:
            return None
        if not digits.isascii() or not _AMOUNT.fullmatch(digits):
            raise Unreadable(name, msg("Please give an amount, as 1.100.000."))
        return vnd(int(re.sub(r"[.,\s]", "", digits)))

    def number(self, name: str) -> int:
        """0 where it is blank."""
        given = self._form[name].strip()
        if given and not _NUMBER.fullmatch(given):
            raise Unreadable(name, msg("Please give a whole number."))
        return int(given.replace("−", "-")) if given else 0

    def day(self, name: str) -> date:
        """As browsers send it, or as people write it: 2026-11-25, 25/11/2026."""
        given = self._form[name].strip()
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.strptime(given, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        raise Unreadable(name, msg("Please give a day, as 25/11/2026."))

    def checked(self, field_: Field) -> tuple[str, ...]:
        """The values that were chosen of a field of checks."""
        chosen = zip(field_.options, field_.names, strict=True)
        return tuple(option.value for option, name in chosen if self._form[name])

    def flag(self, name: str) -> bool:
        return bool(self._form[name])

    def one_of(self, field_: Field) -> str:
        given = self._form[field_.name]
        if given not in {option.value for option in field_.options}:
            raise Unreadable(field_.name, msg("Please choose one."))
        return given
