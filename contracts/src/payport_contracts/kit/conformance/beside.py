"""The vectors that lie beside a gateway's contracts."""

from __future__ import annotations

from collections.abc import Iterator

from payport_contracts.kit.audit.vector_rows import installed_vectors, vector_row
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.places import place_of_contract
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["agrees_with_the_vectors_beside_its_contracts"]


def agrees_with_the_vectors_beside_its_contracts(subject: Subject) -> Iterator[Finding]:
    """Each vector, by the core's own verifier and signer: accepted or refused as it states."""
    installed, tried = installed_vectors(), 0
    for contract in subject.ready.contracts.values():
        for vector in installed.get(f"{contract.id} {contract.major}", ()):
            tried += 1
            row = vector_row(contract, vector)
            if row.found != row.stated:
                problem = f"vector {row.id} ({row.note}): stated {row.stated}, came {row.found}"
                where = place_of_contract(contract, "message")
                yield Finding("vectors", problem, where, "Correct the contract, or the vector by the sheet")
    if not tried:
        raise Skipped(
            "no *.vectors.json lies beside its contracts: write some by the sheet, and not by your plugin, as"
            " tests/genuine.py of a new plugin does"
        )
