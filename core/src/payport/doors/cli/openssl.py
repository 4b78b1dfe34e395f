"""How the same digest is had without Payport: one shell command, with the key as $KEY, never its value."""

from __future__ import annotations

import shlex
from typing import Final

from payport.signing.document import Signature

__all__ = ["openssl_command"]

_NAMES: Final = {"MD5": "-md5", "HMAC-SHA256": "-sha256", "HMAC-SHA512": "-sha512"}
_AS_HEX: Final = "| od -An -v -tx1 | tr -d ' \\n'"


def openssl_command(signature: Signature, file: str) -> str | None:
    """For the signed text in `file`; None for public-key algorithms, which have no digest to compare.

    Runs in bash and zsh. For a bare digest the text holds `<secret>`, which the command replaces.
    """
    digest = _NAMES.get(signature.algorithm)
    if digest is None:
        return None
    path = shlex.quote(file)
    binary, encoded = (" -binary", " | openssl base64 -A") if signature.written == "base64" else ("", "")
    key = f"${{KEY#{signature.key_prefix}}}" if signature.key_prefix else "$KEY"
    if signature.algorithm == "MD5":
        text = f'"${{TEXT/<secret>/"{key}"}}"'
        return f"TEXT=$(cat {path}); printf %s {text} | openssl dgst {digest}{binary}{encoded}"
    match signature.key_text:
        case "hex":
            mac = f'-mac HMAC -macopt "hexkey:{key}"'
        case "base64":
            mac = f'-mac HMAC -macopt "hexkey:$(printf %s "{key}" | openssl base64 -d -A {_AS_HEX})"'
        case _:
            mac = f'-hmac "{key}"'
    return f"openssl dgst {digest} {mac}{binary} {path}{encoded}"
