"""The algorithms: how a key is read, a signature written, and the two compared.

Form first (full match, ASCII, exact length), then one comparison in constant time, on bytes. The contract
names the algorithm; the message cannot.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from payport.signing.document import Signature
from payport.signing.keys import Key

__all__ = ["Scheme", "compile_scheme"]

_Digest: TypeAlias = Callable[[bytes, bytes], bytes]

_SHORTEST_CODED_KEY: Final = 16  # bytes; a hex or base64 key below this is a slip of the hand
_DIGEST_BYTES: Final = {"MD5": 16, "HMAC-SHA256": 32, "HMAC-SHA512": 64, "Ed25519": 64}
_RSA_BYTES: Final = (128, 1024)
_HEX: Final = {"hex lower": "[0-9a-f]", "hex upper": "[0-9A-F]", "hex any": "[0-9A-Fa-f]"}


@dataclass(frozen=True, slots=True)
class Scheme:
    """One contract's algorithm, ready to use.

    `raw` gives the bytes of a written signature, or None if its form is wrong. `secret` gives a key's bytes
    and raises ConfigurationError. `fits` and `make` take those bytes and the signed text. `digest` is None
    for public-key algorithms, which have no digest to show.
    """

    raw: Callable[[str], bytes | None]
    secret: Callable[[Key], bytes]
    fits: Callable[[bytes, bytes, bytes], bool]
    make: Callable[[bytes, bytes], str]
    digest: Callable[[bytes, bytes], str] | None


def compile_scheme(signature: Signature) -> Scheme:
    """The functions for one signature table."""
    write = _writer(signature)
    digest = _digest(signature.algorithm)
    if digest is None:
        from payport.signing.public_key import ed25519, rsa_sha256  # noqa: PLC0415  37 ms that few need

        public = ed25519 if signature.algorithm == "Ed25519" else rsa_sha256
        return Scheme(
            _raw_reader(signature),
            _key_reader(signature, check=public.check),
            public.fits,
            lambda secret, text: write(public.make(secret, text)),
            None,
        )

    def fits(secret: bytes, text: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(digest(secret, text), raw)

    def make(secret: bytes, text: bytes) -> str:
        return write(digest(secret, text))

    return Scheme(_raw_reader(signature), _key_reader(signature), fits, make, make)


def _digest(algorithm: str) -> _Digest | None:
    if algorithm == "MD5":
        return lambda _, text: hashlib.md5(text, usedforsecurity=False).digest()
    if algorithm.startswith("HMAC-"):
        name = algorithm.removeprefix("HMAC-").lower()
        return lambda secret, text: hmac.digest(secret, text, name)
    return None


def _writer(signature: Signature) -> Callable[[bytes], str]:
    if signature.written == "base64":
        return lambda raw: base64.b64encode(raw).decode("ascii")
    if signature.written == "hex upper":
        return lambda raw: raw.hex().upper()
    return bytes.hex


def _raw_reader(signature: Signature) -> Callable[[str], bytes | None]:
    length = _DIGEST_BYTES.get(signature.algorithm)
    least, most = (length, length) if length is not None else _RSA_BYTES
    if signature.written == "base64":

        def from_base64(text: str) -> bytes | None:
            try:
                raw = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                return None
            canonical = base64.b64encode(raw).decode("ascii") == text
            return raw if canonical and least <= len(raw) <= most else None

        return from_base64

    digit = _HEX[signature.written]
    exact = f"{digit}{{{2 * least}}}" if least == most else f"(?:{digit}{{2}}){{{least},{most}}}"
    form = re.compile(exact).fullmatch

    def from_hex(text: str) -> bytes | None:
        return bytes.fromhex(text) if form(text) else None

    return from_hex


def _key_reader(
    signature: Signature, check: Callable[[bytes], object] | None = None
) -> Callable[[Key], bytes]:
    """Reads a key's text as the contract says. Raises ConfigurationError naming the key, not its value."""
    coded, prefix = signature.key_text, signature.key_prefix

    def read(key: Key) -> bytes:
        text = key.value.get_secret_value()
        if prefix:
            if not text.startswith(prefix):
                raise key.unfit("does not begin as keys of this gateway do", f"It begins with {prefix}")
            text = text.removeprefix(prefix)
        if coded == "utf-8":
            secret = text.encode()
        else:
            secret = _decoded(key, text, coded)
            if check is None and len(secret) < _SHORTEST_CODED_KEY:
                raise key.unfit("is shorter than 16 bytes", "Copy the whole of it")
        if not secret.strip():
            raise key.unfit("is empty or blank", "Set the value that the gateway gave")
        return secret

    def read_checked(key: Key) -> bytes:
        secret = read(key)
        try:
            assert check is not None
            check(secret)
        except Exception:
            raise key.unfit(
                "is not a key of the contract's algorithm", "Give PEM, or the coded key"
            ) from None
        return secret

    return read if check is None else read_checked


def _decoded(key: Key, text: str, coded: str) -> bytes:
    if coded == "hex":
        if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
            raise key.unfit("is not an even number of hex digits", "Copy it without blanks or quotes")
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise key.unfit("is not base64", "Copy it without blanks or quotes") from None
