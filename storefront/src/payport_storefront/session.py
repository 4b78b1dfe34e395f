"""Who is there: a small signed cookie, and form tokens bound to it. Standard library only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Session", "SessionMiddleware", "form_token", "is_form_token"]

_COOKIE: Final = "suite_session"
_LIFETIME_SECONDS: Final = 30 * 24 * 3600
_RENEWED_AFTER_SECONDS: Final = 24 * 3600


@dataclass(slots=True)
class Session:
    """What one browser carries. Signed, not hidden: it holds no more than the browser may know.

    `order` is the token of the order placed last, so that the Wall can lead back to it.
    """

    id: str
    account: str | None = None
    order: str | None = None


class SessionMiddleware:
    """Puts a Session at `request.state.session`, and sends it back when it is new or was changed."""

    def __init__(self, app: ASGIApp, *, key: bytes, secure: bool) -> None:
        self._app, self._key, self._secure = app, key, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        now = int(time.time())
        given = HTTPConnection(scope).cookies.get(_COOKIE, "")
        session, issued_at = _read(given, self._key, now) or (Session(secrets.token_urlsafe(18)), 0)
        before = _text(session)
        scope.setdefault("state", {})["session"] = session

        async def send_with_cookie(message: Message) -> None:
            renewed = now - issued_at > _RENEWED_AFTER_SECONDS
            if message["type"] == "http.response.start" and (renewed or _text(session) != before):
                MutableHeaders(scope=message).append("set-cookie", self._cookie(session, now))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _cookie(self, session: Session, now: int) -> str:
        cookie: SimpleCookie = SimpleCookie()
        cookie[_COOKIE] = _write(session, self._key, now)
        cookie[_COOKIE].update({"path": "/", "max-age": str(_LIFETIME_SECONDS), "samesite": "Lax"})
        cookie[_COOKIE]["httponly"] = True
        if self._secure:
            cookie[_COOKIE]["secure"] = True
        return cookie.output(header="").strip()


def form_token(key: bytes, session: Session, path: str) -> str:
    """Good for this session, for whom it is signed in, and for the form that posts to this path.

    A page that was opened for one customer never acts for the next one in the same browser.
    """
    return _mac(key, f"form\0{session.id}\0{session.account or ''}\0{path}".encode())


def is_form_token(key: bytes, session: Session, path: str, given: str) -> bool:
    return hmac.compare_digest(form_token(key, session, path).encode(), given.encode("utf-8", "replace"))


def _text(session: Session) -> str:
    return json.dumps([session.id, session.account, session.order])


def _write(session: Session, key: bytes, now: int) -> str:
    body = base64.urlsafe_b64encode(json.dumps([now, _text(session)]).encode()).decode().rstrip("=")
    return f"{body}.{_cookie_mac(key, body)}"


def _read(given: str, key: bytes, now: int) -> tuple[Session, int] | None:
    body, _, mac = given.partition(".")
    if not hmac.compare_digest(_cookie_mac(key, body).encode(), mac.encode("utf-8", "replace")):
        return None
    try:
        issued_at, text = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        session = Session(*json.loads(text))
    except (ValueError, TypeError, binascii.Error):  # signed by us, in an older form
        return None
    return (session, issued_at) if 0 <= now - issued_at <= _LIFETIME_SECONDS else None


def _cookie_mac(key: bytes, body: str) -> str:
    return _mac(key, f"session\0{body}".encode())


def _mac(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()
