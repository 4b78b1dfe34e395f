"""Breaks one line of a copy of the core at a time, and counts the histories that notice.

`python -m tests.simulation.broken --runs 2000`: what docs/simulation.md says was measured so. The core itself
is never touched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

__all__ = ["BREAKS", "Break"]

_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Break:
    """`old` stands once in the file of the core, and `new` takes its place."""

    what: str
    file: str
    old: str
    new: str


BREAKS: Final = (
    Break(
        "the same success is counted again",
        "service/judge.py",
        "if known.reference_is_counted or known.reference_is_anothers:",
        "if known.reference_is_anothers:",
    ),
    Break(
        "a refund whose answer was lost is taken for refused",
        "service/refund_judge.py",
        "failed = outcome is Outcome.NOT_SENT and not asked",
        "failed = not asked",
    ),
    Break(
        "a callback that could not be stored is answered for good",
        "service/receiving.py",
        "        return _Taken(Decision.TRY_AGAIN)\n",
        "        return _Taken(Decision.RECORDED)\n",
    ),
    Break(
        "an unknown refund reserves nothing",
        "rules/refund.py",
        "return total([refund.spent for refund in refunds], currency)",
        "return total([r.spent for r in refunds if r.state is not State.UNKNOWN], currency)",
    ),
    Break(
        "a payment expires before its window has closed",
        "service/judge.py",
        "payment.state is State.PENDING and known.now >= payment.closes_at:",
        "payment.state is State.PENDING:",
    ),
    Break(
        "a refund whose sender died is taken for refused",
        "service/asking_refunds.py",
        "Finding(State.UNKNOWN, _LOST, problem=_LOST)",
        "Finding(State.FAILED, _LOST, problem=_LOST)",
    ),
    Break(
        "an event that its subscriber refused is taken for told",
        "service/delivering.py",
        'told = Told(f"it raised {describe_error(error)}")',
        "told = Told()",
    ),
)


def _broken(into: Path, broken: Break) -> None:
    shutil.copytree(_ROOT / "core" / "src", into, ignore=shutil.ignore_patterns("__pycache__"))
    file = into / "payport" / broken.file
    text = file.read_text(encoding="utf-8")
    if text.count(broken.old) != 1:
        raise SystemExit(f"{broken.file} has changed: where is {broken.old!r}?")
    file.write_text(text.replace(broken.old, broken.new), encoding="utf-8")


def _count(broken: Break, *, seed: int, runs: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        _broken(copy, broken)
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "tests.simulation", "--count"),
                *("--seed", str(seed), "--runs", str(runs)),
            ],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{_ROOT}", "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"(\d+) of (\d+) histories failed", ended.stdout)
    if found is None:
        raise SystemExit(ended.stderr)
    return int(found[1])


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.broken")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=2_000)
    given = parser.parse_args()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        count = partial(_count, seed=given.seed, runs=given.runs)
        for broken, failed in zip(BREAKS, pool.map(count, BREAKS), strict=True):
            print(f"| {broken.what} | {failed} of {given.runs} |", flush=True)


if __name__ == "__main__":
    _main()
