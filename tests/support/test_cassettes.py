"""The helper itself: what it refuses to write, and what it answers."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import pytest
from vcr import VCR  # type: ignore[import-untyped]

from payport.gateways.exchange import new_client
from payport.plugin import post
from payport_simulators import serve
from tests.support.cassettes import MASK, Cassettes, SecretInCassette

SECRET = "k3y/of+no bank?"
MD5 = hashlib.md5(SECRET.encode()).hexdigest()


def written(cassettes: Cassettes, text: str | bytes) -> str:
    vcr = VCR()
    cassettes.register(vcr)
    interaction = {"request": {"body": None}, "response": {"body": {"string": text}}}
    result: str = vcr.serializers["yaml"].serialize({"interactions": [interaction]})
    return result


class TestASecretIsNotWritten:
    @pytest.mark.parametrize(
        "text",
        [
            f"key={SECRET}", f"key={quote_plus(SECRET)}", "key=k3y%2fof%2bno+bank%3f", f"<p>{MD5}</p>",
            MD5.upper(), SECRET.encode().hex(), SECRET.encode(),
            base64.b64encode(SECRET.encode()).decode(), base64.b64encode(f"u:{SECRET}".encode()).decode(),
            base64.b64encode(f"us:{SECRET}!".encode()).decode(),
            base64.urlsafe_b64encode(f"use:{SECRET}".encode()).decode(),
        ],
        ids=["as it is", "escaped", "escaped in small letters", "md5", "md5 in capitals", "hex", "bytes",
             "base64", "base64 behind two", "base64 behind three", "base64 for addresses"],
    )  # fmt: skip
    def test_in_whatever_form_it_stands(self, text: str | bytes) -> None:
        with pytest.raises(SecretInCassette) as refusal:
            written(Cassettes({SECRET}), text)

        assert SECRET not in str(refusal.value)

    def test_also_in_a_header_or_an_address(self) -> None:
        vcr = VCR()
        Cassettes({SECRET}).register(vcr)
        request = {"uri": f"https://bank.example/?k={quote_plus(SECRET)}", "headers": {"x": [SECRET]}}

        for part, value in request.items():
            with pytest.raises(SecretInCassette):
                vcr.serializers["yaml"].serialize({"interactions": [{"request": {part: value}}]})

    def test_of_another_distribution_that_registered_before(self) -> None:
        vcr = VCR()
        Cassettes({SECRET}).register(vcr)
        Cassettes({"the-other-secret"}).register(vcr)

        for secret in (SECRET, "the-other-secret"):
            with pytest.raises(SecretInCassette):
                vcr.serializers["yaml"].serialize({"interactions": [secret]})

    def test_one_too_short_to_look_for_is_refused_at_once(self) -> None:
        with pytest.raises(ValueError, match="less than 6"):
            written(Cassettes({"12345"}), "nothing")

    def test_all_else_is_written(self) -> None:
        assert "150000" in written(Cassettes({SECRET}), "amount=150000")


class TestARecordedAnswer:
    @pytest.fixture
    def cassettes(self) -> Cassettes:
        return Cassettes({SECRET}, masked={MD5})

    @pytest.fixture
    def recorded(self, cassettes: Cassettes, tmp_path: Path) -> SimpleNamespace:
        async def bank(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"x-by", b"bank")]})
                await send({"type": "http.response.body", "body": b"done"})

        file = tmp_path / "refund.yaml"
        vcr = VCR(record_mode="new_episodes", **cassettes.config)
        cassettes.register(vcr)
        with serve(bank) as url, vcr.use_cassette(str(file)):
            self.ask(url)
        return SimpleNamespace(file=file, url=url)

    def ask(self, url: str, path: str = "/refund", amount: int = 150_000) -> bytes:
        request = post(url, path, form={"amount": str(amount), "password": MD5})
        with new_client() as client:
            return client.send(request).content

    def test_is_given_to_the_same_question(self, cassettes: Cassettes, recorded: Any) -> None:
        with cassettes.replaying(recorded.file):
            assert self.ask("http://127.0.0.1:9") == b"done"

    @pytest.mark.parametrize("changed", [{"amount": 150_001}, {"path": "/query"}], ids=str)
    def test_is_not_given_to_another(self, changed: Any, cassettes: Cassettes, recorded: Any) -> None:
        with (
            cassettes.replaying(recorded.file),
            pytest.raises(Exception, match="play back this request"),
        ):
            self.ask("http://127.0.0.1:9", **changed)

    def test_is_kept_without_what_is_masked_and_without_headers_of_no_use(self, recorded: Any) -> None:
        text = recorded.file.read_text()

        assert MASK in text
        assert MD5 not in text
        assert "x-by" not in text
