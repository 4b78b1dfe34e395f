"""How strong a contract is, computed from the file alone: what it could prove at best, and why not more."""

from __future__ import annotations

from typing import Final

from payport.errors import ContractError
from payport.signing.document import Document, Grade, Message

__all__ = ["check_grade", "computed_grade", "weaknesses"]

_STRENGTH: Final[dict[Grade, int]] = {"none": 0, "hint": 1, "proof": 2}
_PROVEN: Final = ("merchant_reference", "amount", "outcome")


def computed_grade(document: Document) -> Grade | None:
    """The most that the file may claim; None for a request, which proves nothing to us."""
    if document.direction == "request":
        return None
    if document.signature is None:
        return "none"
    return "hint" if weaknesses(document) else "proof"


def weaknesses(document: Document) -> tuple[str, ...]:
    """Why a message under this contract is no proof, in words for an auditor. Empty if it is one."""
    message, signature = document.message, document.signature
    if message is None or signature is None:
        return ("nothing is signed",)
    found = []
    if signature.algorithm == "MD5":
        found.append("a bare digest with a secret in the text is no MAC")
    if not _one_reading(message):
        found.append("the joined text can be read in two ways")
    missing = [meaning for meaning in _PROVEN if meaning not in document.covers.named()]
    if missing and document.direction != "request":
        found.append(f"covers does not name {', '.join(missing)}")
    return tuple(found)


def check_grade(document: Document, *, source: str) -> None:
    """Raises ContractError where the file claims more than it can. It may claim less."""
    computed = computed_grade(document)
    if computed is None or document.grade is None:
        return
    if _STRENGTH[document.grade] > _STRENGTH[computed]:
        raise ContractError(
            field=f"{source}: grade",
            problem=f"claims {document.grade}, can be {computed} at most: {'; '.join(weaknesses(document))}",
            remedy=f"Claim {computed}, or sign better",
        )


def _one_reading(message: Message) -> bool:
    """Whether a signed text has one decomposition into values, given that a value which holds the joiner
    is refused (message.py). One part alone has nothing to be confused with."""
    parts, joiner = message.parts or (), message.joiner
    if len(parts) == 1:
        return True
    two_readings = (
        len(joiner) != 1,
        "secret" in parts,  # beside a bare digest a value may hold the joiner
        "body" in parts[:-1],  # a body holds anything; only before the last part are the boundaries certain
        not message.names and message.select is not None,  # a value without its name may change owners
        not message.names and message.empty == "skip",  # a value may move to its neighbour's place
        message.names and joiner == "=",
        message.nested == "sorted json" and joiner in '{}[]",:',
    )
    return not any(two_readings)
