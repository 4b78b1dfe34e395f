"""What became of changed messages: the kit's mutation suite, run on each genuine message of the vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from payport.signing.contract import Contract
from payport_contracts.kit.audit.values import MutationRow
from payport_contracts.kit.audit.vector_rows import genuine, received
from payport_contracts.kit.messages import AT
from payport_contracts.kit.mutations import mutations, run_mutations

__all__ = ["mutation_rows"]


def mutation_rows(contract: Contract, vectors: Sequence[Mapping[str, Any]]) -> tuple[MutationRow, ...]:
    """By kind of change; empty for a request, and where no vector is accepted."""
    made: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for vector in vectors if contract.direction != "request" else ():
        if not vector["valid"]:
            continue
        message, keys = received(vector), genuine(vector)
        kind = _Kinds(contract, message)
        for each in mutations(contract, message, keyring=keys):
            made[kind.of(each.name), each.expected] += 1
        settings = vector.get("settings", {})
        report = run_mutations(contract, message, keyring=keys, settings=settings, at=AT)
        for surprise in report.surprises:
            failed[kind.of(surprise.name), surprise.expected] += 1
    return tuple(
        MutationRow(name, count, count - failed[name, expected], expected)
        for (name, expected), count in made.items()
    )


class _Kinds:
    """A change without the field that it was made to: "vnp_Amount dropped" is "a field dropped"."""

    def __init__(self, contract: Contract, message: Any) -> None:
        signature = contract.document.signature
        self._at = None if signature is None else signature.at
        self._fields = frozenset(contract.read(message).values)

    def of(self, name: str) -> str:
        first, _, change = name.partition(" ")
        if first == self._at:
            return f"the signature {change}"
        return f"a field {change}" if first in self._fields else name
