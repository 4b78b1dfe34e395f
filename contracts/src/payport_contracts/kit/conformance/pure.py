"""A net below a plugin's code: who opens a socket, asks the clock or makes randomness is named by line."""

from __future__ import annotations

import ast
import inspect
import os
import random
import secrets
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath
from typing import Any, Final
from unittest.mock import patch

from payport_contracts.kit.conformance.subject import Subject

__all__ = ["files_of", "watching", "written_clocks"]

_WATCHED: Final[tuple[tuple[Any, str, str], ...]] = (
    (socket, "socket", "opens a socket"),
    (socket, "create_connection", "opens a socket"),
    (socket, "getaddrinfo", "looks a name up"),
    (time, "time", "asks the clock"),
    (time, "time_ns", "asks the clock"),
    (time, "sleep", "waits"),
    (random, "random", "makes randomness"),
    (random, "randint", "makes randomness"),
    (random, "choice", "makes randomness"),
    (os, "urandom", "makes randomness"),
    (secrets, "token_hex", "makes randomness"),
    (secrets, "token_urlsafe", "makes randomness"),
    (secrets, "token_bytes", "makes randomness"),
    (uuid, "uuid4", "makes randomness"),
    (uuid, "uuid1", "makes randomness"),
)


@contextmanager
def watching(files: frozenset[str]) -> Iterator[list[str]]:
    """Collects what code of these files does that it must not: "makes randomness, saomai.py:57"."""
    seen: list[str] = []

    def net(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def caught(*arguments: Any, **named: Any) -> Any:
            frame = sys._getframe(1)
            if frame.f_code.co_filename in files:
                seen.append(f"{what}, {PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}")
            return real(*arguments, **named)

        return caught

    with ExitStack() as until_the_end:
        for module, name, what in _WATCHED:
            until_the_end.enter_context(patch.object(module, name, net(what, getattr(module, name))))
        yield seen


def files_of(subject: Subject) -> frozenset[str]:
    """Of its module and of the modules of its own distribution that it imports."""
    found = set()
    for hook in subject.ready.capabilities:
        for each in getattr(subject.ready.hooks, hook).get_hookimpls():
            found.add(inspect.unwrap(each.function).__code__.co_filename)
    folders = {str(Path(file).parent) for file in found}
    return frozenset(found | {str(path) for folder in folders for path in Path(folder).glob("*.py")})


def written_clocks(files: frozenset[str]) -> Iterator[str]:
    """`datetime.now()`, `utcnow()`, `date.today()`: built in, and not to be watched while they run."""
    for file in sorted(files):
        path = Path(file)
        if not path.is_file():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                if node.func.attr in ("now", "utcnow", "today") and name in ("datetime", "date"):
                    yield f"asks the clock, {PurePath(file).name}:{node.lineno}"
