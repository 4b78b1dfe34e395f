"""What happens in one simulated history: a list of steps, made of a seed and of nothing else.

A step names no order and no payment, only `luck`: the world picks by it among what is there. So any step can
be left out and the rest still means something, which is how a history that shows a fault is made short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

__all__ = ["Fault", "Step", "write_history"]

_WEIGHTS: Final[Mapping[str, int]] = {
    "buy": 16,
    "pay_again": 6,
    "buyer_pays": 12,
    "buyer_fails": 4,
    "deliver": 16,
    "forge": 1,
    "hint": 2,
    "work": 12,
    "wait": 9,
    "refund": 8,
    "refund_again": 3,
    "ask": 2,
    "cancel": 2,
    "dispute": 2,
    "transfer": 5,
    "confirm": 3,
    "statement": 2,
    "use_up": 2,
    "adjust": 1,
    "withdraw": 1,
    "tell_again": 1,
    "erase": 1,
    "resolve": 3,
    "propose": 3,
    "approve": 3,
}
_BEGINNINGS: Final = (
    ("buy", "buyer_pays"),
    ("buy", "buy", "buyer_pays", "deliver"),
    ("buy", "buyer_pays", "deliver", "refund"),
    ("buy", "buyer_pays", "deliver", "refund", "refund", "work"),
    ("buy", "wait", "work", "buyer_pays"),
    ("buy", "transfer", "confirm"),
    ("buy", "transfer", "confirm", "confirm"),
    ("buy", "transfer", "transfer", "statement"),
    ("buy", "buyer_pays", "deliver", "propose", "approve", "approve"),
)
_FAULTS: Final = ("crash", "crash", "crash", "busy", "full")
_FAULTY: Final = frozenset({
    "buy", "pay_again", "deliver", "work", "refund", "refund_again", "ask", "cancel", "confirm", "statement",
    "resolve", "approve",
})  # fmt: skip
_MEANWHILE: Final = (
    "deliver", "work", "wait", "buyer_pays", "pay_again", "refund", "refund_again", "cancel", "approve",
)  # fmt: skip
_MOST_POINTS: Final[Mapping[str, int]] = {"buy": 110, "deliver": 60, "work": 160, "statement": 80}
_POINTS: Final = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a process in a step, at its `point`th chance: before and after each statement, each commit
    and each send. `crash`: it is gone; `busy`: a lost race; `full`: nothing can be written."""

    kind: str
    point: int


@dataclass(frozen=True, slots=True)
class Step:
    """`host`: the process that does it, one of two. `meanwhile`: what the other one does at the `pause`th
    moment in which no transaction of this step is open: while it waits for a gateway, or between two commits.
    """

    kind: str
    luck: int
    host: int = 0
    fault: Fault | None = None
    meanwhile: tuple[Step, ...] = ()
    pause: int = 0

    def __str__(self) -> str:
        parts = [self.kind, f"on {'AB'[self.host]}"]
        if self.fault is not None:
            parts.append(f"{self.fault.kind} at {self.fault.point}")
        if self.meanwhile:
            steps = "; ".join(map(str, self.meanwhile))
            parts.append(f"in its pause {self.pause}: [{steps}]")
        return ", ".join(parts)


def write_history(seed: int) -> tuple[Step, ...]:
    """The same for the same seed, on every machine."""
    random = Random(seed)
    kinds, weights = tuple(_WEIGHTS), tuple(_WEIGHTS.values())
    begun = [_step(random, kind) for kind in random.choice(_BEGINNINGS)]
    rest = [_step(random, kind) for kind in random.choices(kinds, weights, k=random.randint(4, 11))]
    return (*begun, *rest)


def _step(random: Random, kind: str) -> Step:
    step = Step(kind, random.getrandbits(32), host=random.randrange(2))
    if kind not in _FAULTY:
        return step
    match random.randrange(8):
        case 0 | 1:
            point = random.randint(1, _MOST_POINTS.get(kind, _POINTS))
            return replace(step, fault=Fault(random.choice(_FAULTS), point))
        case 2 | 3:
            others = (
                Step(random.choice(_MEANWHILE), random.getrandbits(32), host=1 - step.host)
                for _ in range(random.randint(1, 2))
            )
            return replace(step, meanwhile=tuple(others), pause=random.randint(1, 3))
    return step
