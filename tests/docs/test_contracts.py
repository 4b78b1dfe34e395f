"""docs/contracts.md: every key and word of the language, one contract whole, and the commands as shown."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from payport.signing import grade
from payport.signing.document import Document
from tests.docs.pages import blocks, code_names, page, rows, section

PAGE = page("contracts.md")
CHECKING = section(PAGE, "Checking one message again")


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Each key that the language takes, with the words of its closed list."""
    for name, field in model.model_fields.items():
        models = [
            part
            for part in _parts(field.annotation)
            if isinstance(part, type) and issubclass(part, BaseModel)
        ]
        if models:
            yield from keys_of(models[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", {part for part in _parts(field.annotation) if isinstance(part, str)}


def _parts(annotation: Any) -> Iterator[Any]:
    """What a type is made of: classes, and the words of each Literal."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_args(annotation):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


LANGUAGE = {key: {word for word in words if word} for key, words in keys_of(Document)}


class TestTheLanguage:
    def test_is_described_key_by_key(self) -> None:
        described = [
            name for row in rows(section(PAGE, "Every key")) for name in re.findall(r"^`(.+)`$", row[0])
        ]

        assert sorted(described) == sorted(LANGUAGE)

    @pytest.mark.parametrize("key", [key for key, words in LANGUAGE.items() if words])
    def test_is_described_word_by_word(self, key: str) -> None:
        (said,) = [row[1] for row in rows(section(PAGE, "Every key")) if row[0] == f"`{key}`"]

        assert LANGUAGE[key] - {'"'} <= set(re.findall(r"`([^`]+)`", said))

    def test_says_each_part_that_a_text_is_made_of(self) -> None:
        (said,) = [row[1] for row in rows(PAGE) if row[0] == "`message.parts`"]

        assert all(
            f"`{part}`" in said
            for part in ("field.x", "header.x", "signature.x", "setting.x", "secret", "body")
        )

    def test_says_why_a_contract_is_no_proof_in_the_machines_words(self) -> None:
        source = inspect.getsource(grade.weaknesses)

        described = code_names(section(PAGE, "Grades"))[3:]
        assert len(described) == 4
        assert all(words.removesuffix(" …") in source for words in described)


def test_the_contract_that_is_read_aloud_is_the_one_that_is_shipped() -> None:
    lines = code_names(section(PAGE, "One contract, line by line"))

    shipped = files("payport_contracts").joinpath("vnpay/ipn.toml").read_text(encoding="utf-8")
    assert tomllib.loads("\n".join(lines)) == tomllib.loads(shipped)


def test_the_commands_of_an_auditor_show_what_the_page_says(tmp_path: Path) -> None:
    first, by_openssl, forged = blocks(CHECKING, "sh")

    shown = [_run(first, tmp_path), _by_hand(by_openssl, tmp_path), _run(forged, tmp_path)]

    for text, expected in zip(shown, blocks(CHECKING, "text"), strict=True):
        lines = iter([line.rstrip() for line in text.splitlines()])
        for said in expected.splitlines():
            assert any(line.endswith(said) for line in lines), said


def _run(block: str, folder: Path) -> str:
    """What a shell shows. `payport` is the one of this interpreter."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", block], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout


def _by_hand(block: str, folder: Path) -> str:
    """OpenSSL's digest; where there is no OpenSSL, the standard library's."""
    if shutil.which("openssl"):
        return _run(block, folder)
    key, text = (folder / "key").read_bytes(), (folder / "text").read_bytes()
    return hmac.new(key, text, hashlib.sha512).hexdigest()
