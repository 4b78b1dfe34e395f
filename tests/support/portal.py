"""Fixtures of every distribution with pages: a loop to run them on, and failures logged without a drawing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from anyio.from_thread import BlockingPortal, start_blocking_portal

__all__ = ["errors_are_logged_plainly", "portal"]


@pytest.fixture(scope="session", autouse=True)
def errors_are_logged_plainly() -> None:
    """What a host leaves unsaid, structlog draws for a terminal, in colours and boxes: a second for each."""
    *others, _ = structlog.get_config()["processors"]
    line = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, line])


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal
