"""What is installed is read once for a test process: each shop that is opened looks for its plugins anew.

A folder of `sys.path` is read again where it changed: a test may install a distribution of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.metadata import Distribution, EntryPoints, PackageMetadata, distributions
from pathlib import Path
from typing import Any
from unittest.mock import patch

from payport.gateways import installed

__all__ = ["discovering_once"]


class _Read(Distribution):
    """A distribution whose files are read once. (The library reads them at each question.)"""

    def __init__(self, found: Distribution) -> None:
        self._found = found

    def read_text(self, filename: str) -> str | None:
        return self._found.read_text(filename)

    def locate_file(self, path: Any) -> Any:
        return self._found.locate_file(path)

    @cached_property
    def metadata(self) -> PackageMetadata:
        return super().metadata

    @cached_property
    def entry_points(self) -> EntryPoints:
        return super().entry_points


class _Folders:
    """Distributions by folder, and when the folder was changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], list[_Read]] = {}

    def __call__(self) -> Iterator[Distribution]:
        for folder in sys.path:
            changed = 0
            with suppress(OSError):
                changed = Path(folder).stat().st_mtime_ns
            if (folder, changed) not in self._known:
                self._known[folder, changed] = [_Read(each) for each in distributions(path=[folder])]
            yield from self._known[folder, changed]


@contextmanager
def discovering_once() -> Iterator[None]:
    with patch.object(installed, "distributions", _Folders()):
        yield
