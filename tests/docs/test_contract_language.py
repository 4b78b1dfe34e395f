"""docs/contract-language.md: every word has an example, and every example is a set of vectors.

Signatures are made once more by OpenSSL, of the text as the page prints it.
"""

from __future__ import annotations

import base64
import re
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin
from urllib.parse import parse_qsl

import pytest
from pydantic import BaseModel, SecretStr

from payport.errors import CallbackRejected, RequestRefused
from payport.signing.contract import Contract, load_contract
from payport.signing.document import Document
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received, Verified
from payport.signing.verify import gather, sign, verify
from tests.docs.pages import blocks, page, rows, section

PAGE: Final = page("contract-language.md")
AT: Final = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
KEY: Final = "a synthetic key for this page"
SETTINGS: Final = {"merchant_code": "SAOMAI01"}
BASE: Final = blocks(PAGE, "toml")[0]
HEADINGS: Final = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One section of the page."""

    heading: str

    @cached_property
    def text(self) -> str:
        return section(PAGE, self.heading)

    @cached_property
    def contract(self) -> Contract:
        (lines,) = blocks(self.text, "toml")
        without = re.findall(r"[a-z]+", "".join(re.findall(r"^# without (.*)$", lines, re.MULTILINE)))
        stated = set(tomllib.loads(lines)) | set(without)
        kept = [line for line in BASE.splitlines() if line.partition(" = ")[0] not in stated]
        return load_contract("\n".join([*kept, lines]), source=self.heading)

    @property
    def is_request(self) -> bool:
        return self.contract.direction == "request"

    @cached_property
    def message(self) -> str:
        return blocks(self.text, "http")[0].removesuffix("\n")

    @cached_property
    def key(self) -> str:
        return blocks(self.text, "text")[0].removesuffix("\n") if "The key:" in self.text else KEY

    @cached_property
    def signed_text(self) -> str | None:
        printed = blocks(self.text, "text")["The key:" in self.text :]
        return printed[0].removesuffix("\n") if printed else None

    @property
    def keyring(self) -> Keyring:
        role = self.contract.key_role
        keys = [] if role is None else [Key(role=role, id="1", value=SecretStr(self.key), environment="live")]
        return Keyring(keys)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What stands in the message, what comes in its place, and the verdict then."""
        found = []
        for change, verdict in rows(self.text):
            before, _, after = change.partition("` → ")
            after = "" if after == "nothing" else after.strip("`")
            found.append((before[1:].replace(r"\n", "\n"), after.replace(r"\n", "\n"), verdict.strip("`")))
        return found

    def verdict(self, message: str) -> str:
        """`accepted`, or the reason why it is not."""
        if self.is_request:
            return self._sending(message)
        try:
            verify(self.contract, received(message), keyring=self.keyring, settings=SETTINGS, at=AT)
        except CallbackRejected as rejection:
            return rejection.reason
        return "accepted"

    def _sending(self, message: str) -> str:
        fields = dict(parse_qsl(message.partition("\n\n")[2]))
        signature = fields.pop("sign")
        try:
            sent = sign(self.contract, fields, keyring=self.keyring, settings=SETTINGS, at=AT)
        except RequestRefused:
            return "refused"
        return "accepted" if sent == fields | {"sign": signature} else "mismatch"


def received(message: str) -> Received:
    """A message as the page prints it: its first line, headers, an empty line, its body."""
    head, _, body = message.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    method, path = ("ANSWER", "") if first.startswith("HTTP/") else first.split(" ", 1)
    headers = tuple(
        (name.encode(), value.strip().encode()) for name, _, value in (line.partition(":") for line in lines)
    )
    return Received(method, path.partition("?")[2].encode(), headers, body.encode(), AT)


EXAMPLES: Final = [Example(heading) for heading in HEADINGS if "```toml" in section(PAGE, heading)]


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.heading)
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    return found


class TestAnExample:
    def test_is_accepted_as_it_stands_over_the_text_that_is_printed(self, example: Example) -> None:
        assert example.verdict(example.message) == "accepted"
        if example.is_request or example.signed_text is None:
            return
        result = verify(
            example.contract, received(example.message), keyring=example.keyring, settings=SETTINGS, at=AT
        )
        if isinstance(result, Verified):
            assert result.signed_text.decode() == example.signed_text

    def test_comes_to_what_the_page_says_with_each_change(self, example: Example) -> None:
        found = []
        for before, after, _ in example.changes:
            assert before in example.message, before
            found.append(example.verdict(example.message.replace(before, after, 1)))

        assert found == [verdict for _, _, verdict in example.changes]
        assert [verdict for verdict in found if verdict != "accepted"]

    def test_has_the_signature_that_openssl_makes_of_that_text(
        self, example: Example, tmp_path: Path
    ) -> None:
        if example.signed_text is None:
            assert example.contract.grade == "none"
            return
        text = example.signed_text.replace("<secret>", KEY).encode()

        assert openssl_agrees(example, text, tmp_path)


def openssl_agrees(example: Example, text: bytes, folder: Path) -> bool:
    signature = example.contract.document.signature
    assert signature is not None
    if signature.algorithm in ("RSA-SHA256", "Ed25519"):
        return _openssl_verifies(example, text, folder, signature.algorithm)
    how = ["-md5"]
    if signature.algorithm != "MD5":
        plain = example.key.removeprefix(signature.key_prefix)
        coded = {"hex": bytes.fromhex, "base64": base64.b64decode}.get(signature.key_text, str.encode)
        how = [
            f"-{signature.algorithm[5:].lower()}",
            "-mac",
            "HMAC",
            "-macopt",
            f"hexkey:{coded(plain).hex()}",
        ]
    made = _openssl("dgst", *how, "-binary", text=text)
    forms = {made.hex(), made.hex().upper(), base64.b64encode(made).decode()}
    return any(form in example.message for form in forms) or made.hex() in example.message.lower()


def _openssl_verifies(example: Example, text: bytes, folder: Path, algorithm: str) -> bool:
    (said,) = re.findall(r'"sign": "([^"]+)"', example.message)
    for name, content in (("key", example.key.encode()), ("sig", base64.b64decode(said)), ("text", text)):
        (folder / name).write_bytes(content)
    key, sig, signed = (str(folder / name) for name in ("key", "sig", "text"))
    if algorithm == "Ed25519":
        out = _openssl(
            "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", signed, "-sigfile", sig
        )
    else:
        out = _openssl("dgst", "-sha256", "-verify", key, "-signature", sig, signed)
    return b"Verified" in out or b"Successfully" in out


def _openssl(*arguments: str, text: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=True).stdout


class TestThePage:
    def test_has_an_example_for_every_key_and_word_of_the_language(self) -> None:
        shown = "\n".join([*(blocks(PAGE, "toml")), *HEADINGS])
        missing = {
            word
            for word in _words(Document)
            if f'"{word}"' not in shown and not re.search(rf"\b{re.escape(word)}\b", shown)
        }

        assert missing == set()

    def test_shows_more_that_is_refused_than_what_is_accepted(self) -> None:
        verdicts = [verdict for each in EXAMPLES for _, _, verdict in each.changes]
        accepted = verdicts.count("accepted") + len(EXAMPLES)

        assert len(verdicts) - verdicts.count("accepted") > accepted

    def test_says_that_nothing_can_be_read_of_none(self) -> None:
        assert '### `fields = "none"`' in PAGE
        with pytest.raises(Exception, match="fields"):
            load_contract(BASE.replace('fields = "form"', 'fields = "none"'), source="example")

    def test_gathers_only_what_the_contracts_name(self) -> None:
        for each in EXAMPLES:
            if not each.is_request:
                fields = gather(each.contract, received(each.message), SETTINGS).fields.values
                assert not {"utm_source", "bank_name"} & set(fields)


def _words(model: type[BaseModel]) -> set[str]:
    """Every key that the language takes, and every word of its closed lists."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for part in _parts(field.annotation):
            if isinstance(part, str):
                found.add(part)
            elif isinstance(part, type) and issubclass(part, BaseModel):
                found |= _words(part)
    return found


def _parts(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    inner = get_args(annotation)
    return [part for each in inner for part in _parts(each)] if inner else [annotation]
