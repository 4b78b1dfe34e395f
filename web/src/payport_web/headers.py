"""What every answer says to the browser: nothing inline, nothing framed, nothing cached, nothing leaked."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HANDING_OVER", "SecurityHeaders"]

_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
HANDING_OVER: Final = f"{_POLICY} https:"
"""For the one page whose form ends at a gateway: browsers hold `form-action` against redirects too."""

_ALWAYS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # an order's link holds its token: no gateway gets to see it
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_TRANSPORT: Final = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds each header that the answer does not set for itself. Static files may be kept by the browser."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers.setdefault("strict-transport-security", _TRANSPORT)
            await send(message)

        await self._app(scope, receive, send_with_headers)
