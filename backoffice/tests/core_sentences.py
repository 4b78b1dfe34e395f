"""What the core can say in English to a person, read from its source: each sentence with its holes.

The core writes its refusals as f-strings, so no template of them is there at run time. Here the arguments
`problem` and `remedy` of each error are followed through the functions of their module: constants, f-strings,
sums, choices between them, names that were assigned, what a helper was called with and what it returns. What
cannot be followed is a hole: {0}, {1} in the order of the sentence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Final, TypeAlias

__all__ = ["Sentence", "sentences"]

_HOLE: Final = "\0"
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_REFUSALS: Final = frozenset(
    {
        "CatalogError",
        "EffectChanged",
        "NotFound",
        "PaymentInProgress",
        "PurchaseNotOpen",
        "QuoteExpired",
        "QuoteOutdated",
        "RefundTooLarge",
        "RequestRefused",
        "SecondPersonNeeded",
    }
)
_SAID_BY: Final[Mapping[str, tuple[int, ...]]] = {
    "Fault": (1, 2),  # key, problem, remedy
    "Bad": (0,),  # why
    "CatalogView": (),
    "Difference": (),
    "Finding": (),
    "Found": (),
    "Judged": (1,),  # fate, because
    "Judgement": (2,),  # decision, payment, because
    "Malformed": (),
    "Review": (0,),
    "Told": (0,),
    "WorkItem": (6,),  # why
    "Used": (2,),  # amount, order, because
    "unusable": (0,),
}
"""Besides the refusals: what else carries words for a person, and at which positions."""
_WORDS: Final = ("problem", "remedy", "because", "seen")
_MOST: Final = 200


@dataclass(frozen=True, order=True, slots=True)
class Sentence:
    """`where`: file and line. `vietnamese`: where the core itself says it in both languages."""

    text: str
    where: str
    vietnamese: str = ""


def sentences(
    core: Path,
    *,
    folders: Iterable[str],
    returned: Mapping[str, Iterable[str]],
    constants: Mapping[str, Iterable[str]],
    texts: Iterable[str],
    also: Mapping[str, Iterable[str]],
) -> list[Sentence]:
    """All of them, a sentence once for each place.

    Args:
        core: the folder of the package.
        folders: or modules, whose refusals are read.
        returned: by file, functions all of whose results are words.
        constants: by file, tables that hold nothing but words; braces are holes.
        texts: files in which every text in both languages may be said.
        also: by file, what else carries words there.
    """
    found: set[Sentence] = set()
    for path in sorted(path for place in folders for path in _modules(core / place)):
        name = path.relative_to(core).as_posix()
        module = _Module(ast.parse(path.read_text(encoding="utf-8")))
        said = [*module.refusals(also.get(name, ())), *module.returned(returned.get(name, ()))]
        for line, text in said:
            found.update(Sentence(_numbered(each), f"{name}:{line}") for each in text if _says(each))
        for line, words in module.constants(constants.get(name, ())):
            text = "".join(part + _HOLE * (hole is not None) for part, hole, _, _ in Formatter().parse(words))
            found.add(Sentence(_numbered(text), f"{name}:{line}"))
        if name in texts:
            found.update(Sentence(en, f"{name}:{line}", vi) for line, vi, en in module.texts())
    return sorted(found)


def _modules(place: Path) -> Iterable[Path]:
    return place.rglob("*.py") if place.is_dir() else [place]


def _says(text: str) -> bool:
    return any(sign.isalpha() for sign in text.replace(_HOLE, ""))


def _numbered(text: str) -> str:
    first, *more = text.replace("{", "{{").replace("}", "}}").split(_HOLE)
    return first + "".join(f"{{{number}}}{part}" for number, part in enumerate(more))


@dataclass
class _Module:
    tree: ast.Module
    _within: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def _functions(self) -> Mapping[str, _Function]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, kinds)}

    @cached_property
    def _homes(self) -> Mapping[ast.AST, _Function]:
        """The innermost function of each node."""
        return {
            node: function
            for function in sorted(self._functions.values(), key=lambda each: each.lineno)
            for node in ast.walk(function)
        }

    @cached_property
    def _globals(self) -> Mapping[str, ast.expr]:
        named: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                named[node.target.id] = node.value
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named[node.targets[0].id] = node.value
        return named

    @cached_property
    def _calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    def refusals(self, also: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        for call in self._calls:
            name = _called(call)
            if name in _REFUSALS or name in _SAID_BY or name in also:
                parts = [keyword.value for keyword in call.keywords if keyword.arg in _WORDS]
                parts += [call.args[at] for at in _SAID_BY.get(name, ()) if at < len(call.args)]
                if any(isinstance(arg, ast.Starred) for arg in call.args):
                    parts = [arg.value for arg in call.args if isinstance(arg, ast.Starred)]
                for part in parts:
                    yield part.lineno, self._all(part)
            for keyword in call.keywords:
                if keyword.arg == "proof" and isinstance(keyword.value, ast.JoinedStr | ast.Constant):
                    yield keyword.value.lineno, self._all(keyword.value)

    def returned(self, names: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        for name in names:
            for node in ast.walk(self._functions[name]):
                if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                    yield node.lineno, self._all(node.value)
                if isinstance(node, ast.Call) and _called(node) == "append":
                    yield node.lineno, self._all(node.args[0])

    def constants(self, names: Iterable[str]) -> Iterator[tuple[int, str]]:
        for name in names:
            table = self._globals[name]
            for node in ast.walk(table):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                    yield node.lineno, node.value

    def texts(self) -> Iterator[tuple[int, str, str]]:
        for call in self._calls:
            if _called(call) in {"say", "Text"}:
                parts = [*call.args, *(keyword.value for keyword in call.keywords)]
                words = [part.value for part in parts if isinstance(part, ast.Constant)]
                if len(words) == len(parts) == 2:
                    yield call.lineno, words[0], words[1]

    def _all(self, node: ast.expr) -> list[str]:
        return list(dict.fromkeys(self._text(node)))[:_MOST]

    def _text(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Constant(value=None):
                return
            case ast.JoinedStr(values=parts):
                for chosen in product(*(self._all(part) for part in parts)):
                    yield "".join(chosen)
            case ast.FormattedValue(value=value):
                yield from self._whole(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for one, other in product(self._all(left), self._all(right)):
                    yield one + other
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._text(body)
                yield from self._text(orelse)
            case ast.BoolOp(values=values) | ast.Tuple(elts=values):
                for value in values:
                    yield from self._text(value)
            case ast.Dict(values=values):
                for value in values:
                    yield from self._text(value)
            case ast.NamedExpr(value=value) | ast.DictComp(value=value):
                yield from self._text(value)
            case ast.Subscript(value=value, slice=ast.Constant(value=int(place))):
                yield from self._at(value, place)
            case ast.Subscript(value=value):
                yield from self._table(value)
            case ast.Name(id=name):
                yield from self._named(node, name)
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
                yield from self._text(default)
            case ast.Call() if _called(node) in self._functions:
                for given in self._returns(_called(node)):
                    yield from self._text(given)
            case _:
                yield _HOLE

    def _whole(self, node: ast.expr) -> Iterator[str]:
        """In a hole: its words, if it is always one of ours, else a hole."""
        texts = (
            self._all(node)
            if isinstance(node, ast.Name | ast.IfExp | ast.Subscript | ast.BoolOp)
            else [_HOLE]
        )
        if not texts or any(not text.strip(_HOLE) and text for text in texts):
            yield _HOLE
        else:
            yield from texts

    def _at(self, node: ast.expr, place: int) -> Iterator[str]:
        """One of a pair: of a name that was given by a function, or of a tuple."""
        for value in self._values(node):
            if isinstance(value, ast.Tuple) and place < len(value.elts):
                yield from self._text(value.elts[place])
            elif isinstance(value, ast.Constant) and value.value is None:
                continue
            else:
                yield _HOLE

    def _values(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, ast.Name):
            home = self._homes.get(node)
            given = [value for value, _ in self._assigned(home, node.id)] if home else []
            given = given or ([self._globals[node.id]] if node.id in self._globals else [])
            return [each for value in given for each in self._values(value)] or [node]
        if isinstance(node, ast.Call) and _called(node) in self._functions:
            return [each for value in self._returns(_called(node)) for each in self._values(value)]
        if isinstance(node, ast.IfExp):
            return [*self._values(node.body), *self._values(node.orelse)]
        return [node]

    def _table(self, node: ast.expr) -> Iterator[str]:
        table = self._globals.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(table, ast.Dict):
            for value in table.values:
                yield from self._text(value)
        else:
            yield _HOLE

    def _named(self, node: ast.Name, name: str) -> Iterator[str]:
        home = self._homes.get(node)
        key = (home.name if home else "", name)
        if key in self._within:
            return
        self._within.add(key)
        try:
            values = list(self._assigned(home, name)) if home else []
            if home and not values:
                values = [(value, None) for value in self._arguments(home, name)]
            if not values and name in self._globals:
                values = [(self._globals[name], None)]
            if not values:
                yield _HOLE
            found = [text for value, place in values for text in self._part(value, place)]
            yield from found
            for added in self._added(home, name):
                for text, more in product(found, self._all(added)):
                    yield text + more
        finally:
            self._within.discard(key)

    def _part(self, value: ast.expr, place: int | None) -> Iterator[str]:
        if isinstance(value, ast.Constant) and not isinstance(value.value, str):
            if value.value is not None:
                yield _HOLE
        elif place is None:
            yield from self._text(value)
        else:
            yield from self._at(value, place)

    def _added(self, home: _Function | None, name: str) -> Iterator[ast.expr]:
        """What may be put at its end."""
        for node in ast.walk(home) if home else ():
            if (
                isinstance(node, ast.AugAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == name
            ):
                yield node.value

    def _assigned(self, home: _Function, name: str) -> Iterator[tuple[ast.expr, int | None]]:
        """What a name of this function may be, and which part of it."""
        for node in ast.walk(home):
            targets: list[ast.expr] = []
            value: ast.expr | None = None
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
                targets, value = [node.target], node.value
            elif isinstance(node, ast.For | ast.comprehension):
                names = [each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)]
                if name in names:
                    yield node.iter, 0
                continue
            if value is None:
                continue
            for target in targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield value, None
                if isinstance(target, ast.Tuple):
                    for place, part in enumerate(target.elts):
                        if isinstance(part, ast.Name) and part.id == name:
                            if isinstance(value, ast.Tuple):
                                yield value.elts[place], None
                            else:
                                yield value, place

    def _arguments(self, home: _Function, name: str) -> Iterator[ast.expr]:
        """What a parameter is called with in this module, and its default."""
        plain, keyword = [arg.arg for arg in home.args.args], [arg.arg for arg in home.args.kwonlyargs]
        if name not in (*plain, *keyword):
            return
        for arg, default in zip(keyword, home.args.kw_defaults, strict=True):
            if arg == name and default is not None:
                yield default
        for call in self._calls:
            if _called(call) != home.name:
                continue
            offset = 1 if plain[:1] == ["self"] else 0
            for arg, value in zip(plain[offset:], call.args, strict=False):
                if arg == name:
                    yield value
            for each in call.keywords:
                if each.arg == name:
                    yield each.value

    def _returns(self, name: str) -> Iterator[ast.expr]:
        for node in ast.walk(self._functions[name]):
            if isinstance(node, ast.Return) and node.value is not None:
                yield node.value


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
