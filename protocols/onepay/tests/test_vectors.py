"""OnePay's vectors, whole, against the protocol: the same code as `make vectors` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.runner import Outcome, check, read
from payport_onepay.vectors import OPERATIONS

VECTORS = Path(__file__).parents[3] / "contracts" / "tests" / "vectors" / "onepay.json"
ALL = read(VECTORS)[1]


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: f"{vector['id']} {vector['note'][:60]}")
def test_the_protocol_agrees_with_the_vector(vector: Any) -> None:
    result = check(vector, [OPERATIONS["onepay"][vector["operation"]]])

    assert not result.problems
    assert result.outcome is Outcome.PASSED
