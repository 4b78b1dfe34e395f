"""Each vector as one line for a shell: the bytes that are signed by printf, and their digest by OpenSSL."""

from __future__ import annotations

import shlex
from typing import Final

from payport.doors.cli.openssl import openssl_command
from payport.signing.document import Signature

__all__ = ["openssl_line", "printed"]

_PLAIN: Final = frozenset(
    map(ord, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-_.,:;=&|/?!@#(){}[]<>~*^$"')
)


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
    """The line whose last word is the digest of `text`; None for public-key algorithms, which have none.

    Args:
        text: what is signed, the secret in its place where the contract puts it there.
        key: synthetic: a vector's secret is published with it.
    """
    if signature.algorithm == "MD5":
        return f"{printed(text)} | openssl dgst -md5"
    command = openssl_command(signature, "/dev/stdin")
    return None if command is None else f"KEY={shlex.quote(key)}; {printed(text)} | {command}"
