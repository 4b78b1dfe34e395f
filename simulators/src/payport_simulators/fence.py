"""The fence around every answer of a simulated gateway: no script, no frame, no cache."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Fence"]

_HEADERS: Final = {
    # A form's redirect is checked against form-action too, and ours ends at the shop, wherever that is.
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src data:; "
    b"form-action http: https:; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}


class Fence:
    """ASGI middleware that adds the headers to whatever the app answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, fenced if scope["type"] == "http" else send)
