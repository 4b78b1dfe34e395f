"""What a report says of one gateway: its doors, what it is told, what its codes mean, what is in code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import AnyUrl, HttpUrl

from payport.errors import PayportError
from payport.gateways.facade import Gateway
from payport.gateways.types import Callback, Channel
from payport_contracts.kit.audit.code_files import code_files, hook_rows
from payport_contracts.kit.audit.made_up import each_choice, made_up
from payport_contracts.kit.audit.result_codes import code_tables
from payport_contracts.kit.audit.values import DECISIONS, AnswerRow, GatewayPart
from payport_contracts.kit.audit.vector_rows import Vector
from payport_contracts.kit.messages import AT

__all__ = ["gateway_part"]

_OF_A_PROOF: Final = frozenset({"recorded", "already_known", "to_review", "wrong_amount"})
_URLS: Final = (AnyUrl, HttpUrl)
_DOORS: Final[Mapping[Channel, str]] = {
    Channel.IPN: "When its server calls",
    Channel.RETURN: "When the buyer returns",
}


def gateway_part(gateway: Gateway, vectors: Mapping[str, Sequence[Vector]]) -> GatewayPart:
    tables, why_none = code_tables(gateway, vectors)
    return GatewayPart(
        id=gateway.id,
        name=gateway.info.names.en,
        origin=f"{gateway.distribution} {gateway.version}",
        abilities=tuple(sorted(gateway.abilities)),
        contracts=tuple(sorted(each.label for each in gateway.contracts.values())),
        doors=tuple((words, _at_door(gateway, channel)) for channel, words in _DOORS.items()),
        hosts=tuple(_hosts(gateway)),
        answers=tuple(_answers(gateway)),
        codes=tables,
        no_codes=why_none,
        hooks=hook_rows(gateway),
        code=code_files(gateway),
    )


def _at_door(gateway: Gateway, channel: Channel) -> str:
    """The contract, asked as the core asks: of an empty callback. With each choice where they differ."""
    if "verify_signature" not in gateway.capabilities:
        return "none: no callback is taken"
    empty, found = Callback("", b"", (), b"", AT, account="audit", channel=channel), dict[str, str]()
    try:
        for choice, settings in each_choice(made_up(gateway.info.settings)):
            contract = gateway.contract_for(empty, settings)
            found.setdefault(f"{contract.label}, {contract.grade}", choice)
    except ValueError as unfit:
        return f"not known: its settings need {unfit}, and no value that was made up fits"
    except PayportError as error:
        return f"not known: {error.problem}"
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{label} ({choice})" for label, choice in found.items())


def _hosts(gateway: Gateway) -> Iterator[str]:
    """By the defaults of its settings; an account may name others, and no other is ever called."""
    found: dict[str, list[str]] = {}
    for name, field in gateway.info.settings.model_fields.items():
        if isinstance(field.default, AnyUrl):
            found.setdefault(f"{field.default.scheme}://{field.default.host}", []).append(name)
        elif field.is_required() and field.annotation in _URLS:
            found.setdefault("as the account says", []).append(name)
    yield from (f"{host} ({', '.join(names)})" for host, names in found.items())


def _answers(gateway: Gateway) -> Iterator[AnswerRow]:
    grades = frozenset(each.grade for each in gateway.contracts.values() if each.direction == "callback")
    for decision in DECISIONS:
        reply = getattr(gateway.info.answers, decision)
        body = reply.body.decode("utf-8", "backslashreplace")
        yield AnswerRow(decision, reply.status, reply.content_type, body, _never(decision, grades))


def _never(decision: str, grades: frozenset[str | None]) -> str:
    if not grades:
        return "" if decision == "not_authentic" else "no server of it calls"
    if decision in _OF_A_PROOF and "proof" not in grades:
        return "nothing that it sends is a proof; the answer to an ask decides"
    if decision == "hint_taken" and grades == {"proof"}:
        return "all that it sends are proofs"
    return ""
