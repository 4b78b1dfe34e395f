"""Every code block of every page is one that could be used: it is read as what it says it is.

Pages have tests of their own that run their blocks; this one asks of each, on whatever page, that its
Python compiles and imports what there is, its commands are taken by the command line, its files parse.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import shlex
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from payport import AsyncPayport, Payport
from payport.doors.cli.app import app_for
from payport.doors.within import Within
from tests.docs.pages import ROOT, blocks

PAGES = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), ROOT / "README.md")
    if "decisions" not in path.parts
)
HOSTS = {"shop": (Payport, AsyncPayport), "payport": (Payport, AsyncPayport), "joined": (Within,)}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
EXCERPTS = frozenset({"docs/hooks.md"})  # compared with the plugins, letter by letter
DONE = frozenset({"docs/tutorials/write-a-plugin.md"})  # each command is run, in a folder that the page makes
MISTAKES = frozenset({"docs/tutorials/write-a-catalog.md"})  # made on purpose, and told by the command
READ_BY_THEIR_OWN = {"http", "text", "mermaid", ""}  # what a page's own test compares
KNOWN = {"python", "toml", "json", "sh", "console", "cron", "systemd", "ini"} | READ_BY_THEIR_OWN


def every(*languages: str, but: frozenset[str] = frozenset()) -> list[object]:
    return [
        pytest.param(code, id=f"{path}-{language}-{place}")
        for path in PAGES
        if str(path) not in but
        for language in languages
        for place, code in enumerate(blocks((ROOT / path).read_text(encoding="utf-8"), language))
    ]


def commands(code: str) -> Iterator[list[str]]:
    """The commands of a block, in a shell's words; what they print, and where it goes, is left out."""
    is_session = bool(re.search(r"^\$ ", code, re.MULTILINE))
    said = re.sub(r"\\\n\s*", " ", code)
    lines = [line.removeprefix("$ ") for line in said.splitlines() if line.startswith("$ ") or not is_session]
    found: list[str] = []
    reader = shlex.shlex("\n;".join(lines), posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    for word in (*reader, ";"):
        if set(word) <= set("();|&"):
            yield from [found] if found else []
            found = []
        else:
            found.append(word)


def without_its_files(arguments: list[str]) -> list[str]:
    """What stands before `> file` or `< file`."""
    ends = [place for place, word in enumerate(arguments) if set(word) <= set("<>")]
    return arguments[: ends[0]] if ends else arguments


def test_a_block_says_in_what_language_it_is() -> None:
    said = {name for path in PAGES for name in re.findall(r"^```(\w*)\n", (ROOT / path).read_text(), re.M)}

    assert said <= KNOWN


@pytest.mark.parametrize("code", every("python", but=EXCERPTS))
def test_python_compiles_and_names_what_there_is(code: str) -> None:
    for node in ast.walk(ast.parse(textwrap.dedent(code))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("payport"):
            module = importlib.import_module(node.module or "")
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in HOSTS:
            assert any(hasattr(host, node.attr) for host in HOSTS[node.value.id]), node.attr
        if isinstance(node, ast.Call):
            takes_what_it_is_given(node)


def takes_what_it_is_given(call: ast.Call) -> None:
    """A verb of ours. Raises TypeError where its arguments are others."""
    verb = call.func
    if not isinstance(verb, ast.Attribute) or not isinstance(verb.value, ast.Name):
        return
    host, *_ = HOSTS.get(verb.value.id, (None,))
    found = getattr(host, verb.attr, None)
    if found is not None:
        named = {each.arg: ... for each in call.keywords if each.arg}
        inspect.signature(found).bind(None, *call.args, **named)


@pytest.mark.parametrize("code", every("sh", "console", but=DONE))
def test_a_command_is_one_that_is_taken(code: str) -> None:
    for program, *words in commands(code):
        arguments = without_its_files(words)
        if program == "payport":
            app_for(arguments).parse_args(arguments, print_error=False, exit_on_error=False)
        elif program == "make":
            assert {each for each in arguments if "=" not in each} <= TARGETS
        elif program == "python" and arguments[0].endswith(".py"):
            assert (ROOT / arguments[0]).is_file() or (ROOT / "docs" / Path(arguments[0]).name).is_file()


@pytest.mark.parametrize("code", every("toml", but=MISTAKES))
def test_a_file_of_toml_parses(code: str) -> None:
    assert tomllib.loads(code.replace(", …", ""))


@pytest.mark.parametrize("code", every("json"))
def test_a_document_of_json_parses(code: str) -> None:
    assert json.loads(code)
