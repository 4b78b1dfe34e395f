"""`python -m tests.simulation --seed S --runs N`: see docs/simulation.md."""

from __future__ import annotations

import argparse
import sys
import time
from random import SystemRandom

from tests.simulation.run import simulation

__all__: list[str] = []


def _main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--seed", type=int, help="of the first history; any, if not given")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--stop-after", type=int, default=3, help="histories that fail")
    parser.add_argument("--count", action="store_true", help="only count the histories that fail")
    given = parser.parse_args()
    first = SystemRandom().randrange(10**9) if given.seed is None else given.seed
    failed, begun = 0, time.monotonic()
    with simulation() as simulated:
        for seed in range(first, first + given.runs):
            found = simulated.run(seed, short=not given.count)
            if found is None:
                continue
            failed += 1
            if not given.count:
                print(found, end="\n\n", flush=True)
                if failed >= given.stop_after:
                    break
    seconds = time.monotonic() - begun
    print(f"seeds {first} to {seed}: {failed} of {seed - first + 1} histories failed, in {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(_main())
