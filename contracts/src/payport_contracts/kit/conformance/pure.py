"""A net below a plugin's code: who opens a socket or a file, asks the clock or makes randomness, by line.

Two nets. While it runs, what reaches the system is heard by an audit hook, however it was called. As it is
written, each hook and each function of its own that it calls is read: clocks leave no other trace.
"""

from __future__ import annotations

import ast
import inspect
import logging
import os
import random
import sys
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePath
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Final

import payport
from payport.errors import PayportError
from payport.signing.received import Verified
from payport_contracts.kit.conformance.driving import HOSTILE, an_answer, driven, flows
from payport_contracts.kit.conformance.finding import Finding
from payport_contracts.kit.conformance.places import place_of
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["does_no_io"]

_HEARD: Final = {
    "socket.__new__": "opens a socket",
    "socket.connect": "opens a socket",
    "socket.getaddrinfo": "looks a name up",
    "open": "opens a file",
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "time.sleep": "waits",
}
_CLOCKS: Final = frozenset({"now", "utcnow", "today"})
_MODULES: Final = {
    "random": "makes randomness",
    "secrets": "makes randomness",
    "socket": "opens a socket",
    "subprocess": "starts a process",
    "urllib.request": "asks by itself",
    "http.client": "asks by itself",
    "requests": "asks by itself",
    "httpx": "asks by itself",
    "logging": "logs",
}
_FUNCTIONS: Final = {
    ("builtins", "print"): "prints",
    ("uuid", "uuid1"): "makes randomness",
    ("uuid", "uuid4"): "makes randomness",
    ("posix", "urandom"): "makes randomness",
    ("os", "getenv"): "reads the environment",
    ("time", "sleep"): "waits",
    **{
        ("time", name): "asks the clock"
        for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime")
    },
}
_VALUES: Final = frozenset({("httpx", "URL"), ("httpx", "QueryParams"), ("httpx", "Headers")})
_TZDATA: Final = tuple(getattr(find_spec("tzdata"), "submodule_search_locations", ()))
_CORE: Final = str(Path(payport.__file__).parent)
_listening: list[tuple[frozenset[str], list[str]]] = []


def does_no_io(subject: Subject) -> Iterator[Finding]:
    """No socket, file, clock or randomness: what it needs comes in `context`."""
    functions = tuple(_own_functions(subject))
    with _listen(frozenset(each.__code__.co_filename for each in functions)) as heard:
        subject.ready.hooks.describe()
        for hook in flows(subject):
            for answer in (HOSTILE["an empty answer"], an_answer(200, '{"code":"00"}')):
                driven(subject, hook, answer)
        for callback in subject.callbacks:
            with suppress(PayportError):
                result = subject.account.verify(callback)
                if isinstance(result, Verified):
                    subject.account.parse(result)
    written = [found for each in functions for found in _written(each)]
    for found in dict.fromkeys((*heard, *written)):
        what, _, where = found.rpartition(", ")
        yield Finding("pure", what, where, "Take it from context: now, request_id, or yield a request")


@contextmanager
def _listen(files: frozenset[str]) -> Iterator[list[str]]:
    """What code of these files does meanwhile that it must not: "opens a socket, saomai.py:57"."""
    _install()
    heard: list[str] = []
    _listening.append((files, heard))
    try:
        yield heard
    finally:
        _listening.pop()


@cache
def _install() -> None:
    """Once: an audit hook cannot be taken away again. It hears nothing while nobody listens."""

    def hear(event: str, what: tuple[Any, ...]) -> None:
        if _listening and event in _HEARD and not (event == "open" and _is_a_zone(what[0])):
            files, heard = _listening[-1]
            where = _caller(sys._getframe(1), files)
            if where:
                heard.append(f"{_HEARD[event]}, {where}")

    sys.addaudithook(hear)


def _is_a_zone(file: object) -> bool:
    """A time zone is a constant, although it is read once: whether it was is not the plugin's doing."""
    return isinstance(file, str) and file.startswith((*zoneinfo.TZPATH, *_TZDATA))


def _caller(frame: FrameType | None, files: frozenset[str]) -> str:
    """Of these files; nothing where the core or an import was called, which may."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name in files:
            return place_of(name, frame.f_lineno)
        if name.startswith((_CORE, "<frozen importlib")):
            return ""
        frame = frame.f_back
    return ""


def _own_functions(subject: Subject) -> Iterator[FunctionType]:
    """Its hooks, and what they call of the modules in its own folder and those below."""
    waiting: list[Any] = [
        inspect.unwrap(each.function)
        for hook in subject.ready.capabilities
        for each in getattr(subject.ready.hooks, hook).get_hookimpls()
    ]
    folders = {PurePath(each.__code__.co_filename).parent for each in waiting}
    seen: set[CodeType] = set()
    while waiting:
        each = waiting.pop()
        if not isinstance(each, FunctionType) or each.__code__ in seen:
            continue
        if not _is_own(PurePath(each.__code__.co_filename).parent, folders):
            continue
        seen.add(each.__code__)
        yield each
        waiting.extend(_named(each))


def _is_own(folder: PurePath, folders: set[PurePath]) -> bool:
    below = any(folder.is_relative_to(each) for each in folders)
    return folder in folders or (below and not folder.is_relative_to(_CORE))


def _named(function: FunctionType) -> Iterator[Any]:
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    known = {**function.__globals__, **dict(zip(function.__code__.co_freevars, cells, strict=True))}
    for name in _names(function.__code__):
        found = known.get(name)
        if isinstance(found, type):
            yield from (each for each in vars(found).values() if isinstance(each, FunctionType))
        elif isinstance(found, ModuleType):
            yield from (getattr(found, attribute, None) for attribute in _names(function.__code__))
        elif isinstance(found, dict):
            yield from found.values()
        elif callable(found) and (hasattr(found, "__code__") or hasattr(found, "__wrapped__")):
            yield inspect.unwrap(found)
        elif found is not None:
            yield from (each for each in vars(type(found)).values() if isinstance(each, FunctionType))


def _names(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _written(function: FunctionType) -> Iterator[str]:
    """Calls of clocks and of what makes randomness or asks by itself, by whatever name they were imported."""
    code = function.__code__
    for node in _nodes(code):
        for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            what = _what(call.func, function)
            if what:
                yield f"{what}, {place_of(code.co_filename, call.lineno)}"
        for item in (each for each in ast.walk(node) if isinstance(each, ast.Subscript)):
            if _value(item.value, function) is os.environ:
                yield f"reads the environment, {place_of(code.co_filename, item.lineno)}"


def _what(called: ast.expr, function: FunctionType) -> str:
    """What a call does that a plugin must not; empty for all else."""
    found = _value(called, function)
    owner = _value(called.value, function) if isinstance(called, ast.Attribute) else None
    if isinstance(owner, type) and issubclass(owner, date) and _name_of(called) in _CLOCKS:
        return "asks the clock"
    if isinstance(owner, logging.Logger):
        return "logs"
    if owner is os.environ:
        return "reads the environment"
    if isinstance(getattr(found, "__self__", None), random.Random):
        return "makes randomness"
    module, plain = str(getattr(found, "__module__", "")), str(getattr(found, "__name__", ""))
    if (module, plain) in _VALUES:
        return ""
    return _FUNCTIONS.get((module, plain), _MODULES.get(module, ""))


def _name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else ""


def _value(node: ast.expr, function: FunctionType) -> Any:
    """What a name stands for, where that can be known without running anything."""
    if isinstance(node, ast.Name):
        cells = (cell.cell_contents for cell in function.__closure__ or ())
        closed = dict(zip(function.__code__.co_freevars, cells, strict=True))
        builtin = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
        return closed.get(node.id, function.__globals__.get(node.id, builtin.get(node.id)))
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, function)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType | type) else None
    return None


def _nodes(code: CodeType) -> Iterator[ast.AST]:
    for node in ast.walk(_tree(code.co_filename)):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            if first == code.co_firstlineno:
                yield node


@cache
def _tree(file: str) -> ast.Module:
    path = Path(file)
    return ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")
