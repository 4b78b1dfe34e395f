"""Runs histories, finds what went wrong in one, and makes it short."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.simulation.history import Step, write_history
from tests.simulation.machine import without_chance
from tests.simulation.opening import open_world
from tests.simulation.truth import check_truth, heal
from tests.simulation.world import World
from tests.support.bank_site import install_bank
from tests.support.oracle import check_invariants

__all__ = ["Found", "Simulation", "simulation"]


@dataclass(frozen=True)
class Found:
    """A violation, the fewest steps found that show it, and what they did."""

    seed: int
    what: str
    steps: tuple[Step, ...]
    trace: tuple[str, ...]

    def __str__(self) -> str:
        did = "\n".join(f"  {number}. {line}" for number, line in enumerate(self.trace, start=1))
        return f"seed {self.seed}: {self.what}\n{did}\n  make simulate SEED={self.seed} RUNS=1"


@dataclass
class Simulation:
    world: World
    random: Random

    def run(self, seed: int, *, short: bool = True) -> Found | None:
        """One history; None where it holds. `short`: leave out the steps without which it fails likewise."""
        steps = write_history(seed)
        what = self.fault_of(seed, steps)
        if what is None:
            return None
        if short:
            steps = self._shortest(seed, steps)
            what = self.fault_of(seed, steps, closely=True) or self.fault_of(seed, steps) or what
        return Found(seed, what, steps, tuple(self.world.trace))

    def fault_of(self, seed: int, steps: Sequence[Step], *, closely: bool = False) -> str | None:
        """What these steps violate. `closely`: the oracle looks after each, and not at the end alone."""
        world = self.world
        self.random.seed(seed)
        world.empty(told=seed % 2 == 0)  # telling is a fifth of a history's work
        try:
            for step in steps:
                world.do(step)
                if closely:
                    check_invariants(world.machines[0].payport, told=world.told)
            heal(world)
            check_truth(world)
        except Exception as error:  # whatever it is, a history must not end so
            for machine in world.machines:
                machine.restart()
            return f"{type(error).__name__}: {error}"
        return None

    def _shortest(self, seed: int, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Leave out one step after the other, from the end, as long as something is violated."""
        place = len(steps)
        while place:
            place -= 1
            fewer = steps[:place] + steps[place + 1 :]
            if self.fault_of(seed, fewer) is not None:
                steps = fewer
        return steps


@contextmanager
def simulation(folder: Path | None = None) -> Iterator[Simulation]:
    """In memory, where the machine has such a folder."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=folder or (shm if shm.is_dir() else None)) as made:
        site = install_bank(Path(made) / "site")
        path = list(sys.path)
        sys.path.insert(0, str(site))
        random = Random()
        try:
            with without_chance(random), open_world(Path(made)) as world:
                yield Simulation(world, random)
        finally:
            sys.path[:] = path
