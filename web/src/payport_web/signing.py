"""What only this installation can have written: signed cookies and form tokens. Standard library only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from http.cookies import SimpleCookie
from typing import Final, Literal

__all__ = ["LEAST_KEY_BYTES", "SignedCookie", "check_key", "mac", "same"]

LEAST_KEY_BYTES: Final = 32


def check_key(name: str, key: bytes) -> None:
    """Raises: ValueError, which names the setting and never its value."""
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError(f"{name}: fewer than {LEAST_KEY_BYTES} bytes. Make one with secrets.token_bytes")


def mac(key: bytes, purpose: str, *parts: str) -> str:
    """HMAC-SHA256 in hex. Each part keeps its bounds, and what is signed for one purpose serves no other."""
    return hmac.new(key, json.dumps([purpose, *parts]).encode(), hashlib.sha256).hexdigest()


def same(expected: str, given: str) -> bool:
    """In constant time. `given` may be anything that a browser sent."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


class SignedCookie:
    """A text that one browser carries: signed, not hidden, and good for a bounded time.

    Args:
        key: at least 32 random bytes. The name is signed too: one key serves several cookies.
        path: below which the browser sends it.
    """

    def __init__(
        self,
        name: str,
        *,
        key: bytes,
        lifetime_seconds: int,
        secure: bool,
        path: str = "/",
        same_site: Literal["Lax", "Strict"] = "Lax",
    ) -> None:
        self.name = name
        self._key, self._lifetime, self._secure = key, lifetime_seconds, secure
        self._path, self._same_site = path, same_site

    def read(self, given: str) -> tuple[str, int] | None:
        """The text and when it was written (seconds since 1970); None for what is not ours, or too old."""
        body, _, signature = given.partition(".")
        if not same(self._mac(body), signature):
            return None
        try:
            written_at, text = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            age = int(time.time()) - written_at
        except (ValueError, TypeError, binascii.Error):  # signed by us, in an older form
            return None
        return (text, written_at) if isinstance(text, str) and 0 <= age <= self._lifetime else None

    def header(self, text: str) -> str:
        """The value of a Set-Cookie header that makes the browser carry this text from now on."""
        body = base64.urlsafe_b64encode(json.dumps([int(time.time()), text]).encode()).decode().rstrip("=")
        return self._written(f"{body}.{self._mac(body)}", self._lifetime)

    def ended(self) -> str:
        """The value of a Set-Cookie header that takes it away."""
        return self._written("", 0)

    def _written(self, value: str, seconds: int) -> str:
        cookie: SimpleCookie = SimpleCookie()
        cookie[self.name] = value
        morsel = cookie[self.name]
        morsel.update({"path": self._path, "max-age": str(seconds), "samesite": self._same_site})
        morsel["httponly"] = True
        if self._secure:
            morsel["secure"] = True
        return cookie.output(header="").strip()

    def _mac(self, body: str) -> str:
        return mac(self._key, "cookie", self.name, body)
