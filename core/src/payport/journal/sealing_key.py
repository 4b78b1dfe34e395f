"""The key that signs the journal's heads, Ed25519, and the public halves that verify them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from payport.errors import ConfigurationError

__all__ = ["PublicKeys", "SealingKey", "is_signed", "new_private_key", "public_keys"]

PublicKeys: TypeAlias = Mapping[str, Ed25519PublicKey]
_REMEDY: Final = "Make a key with `payport journal new-key`, and give its public half where it is asked for"


class SealingKey:
    """Signs. Its private half is not shown by anything.

    Args:
        key_id: stands in every head that it signs. `private`: PEM, PKCS #8.
    Raises: ConfigurationError, never with the value.
    """

    def __init__(self, key_id: str, private: SecretStr) -> None:
        self.id = key_id
        try:
            key = load_pem_private_key(private.get_secret_value().encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigurationError(field="journal.key", problem="is no Ed25519 private key", remedy=_REMEDY)
        self._key = key

    def sign(self, text: str) -> str:
        """Of the text's bytes, base64."""
        return b64encode(self._key.sign(text.encode("ascii"))).decode()

    @property
    def public(self) -> str:
        """Base64 of the 32 bytes."""
        return b64encode(self._key.public_key().public_bytes_raw()).decode()

    def __repr__(self) -> str:
        return f"SealingKey({self.id!r})"

    def __reduce__(self) -> str:
        raise TypeError("a sealing key stays in its process")


def public_keys(given: Mapping[str, str]) -> PublicKeys:
    """Id to the key behind its base64. Raises ConfigurationError, naming the id."""
    found = {}
    for name, text in given.items():
        try:
            found[name] = Ed25519PublicKey.from_public_bytes(b64decode(text, validate=True))
        except (ValueError, NotBase64):
            raise ConfigurationError(
                field=f"public key {name}", problem="is not 32 bytes in base64", remedy=_REMEDY
            ) from None
    return found


def is_signed(key: Ed25519PublicKey, text: str, signature: str) -> bool:
    """Whether the signature is the key's, of this text."""
    try:
        key.verify(b64decode(signature, validate=True), text.encode("ascii"))
    except (InvalidSignature, ValueError):
        return False
    return True


def new_private_key() -> SecretStr:
    """PEM."""
    key = Ed25519PrivateKey.generate()
    return SecretStr(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
