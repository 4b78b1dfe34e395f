"""Which browser asks, and from where: the nonce that form tokens are bound to, and other sites kept out."""

from __future__ import annotations

import secrets
import time
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from payport_web.signing import SignedCookie

__all__ = ["Browser", "is_arrival", "is_foreign", "mount_of", "path_of", "query_of"]

_COOKIE: Final = "payport_desk"
_LIFETIME_SECONDS: Final = 30 * 24 * 3600
_RENEWED_AFTER_SECONDS: Final = 24 * 3600
_OURS: Final = ("same-origin", "none")  # none: typed, bookmarked, or opened from outside a browser


class Browser:
    """A random text that this browser alone carries, below the mount and on no request of another site.

    `nonce` is what tokens are bound to. `set_cookie`: what to send back, or None while nothing is new.
    """

    def __init__(self, request: Request, *, key: bytes, secure: bool) -> None:
        cookie = SignedCookie(
            _COOKIE,
            key=key,
            lifetime_seconds=_LIFETIME_SECONDS,
            secure=secure,
            path=mount_of(request) or "/",
            same_site="Strict",
        )
        nonce, written_at = cookie.read(request.cookies.get(_COOKIE, "")) or (secrets.token_urlsafe(18), 0)
        is_old = time.time() - written_at > _RENEWED_AFTER_SECONDS
        self.nonce = nonce
        self.set_cookie = cookie.header(nonce) if is_old else None


def mount_of(request: Request) -> str:
    """Where the host has mounted us, without a slash at its end: "/backoffice", or "" at the root."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def path_of(request: Request) -> str:
    """Below the mount: "/orders"."""
    return request.url.path.removeprefix(mount_of(request))


def query_of(request: Request) -> list[tuple[str, str]]:
    """The address's parameters, in order."""
    return list(request.query_params.multi_items())


def is_foreign(request: Request) -> bool:
    """Whether another site sends this, as far as the browser says. Old ones do not: the token remains."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = request.headers.get("host", "").lower()
    return site not in _OURS or (origin is not None and urlsplit(origin).netloc.lower() != ours)


def is_arrival(request: Request) -> bool:
    """Whether somebody follows a link on another site, so that the browser holds our cookie back."""
    return (
        request.method == "GET"
        and request.headers.get("sec-fetch-site") == "cross-site"
        and request.headers.get("sec-fetch-mode") == "navigate"
    )
