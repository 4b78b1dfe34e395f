"""What nobody expected becomes a log entry, and a page that gives nothing away.

Nobody knows what such an error holds, so it goes to a logger that Payport cleans of secrets and cards
(payport.logs): one of the standard library, whichever way the host writes its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ErrorPage", "Failsafe"]

ErrorPage = Callable[[Request, Exception], Response]
_log: Final = logging.getLogger("payport_web")


class Failsafe:
    """Stands inside what sets headers, so that this page too has them all.

    Args:
        page: shown as long as nothing of another answer was sent.
    """

    def __init__(self, app: ASGIApp, *, page: ErrorPage) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as raised:
            _log.exception("failed")
            if started:
                raise
            await self._page(Request(scope), raised)(scope, receive, send)
