"""Recordings of a gateway's flows: found by what was really asked, and never holding a secret.

A distribution says once, in its tests' conftest.py, which secrets its fixtures hold:

    from tests.support.cassettes import Cassettes

    CASSETTES = Cassettes(secrets={SECRET}, masked={md5_of_the_password})

    def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
        CASSETTES.register(vcr)

    @pytest.fixture
    def vcr_config() -> dict[str, Any]:
        return CASSETTES.config

and marks its tests with `@pytest.mark.vcr`. `--record-mode=rewrite` records them anew, from a simulator on a
socket; without it nothing is called, and a request of another method, path or body is answered by nothing.
`replaying(file)` plays one recording to code that asks something else. A gateway whose requests carry a
secret as it is (a password, or its MD5) names that text in `masked`: it is blotted out of requests before
they are written and compared. Whatever else would write a secret, plain or encoded, raises SecretInCassette.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from vcr import VCR  # type: ignore[import-untyped]
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]

__all__ = ["MASK", "Cassettes", "SecretInCassette", "forms"]

MASK: Final = "(left out)"
_MATCH_ON: Final = ("method", "path", "body")
_NOT_KEPT: Final = ("host", "user-agent", "connection", "accept", "content-length")
_LEAST: Final = 6  # characters; a shorter "secret" would be found everywhere


class SecretInCassette(Exception):
    """A recording would have kept a secret."""


@dataclass(frozen=True)
class Cassettes:
    """How a distribution records. `secrets`: all that its fixtures hold; `masked`: what its requests say of
    them by the gateway's own rule."""

    secrets: Set[str] = field(repr=False)
    masked: Set[str] = field(default=frozenset(), repr=False)

    @property
    def config(self) -> dict[str, Any]:
        """For the fixture `vcr_config`."""
        return {
            "match_on": list(_MATCH_ON),
            "before_record_request": self._masked,
            "before_record_response": _only_what_counts,
            "filter_headers": list(_NOT_KEPT),
        }

    def register(self, vcr: VCR) -> None:
        """For `pytest_recording_configure`, which each distribution's conftest hears for every test: what an
        earlier one has registered stays guarded."""
        earlier = vcr.serializers.get("yaml")
        others = earlier.secrets if isinstance(earlier, _Guarded) else frozenset()
        vcr.register_serializer("yaml", _Guarded(frozenset(self.secrets) | others))

    def replaying(self, file: Path) -> AbstractContextManager[Any]:
        """One recording and nothing else, for code that asks what was recorded, or asks otherwise."""
        context: AbstractContextManager[Any] = VCR(record_mode="none", **self.config).use_cassette(str(file))
        return context

    def _masked(self, request: Any) -> Any:
        body = request.body
        if body is None or not self.masked:
            return request
        for text in self.masked:
            for form in (text, quote_plus(text)):
                body = body.replace(form.encode(), MASK.encode())
        request.body = body
        return request


def forms(secret: str) -> frozenset[str]:
    """A secret as it may stand in a message: as it is, escaped, as hex, as MD5, and inside of Base64 at any
    of the three places where its bytes can begin. In small letters: they are looked for in any case."""
    raw = secret.encode()
    found = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        raw.hex(),
        hashlib.md5(raw, usedforsecurity=False).hexdigest(),
    }
    for shift in range(3):  # whole Base64 characters that no neighbour's byte has a part in
        text = base64.b64encode(b"\0" * shift + raw).decode()
        inside = text[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]
        found |= {inside, inside.replace("+", "-").replace("/", "_")}
    return frozenset(form.lower() for form in found if len(form) >= _LEAST)


class _Guarded:
    """YAML that refuses to be written with a secret in it. As a serializer of vcrpy."""

    def __init__(self, secrets: Set[str]) -> None:
        short = [secret for secret in secrets if len(secret) < _LEAST]
        if short:
            raise ValueError(f"a secret of less than {_LEAST} characters cannot be looked for")
        self.secrets = frozenset(secrets)

    def serialize(self, cassette: Any) -> str:
        texts = [text.lower() for text in _texts(cassette)]
        for secret in self.secrets:
            if any(form in text for form in forms(secret) for text in texts):
                raise SecretInCassette(
                    f"a secret of {len(secret)} characters stands in a request or an answer"
                )
        written: str = yamlserializer.serialize(cassette)
        return written

    def deserialize(self, text: str) -> Any:
        return yamlserializer.deserialize(text)


def _texts(value: Any) -> Iterator[str]:
    """Every text of a cassette, names included, before YAML folds or encodes it."""
    if isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _only_what_counts(response: dict[str, Any]) -> dict[str, Any]:
    headers = response["headers"]
    return response | {"headers": {name: headers[name] for name in headers if name.lower() == "content-type"}}
