"""Puts each code into one signed value of a genuine message, and groups them by what comes of it."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, TypeAlias

from payport.gateways.types import Outcome
from payport.signing.contract import Contract
from payport.signing.received import Verified
from payport_contracts.kit.audit.values import CodeRow, CodeTable

__all__ = ["COMMON", "FEW", "ORDER", "Claim", "Trial", "is_like_a_code", "merged"]

Claim: TypeAlias = Callable[[Verified], tuple[str, str]]
"""What a plugin makes of a message: an outcome (or "incomplete", "fails"), and its own code for that."""

ORDER: Final = (*(str(each) for each in Outcome), "incomplete", "fails")
_NO_OUTCOME: Final = frozenset({"incomplete", "fails"})
_ODD: Final = (
    "",
    " 00",
    "00 ",
    "-0",
    "+0",
    "0.0",
    "0x0",
    "0000",
    "00000",
    "99999",
    "\uff10\uff10",
    "00;24",
    "null",
    "true",
)
_CODE: Final = re.compile(r"[A-Za-z0-9_?.-]{1,24}")
FEW: Final = (
    *(str(number) for number in range(100)),
    *(f"{number:02}" for number in range(100)),
    *string.ascii_letters,
    *"?*+-#!",
    *("SUCCESS", "success", "FAILED", "failed", "PENDING", "pending", "PAID", "paid", "CANCELLED", "ERROR"),
    *_ODD,
)
COMMON: Final = (*FEW, *(str(number) for number in range(1000)), *(f"{number:03}" for number in range(1000)))
_PROBES: Final = ("", "0", "00", "1", "01", "02", "04", "07", "2", "9", "99", "A", "N")


@dataclass(frozen=True)
class Trial:
    """One hook, one contract whose messages it reads, and one account's settings, in words.

    Args:
        codes: all that are tried.
        of_all: one message of each kind; else one alone, a success if there is one.
    """

    hook: str
    contract: Contract
    choice: str
    codes: tuple[str, ...]
    claim: Claim
    of_all: bool = True

    def tables(self, messages: Iterable[tuple[str, Verified]]) -> Iterator[CodeTable]:
        """Messages of which the plugin claims the same, with the same code, are alike."""
        kinds: dict[tuple[str, str], tuple[str, Verified]] = {}
        for name, said in messages:
            kinds.setdefault(self.claim(said), (name, said))
        kinds = {kind: each for kind, each in kinds.items() if kind[0] not in _NO_OUTCOME}
        if not self.of_all:
            sure = sorted((kind for kind in kinds if kind[0] != Outcome.UNKNOWN), key=_place)
            kinds = {kind: kinds[kind] for kind in sure[:1]}
        deciding = (field for kind, (_, said) in kinds.items() for field in self._deciding(said, kind[0]))
        fields = tuple(dict.fromkeys(deciding))
        for name, said in kinds.values():
            for field in fields:
                if field in said:
                    beside = tuple((each, said.get(each) or None) for each in fields if each != field)
                    yield CodeTable(
                        self.hook, self.contract.label, name, field, beside, self.choice,
                        self._rows(said, field), len(self.codes),
                    )  # fmt: skip

    def _deciding(self, said: Verified, outcome: str) -> Iterator[str]:
        """The field that the contract calls the outcome, and each other signed one that changes it, but for
        references and amounts, which the core compares."""
        covers = self.contract.covers
        if covers.outcome is not None:
            yield covers.outcome
        for field in said:
            if field not in frozenset(covers.named().values()):
                heard = {self.claim(_with(said, field, probe))[0] for probe in _PROBES}
                if heard - _NO_OUTCOME - {outcome}:
                    yield field

    def _rows(self, said: Verified, field: str) -> tuple[CodeRow, ...]:
        found: dict[str, list[str]] = {}
        for code in self.codes:
            found.setdefault(self.claim(_with(said, field, code))[0], []).append(code)
        most = max(found, key=lambda outcome: len(found[outcome]))
        return tuple(
            CodeRow(outcome, () if outcome == most else tuple(_runs(found[outcome])), len(found[outcome]))
            for outcome in sorted(found, key=ORDER.index)
        )


def is_like_a_code(text: str) -> bool:
    """Whether a text of a plugin's code may be one."""
    return _CODE.fullmatch(text) is not None


def _place(kind: tuple[str, str]) -> int:
    return ORDER.index(kind[0])


def _with(said: Verified, field: str, value: str) -> Verified:
    return replace(said, fields={**said.fields, field: value})


def _runs(codes: Iterable[str]) -> Iterator[str]:
    """Codes as they are read: "05", "08 to 13". A run is of three or more numbers, written equally long."""
    numbers = sorted(
        (code for code in codes if code.isascii() and code.isdigit()), key=lambda each: (len(each), each)
    )
    run: list[str] = []
    for code in chain(numbers, ("",)):
        if run and not (code and len(code) == len(run[0]) and int(code) == int(run[-1]) + 1):
            yield from run if len(run) < 3 else (f"{run[0]} to {run[-1]}",)
            run = []
        run.append(code)
    rest = sorted(set(codes).difference(numbers), key=lambda each: (not each.isalnum(), each))
    yield from (code if is_like_a_code(code) else json.dumps(code) for code in rest)


def merged(tables: Iterable[CodeTable], choices: Set[str]) -> Iterator[CodeTable]:
    """Those that say the same of the same field are one, under the first message's name; what every choice
    of the settings says alike names none."""
    found: dict[object, list[CodeTable]] = {}
    for table in tables:
        found.setdefault((table.hook, table.contract, table.field, table.rows, table.beside), []).append(
            table
        )
    for alike in found.values():
        named = dict.fromkeys(each.settings for each in alike)
        yield replace(alike[0], settings="" if named.keys() == choices else "; ".join(named))
