"""Is this message genuine, and what of it was signed? And: sign what we send.

Nothing here says yes by default. The only way to a `Verified` is one comparison in constant time that fits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from payport.errors import (
    ConfigurationError,
    ContractError,
    Incomplete,
    Malformed,
    PayportError,
    RequestRefused,
    SignatureMismatch,
    Stale,
)
from payport.signing.contract import Contract
from payport.signing.document import Document, Signature
from payport.signing.fields import Fields, only_header
from payport.signing.keys import Key, Keyring
from payport.signing.message import Material
from payport.signing.received import Hint, Received, Verified
from payport.signing.signature import Scheme

__all__ = ["check_keys", "gather", "presented", "sign", "stand_ins", "verify"]

_MOST_ENTRIES: Final = 16
_LONGEST_LOCATOR: Final = 255
_NAME: Final = re.compile(r"[A-Za-z0-9_.]+")
_TIMESTAMP: Final = re.compile(r"[1-9][0-9]{0,15}")


def verify(
    contract: Contract, received: Received, *, keyring: Keyring, settings: Mapping[str, str], at: datetime
) -> Verified | Hint:
    """What was proven: a Verified for a proof, a Hint for a contract that claims less.

    Args:
        keyring, settings: of the gateway account that the URL names; the message never chooses them.
        at: the moment for which keys and time stamps are judged; aware.
    Raises: CallbackRejected, with the reason for the operator. Nothing else means "not genuine", and an
        unexpected failure inside is a rejection too. ConfigurationError where a setting is missing.
    """
    if contract.direction == "request":
        raise ContractError(
            field=contract.id, problem="is for what we send", remedy="Verify with another contract"
        )
    try:
        return _verify(contract, received, keyring, settings, at)
    except PayportError:
        raise
    except Exception as error:
        problem = f"could not be checked ({type(error).__name__})"
        raise _mismatch("signature", problem, "mismatch") from None


def sign(
    contract: Contract,
    fields: Mapping[str, str | int],
    *,
    keyring: Keyring,
    settings: Mapping[str, str],
    at: datetime,
) -> dict[str, str]:
    """The fields to send, signature included, in the order given. With `empty = "skip"`, empty ones are
    neither signed nor sent.

    Raises: RequestRefused for a value that cannot be signed in one way only; ConfigurationError without a
        key or a setting; ContractError for a contract of what we receive.
    """
    document, signature, scheme = contract.document, contract.document.signature, contract.scheme
    if contract.direction != "request" or signature is None or scheme is None or document.message is None:
        raise ContractError(
            field=contract.id, problem="is for what we receive", remedy="Sign with another contract"
        )
    at_name = signature.at.removeprefix("field.")
    if at_name in fields:
        raise _refused(at_name, "is the signature, which is made here")
    values = {name: _text(name, value) for name, value in fields.items()}
    if document.message.empty == "skip":
        values = {name: value for name, value in values.items() if value}
    ours = Fields(values)
    names = contract.names(ours)
    for name in names:
        if not _NAME.fullmatch(name):
            raise _refused("name", "holds a character that no field name has")
    key = keyring.signing(signature.key, at)
    secret = scheme.secret(key)
    try:
        text = contract.forms[0].text(Material(ours, names, settings, {}, {}, b""), secret)
    except Malformed as refusal:
        raise RequestRefused(
            field=refusal.field, problem=refusal.problem, remedy="Send a value without it"
        ) from None
    return values | {at_name: scheme.make(secret, text)}


def check_keys(contract: Contract, keyring: Keyring) -> None:
    """Raises ConfigurationError for a key of this contract's role that its algorithm cannot use."""
    if contract.scheme is not None:
        for key in keyring.keys:
            if key.role == contract.key_role:
                contract.scheme.secret(key)


def stand_ins(contract: Contract, keyring: Keyring) -> tuple[str, ...]:
    """What requests carry that is made of a key and nothing else: always the same, so as good as the key."""
    document, scheme = contract.document, contract.scheme
    alone = document.message is not None and document.message.parts == ("secret",)
    if contract.direction != "request" or scheme is None or not alone:
        return ()
    nothing = Material(Fields({}), (), {}, {}, {}, b"")
    keys = (scheme.secret(key) for key in keyring.keys if key.role == contract.key_role)
    return tuple(scheme.make(secret, contract.forms[0].text(nothing, secret)) for secret in keys)


def gather(contract: Contract, received: Received, settings: Mapping[str, str]) -> Material:
    """What the contract reads of a message, unverified. Raises NoInput and Malformed."""
    fields = contract.read(received)
    if not contract.header_names:
        return Material(fields, contract.names(fields), settings, {}, {}, received.body)
    found = {name: only_header(received, name) for name in contract.header_names}
    headers = {name: value for name, value in found.items() if value is not None}
    signature = contract.document.signature
    entries = {} if signature is None else _other_entries(signature, headers)
    return Material(fields, contract.names(fields), settings, headers, entries, received.body)


def presented(contract: Contract, material: Material) -> tuple[bytes, ...]:
    """The signatures that came, as bytes, their form checked: one, or the entries that count.

    Raises SignatureMismatch: missing_signature, empty_signature, signature_form.
    """
    signature, scheme = contract.document.signature, contract.scheme
    assert signature is not None
    assert scheme is not None
    kind, _, name = signature.at.partition(".")
    text = material.fields.values.get(name) if kind == "field" else material.headers.get(name.lower())
    if text is None:
        raise _mismatch(signature.at, "is not there", "missing_signature")
    if not text:
        raise _mismatch(signature.at, "is empty", "empty_signature")
    entries = signature.entries
    if entries is None:
        taken = [text]
    else:
        cut = [entry.strip(" ") for entry in text.split(entries.split)]
        taken = [entry.removeprefix(entries.take) for entry in cut if entry.startswith(entries.take)]
        if not taken:
            raise _mismatch(signature.at, "holds no entry that counts", "missing_signature")
    raws = [raw for raw in map(scheme.raw, taken[:_MOST_ENTRIES]) if raw is not None]
    if not raws or (entries is None and len(raws) != len(taken)):
        raise _mismatch(signature.at, "is not of the form that the contract names", "signature_form")
    return tuple(raws)


def _verify(
    contract: Contract, received: Received, keyring: Keyring, settings: Mapping[str, str], at: datetime
) -> Verified | Hint:
    material = gather(contract, received, settings)
    document, scheme = contract.document, contract.scheme
    if scheme is None:
        return _hint(contract, material.fields.values)
    raws = presented(contract, material)
    keys = _usable(contract, scheme, keyring, at)
    fitting = _fitting(contract, scheme, material, raws, keys)
    if fitting is None:
        raise _no_fit(contract, keyring, keys, at)
    key, text = fitting
    if document.freshness is not None:
        _check_freshness(document, material, at)
    values = material.fields.values
    signed = {name: values[name] for name in material.names}
    _check_kind(document, signed)
    if document.grade != "proof":
        return _hint(contract, signed)
    covers = document.covers
    return Verified(
        contract=contract.label,
        key_id=key.id,
        fields=MappingProxyType(signed),
        merchant_account=None if covers.merchant_account is None else signed.get(covers.merchant_account),
        merchant_reference=None
        if covers.merchant_reference is None
        else signed.get(covers.merchant_reference),
        currency=document.currency if covers.currency is None else signed.get(covers.currency),
        signed_text=text,
    )


def _usable(
    contract: Contract, scheme: Scheme, keyring: Keyring, at: datetime
) -> tuple[tuple[Key, bytes], ...]:
    """The keys that verify at this moment, with their bytes; one that cannot be read is left out."""
    usable = []
    for key in keyring.verifying(str(contract.key_role), at):
        try:
            usable.append((key, scheme.secret(key)))
        except ConfigurationError:
            continue
    return tuple(usable)


def _fitting(
    contract: Contract,
    scheme: Scheme,
    material: Material,
    raws: tuple[bytes, ...],
    keys: tuple[tuple[Key, bytes], ...],
) -> tuple[Key, bytes] | None:
    """The first key and text that the signature fits. A text that was tried already is not tried again."""
    for key, secret in keys:
        tried: list[bytes] = []
        for form in contract.forms:
            text = form.text(material, secret)
            if text in tried:
                continue
            for raw in raws:
                if scheme.fits(secret, text, raw):
                    return key, text
            tried.append(text)
    return None


def _no_fit(
    contract: Contract, keyring: Keyring, keys: tuple[tuple[Key, bytes], ...], at: datetime
) -> SignatureMismatch:
    """For the operator: which keys were tried, and which were not because of their dates."""
    late = [key.id for key in keyring.out_of_date(str(contract.key_role), at)]
    untried = f"; out of date and not tried: {', '.join(late)}" if late else ""
    if not keys:
        return _mismatch(f"keys.{contract.key_role}", f"no key can verify now{untried}", "no_key")
    tried = ", ".join(key.id for key, _ in keys)
    return _mismatch("signature", f"does not fit; tried: {tried}{untried}", "mismatch")


def _check_freshness(document: Document, material: Material, at: datetime) -> None:
    freshness = document.freshness
    assert freshness is not None
    kind, _, name = freshness.at.partition(".")
    tables = {"field": material.fields.values, "header": material.headers, "signature": material.entries}
    text = tables[kind].get(name.lower() if kind == "header" else name, "")
    if not _TIMESTAMP.fullmatch(text):
        raise Stale(
            field=freshness.at,
            problem="is not a time stamp in plain digits",
            remedy="See the gateway's sheet",
            reason="bad_timestamp",
        )
    scale = 1_000 if freshness.unit == "milliseconds" else 1
    if abs(int(text) - at.timestamp() * scale) > freshness.tolerance * scale:
        raise Stale(
            field=freshness.at,
            problem=f"is more than {freshness.tolerance} s from our clock",
            remedy="Check the clock of this machine; an old message is asked about, not believed",
            reason="stale",
        )


def _check_kind(document: Document, signed: Mapping[str, str]) -> None:
    """Right signature, but is it the message that this door expects, and all of it?"""
    for name, only in document.fixed.items():
        if signed.get(name) != only:
            raise _incomplete(name, "is that of another kind of message", "wrong_kind")
    for name in document.needed:
        if not signed.get(name):
            raise _incomplete(name, "is missing or empty", "missing_field")


def _hint(contract: Contract, values: Mapping[str, str]) -> Hint:
    [(kind, name)] = contract.document.locators
    value = values.get(name, "")
    if not value:
        raise _incomplete(name, "is missing or empty", "missing_field")
    if len(value) > _LONGEST_LOCATOR:
        raise _incomplete(name, "is longer than any reference", "bad_field")
    return Hint(contract=contract.label, locator=kind, value=value)


def _other_entries(signature: Signature, headers: Mapping[str, str]) -> dict[str, str]:
    """Entries of the signature header that are no signature: `t` of "t=1,v1=…". Each may come once."""
    if signature.entries is None:
        return {}
    mark = signature.entries.take[-1]
    found: dict[str, str] = {}
    for entry in headers.get(signature.at.removeprefix("header.").lower(), "").split(signature.entries.split):
        name, has_mark, value = entry.strip(" ").partition(mark)
        if not has_mark or entry.strip(" ").startswith(signature.entries.take):
            continue
        if name in found:
            raise Malformed(
                field=f"signature.{name}",
                problem="comes more than once",
                remedy="See the gateway's sheet",
                reason="repeated",
            )
        found[name] = value
    return found


def _text(name: str, value: object) -> str:
    """A value to send, as text. Only str and int: None, True or a float would be signed as words."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _refused(name, f"is {type(value).__name__}, neither text nor a whole number")
    text = str(value)
    if "\x00" in text:
        raise _refused(name, "holds a NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused(name, "cannot be written as UTF-8") from None
    return text


def _refused(name: str, problem: str) -> RequestRefused:
    return RequestRefused(field=name, problem=problem, remedy="Correct the value before it is signed")


def _mismatch(field: str, problem: str, reason: str) -> SignatureMismatch:
    return SignatureMismatch(field=field, problem=problem, remedy="Nothing was believed", reason=reason)


def _incomplete(name: str, problem: str, reason: str) -> Incomplete:
    return Incomplete(field=name, problem=problem, remedy="See the gateway's sheet", reason=reason)
