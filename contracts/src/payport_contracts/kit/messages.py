"""Signs and verifies single messages by the installed contracts, outside of any gateway account.

For vectors and reports: the key and the settings come with each message, and time stands still.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import SecretStr

from payport.errors import CallbackRejected, Incomplete, PayportError
from payport.gateways.library import ContractLibrary
from payport.signing.contract import Contract
from payport.signing.fields import Fields
from payport.signing.keys import Key, Keyring
from payport.signing.message import Material
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import gather, sign, verify

__all__ = [
    "AT",
    "Signed",
    "Verdict",
    "answer",
    "callback",
    "contract",
    "encoded",
    "keyring",
    "signed",
    "verified",
]

AT: Final = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request: the fields to send, and the text that was signed."""

    fields: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contract makes of a message.

    `text` is what would be signed, `signature` what our key makes of it; None where there is no such text.
    """

    proven: Verified | Hint | None
    error: CallbackRejected | None
    text: str | None
    signature: str | None

    @property
    def accepted(self) -> bool:
        return self.proven is not None

    @property
    def signature_fits(self) -> bool:
        """Right signature, whatever else may be missing in the message."""
        return self.accepted or isinstance(self.error, Incomplete)

    @property
    def reason(self) -> str:
        return "" if self.error is None else self.error.reason


@cache
def contract(name: str) -> Contract:
    """Version 1 of an installed contract. Raises ContractError."""
    return _library().get(name, 1)


def keyring(name: str, secret: str) -> Keyring:
    """One key of the role that a contract asks for; none, if nothing is signed."""
    role = contract(name).key_role
    if role is None:
        return Keyring([])
    return Keyring([Key(role=role, id="vector", value=SecretStr(secret), environment="sandbox")])


def signed(
    name: str, fields: Mapping[str, Any], *, secret: str, settings: Mapping[str, str] | None = None
) -> Signed:
    """Raises RequestRefused where the contract does not sign such a message."""
    given = settings or {}
    sent = sign(contract(name), fields, keyring=keyring(name, secret), settings=given, at=AT)
    signature = contract(name).document.signature
    assert signature is not None
    values = {field: value for field, value in sent.items() if field != signature.at.removeprefix("field.")}
    ours = Fields(values)
    material = Material(ours, contract(name).names(ours), given, {}, {}, b"")
    return Signed(sent, _text(contract(name), material, secret))


def verified(
    name: str, received: Received, *, secret: str, settings: Mapping[str, str] | None = None
) -> Verdict:
    used, given = contract(name), settings or {}
    keys = keyring(name, secret)
    text = signature = None
    if used.scheme is not None:
        with suppress(PayportError):
            text = _text(used, gather(used, received, given), secret)
            signature = used.scheme.make(used.scheme.secret(keys.keys[0]), text.encode())
    try:
        return Verdict(verify(used, received, keyring=keys, settings=given, at=AT), None, text, signature)
    except CallbackRejected as error:
        return Verdict(None, error, text, signature)


def callback(query: str) -> Received:
    """A GET with this text after the question mark, exactly."""
    return Received("GET", query.encode(), (), b"", AT)


def answer(body: str) -> Received:
    """A gateway's answer to a request of ours."""
    return Received("ANSWER", b"", (), body.encode(), AT)


def encoded(name: str, fields: Mapping[str, Any]) -> Received:
    """Decoded fields, written as the contract reads them; a list is a name that comes more than once."""
    place = contract(name).document.fields
    text = urlencode([*fields.items()], doseq=True)
    match place:
        case "form":
            return Received("POST", b"", (), text.encode(), AT)
        case "query" | ("query", "form"):
            return callback(text)
        case _:
            return Received("POST", b"", (), json.dumps(fields, ensure_ascii=False).encode(), AT)


@cache
def _library() -> ContractLibrary:
    return ContractLibrary.installed()


def _text(used: Contract, material: Material, secret: str) -> str:
    return used.forms[0].text(material, secret.encode()).decode()
