"""NgânLượng's vectors, whole: on the contracts alone and against this plugin, as `make vectors` runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.nganluong import OPERATIONS as ON_CONTRACTS
from payport_contracts.kit.runner import Outcome, check, read
from payport_nganluong.vectors import OPERATIONS

VECTORS = Path(__file__).parents[3] / "contracts" / "tests" / "vectors" / "nganluong.json"


@pytest.mark.parametrize(
    "vector", read(VECTORS)[1], ids=lambda vector: f"{vector['id']} {vector['note'][:60]}"
)
def test_nothing_is_left_to_be_built(vector: Any) -> None:
    checkers = [found["nganluong"].get(vector["operation"]) for found in (ON_CONTRACTS, OPERATIONS)]

    result = check(vector, [checker for checker in checkers if checker is not None])

    assert not result.problems
    assert result.outcome is Outcome.PASSED
