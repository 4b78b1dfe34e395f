"""The files in which a gateway's code stands, and the hooks in them. No contract says what they do."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Final

from payport.gateways.facade import Gateway
from payport.gateways.hookspec import REQUIRED
from payport_contracts.kit.audit.values import CodeFile, HookRow

__all__ = ["code_files", "code_texts", "hook_rows"]

_CORE: Final = "payport"
_LONGEST_TEXT: Final = 24
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_HOOKS: Final = (
    *REQUIRED, "verify_signature", "parse_callback", "query", "refund", "query_refund",
)  # fmt: skip


def code_files(gateway: Gateway) -> tuple[CodeFile, ...]:
    """Every Python file of its distribution, and of those that it needs and that are built on Payport too,
    as a protocol that two plugins share; also where one is installed to be edited."""
    return tuple(
        CodeFile(name, data.count(b"\n"), hashlib.sha256(data).hexdigest()) for name, data in _read(gateway)
    )


def code_texts(gateway: Gateway) -> frozenset[str]:
    """Every short text that stands in those files: a code that its tables list is among them."""
    return frozenset(
        node.value
        for _, data in _read(gateway)
        for node in ast.walk(ast.parse(data))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) <= _LONGEST_TEXT
        and node.value.isprintable()
    )


def hook_rows(gateway: Gateway) -> tuple[HookRow, ...]:
    """Each hook that it has: file, line, and how many lines; what it calls stands in the files."""
    return tuple(_hook(gateway, name) for name in _HOOKS if name in gateway.capabilities)


def _hook(gateway: Gateway, name: str) -> HookRow:
    (found, *_) = getattr(gateway.hooks, name).get_hookimpls()
    function = inspect.unwrap(found.function)
    try:
        lines = len(inspect.getsourcelines(function)[0])
    except (OSError, TypeError):  # without its source
        lines = 0
    code = function.__code__
    return HookRow(name, f"{PurePath(code.co_filename).name}:{code.co_firstlineno}", lines)


def _read(gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    try:
        owners = _owners(distribution(gateway.distribution))
    except PackageNotFoundError:  # a plugin that a test made
        return
    for folder in dict.fromkeys(folder for owner in owners for folder in _folders(owner)):
        for path in sorted(folder.rglob("*.py")):
            yield f"{folder.name}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def _owners(first: Distribution) -> tuple[Distribution, ...]:
    found = {first.name: first}
    for owner in _needed(first):
        if owner.name != _CORE and _CORE in {each.name for each in _needed(owner)}:
            found.setdefault(owner.name, owner)
    return tuple(found.values())


def _needed(owner: Distribution) -> Iterator[Distribution]:
    for text in owner.requires or ():
        name = _NAME.match(text)
        if name is None or "extra ==" in text:
            continue
        try:
            yield distribution(name[0])
        except PackageNotFoundError:
            continue


def _folders(owner: Distribution) -> Iterator[Path]:
    """Of the packages that its entry points name, or else that its own name does."""
    named = {point.module.partition(".")[0] for point in owner.entry_points}
    for package in sorted(named | {owner.name.replace("-", "_")}):
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield Path(place)
