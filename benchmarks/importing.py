"""Whole runs of the interpreter that import us, against one that does nothing."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.ratio import Ratio, best

__all__ = ["measure"]


def measure() -> list[Ratio]:
    bare, light, host, plugin = (
        _run(program)
        for program in ("", "import payport", "from payport import Payport", "import payport.plugin")
    )
    return [
        Ratio("import payport ÷ bare interpreter", light, bare, "ms", "≤ 15"),
        Ratio("from payport import Payport ÷ bare interpreter", host, bare, "ms"),
        Ratio("import payport.plugin ÷ bare interpreter", plugin, bare, "ms"),
    ]


def _run(program: str) -> float:
    """Milliseconds; bytecode is there after the first run."""
    command = [sys.executable, "-c", program]
    subprocess.run(command, check=True)
    return best(lambda: subprocess.run(command, check=True), calls=3) / 1000
