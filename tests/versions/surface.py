"""What payport.plugin offers, in a form that is compared, and what of a change would break a plugin.

`python -m tests.versions.surface` writes promised.json anew, unless that breaks what stands in it.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

import payport.plugin
from payport.gateways import hookspec

__all__ = ["PROMISED", "Surface", "breaks", "promised", "surface"]

Surface: TypeAlias = Mapping[str, Mapping[str, str]]
"""By name, what is promised of it, in the order of the source: `field`, `method()` and `method(argument)`,
each with its type; ` = ` and the default where there is one; `keyword` where it is given by name alone."""

PROMISED: Final = Path(__file__).with_name("promised.json")
_TAKEN: Final = frozenset({"Buyer", "Callback", "Context", "Payment", "Refund", "Verified"})
"""What the core makes and a plugin reads: a field may be added without a default."""
_OF_PYTHON: Final = frozenset({"__post_init__", "__repr__", "__str__", "__hash__", "__reduce__"})
_OURS: Final = str(Path(payport.plugin.__file__).parent)


def promised() -> Surface:
    found: Surface = json.loads(PROMISED.read_text(encoding="utf-8"))
    return found


def surface() -> Surface:
    found = {name: dict(_members(getattr(payport.plugin, name))) for name in sorted(payport.plugin.__all__)}
    for name in sorted(hookspec.__all__):
        hook = getattr(hookspec, name)
        if inspect.isfunction(hook) and name not in ("hookimpl", "hookspec"):
            found[f"hook {name}"] = dict(_arguments(hook))
    return found


def breaks(before: Surface, after: Surface) -> list[str]:
    """What a plugin that was written for `before` would stumble over, each as a sentence."""
    found = []
    for name, members in before.items():
        if name not in after:
            found.append(f"{name} is gone")
            continue
        now = after[name]
        found += [f"{name}.{member} is gone" for member in members if member not in now]
        for member in [each for each in members if each in now]:
            found += _changed(f"{name}.{member}", members[member], now[member])
        is_given = name not in _TAKEN and not name.startswith("hook ")
        found += [
            f"{name}.{member} was added without a default"
            for member in now
            if member not in members
            and (is_given or "(" in member)
            and _is_required(member, now[member], members)
        ]
        old, new = _by_place(members), _by_place(now)
        if is_given and not set(old) - set(new) and new[: len(old)] != old:
            found.append(f"{name}: what is given by its place has another place")
    return found


def _changed(what: str, before: str, after: str) -> Iterator[str]:
    (kind, had, default), (now, has, another) = before.partition(" = "), after.partition(" = ")
    if kind != now:
        yield f"{what} was {kind}, and is {now}"
    elif had and not has:
        yield f"{what} has no default any more"
    elif had and default != another:
        yield f"{what} has another default"


def _is_required(member: str, shape: str, known: Mapping[str, str]) -> bool:
    """A new method or property harms nobody, but for one that the plugin has to write."""
    if shape.startswith("abstract "):
        return True
    method, is_call, argument = member.partition("(")
    if is_call:
        return argument != ")" and f"{method}()" in known and " = " not in shape
    return " = " not in shape and not shape.startswith(("property ", "is "))


def _by_place(members: Mapping[str, str]) -> list[str]:
    return [
        name
        for name, shape in members.items()
        if not name.endswith("()") and not shape.startswith(("keyword ", "property ", "abstract ", "is "))
    ]


def _members(value: Any) -> Iterator[tuple[str, str]]:
    if inspect.isfunction(value) and value.__module__.startswith("payport"):
        yield from _arguments(value)
    elif not inspect.isclass(value) or not value.__module__.startswith("payport"):
        yield "is", f"is {_named(value)}"  # a type of another library, or a name for several of ours
    elif issubclass(value, Enum):
        yield from ((member.name, f"is {member.value!r}") for member in value)
    else:
        yield from _of_class(value)


def _of_class(value: type) -> Iterator[tuple[str, str]]:
    if is_dataclass(value):
        yield from ((field.name, _field(field)) for field in fields(value))
    if issubclass(value, BaseModel):
        yield "model_config", f"is {dict(sorted(value.model_config.items()))}"
        for name, field in value.model_fields.items():
            default = "" if field.is_required() else f" = {field.default!r}"
            yield name, f"{inspect.formatannotation(field.annotation)}{default}"
    for owner in reversed(value.__mro__):
        if owner.__module__.startswith("payport"):
            for name, member in vars(owner).items():
                yield from _own(name, member)


def _own(name: str, member: Any) -> Iterator[tuple[str, str]]:
    """What a class of ours says of itself, and no dataclass or model made for it."""
    if isinstance(member, property):
        kind = "abstract property" if getattr(member, "__isabstractmethod__", False) else "property"
        if not name.startswith("_"):
            yield name, f"{kind} {inspect.signature(member.fget).return_annotation}"  # type: ignore[arg-type]
        return
    function = getattr(member, "__func__", member)
    is_ours = inspect.isfunction(function) and function.__code__.co_filename.startswith(_OURS)
    is_public = not name.startswith("_") or (name.startswith("__") and name not in _OF_PYTHON)
    if is_ours and is_public:
        for each, shape in _arguments(function):
            if each != "self":
                yield name + (each if each == "()" else f"({each})"), shape


def _arguments(function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """What it returns, as "()", then each argument."""
    yield "()", str(inspect.signature(function).return_annotation)
    for name, each in inspect.signature(function).parameters.items():
        kind = "keyword " if each.kind is inspect.Parameter.KEYWORD_ONLY else ""
        default = "" if each.default is inspect.Parameter.empty else f" = {each.default!r}"
        yield name, f"{kind}{each.annotation}{default}"


def _field(field: Field[Any]) -> str:
    kind = "keyword " if field.kw_only else ""
    if field.default is MISSING and field.default_factory is MISSING:
        return f"{kind}{field.type}"
    return f"{kind}{field.type} = {'made anew' if field.default is MISSING else repr(field.default)}"


def _named(value: Any) -> str:
    if hasattr(value, "__supertype__"):
        return f"a name for {value.__supertype__.__name__}"
    if inspect.isclass(value) or inspect.isfunction(value):
        return f"{value.__module__.partition('.')[0]}.{value.__name__}"  # the module within may change
    return type(value).__name__ if " object at " in str(value) else str(value)


def main() -> int:
    found = breaks(promised(), surface())
    if found:
        print("Not written, since plugins rely on it:", *found, sep="\n")
        return 1
    PROMISED.write_text(json.dumps(surface(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
