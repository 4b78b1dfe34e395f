"""The heads of the journal in a file outside the database: lines are appended to it and never changed.

Whoever can write the database and not this file cannot cut the journal off, or seal another one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payport.errors import ConfigurationError
from payport.journal.seal import SignedHead, parse_head

__all__ = ["append_heads", "head_as_line", "head_from_line", "last_kept", "read_heads"]


def head_as_line(head: SignedHead) -> str:
    return json.dumps({"head": {"text": head.text, "signature": head.signature}}, separators=(",", ":"))


def head_from_line(read: Any) -> SignedHead:
    """From a line's JSON. Whatever is no head becomes one that no check believes."""
    given = read.get("head") if isinstance(read, dict) else None
    text, signature = (given.get("text"), given.get("signature")) if isinstance(given, dict) else ("", None)
    if not isinstance(text, str) or not (signature is None or isinstance(signature, str)):
        return SignedHead("", None)
    return SignedHead(text, signature)


def read_heads(file: Path) -> tuple[SignedHead, ...]:
    """All, in the file's order; none where there is no file. A last line without its end is being written.

    Raises: ConfigurationError, for a file that cannot be read.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unusable(file, error) from None
    return tuple(_head(line) for line in content.split(b"\n")[:-1])


def last_kept(file: Path) -> SignedHead | None:
    """The head that was appended last; None: none yet. Raises ConfigurationError."""
    try:
        with file.open("rb") as opened:
            return _last(opened)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, error) from None


def append_heads(file: Path, heads: Iterable[SignedHead]) -> None:
    """Append those that are not there yet, and have them on the disk. One process at a time does so.

    Args:
        heads: by size; the first may be the one that is there last.
    Raises: ConfigurationError.
    """
    try:
        with file.open("a+b") as opened, _alone(opened):
            last = _last(opened)
            _cut_torn_line(opened)
            for head in _following(last, heads):
                opened.write(head_as_line(head).encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise _unusable(file, error) from None


def _following(last: SignedHead | None, heads: Iterable[SignedHead]) -> Iterator[SignedHead]:
    """Another process may have appended some of them meanwhile, and later ones."""
    size = 0 if last is None else _size(last)
    yield from (head for head in heads if _size(head) > size)


def _size(head: SignedHead) -> int:
    """0 for what cannot be read, which is appended by nobody."""
    try:
        return parse_head(head.text).size
    except ValueError:
        return 0


def _last(opened: Any) -> SignedHead | None:
    """The last line that is whole. Lines are short, so the file's end is enough."""
    end = opened.seek(0, os.SEEK_END)
    opened.seek(max(0, end - 65_536))
    whole = opened.read().split(b"\n")[:-1]
    return _head(whole[-1]) if whole else None


def _cut_torn_line(opened: Any) -> None:
    """A process died, or its disk was full, within a line: it is no head, and is written again."""
    end = opened.seek(0, os.SEEK_END)
    opened.seek(max(0, end - 65_536))
    torn = len(opened.read().rpartition(b"\n")[2])
    if torn:
        opened.truncate(end - torn)
        opened.seek(0, os.SEEK_END)


def _head(line: bytes) -> SignedHead:
    try:
        return head_from_line(json.loads(line))
    except (ValueError, RecursionError):
        return SignedHead("", None)


@contextmanager
def _alone(opened: Any) -> Iterator[None]:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where one process has to do it
    except ImportError:  # pragma: no cover
        yield
        return
    fcntl.flock(opened, fcntl.LOCK_EX)
    yield  # closing the file lets go


def _unusable(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        field="journal.heads",
        problem=f"{file.name} cannot be used: {error.strerror or type(error).__name__}",
        remedy="Let this user read it and append to it",
    )
