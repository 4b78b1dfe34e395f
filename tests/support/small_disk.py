"""A file system that can be filled, and emptied again: a tmpfs, where this user may mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["SmallDisk", "may_mount", "small_disk"]


class SmallDisk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Not one byte is left."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)


def may_mount() -> bool:
    """As root in a container without that right, or as anybody else: no."""
    try:
        with small_disk(Path(os.environ.get("TMPDIR", "/tmp")) / f"may-mount-{os.getpid()}", megabytes=1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def small_disk(path: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Raises CalledProcessError or OSError where that is not allowed."""
    path.mkdir(exist_ok=True)
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "none", path],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield SmallDisk(path)
        finally:
            subprocess.run(["umount", "-l", path], check=True)
    finally:
        path.rmdir()
