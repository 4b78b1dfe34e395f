"""A back office on a port of this machine, for browsers."""

from __future__ import annotations

from tests.support.browsing import language, window, windows

__all__ = ["language", "window", "windows"]
