"""VNPAY's vectors, whole, against this plugin: the same code as `make vectors` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.runner import Outcome, check, read
from payport_domestic_card.vectors import OPERATIONS

VECTORS = Path(__file__).parents[3] / "contracts" / "tests" / "vectors" / "vnpay.json"
OURS = [vector for vector in read(VECTORS)[1] if vector["operation"] in OPERATIONS["vnpay"]]


@pytest.mark.parametrize("vector", OURS, ids=lambda vector: f"{vector['id']} {vector['note'][:60]}")
def test_the_plugin_agrees_with_the_vector(vector: Any) -> None:
    result = check(vector, [OPERATIONS["vnpay"][vector["operation"]]])

    assert (result.outcome, result.problems) == (Outcome.PASSED, ())
