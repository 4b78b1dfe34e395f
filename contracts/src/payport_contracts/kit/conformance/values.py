"""Signed values in forms that some readers take for others: read in one way, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from payport.gateways.types import Outcome, PaymentReport
from payport_contracts.kit.conformance.finding import Finding
from payport_contracts.kit.conformance.proofs import contract_of, parsed, proofs, with_value
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["reads_a_signed_value_in_one_way"]

_NAMES: Final = ("merchant_reference", "merchant_account", "gateway_reference")


def reads_a_signed_value_in_one_way(subject: Subject) -> Iterator[Finding]:
    """An amount is plain digits and nothing else; a reference is what it is, to the letter."""
    for verified in proofs(subject):
        covers, report = contract_of(subject, verified).covers, parsed(subject, verified)
        if not isinstance(report, PaymentReport):
            continue  # told by another check
        if covers.amount is not None:
            for text in _amounts(verified[covers.amount]):
                other = parsed(subject, with_value(verified, covers.amount, text))
                if isinstance(other, PaymentReport) and other.outcome is Outcome.DONE:
                    problem, remedy = f"the amount {text!r} is believed", "Use verified.integer"
                    yield subject.finding("values", "parse_callback", problem, remedy)
        for meaning in _NAMES:
            name = getattr(covers, meaning)
            if name is None or getattr(report, meaning) != verified[name]:
                continue
            for text in _references(verified[name]):
                other = parsed(subject, with_value(verified, name, text))
                if isinstance(other, PaymentReport) and getattr(other, meaning) == verified[name]:
                    problem = f"{meaning}: {text!r} is taken for {verified[name]!r}"
                    yield subject.finding("values", "parse_callback", problem, "Give it as it is")


def _amounts(text: str) -> Iterator[str]:
    yield from (
        f" {text}",
        f"{text} ",
        f"+{text}",
        f"-{text}",
        f"{text}.0",
        f"{text}e0",
        f"{text},00",
        f"0x{text}",
    )
    yield f"{text[:1]}_{text[1:]}"
    yield "".join(chr(0xFF10 + int(sign)) for sign in text if sign.isdigit())
    yield from ("", "0", "NaN", "Infinity", "null")


def _references(text: str) -> Iterator[str]:
    forms = (
        f" {text}",
        f"{text} ",
        f"{text}_1",
        f"{text}-1",
        f"{text}.0",
        f"0{text}",
        text.lower(),
        text.upper(),
    )
    yield from (form for form in dict.fromkeys(forms) if form != text)
