"""Who is there: a small signed cookie, and form tokens bound to it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payport_web.signing import SignedCookie, mac

__all__ = ["Session", "SessionMiddleware", "form_token"]

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
        self._app = app
        self._cookie = SignedCookie(_COOKIE, key=key, lifetime_seconds=_LIFETIME_SECONDS, secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = self._cookie.read(HTTPConnection(scope).cookies.get(_COOKIE, ""))
        session, issued_at = (_session(given[0]), given[1]) if given else (None, 0)
        renewed = session is None or time.time() - issued_at > _RENEWED_AFTER_SECONDS
        session = session or Session(secrets.token_urlsafe(18))
        before = _text(session)
        scope.setdefault("state", {})["session"] = session

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and (renewed or _text(session) != before):
                MutableHeaders(scope=message).append("set-cookie", self._cookie.header(_text(session)))
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def form_token(key: bytes, session: Session, path: str) -> str:
    """Good for this session, for whom it is signed in, and for the form that posts to this path.

    A page that was opened for one customer never acts for the next one in the same browser.
    """
    return mac(key, "form", session.id, session.account or "", path)


def _text(session: Session) -> str:
    return json.dumps([session.id, session.account, session.order])


def _session(text: str) -> Session | None:
    try:
        return Session(*json.loads(text))
    except (ValueError, TypeError):  # signed by us, in an older form
        return None
