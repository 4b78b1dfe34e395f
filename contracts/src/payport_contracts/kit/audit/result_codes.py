"""What each result code of a gateway means, found by trying: no file lists it, the plugin's code does.

A genuine test message is verified by the core; then one signed value of it is put to each code in turn, as if
the gateway had signed that, and the plugin says what it claims: of a callback, and of the signed answer to a
question of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from payport.errors import CallbackRejected, Defect, Incomplete, PayportError
from payport.gateways.facade import Gateway
from payport.gateways.guard import Guard, describe_error
from payport.gateways.types import GatewaySettings
from payport.signing.contract import Contract
from payport.signing.received import Hint, Verified
from payport.signing.verify import verify
from payport_contracts.kit.audit.answers_tried import HOOKS_THAT_ASK, Asking
from payport_contracts.kit.audit.code_files import code_texts
from payport_contracts.kit.audit.made_up import each_choice, made_up
from payport_contracts.kit.audit.trial import COMMON, FEW, Claim, Trial, is_like_a_code, merged
from payport_contracts.kit.audit.values import CodeTable
from payport_contracts.kit.audit.vector_rows import Vector, genuine, received
from payport_contracts.kit.messages import AT

__all__ = ["code_tables"]

_Value = TypeVar("_Value")
_SECONDS: Final = 120.0  # for all tries of one hook
_BY_HAND: Final = "It hears of no gateway's codes: a named person or a bank statement proves the money."
_UNSIGNED: Final = "No answer that it reads is signed by a contract, so none was tried: it is read in code."


def code_tables(
    gateway: Gateway, vectors: Mapping[str, Sequence[Vector]]
) -> tuple[tuple[CodeTable, ...], tuple[str, ...]]:
    """The tables, and why of a hook that reads codes there is none."""
    hooks = [hook for hook in ("parse_callback", *HOOKS_THAT_ASK) if hook in gateway.capabilities]
    if not hooks:
        return (), (_BY_HAND,)
    found, untold = list[CodeTable](), list[str]()
    ours, texts = (
        replace(gateway, guard=_Here(gateway.id)),
        sorted(filter(is_like_a_code, code_texts(gateway))),
    )
    for hook in hooks:
        try:
            tables = gateway.guard.within(_SECONDS, partial(_tables, ours, hook, vectors, texts))
        except (_Untold, Defect) as why:
            untold.append(f"{hook}: {why}")
        else:
            found += tables
    return tuple(found), tuple(untold)


class _Here(Guard):
    """Calls a hook at once: all its tries run in one thread that is waited for, not each in its own."""

    def within(self, seconds: float, function: Callable[[], _Value]) -> _Value:  # noqa: ARG002
        try:
            return function()
        except Exception:
            raise
        except BaseException as error:
            raise Defect(
                field="a hook", problem=f"raised {describe_error(error)}", remedy="Raise an Exception"
            ) from None


class _Untold(Exception):
    """Why nothing could be tried, in a sentence."""


def _tables(
    gateway: Gateway, hook: str, vectors: Mapping[str, Sequence[Vector]], texts: Sequence[str]
) -> tuple[CodeTable, ...]:
    direction = "callback" if hook == "parse_callback" else "answer"
    proofs = [
        each for each in gateway.contracts.values() if (each.direction, each.grade) == (direction, "proof")
    ]
    if not proofs:
        raise _Untold("None of its callbacks proves anything." if direction == "callback" else _UNSIGNED)
    found, choices = list[CodeTable](), set[str]()
    for contract in proofs:
        messages = tuple(_messages(contract, vectors.get(f"{contract.id} {contract.major}", ())))
        if not messages:
            raise _Untold(f"No vector of {contract.label} is accepted, so there is no message to begin with.")
        accounts = dict.fromkeys(said.merchant_account for _, said in messages if said.merchant_account)
        try:
            settings = made_up(gateway.info.settings, first=tuple(accounts))
        except ValueError as unfit:
            raise _Untold(f"Its settings need {unfit}, and no value that was made up fits.") from None
        numbers = COMMON if direction == "callback" else FEW
        codes = tuple(dict.fromkeys((*numbers, *texts, *_held(contract, messages))))
        for choice, chosen in each_choice(settings):
            if hook in chosen.ruled_out:
                continue
            choices.add(choice)
            if direction == "callback":
                claim: Claim = partial(_claim, gateway, chosen)
            else:
                claim = Asking(gateway, hook, contract, chosen).claim
            trial = Trial(hook, contract, choice, codes, claim, of_all=direction == "callback")
            found += trial.tables(messages)
    if not found:
        raise _Untold("The plugin makes nothing of any vector that is accepted.")
    return tuple(merged(found, choices))


def _claim(gateway: Gateway, settings: GatewaySettings, said: Verified) -> tuple[str, str]:
    try:
        report = gateway.parse(said, settings)
    except Incomplete:
        return "incomplete", ""
    except PayportError:
        return "fails", ""
    return str(report.outcome), report.gateway_code


def _held(contract: Contract, messages: Sequence[tuple[str, Verified]]) -> Iterator[str]:
    """The codes that stand in the messages themselves."""
    name = contract.covers.outcome
    yield from (said[name] for _, said in messages if name is not None and name in said)


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
