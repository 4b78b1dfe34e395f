"""The vectors that lie beside the installed contracts, judged anew by the core's own verifier and signer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from pydantic import SecretStr

from payport.errors import CallbackRejected, RequestRefused
from payport.signing.contract import Contract
from payport.signing.explain import explain
from payport.signing.fields import Fields
from payport.signing.keys import Key, Keyring
from payport.signing.message import Material
from payport.signing.received import Received
from payport.signing.verify import gather, sign, verify
from payport_contracts.kit.audit.openssl_lines import openssl_line
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
    make = _sent if contract.direction == "request" else _received
    found, text, digest, carried = make(contract, vector)
    signature, line = contract.document.signature, None
    if signature is not None and text is not None:
        line = openssl_line(signature, text, _secret(contract, vector))
    return VectorRow(
        id=vector["id"],
        note=vector["note"],
        stated=_stated(contract, vector),
        found=found,
        command=line,
        digest=None if line is None else digest,
        carried=carried,
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


def _received(contract: Contract, vector: Vector) -> tuple[str, bytes | None, str | None, str]:
    keys, settings, message = genuine(vector), vector.get("settings", {}), received(vector)
    try:
        verify(contract, message, keyring=keys, settings=settings, at=AT)
        found = "accepted"
    except CallbackRejected as error:
        found = f"refused: {error.reason}"
    if contract.scheme is None:
        return found, None, None, "none"
    workings = explain(contract, message, keyring=keys, settings=settings, at=AT)
    fitting = next((each for each in workings.attempts if each.fits), None)
    shown = fitting or next(iter(workings.attempts), None)
    if shown is None:
        return found, None, None, "none"
    form = next(each for each in contract.forms if each.values == shown.form)
    text = form.text(gather(contract, message, settings), _secret(contract, vector).encode())
    return found, text, shown.digest, "the same" if fitting else "another, or none"


def _sent(contract: Contract, vector: Vector) -> tuple[str, bytes | None, str | None, str]:
    try:
        made = sign(contract, vector["fields"], keyring=genuine(vector), settings={}, at=AT)
    except RequestRefused as error:
        return f"refused: {error.field}", None, None, "none"
    signature = contract.document.signature
    assert signature is not None
    at = signature.at.removeprefix("field.")
    ours = Fields({name: value for name, value in made.items() if name != at})
    material = Material(ours, contract.names(ours), {}, {}, {}, b"")
    text = contract.forms[0].text(material, _secret(contract, vector).encode())
    return "accepted", text, made[at], "the same" if vector["expected"] == {at: made[at]} else "another"


def genuine(vector: Vector) -> Keyring:
    """The keys of a vector: synthetic, and published with it."""
    return Keyring(
        Key(role=role, id="vector", value=SecretStr(value), environment="sandbox")
        for role, value in vector["secret"].items()
    )


def _secret(contract: Contract, vector: Vector) -> str:
    return str(vector["secret"].get(contract.key_role, ""))
