"""The gateway lets in what the vectors say may be sent, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payport_simulators.vectors import OPERATIONS

VECTORS = json.loads((Path(__file__).parents[3] / "contracts/tests/vectors/onepay.json").read_text("utf-8"))[
    "vectors"
]
ASKED = [vector for vector in VECTORS if vector["operation"] in OPERATIONS["onepay"]]


@pytest.mark.parametrize("vector", ASKED, ids=lambda vector: f"{vector['id']} {vector['note']}")
def test_the_gateway_does_with_a_request_what_its_vector_says(vector: dict[str, Any]) -> None:
    facts = OPERATIONS["onepay"][vector["operation"]](vector)

    assert facts.get("valid", True) is vector["valid"]
    if "vpc_SecureHash" in vector["expected"]:
        assert facts["vpc_SecureHash"] == vector["expected"]["vpc_SecureHash"]
        assert facts["canonical"] == vector["canonical"]


def test_every_kind_of_request_has_vectors() -> None:
    assert {vector["operation"] for vector in ASKED} == {"pay_request", "querydr_request", "refund_request"}
