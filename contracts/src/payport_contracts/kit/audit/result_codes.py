"""What each result code of a gateway means, found by trying: no file lists it, the plugin's code does.

A genuine test message is verified by the core; then one signed value of it is put to each code in turn, as if
the gateway had signed that, and the plugin says what it claims.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Final

from payport.errors import CallbackRejected, Incomplete, PayportError
from payport.gateways.facade import Gateway
from payport.gateways.types import GatewaySettings, Outcome
from payport.signing.contract import Contract
from payport.signing.received import Hint, Verified
from payport.signing.verify import verify
from payport_contracts.kit.audit.code_files import code_texts
from payport_contracts.kit.audit.made_up import each_choice, made_up
from payport_contracts.kit.audit.values import CodeRow, CodeTable
from payport_contracts.kit.audit.vector_rows import Vector, genuine, received
from payport_contracts.kit.messages import AT

__all__ = ["ORDER", "code_tables"]

ORDER: Final = (*(str(each) for each in Outcome), "incomplete", "fails")
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
_NO_CALLBACK: Final = (
    "It parses no callback: a code stands in the answer to `query` alone, and is read in code."
)
_NO_GATEWAY: Final = "It hears of no gateway's codes: a named person or a bank statement proves the money."
_CODE: Final = re.compile(r"[A-Za-z0-9_?.-]{1,24}")  # what of a plugin's texts may be a code
_COMMON: Final = (
    *(str(number) for number in range(1000)),
    *(f"{number:02}" for number in range(100)),
    *(f"{number:03}" for number in range(1000)),
    *string.ascii_letters,
    *"?*+-#!",
    *("SUCCESS", "success", "FAILED", "failed", "PENDING", "pending", "PAID", "paid", "CANCELLED", "ERROR"),
    *_ODD,
)
_PROBES: Final = ("", "0", "00", "1", "01", "02", "04", "07", "2", "9", "99", "A", "N")


def code_tables(
    gateway: Gateway, vectors: Mapping[str, Sequence[Vector]]
) -> tuple[tuple[CodeTable, ...], str]:
    """The tables, and why there are none."""
    if "parse_callback" not in gateway.capabilities:
        return (), _NO_CALLBACK if "query" in gateway.capabilities else _NO_GATEWAY
    proofs = [
        each for each in gateway.contracts.values() if each.direction == "callback" and each.grade == "proof"
    ]
    if not proofs:
        return (), "None of its callbacks proves anything, so no code of one is believed."
    found, choices = list[CodeTable](), set[str]()
    for contract in proofs:
        messages = tuple(_messages(contract, vectors.get(f"{contract.id} {contract.major}", ())))
        if not messages:
            return (), f"No vector of {contract.label} is accepted, so there is no message to begin with."
        accounts = dict.fromkeys(said.merchant_account for _, said in messages if said.merchant_account)
        try:
            settings = made_up(gateway.info.settings, first=tuple(accounts))
        except ValueError as unfit:
            return (), f"Its settings need {unfit}, and no value that was made up fits."
        held = (said[name] for _, said in messages for name in _outcome(contract))
        codes = tuple(dict.fromkeys((*_COMMON, *sorted(filter(_CODE.fullmatch, code_texts(gateway))), *held)))
        for choice, chosen in each_choice(settings):
            choices.add(choice)
            found.extend(_Trial(gateway, contract, chosen, codes).tables(choice, messages))
    return tuple(_merged(found, choices)), "" if found else "The plugin reads no accepted vector."


class _Trial:
    """One contract of one gateway, with one account's settings."""

    def __init__(
        self, gateway: Gateway, contract: Contract, settings: GatewaySettings, codes: tuple[str, ...]
    ) -> None:
        self._gateway, self._contract, self._settings, self._codes = gateway, contract, settings, codes

    def tables(self, choice: str, messages: Iterable[tuple[str, Verified]]) -> Iterator[CodeTable]:
        """For one message of each kind: those of which the plugin claims the same with the same code are
        alike."""
        kinds: dict[tuple[str, str], tuple[str, Verified]] = {}
        for name, said in messages:
            with suppress(PayportError):
                report = self._gateway.parse(said, self._settings)
                kinds.setdefault((str(report.outcome), report.gateway_code), (name, said))
        fields = tuple(
            dict.fromkeys(
                field for (outcome, _), (_, said) in kinds.items() for field in self._deciding(said, outcome)
            )
        )
        for name, said in kinds.values():
            for field in fields:
                if field in said:
                    beside = tuple((each, said.get(each) or None) for each in fields if each != field)
                    rows = self._rows(said, field)
                    yield CodeTable(self._contract.label, name, field, beside, choice, rows, len(self._codes))

    def _deciding(self, said: Verified, outcome: str) -> Iterator[str]:
        """The field that the contract calls the outcome, and each other signed one that changes it, but for
        references and amounts, which the core compares."""
        named = frozenset(self._contract.covers.named().values())
        yield from _outcome(self._contract)
        for field in said:
            if field not in named:
                heard = {self._claimed(_with(said, field, probe)) for probe in _PROBES}
                if heard - {outcome, "incomplete", "fails"}:
                    yield field

    def _rows(self, said: Verified, field: str) -> tuple[CodeRow, ...]:
        found: dict[str, list[str]] = {}
        for code in self._codes:
            found.setdefault(self._claimed(_with(said, field, code)), []).append(code)
        most = max(found, key=lambda outcome: len(found[outcome]))
        return tuple(
            CodeRow(outcome, () if outcome == most else tuple(_runs(found[outcome])), len(found[outcome]))
            for outcome in sorted(found, key=ORDER.index)
        )

    def _claimed(self, said: Verified) -> str:
        try:
            return str(self._gateway.parse(said, self._settings).outcome)
        except Incomplete:
            return "incomplete"
        except PayportError:
            return "fails"


def _messages(contract: Contract, vectors: Sequence[Vector]) -> Iterator[tuple[str, Verified]]:
    for vector in vectors:
        if not vector["valid"]:
            continue
        settings = vector.get("settings", {})
        try:
            said = verify(contract, received(vector), keyring=genuine(vector), settings=settings, at=AT)
        except CallbackRejected:
            continue  # told among the vectors
        if not isinstance(said, Hint):
            yield vector["id"], said


def _outcome(contract: Contract) -> tuple[str, ...]:
    return () if contract.covers.outcome is None else (contract.covers.outcome,)


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
    yield from (code if _CODE.fullmatch(code) else json.dumps(code) for code in rest)


def _merged(tables: Iterable[CodeTable], choices: Set[str]) -> Iterator[CodeTable]:
    """Those that say the same of the same field are one, under the first message's name; what every choice
    of the settings says alike names none."""
    found: dict[object, list[CodeTable]] = {}
    for table in tables:
        found.setdefault((table.contract, table.field, table.rows, table.beside), []).append(table)
    for alike in found.values():
        named = dict.fromkeys(each.settings for each in alike)
        yield replace(alike[0], settings="" if named.keys() == choices else "; ".join(named))
