"""Where a plugin's fault is: file and line, so that its author opens the right one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payport.errors import PluginRefused

__all__ = ["blamed", "line_of_key", "place", "place_of"]


def place(file: str, line: int) -> str:
    """From the file's topmost package, as in payport_saomai/saomai.py:57."""
    path = Path(file)
    top = path.parent
    while top != top.parent and (top / "__init__.py").is_file():
        top = top.parent
    return f"{path.relative_to(top).as_posix()}:{line}"


def place_of(thing: object) -> str:
    """Of a function its first line, of a module its file; empty for what has no file."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    code = getattr(thing, "__code__", None)
    if code is not None:
        return place(code.co_filename, code.co_firstlineno)
    file = getattr(thing, "__file__", None)
    return place(file, 1) if isinstance(file, str) else ""


@contextmanager
def blamed(thing: object) -> Iterator[None]:
    """A refusal inside is of this function or module, unless it says itself of which."""
    try:
        yield
    except PluginRefused as error:
        error.where = error.where or place_of(thing)
        raise


def line_of_key(text: str, key: str) -> int | None:
    """The line in a TOML text where a dotted key is set, or its nearest parent; None where it is not there.

    A look at the text, for whoever mends it: what TOML means is not read here.
    """
    lines = text.splitlines()
    for name in reversed([each for each in re.split(r"[.\[\] ]+", key) if each]):
        found = re.compile(rf'(?:^|[\s{{,\[."]){re.escape(name)}"?\s*(?:=|\]|\.)')
        for number, line in enumerate(lines, start=1):
            if found.search(line.partition("#")[0]):
                return number
    return None
