"""What the core says in English to a person, in Vietnamese: refusals, faults, doubts about money.

The core speaks English alone, to developers and logs, and what it says is filled in already when it comes
here. So each of its sentences stands in locales/core.vi.po with holes, {0} and {1}; one that fits gives the
values, and they are put in the Vietnamese sentence as they are. A value is text and never a template.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Final

from payport_web.languages import messages

__all__ = ["FIELD", "WORD", "in_vietnamese", "parsed"]

FIELD: Final = "field"
"""The context of names of fields: those that pages show."""
WORD: Final = "word"
"""The context of words that stand in holes: states, acts, kinds of money."""
_KNOWN: Final = "known"
_MOST: Final = 40_000  # signs; the core says nothing that is longer
_DEEPEST: Final = 3  # a sentence in a sentence in a sentence
_BETWEEN: Final = ", "
_MOST_PARTS: Final = 50


def in_vietnamese(text: str, *, context: str = "") -> str | None:
    """The same in Vietnamese; None where nothing fits, so that it stays as it is and is marked as English.

    Args:
        context: "" for sentences, else FIELD or WORD, or another of locales/core.vi.po.
    Raises: KeyError for a context that is none.
    """
    reading = _read(text, context, 0)
    return None if reading is None else reading.text


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with holes.

    Args:
        literals: what stands between the holes, one more than there are; in the order of the sentence.
        holes: of each its number and what its value is: "" for text as it is, `said` for a sentence or a word
            of the core, `known` for a word that has to be a known one, else the context in which it is
            looked up; `said_each` for several with commas.
    """

    literals: tuple[str, ...]
    holes: tuple[tuple[int, str], ...]

    def values(self, text: str) -> list[str] | None:
        """What stands in the holes of this text; None for another sentence, and for one of two readings.

        A value may hold what stands between two of them: a bank reference `X, of 2020-01-01, by Boss` would
        name another person. So it is read from its beginning and from its end, and both must agree. Each way
        walks the text once, and no value, of whatever length, makes this slow.
        """
        first, *between = self.literals
        if not between:
            return [] if text == first else None
        last = between.pop()
        at, end = len(first), len(text) - len(last)
        if end < at or not text.startswith(first) or not text.endswith(last):
            return None
        places, behind = [], end
        for literal in between:
            places.append(text.find(literal, at, end))
            if places[-1] < 0:
                return None
            at = places[-1] + len(literal)
        for literal, place in zip(reversed(between), reversed(places), strict=True):
            if text.rfind(literal, 0, behind) != place:
                return None
            behind = place
        begins = [len(first), *(place + len(each) for place, each in zip(places, between, strict=True))]
        return [text[begin:until] for begin, until in zip(begins, [*places, end], strict=True)]

    def filled(self, values: Sequence[str]) -> str:
        """The sentence with these values, by their numbers."""
        first, *more = self.literals
        return first + "".join(
            values[number] + literal for (number, _), literal in zip(self.holes, more, strict=True)
        )


def parsed(text: str) -> Template:
    """`{0} asked, {1:word} left`: holes as str.format has them; a brace that is meant is written twice.

    Raises: ValueError for a hole without a number.
    """
    literals, holes = [""], []
    for literal, hole, kind, _ in Formatter().parse(text):
        literals[-1] += literal
        if hole is not None:
            holes.append((int(hole), kind or ""))
            literals.append("")
    return Template(tuple(literals), tuple(holes))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text in Vietnamese, and how many signs of the English were understood."""

    text: str
    understood: int


def _read(text: str, context: str, depth: int) -> _Reading | None:
    """The reading that understands most, what stands in its holes included; of two alike the first."""
    if len(text) > _MOST or depth > _DEEPEST:
        return None
    book = _books()[context]
    if text in book.whole:
        return _Reading(book.whole[text], len(text))
    best: _Reading | None = None
    for english, vietnamese in book.templates:
        values = english.values(text)
        if values is not None:
            found = _filled(english, vietnamese, values, depth + 1)
            if found is not None and (best is None or found.understood > best.understood):
                best = found
    return best


def _filled(english: Template, vietnamese: Template, values: Sequence[str], depth: int) -> _Reading | None:
    """None where a word is not known that has to be."""
    shown, understood = list(values), sum(map(len, english.literals))
    for number, kind in vietnamese.holes:
        if kind == _KNOWN and values[number] not in _books()[WORD].whole:
            return None
        reading = _value(values[number], WORD if kind == _KNOWN else kind, depth)
        shown[number] = reading.text
        understood += reading.understood
    return _Reading(vietnamese.filled(shown), understood)


def _value(value: str, kind: str, depth: int) -> _Reading:
    of, _, each = kind.partition("_")
    if each:
        parts = [_value(part, of, depth) for part in value.split(_BETWEEN, _MOST_PARTS)]
        return _Reading(_BETWEEN.join(part.text for part in parts), sum(part.understood for part in parts))
    contexts = {"": (), "said": ("", WORD)}.get(of, (of,))
    readings = (_read(value, context, depth) for context in contexts)
    return next((reading for reading in readings if reading is not None), _Reading(value, 0))


@dataclass(frozen=True, slots=True)
class _Book:
    """`whole`: sentences without holes. `templates`: the others, in an order that never changes."""

    whole: Mapping[str, str]
    templates: tuple[tuple[Template, Template], ...]


@cache
def _books() -> Mapping[str, _Book]:
    """By context."""
    whole: defaultdict[str, dict[str, str]] = defaultdict(dict)
    pairs: defaultdict[str, list[tuple[Template, Template]]] = defaultdict(list)
    for context, text, translation in messages("payport_backoffice", "core", "vi"):
        english, vietnamese = parsed(text), parsed(translation)
        if english.holes:
            pairs[context].append((english, vietnamese))
        else:
            whole[context][english.filled(())] = vietnamese.filled(())
    for listed in pairs.values():
        listed.sort(key=lambda pair: (-len(pair[0].literals[0]), pair[0].literals))
    return {context: _Book(whole[context], tuple(pairs[context])) for context in {*whole, *pairs}}
