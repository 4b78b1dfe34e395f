"""docs/contract-language.md: every word has an example, and every example is a set of vectors.

Signatures are made once more by OpenSSL, of the text as the page prints it.
"""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from payport.errors import ContractError
from payport.signing.contract import load_contract
from payport.signing.document import Document
from payport.signing.received import Verified
from payport.signing.verify import gather
from tests.docs.language import BASE, EXAMPLES, HEADINGS, KEY, PAGE, SETTINGS, Example, received
from tests.docs.pages import blocks


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.heading)
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    return found


class TestAnExample:
    def test_is_accepted_as_it_stands_over_the_text_that_is_printed(self, example: Example) -> None:
        assert example.verdict(example.message) == "accepted"
        if example.is_request or example.signed_text is None:
            return
        result = example.judge(received(example.message))
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
        with pytest.raises(ContractError, match="fields"):
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
