"""Each vector as one line for a shell: the bytes that are signed by printf, and OpenSSL, which makes their
digest anew, or looks whether the signature that came fits the public key."""

from __future__ import annotations

import shlex
from typing import Final

from payport.doors.cli.openssl import openssl_command
from payport.signing.document import Signature
from payport.signing.public_key import public_half

__all__ = ["NO_FIT", "openssl_check", "openssl_line", "printed"]

_PLAIN: Final = frozenset(
    map(ord, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-_.,:;=&|/?!@#(){}[]<>~*^$"')
)
_FITS: Final = {"Ed25519": "Signature Verified Successfully", "RSA-SHA256": "Verified OK"}
NO_FIT: Final = {"Ed25519": "Signature Verification Failure", "RSA-SHA256": "Verification failure"}


def printed(text: bytes) -> str:
    """A printf that writes exactly these bytes, in any POSIX shell: what is not plain is written in octal."""
    escaped = "".join(
        "%%" if byte == 0x25 else chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text
    )
    return (
        f"printf {shlex.quote(escaped)}"
        if not escaped.startswith("-")
        else f"printf -- {shlex.quote(escaped)}"
    )


def openssl_line(signature: Signature, text: bytes, key: str) -> str | None:
    """The line whose last word is the digest of `text`; None for public-key algorithms: see openssl_check.

    Args:
        text: what is signed, the secret in its place where the contract puts it there.
        key: synthetic: a vector's secret is published with it.
    """
    if signature.algorithm == "MD5":
        return f"{printed(text)} | openssl dgst -md5"
    command = openssl_command(signature, "/dev/stdin")
    return None if command is None else f"KEY={shlex.quote(key)}; {printed(text)} | {command}"


def openssl_check(
    signature: Signature, text: bytes, key: bytes, raw: bytes, *, fits: bool
) -> tuple[str, str]:
    """The line that has OpenSSL verify a public-key signature, and what it then prints.

    Args:
        key: public or private, as a vector's secret holds it: PEM, DER, or the 32 bytes of Ed25519; only its
            public half stands in the line. `raw`: the signature that came. `fits`: what Payport found.
    """
    where = "D=$(mktemp -d)"
    files = (("key", public_half(key)), ("text", text), ("sig", raw))
    written = "; ".join(f'{printed(data)} >"$D/{name}"' for name, data in files)
    if signature.algorithm == "Ed25519":
        check = 'openssl pkeyutl -verify -pubin -inkey "$D/key" -rawin -in "$D/text" -sigfile "$D/sig"'
    else:
        check = 'openssl dgst -sha256 -verify "$D/key" -signature "$D/sig" "$D/text"'
    said = _FITS if fits else NO_FIT
    return f'{where}; {written}; {check}; rm -r "$D"', said[signature.algorithm]
