"""VietQR's vectors, whole, against this plugin: the same code as `make vectors` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.runner import Outcome, check, read
from payport_order_only.vectors import OPERATIONS

VECTORS = Path(__file__).parents[3] / "contracts" / "tests" / "vectors" / "vietqr.json"


@pytest.mark.parametrize(
    "vector", read(VECTORS)[1], ids=lambda vector: f"{vector['id']} {vector['note'][:60]}"
)
def test_the_plugin_agrees_with_the_vector(vector: Any) -> None:
    result = check(vector, [OPERATIONS["vietqr"][vector["operation"]]])

    assert not result.problems
    assert result.outcome is Outcome.PASSED
