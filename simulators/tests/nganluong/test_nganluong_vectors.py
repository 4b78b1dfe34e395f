"""The gateway agrees with the vectors that others agreed on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payport_simulators.vectors import OPERATIONS

VECTORS = json.loads((Path(__file__).parent / "nganluong_gateway.json").read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id']} {vector['note']}")
def test_the_gateway_does_with_a_message_what_its_vector_says(vector: dict[str, Any]) -> None:
    facts = OPERATIONS["nganluong"][vector["operation"]](vector)

    assert facts == {
        "valid": vector["valid"],
        **{name: vector["expected"][name] for name in facts if name != "valid"},
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_it_takes_none_that_was_made_with_another_secret(vector: dict[str, Any]) -> None:
    secret = {name: f"{value}!" if "pass" in name else value for name, value in vector["secret"].items()}

    assert not OPERATIONS["nganluong"][vector["operation"]]({**vector, "secret": secret})["valid"]
