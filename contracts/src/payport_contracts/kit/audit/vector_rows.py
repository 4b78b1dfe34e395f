"""The vectors that lie beside the installed contracts, judged anew by the core's own verifier and signer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, NamedTuple

from pydantic import SecretStr

from payport.errors import CallbackRejected, RequestRefused
from payport.signing.contract import Contract
from payport.signing.document import Signature
from payport.signing.explain import explain
from payport.signing.fields import Fields
from payport.signing.keys import Key, Keyring
from payport.signing.message import Material
from payport.signing.received import Received
from payport.signing.verify import gather, presented, sign, verify
from payport_contracts.kit.audit.openssl_lines import openssl_check, openssl_line
from payport_contracts.kit.audit.values import VectorRow
from payport_contracts.kit.messages import AT

__all__ = ["Vector", "genuine", "installed_vectors", "received", "vector_row"]

Vector = Mapping[str, Any]
_SUFFIX: Final = ".vectors.json"


def installed_vectors() -> Mapping[str, tuple[Vector, ...]]:
    """By "id major", of every distribution that carries contracts; the files as they lie beside those."""
    found: dict[str, tuple[Vector, ...]] = {}
    for point in sorted(entry_points(group="payport.contracts"), key=lambda each: (each.name, each.value)):
        for text in _texts(files(point.value)):
            document = json.loads(text)
            found[document["contract"]] = found.get(document["contract"], ()) + tuple(document["vectors"])
    return found


def vector_row(contract: Contract, vector: Vector) -> VectorRow:
    found, line = (_sent if contract.direction == "request" else _received)(contract, vector)
    return VectorRow(
        id=vector["id"],
        note=vector["note"],
        stated=_stated(contract, vector),
        found=found,
        command=line.command,
        gives=line.gives,
        carried=line.carried,
        agreed=tuple(vector["agreed"]),
    )


def received(vector: Vector) -> Received:
    return Received(
        method=vector.get("method", "GET" if "query" in vector else "POST"),
        query=vector.get("query", "").encode(),
        headers=tuple((name, value) for name, value in vector.get("headers", ())),
        body=vector.get("body", "").encode(),
        received_at=AT,
    )


def _texts(folder: Traversable) -> Iterator[bytes]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _texts(entry)
        elif entry.name.endswith(_SUFFIX):
            yield entry.read_bytes()


def _stated(contract: Contract, vector: Vector) -> str:
    if vector["valid"]:
        return "accepted"
    named = "refused" if contract.direction == "request" else "reason"
    return f"refused: {vector['expected'][named]}"


class _Line(NamedTuple):
    """A line for a shell, what it prints, and how that stands to what the message carries."""

    command: str | None
    gives: str | None
    carried: str


def _received(contract: Contract, vector: Vector) -> tuple[str, _Line]:
    keys, settings, message = genuine(vector), vector.get("settings", {}), received(vector)
    try:
        verify(contract, message, keyring=keys, settings=settings, at=AT)
        found = "accepted"
    except CallbackRejected as error:
        found = f"refused: {error.reason}"
    if contract.scheme is None:
        return found, _Line(None, None, "Nothing is signed.")
    workings = explain(contract, message, keyring=keys, settings=settings, at=AT)
    fitting = next((each for each in workings.attempts if each.fits), None)
    shown = fitting or next(iter(workings.attempts), None)
    if shown is None:
        return found, _Line(None, None, "It has no one text to sign: it is refused before any key is used.")
    form = next(each for each in contract.forms if each.values == shown.form)
    material = gather(contract, message, settings)
    text = form.text(material, _secret(contract, vector).encode())
    if shown.digest is None:
        return found, _checked(contract, keys, material, text)
    line = openssl_line(_signature(contract), text, _secret(contract, vector))
    return found, _Line(line, shown.digest, _compared(contract, material, bool(fitting), workings.reason))


def _checked(contract: Contract, keys: Keyring, material: Material, text: bytes) -> _Line:
    """By a public key, which makes no digest to compare."""
    scheme = contract.scheme
    assert scheme is not None
    try:
        raws = presented(contract, material)
    except CallbackRejected:
        return _Line(None, None, "The message carries no signature of the contract's form.")
    secret = scheme.secret(next(each for each in keys.keys if each.role == contract.key_role))
    fitting = next((raw for raw in raws if scheme.fits(secret, text, raw)), None)
    is_fit = fitting is not None
    command, gives = openssl_check(
        _signature(contract), text, secret, fitting if fitting is not None else raws[0], fits=is_fit
    )
    return _Line(command, gives, "The message carries this signature.")


def _compared(contract: Contract, material: Material, fits: bool, reason: str) -> str:
    if fits:
        why = f" It is refused for another reason: {reason}." if reason else ""
        return f"The message carries the same.{why}"
    kind, _, name = _signature(contract).at.partition(".")
    carried = material.fields.values.get(name) if kind == "field" else material.headers.get(name.lower())
    if not carried:
        return "The message carries none." if carried is None else "The message carries an empty one."
    return f"The message carries another: {carried}"


def _sent(contract: Contract, vector: Vector) -> tuple[str, _Line]:
    keys = genuine(vector)
    try:
        made = sign(contract, vector["fields"], keyring=keys, settings={}, at=AT)
    except RequestRefused as error:
        return f"refused: {error.field}", _Line(None, None, "It is refused before it is signed.")
    scheme, at = contract.scheme, _signature(contract).at.removeprefix("field.")
    assert scheme is not None
    ours = Fields({name: value for name, value in made.items() if name != at})
    material = Material(ours, contract.names(ours), {}, {}, {}, b"")
    text = contract.forms[0].text(material, _secret(contract, vector).encode())
    if scheme.digest is None:
        raw, secret = scheme.raw(made[at]), scheme.secret(keys.signing(str(contract.key_role), AT))
        assert raw is not None
        line = openssl_check(_signature(contract), text, secret, raw, fits=scheme.fits(secret, text, raw))
        return "accepted", _Line(*line, "Payport sends this signature.")
    is_same = vector["expected"] == {at: made[at]}
    carried = "Payport sends the same." if is_same else f"Payport sends another: {made[at]}"
    line_ = openssl_line(_signature(contract), text, _secret(contract, vector))
    return "accepted", _Line(line_, made[at], carried)


def _signature(contract: Contract) -> Signature:
    signature = contract.document.signature
    assert signature is not None
    return signature


def genuine(vector: Vector) -> Keyring:
    """The keys of a vector: synthetic, and published with it."""
    return Keyring(
        Key(role=role, id="vector", value=SecretStr(value), environment="sandbox")
        for role, value in vector["secret"].items()
    )


def _secret(contract: Contract, vector: Vector) -> str:
    return str(vector["secret"].get(contract.key_role, ""))
