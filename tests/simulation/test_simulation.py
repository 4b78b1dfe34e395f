"""Whole histories against the truth: shop, banks, clock, workers, and every fault, on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from payport.service import receiving
from tests.simulation.broken import BREAKS, Break
from tests.simulation.history import write_history
from tests.simulation.run import Simulation, simulation

HISTORIES = 2_000
PARTS = 16  # so that all workers of the test run have some


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulation]:
    with simulation() as opened:
        yield opened


@pytest.mark.parametrize("part", range(PARTS))
def test_no_history_loses_money_or_counts_it_twice(simulated: Simulation, part: int) -> None:
    """Where one does: `make simulate SEED=… RUNS=1` shows it again."""
    for seed in range(part * HISTORIES // PARTS, (part + 1) * HISTORIES // PARTS):
        found = simulated.run(seed)
        assert found is None, f"\n{found}"


def test_a_seed_gives_the_same_history_again(simulated: Simulation) -> None:
    seed = 4
    traces = []
    for other in (seed, 5, seed):
        assert simulated.fault_of(other, write_history(other)) is None
        traces.append(tuple(simulated.world.trace))

    assert traces[0] == traces[2] != traces[1]


def test_a_fault_of_the_core_is_found_and_its_history_made_short(simulated: Simulation) -> None:
    """Here a callback is answered before it is committed, and then forgotten."""

    def forgetful(self: object, connection: object, payment: object, *_: object) -> object:
        return payment

    with patch.object(receiving._Taking, "_carry_out", forgetful):
        found = next(found for seed in range(100) if (found := simulated.run(seed)) is not None)

    assert "INV-9" in found.what
    assert [step.kind for step in found.steps] == ["buy", "buyer_pays"]
    assert f"make simulate SEED={found.seed} RUNS=1" in str(found)


@pytest.mark.parametrize("broken", BREAKS, ids=[broken.what for broken in BREAKS])
def test_each_line_that_can_be_broken_on_purpose_is_there(broken: Break) -> None:
    """So that what docs/simulation.md says was found can be counted again."""
    text = (Path(receiving.__file__).parents[1] / broken.file).read_text(encoding="utf-8")

    assert text.count(broken.old) == 1
