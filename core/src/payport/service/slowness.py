"""Gateway accounts that answer slowly, as this process knows them: each rests for as long as its call took.

So what is due of one that does not answer, however much, takes up half of a worker's time at most, and keeps
nobody else's waiting for longer than one call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Slowness"]

_QUICK: Final = 2.0  # seconds: a call that was back by then is followed by the next at once


@dataclass(frozen=True, slots=True)
class Slowness:
    """Shared by all threads. `clock`: seconds, which no setting of the system's time moves."""

    clock: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def took(self, gateway_account: str, seconds: float) -> None:
        with self._lock:
            if seconds < _QUICK:
                self._until.pop(gateway_account, None)
            else:
                self._until[gateway_account] = self.clock() + seconds

    def resting(self) -> frozenset[str]:
        with self._lock:
            now = self.clock()
            return frozenset(name for name, until in self._until.items() if until > now)
