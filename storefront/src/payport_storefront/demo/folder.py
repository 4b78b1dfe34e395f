"""The demo's folder: payport.toml, catalog, keys and database, made at first start and kept between runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from payport import new_journal_key
from payport_storefront.demo.configuration import JOURNAL_HEADS, JOURNAL_KEY, Keys, added, written

__all__ = ["DemoFolder", "DemoRefused", "prepare", "write_private"]

_KEPT_ONLY_FOR_US: Final = 0o600
_DATABASE: Final = "payport.sqlite"
_UNFINISHED: Final = ".new"
_CLOCK: Final = "clock"
_PRIVATE: Final = ("payport.toml", "session.key", JOURNAL_KEY, _CLOCK)
_OURS: Final = (
    "catalog.toml",
    JOURNAL_HEADS,
    *_PRIVATE,
    *(name + _UNFINISHED for name in _PRIVATE),
    *(_DATABASE + end for end in ("", "-wal", "-shm")),
)


class DemoRefused(Exception):
    """The demo does not start like this; the words say what to do."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where everything of the demo lies, and its secrets."""

    path: Path
    session_key: bytes = field(repr=False)
    keys: Keys = field(repr=False)

    @property
    def configuration(self) -> Path:
        return self.path / "payport.toml"

    @property
    def clock(self) -> Path:
        """Holds by how much the demo's clock is ahead, once somebody has moved it."""
        return self.path / _CLOCK


def prepare(path: Path, url: str, *, fresh: bool) -> DemoFolder:
    """The folder for a demo that is reached at `url`. `fresh` forgets orders, customers and keys.

    Raises: DemoRefused, where that would take away what the demo has not made.
    """
    path.mkdir(parents=True, exist_ok=True)
    if fresh:
        _empty(path)
    catalog = path / "catalog.toml"
    if not catalog.exists():
        catalog.write_bytes(files("payport_storefront").joinpath("catalog.toml").read_bytes())
    session_key = _kept(path / "session.key", lambda: secrets.token_hex(32))
    _keep_journal_key(path / JOURNAL_KEY)
    configuration = path / "payport.toml"
    known = configuration.read_text(encoding="utf-8") if configuration.exists() else ""
    folder = DemoFolder(path, session_key.encode(), Keys.known(known))
    write_private(folder.configuration, written(url, _DATABASE, folder.keys, more=added(known)))
    return folder


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes only."""
    unfinished = file.with_name(file.name + _UNFINISHED)
    unfinished.touch(mode=_KEPT_ONLY_FOR_US)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


def _empty(path: Path) -> None:
    """Take away what the demo made; a folder that holds anything else is left alone."""
    made = [path / name for name in _OURS]
    strangers = sorted(file.name for file in path.iterdir() if file not in made)
    if strangers:
        raise DemoRefused(f"{path} holds {strangers[0]}, which is not the demo's. Take another --folder")
    for file in made:
        file.unlink(missing_ok=True)


def _keep_journal_key(file: Path) -> None:
    """Made once, whole or not at all: what it signed is checked by it."""
    if not file.exists():
        unfinished = file.with_name(file.name + _UNFINISHED)
        unfinished.unlink(missing_ok=True)
        new_journal_key(unfinished)
        unfinished.replace(file)


def _kept(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        write_private(file, make())
    return file.read_text(encoding="utf-8")
