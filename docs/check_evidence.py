"""Checks what `payport evidence` wrote, with nothing of Payport: Python and cryptography.

    python check_evidence.py EVIDENCE [--key ID=BASE64]... [--heads HEADS] [--secret FILE] [--contract SHA256]

EVIDENCE is one JSON document about one callback. --key is a public key of the journal that you trust; without
any, those in the document are taken, which prove less; with one, a head that nobody signed is not believed,
unless it is kept outside. --heads is the file of heads that was kept outside the database. --secret is a file
with the gateway's secret, where the gateway signs by one (an HMAC): without it the signature is not looked
at. Of a callback that was refused for its signature, none must be there, or none that fits. --contract is the
digest of the contract that was approved. It prints each thing that it looked at, and exits with 0: all that
could be looked at fits; 1: something does not; 2: this is no such document. This file may be copied and read
alone.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
import tomllib
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

EVIDENCE = "payport evidence 1"
HEAD = "payport journal head 1"
NOT_THERE = {
    "missing_signature": "none is there",
    "empty_signature": "it is empty",
    "signature_form": "it is not of the form that the contract names",
}
LENGTHS = {  # bytes, at least and at most
    "MD5": (16, 16),
    "HMAC-SHA256": (32, 32),
    "HMAC-SHA512": (64, 64),
    "Ed25519": (64, 64),
    "RSA-SHA256": (128, 1024),
}
FOR_ITS_SIGNATURE = frozenset({"mismatch", "no_key", *NOT_THERE})


class Bad(Exception):
    """What does not fit."""


def canonical(value):
    """JSON in ASCII with sorted keys and no blanks."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


def sha256(data):
    return hashlib.sha256(data).digest()


def need(fits, why):
    if not fits:
        raise Bad(why)


def check_callback(said):
    """Its digest is that of its bytes."""
    callback = said["callback"]
    named = {name: callback[name] for name in ("account", "channel", "method", "query", "body")}
    digest = sha256(canonical({"form": "payport callback 1", **named}).encode("ascii")).hex()
    need(digest == callback["sha256"], "the callback's bytes have another digest")
    need(type(callback["number"]) is int, "the callback's number is none")
    return f"callback {callback['number']}, {callback['received_at']}: sha256 {digest}"


def check_contract(said, approved):
    contract = said["contract"]
    if contract is None or contract["text"] is None:
        return "contract: its text is not here, so it was not looked at"
    digest = sha256(contract["text"].encode()).hex()
    need(digest == contract["sha256"], "the contract's text has another digest")
    name, judged = f"contract {contract['label']}", said["judged"]
    if judged["contract"] is None and judged["verdict"] == "rejected":
        name += ", which is asked at this door today; none is kept with the callback"
    else:
        need(contract["label"] == judged["contract"], "the callback was judged by another contract")
    if approved is None:
        return f"{name}: sha256 {digest}; compare it with the approved one"
    need(digest == approved, "the contract is not the one that was approved")
    return f"{name}: approved"


def check_signature(said, secret):
    signature, judged = said["signature"], said["judged"]
    if said["contract"] is None:
        return "signature: without its contract it is not here, so it was not looked at"
    if signature is None:
        need(judged["verdict"] != "proof", "it was judged a proof, and nothing was signed")
        return "signature: nothing was signed"
    need(signature["fits"] in (True, False), "whether the signature fits is not said")
    reason = str(judged["reason"]).partition(":")[0]
    if judged["verdict"] == "rejected" and judged["key_id"] is None:
        if reason in FOR_ITS_SIGNATURE:
            return check_refused(said, signature, secret, reason)
        if signature["text"] is None:
            return f"signature: none was computed, as the message was refused before that: {reason}"
    if signature["fits"] is False:
        return "signature: it did not fit, or what is kept is not all that was signed"
    return check_genuine(said, signature, secret, reason)


def check_genuine(said, signature, secret, reason):
    judged, header = said["judged"], signature["headers"]
    need(signature["valid_then"] is True, "its key was not valid then")
    need(signature["other_texts"] == [], "it has more than one signed text")
    if judged["verdict"] == "proof" or judged["key_id"] is not None:
        need(signature["key_id"] == judged["key_id"], "the callback was judged by another key")
    where = {place for raw in raws_of(signature) for place in places_of(said["callback"], header, raw)}
    need(where, "the signature stands nowhere in the callback")
    name = f"signature, {signature['algorithm']} by key {signature['key_id']}"
    name += "" if "message" in where else ", in a header, which no digest names"
    fits = fits_now(signature, secret)
    if fits is None:
        return f"{name}: not looked at; give the gateway's secret with --secret"
    need(fits, f"the signature does not fit the {'secret' if signature['public_key'] is None else 'key'}")
    name += (
        ": genuine" if signature["public_key"] is None else ": genuine, if that public key is the gateway's"
    )
    return (
        name
        if judged["verdict"] != "rejected"
        else f"{name}; the message was refused for another reason: {reason}"
    )


def check_refused(said, signature, secret, reason):
    """That it was refused rightly: no signature is there, or none that fits."""
    raws, name = raws_of(signature), f"signature, {signature['algorithm']} by key {signature['key_id']}"
    if reason in NOT_THERE:
        need(not raws, f"it was refused as {reason}, and a signature is there")
        check_not_there(said, reason)
        return f"signature: {NOT_THERE[reason]}, as it was judged"
    need(raws, f"it was refused as {reason}, and no signature is there")
    if signature["key_id"] is None:
        return f"signature: no key that is known now could have verified it, as it was judged: {reason}"
    fits = fits_now(signature, secret)
    if fits is None:
        return f"{name}: not looked at; give the gateway's secret with --secret"
    if fits and not signature["valid_then"]:
        return f"{name}: genuine, but that key was not valid then, as it was judged: {reason}"
    need(not fits, "it was refused for its signature, and that is genuine")
    return f"{name}: does not fit, as it was judged: {reason}"


def check_not_there(said, reason):
    """By the contract's own words, where it names one field of the message."""
    contract, callback = tomllib.loads(said["contract"]["text"]), said["callback"]
    kind, _, name = contract["signature"]["at"].partition(".")
    if kind != "field" or "entries" in contract["signature"]:
        return
    asks = "query" in contract["fields"] and (callback["method"] == "GET" or contract["fields"] == "query")
    part = b64decode(callback["query" if asks else "body"]).decode("utf-8", "replace")
    if "json" not in contract["fields"]:
        found = [value for given, value in parse_qsl(part, keep_blank_values=True) if given == name]
    else:
        read = json.loads(part)
        found = [read[name]] if name in read else []
    need_not_there(found, reason, contract["signature"])


def need_not_there(found, reason, signature):
    if reason == "missing_signature":
        need(not found, "it was refused without a signature, and one is there")
    elif reason == "empty_signature":
        need(found and not any(found), "it was refused for an empty signature, and it is none")
    else:
        odd = [text for text in found if text and not is_of_form(text, signature)]
        need(odd, "it was refused for its signature's form, and that is as the contract says")


def is_of_form(text, signature):
    """Length and letters, as the contract says."""
    least, most = LENGTHS[signature["algorithm"]]
    try:
        if signature["written"] == "base64":
            raw = b64decode(text, validate=True)
            same = b64encode(raw).decode() == text
        else:
            raw = bytes.fromhex(text)
            forms = {"hex lower": (raw.hex(),), "hex upper": (raw.hex().upper(),)}
            same = text in forms.get(signature["written"], (text,)) and text.isalnum()
    except ValueError:
        return False
    return same and least <= len(raw) <= most


def raws_of(signature):
    return [b64decode(raw, validate=True) for raw in signature["received"]]


def fits_now(signature, secret):
    """Whether one of the signatures fits one of the texts; None, if the secret is not here."""
    texts = [b64decode(text, validate=True) for text in (signature["text"], *signature["other_texts"])]
    if signature["public_key"] is not None:
        return any(fits_public(signature, text, raw) for text in texts for raw in raws_of(signature))
    if secret is None:
        return None
    key, role = read_key(signature, secret), f"<secret {signature['key_role']}>".encode()
    ours = [digest_of(signature["algorithm"], key, text.replace(role, key)) for text in texts]
    return any(hmac.compare_digest(each, raw) for each in ours for raw in raws_of(signature))


def places_of(callback, headers, raw):
    """Where a signature stands: so it is not one of another message."""
    query, body = (b64decode(callback[name]).decode("utf-8", "replace") for name in ("query", "body"))
    values = [value for part in (query, body) for _, value in parse_qsl(part)]
    with suppress(ValueError, RecursionError):  # the body is no JSON
        values += strings(json.loads(body))
    forms = (raw.hex(), b64encode(raw).decode().rstrip("="))
    for place, texts in (("message", values), ("header", [value for _, value in headers])):
        if any(forms[0] in text.lower() or forms[1] in text for text in texts):
            yield place


def strings(read):
    """All texts in what JSON says."""
    if isinstance(read, str):
        yield read
    elif isinstance(read, (dict, list)):
        for each in read.values() if isinstance(read, dict) else read:
            yield from strings(each)


def read_key(signature, secret):
    secret = secret.removeprefix(signature["key_prefix"] or "")
    if signature["key_text"] == "hex":
        return bytes.fromhex(secret)
    return b64decode(secret) if signature["key_text"] == "base64" else secret.encode()


def digest_of(algorithm, key, text):
    if algorithm == "MD5":
        return hashlib.md5(text, usedforsecurity=False).digest()
    return hmac.digest(key, text, algorithm.removeprefix("HMAC-").lower())


def fits_public(signature, text, raw):
    key = read_key(signature, signature["public_key"].strip())
    if signature["algorithm"] == "Ed25519" and len(key) == 32:
        public = Ed25519PublicKey.from_public_bytes(key)
    else:
        public = load_pem_public_key(key) if key.startswith(b"-----") else load_der_public_key(key)
    try:
        if signature["algorithm"] == "Ed25519":
            public.verify(raw, text)
        else:
            public.verify(raw, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def check_entries(said):
    """What it did; and that what it proved names its digest."""
    named, before = False, None
    for entry in said["entries"]:
        read = json.loads(entry["text"])
        need(canonical(read) == entry["text"] and read["form"] == 1, "an entry is not written as entries are")
        need(
            before in (None, (read["chain"], read["previous"])), "an entry does not follow the one before it"
        )
        before = (read["chain"], sha256(b"\x00" + entry["text"].encode("ascii")).hex())
        named = check_proof(said, read) or named
        amount = read["facts"].get("amount_minor")
        money = "" if amount is None else f" {amount} {read['facts'].get('currency')}"
        yield f"entry {entry['number'] or '-'}: {read['kind']} {read['reference']}{money}"
    yield "its digest stands in the entry of the money that it proved" if named else "it proved no money"


def check_proof(said, read):
    """Whether an entry tells of money that this callback proved; then all that both say is the same."""
    callback, judged, facts = said["callback"], said["judged"], read["facts"]
    proof = facts.get("proof")
    if read["subject"] not in ("receipt", "callback") or not isinstance(proof, str):
        return False
    ours = [f"callback {callback['number']}", f"sha256:{callback['sha256']}"]
    named = [proof.rpartition(" ")[0] == ours[0], proof.rpartition(" ")[2] == ours[1]]
    if not any(named):
        return False
    need(all(named), "the entry is of another callback")
    need(judged["verdict"] == "proof", "it proved money, and was not judged a proof")
    if read["subject"] == "receipt":
        need(facts["received_at"] == callback["received_at"], "its money was received at another instant")
        need(facts["merchant_reference"] == judged["merchant_reference"], "its money is of another payment")
    return True


def check_heads(said, keys, outside, is_trusted):
    heads = {}
    for line in said["heads"]:
        head = json.loads(line["text"])
        need(canonical(head) == line["text"] and head["form"] == HEAD, "a head is not written as heads are")
        need(head["size"] not in heads, "there are two heads of one size")
        need(outside is None or line in outside, "a head is not among those kept outside")
        vouched = outside is not None or not is_trusted
        need(vouched or head["key"] is not None, "a head is not signed, though a key is known")
        if head["key"] is not None:
            need(head["key"] in keys, "a head is signed by a key that is not known")
            public = Ed25519PublicKey.from_public_bytes(b64decode(keys[head["key"]], validate=True))
            try:
                public.verify(b64decode(line["signature"], validate=True), line["text"].encode("ascii"))
            except (InvalidSignature, TypeError):
                raise Bad("a head is not signed by its key") from None
        heads[head["size"]] = head
    return heads


def check_places(said, keys, outside, is_trusted):
    """RFC 9162, 2.1.3.2: each sealed entry is among what its head seals."""
    heads, sealed = check_heads(said, keys, outside, is_trusted), 0
    signed = all(head["key"] is not None for head in heads.values())
    for entry in said["entries"]:
        if entry["sealed_by"] is None:
            need(entry["number"] is None, "an entry has a number, and no head seals it")
            continue
        need(type(entry["number"]) is int, "an entry's number is none")
        head = heads[entry["sealed_by"]]
        place, last = entry["number"] - 1, head["size"] - 1
        need(0 <= place <= last, "an entry is not among what its head seals")
        node = sha256(b"\x00" + entry["text"].encode("ascii"))
        for step in map(bytes.fromhex, entry["path"]):
            need(last > 0, "a path is too long")
            if place % 2 or place == last:
                node = sha256(b"\x01" + step + node)
                while place % 2 == 0 and place:
                    place, last = place // 2, last // 2
            else:
                node = sha256(b"\x01" + node + step)
            place, last = place // 2, last // 2
        need(last == 0 and node.hex() == head["root"], "an entry is not what was sealed")
        sealed += 1
    by = "" if not sealed else ", by signed heads" if signed else ", by heads that nobody signed"
    return f"{sealed} of {len(said['entries'])} entries are sealed{by}"


def check(said, trusted, outside, secret, approved):
    yield check_callback(said)
    judged = said["judged"]
    why = f", for {judged['reason']}" if judged["verdict"] == "rejected" else ""
    yield f"judged: {judged['verdict']}, {judged['decision']}{why}"
    yield check_contract(said, approved)
    yield check_signature(said, secret)
    yield from check_entries(said)
    yield check_places(said, trusted or said["keys"], outside, bool(trusted))


def trusted_key(given):
    name, equals, public = given.partition("=")
    if not name or not equals or len(b64decode(public, validate=True)) != 32:
        raise ValueError("--key is not ID=BASE64")
    return name, public


def kept_outside(file):
    """A last line without its end is being written."""
    for line in file.read_bytes().split(b"\n")[:-1]:
        read = json.loads(line)
        yield read.get("head") if isinstance(read, dict) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("evidence", metavar="EVIDENCE", type=Path)
    parser.add_argument("--key", metavar="ID=BASE64", action="append", default=[])
    parser.add_argument("--heads", metavar="HEADS", type=Path)
    parser.add_argument("--secret", metavar="FILE", type=Path)
    parser.add_argument("--contract", metavar="SHA256")
    given = parser.parse_args()
    try:
        trusted = dict(map(trusted_key, given.key))
        outside = None if given.heads is None else [*kept_outside(given.heads)]
        secret = None if given.secret is None else given.secret.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        print(f"cannot be used: {error}", file=sys.stderr)
        return 2
    try:
        said = json.loads(given.evidence.read_text(encoding="utf-8"))
        if said["form"] != EVIDENCE:
            raise KeyError("form")
        for line in check(said, trusted, outside, secret, given.contract):
            print(line)
    except Bad as bad:
        print(f"does not fit: {bad}")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        print(
            f"{given.evidence.name}: is no evidence of a callback ({type(error).__name__})", file=sys.stderr
        )
        return 2
    print("all that was looked at fits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
