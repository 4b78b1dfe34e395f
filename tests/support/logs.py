"""What is logged while a test runs, by any thread of its process, in full detail: the oracle reads it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["captured_logs", "capturing_logs"]

_IN_DETAIL: Final = ("payport", "httpx", "httpcore")  # what handles secrets, at DEBUG
_MOST: Final = 20_000  # records; a test that logs more is judged by its last ones
_records: Final[deque[logging.LogRecord]] = deque(maxlen=_MOST)


class _Keeping(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _records.append(record)


@contextmanager
def capturing_logs() -> Iterator[None]:
    """Keep what is logged inside; a test's own logs stand alone."""
    root, handler = logging.getLogger(), _Keeping(logging.DEBUG)
    before = {name: logging.getLogger(name).level for name in _IN_DETAIL}
    _records.clear()
    for name in _IN_DETAIL:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def captured_logs() -> str:
    """Each record as a line of text, with its traceback."""
    formatter = logging.Formatter("%(levelname)s %(name)s %(message)s")
    return "\n".join(formatter.format(record) for record in tuple(_records))
