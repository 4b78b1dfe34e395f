"""One figure: ours against a yardstick, both measured in this run, each at its best of several rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Ratio", "best"]


@dataclass(frozen=True)
class Ratio:
    """`ours` ÷ `yardstick`, in `unit`. `aim` is in words, as the README states it."""

    name: str
    ours: float
    yardstick: float
    unit: str
    aim: str = ""

    def __str__(self) -> str:
        ratio = self.ours / self.yardstick
        ours, yardstick = f"{self.ours:,.1f} {self.unit}", f"{self.yardstick:,.1f} {self.unit}"
        return f"{self.name:<66}{ours:>12}{yardstick:>14}{ratio:>9.2f}  {self.aim}"


def best(call: Callable[[], object], *, calls: int, rounds: int = 7) -> float:
    """Microseconds for one call, in the best round."""
    fastest = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(calls):
            call()
        fastest = min(fastest, (time.perf_counter() - begun) / calls)
    return fastest * 1e6
