"""The page agrees with the vectors that others agreed on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payport_simulators.vectors import OPERATIONS

VECTORS = json.loads((Path(__file__).parent / "pay_request_verify.json").read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id']} {vector['note']}")
def test_the_page_does_with_a_request_what_its_vector_says(vector: dict[str, Any]) -> None:
    result = OPERATIONS["vnpay"][vector["operation"]](vector)

    assert result == {"valid": vector["valid"], **vector["expected"]}


def test_an_inactive_terminal_is_told_apart_from_an_unknown_one() -> None:
    vector = json.loads(json.dumps(VECTORS[0]))
    vector["secret"]["terminals"]["TESTTMN1"]["active"] = False

    assert OPERATIONS["vnpay"]["pay_request_verify"](vector)["code"] == "71"
