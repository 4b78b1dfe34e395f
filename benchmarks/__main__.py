"""`make bench`: ratios within one run, since seconds on a shared machine say nothing. Prints a table."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks import (
    callbacks,
    checking,
    finding,
    growing,
    hosts,
    importing,
    overseeing,
    plugins,
    quoting,
    receiving,
)
from benchmarks.ratio import Ratio

__all__ = ["main"]

_ALL: tuple[Callable[[], list[Ratio]], ...] = (
    callbacks.measure,
    quoting.measure,
    receiving.measure_sqlite,
    receiving.measure_postgres,
    growing.measure_sqlite,
    growing.measure_postgres,
    finding.measure_sqlite,
    finding.measure_postgres,
    overseeing.measure_sqlite,
    overseeing.measure_postgres,
    checking.measure,
    importing.measure,
    plugins.measure,
    hosts.measure_starts,
    hosts.measure_purchases,
)


def main() -> int:
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.machine()}\n"
    )
    print(f"{'measured':<66}{'ours':>12}{'yardstick':>14}{'ratio':>9}  aim")
    for measure in _ALL:
        for ratio in measure():
            print(ratio, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
