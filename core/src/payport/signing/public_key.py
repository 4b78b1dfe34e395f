"""RSA and Ed25519 signatures through cryptography. Imported only where a contract names them.

Keys are PEM or DER, for Ed25519 also the 32 raw bytes. A private key signs; its public half verifies.
"""

from __future__ import annotations

from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

__all__ = ["PublicKeyAlgorithm", "ed25519", "public_half", "rsa_sha256"]

_LEAST_RSA_BITS: Final = 2048


class PublicKeyAlgorithm(Protocol):
    """`check` raises for what is no key of the algorithm; the others take what it let pass."""

    def check(self, secret: bytes) -> None: ...
    def fits(self, secret: bytes, text: bytes, raw: bytes) -> bool: ...
    def make(self, secret: bytes, text: bytes) -> bytes: ...


class _Ed25519:
    def check(self, secret: bytes) -> None:
        self._public(secret)

    def fits(self, secret: bytes, text: bytes, raw: bytes) -> bool:
        try:
            self._public(secret).verify(raw, text)
        except InvalidSignature:
            return False
        return True

    def make(self, secret: bytes, text: bytes) -> bytes:
        key = Ed25519PrivateKey.from_private_bytes(secret) if len(secret) == 32 else _private(secret)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("not Ed25519")
        return key.sign(text)

    def _public(self, secret: bytes) -> Ed25519PublicKey:
        key = Ed25519PublicKey.from_public_bytes(secret) if len(secret) == 32 else _public(secret)
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError("not Ed25519")
        return key


class _RsaSha256:
    """RSASSA-PKCS1-v1_5, 2048 bits or more."""

    def check(self, secret: bytes) -> None:
        if self._public(secret).key_size < _LEAST_RSA_BITS:
            raise ValueError("too short")

    def fits(self, secret: bytes, text: bytes, raw: bytes) -> bool:
        try:
            self._public(secret).verify(raw, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def make(self, secret: bytes, text: bytes) -> bytes:
        key = _private(secret)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("not RSA")
        return key.sign(text, PKCS1v15(), SHA256())

    def _public(self, secret: bytes) -> RSAPublicKey:
        key = _public(secret)
        if not isinstance(key, RSAPublicKey):
            raise TypeError("not RSA")
        return key


def public_half(secret: bytes) -> bytes:
    """Its public half as PEM, which may be shown. Raises ValueError or TypeError for what is no key."""
    key = Ed25519PublicKey.from_public_bytes(secret) if len(secret) == 32 else _public(secret)
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise TypeError("neither RSA nor Ed25519")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _public(secret: bytes) -> object:
    if b"PRIVATE KEY-----" in secret:
        key = _private(secret)
        return key.public_key() if isinstance(key, Ed25519PrivateKey | RSAPrivateKey) else key
    return load_pem_public_key(secret) if secret.startswith(b"-----") else load_der_public_key(secret)


def _private(secret: bytes) -> object:
    if secret.startswith(b"-----"):
        return load_pem_private_key(secret, password=None)
    return load_der_private_key(secret, password=None)


ed25519: Final[PublicKeyAlgorithm] = _Ed25519()
rsa_sha256: Final[PublicKeyAlgorithm] = _RsaSha256()
