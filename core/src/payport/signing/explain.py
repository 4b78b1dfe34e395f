"""For the auditor: what was signed, what each key makes of it, the verdict, and where two texts part.

Shows digests, which are valid signatures: for a terminal, never for a log. The secret itself never shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from payport.errors import CallbackRejected, ConfigurationError
from payport.signing.contract import Contract
from payport.signing.keys import Keyring
from payport.signing.message import Material
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import gather, presented, verify

__all__ = ["Attempt", "Difference", "Explanation", "explain"]

_SECRET: Final = b"<secret>"
_AROUND: Final = 24


@dataclass(frozen=True, slots=True)
class Attempt:
    """One key on one form of the text. `digest` is None for public-key algorithms.

    `tried` says whether verify() would try it: a key out of its dates is shown and not tried.
    """

    key_id: str
    form: str
    text: bytes
    digest: str | None = field(repr=False)
    fits: bool
    tried: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Where our text and the offered one part: byte offset, and what each says around it."""

    offset: int
    ours: bytes
    offered: bytes


@dataclass(frozen=True, slots=True)
class Explanation:
    """`verdict` is "authentic", "hint" or "rejected"; `reason` and `problem` tell why it was rejected."""

    contract: str
    verdict: str
    reason: str
    problem: str
    attempts: tuple[Attempt, ...]
    result: Verified | Hint | None
    difference: Difference | None


def explain(
    contract: Contract,
    received: Received,
    *,
    keyring: Keyring,
    settings: Mapping[str, str],
    at: datetime,
    offered: bytes | None = None,
) -> Explanation:
    """The verdict of verify(), with its workings. `offered`: another program's signed text, to compare."""
    reason = problem = ""
    result: Verified | Hint | None = None
    try:
        result = verify(contract, received, keyring=keyring, settings=settings, at=at)
    except CallbackRejected as rejection:
        reason, problem = rejection.reason, str(rejection)
    attempts = _attempts(contract, received, keyring, settings, at)
    return Explanation(
        contract=contract.label,
        verdict="rejected" if result is None else "hint" if isinstance(result, Hint) else "authentic",
        reason=reason,
        problem=problem,
        attempts=attempts,
        result=result,
        difference=_difference(attempts, offered),
    )


def _attempts(
    contract: Contract, received: Received, keyring: Keyring, settings: Mapping[str, str], at: datetime
) -> tuple[Attempt, ...]:
    scheme = contract.scheme
    if scheme is None:
        return ()
    try:
        material = gather(contract, received, settings)
    except CallbackRejected:
        return ()
    raws = _presented(contract, material)
    attempts = []
    for key in keyring.keys:
        if key.role != contract.key_role:
            continue
        try:
            secret = scheme.secret(key)
        except ConfigurationError:
            continue
        for form in contract.forms:
            try:
                text, shown = form.text(material, secret), form.text(material, _SECRET)
            except CallbackRejected:
                continue
            fits = any(scheme.fits(secret, text, raw) for raw in raws)
            digest = None if scheme.digest is None else scheme.digest(secret, text)
            attempts.append(Attempt(key.id, form.values, shown, digest, fits, key.valid(at)))
    return tuple(attempts)


def _presented(contract: Contract, material: Material) -> tuple[bytes, ...]:
    try:
        return presented(contract, material)
    except CallbackRejected:
        return ()


def _difference(attempts: tuple[Attempt, ...], offered: bytes | None) -> Difference | None:
    """Against the form that agrees longest with the offered text; None if one equals it, or none is there."""
    if offered is None or not attempts or any(attempt.text == offered for attempt in attempts):
        return None
    offset, ours = max((_common(attempt.text, offered), attempt.text) for attempt in attempts)
    begin = max(0, offset - _AROUND)
    return Difference(offset, ours[begin : offset + _AROUND], offered[begin : offset + _AROUND])


def _common(one: bytes, other: bytes) -> int:
    """How many bytes agree from the beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
