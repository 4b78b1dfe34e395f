"""What genuine messages of a subject prove, and the same with one signed value changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from payport.errors import CallbackRejected, PayportError
from payport.gateways.types import PaymentReport
from payport.signing.contract import Contract
from payport.signing.received import Callback, Hint, Verified
from payport_contracts.kit.conformance.finding import Skipped
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["another", "contract_of", "genuine", "parsed", "proofs", "with_value"]


def genuine(subject: Subject) -> tuple[Callback, ...]:
    """Raises Skipped where nothing is parsed, or none was given."""
    if "parse_callback" not in subject.account.capabilities:
        raise Skipped("none of its callbacks proves anything: nothing is parsed")
    if not subject.callbacks:
        raise Skipped("the subject has no genuine message: give one, signed with its keys")
    return subject.callbacks


def proofs(subject: Subject) -> Iterator[Verified]:
    """Each that is believed. Raises Skipped for hints."""
    for callback in genuine(subject):
        try:
            result = subject.account.verify(callback)
        except CallbackRejected:
            continue  # told by the mutation suite
        if isinstance(result, Hint):
            raise Skipped("its callbacks are hints: nothing is parsed")
        yield result


def contract_of(subject: Subject, verified: Verified) -> Contract:
    return next(each for each in subject.ready.contracts.values() if each.label == verified.contract)


def with_value(verified: Verified, name: str, value: str) -> Verified:
    """As if the gateway had signed another value."""
    changed = replace(verified, fields={**verified.fields, name: value})
    if verified.merchant_reference == verified[name]:
        return replace(changed, merchant_reference=value)
    return changed


def another(value: str) -> str:
    """Of the same form, so that a strict plugin still reads it: a digit or letter is another one."""
    for place, sign in reversed([*enumerate(value)]):
        if sign.isdigit():
            return f"{value[:place]}{(int(sign) + 1) % 10}{value[place + 1 :]}" if len(value) > 1 else "7"
        if sign.isalpha():
            return f"{value[:place]}{'A' if sign != 'A' else 'B'}{value[place + 1 :]}"
    return f"{value}1"


def parsed(subject: Subject, verified: Verified) -> PaymentReport | PayportError:
    try:
        return subject.account.parse(verified)
    except PayportError as error:
        return error
