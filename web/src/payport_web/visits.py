"""One log line for each answer: which kind of page, how it ended, how long it took. Never who, never what."""

from __future__ import annotations

import time
from http.client import BAD_REQUEST

import structlog
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["VisitLog"]

_log = structlog.get_logger()


class VisitLog:
    """Logs the handler's name and never the path: a path may hold an order's token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            took_ms = round((time.perf_counter() - began) * 1000, 1)
            endpoint = scope.get("endpoint")
            if not isinstance(endpoint, StaticFiles) or status >= BAD_REQUEST:
                page = getattr(endpoint, "__name__", "nowhere").strip("_")
                _log.info("answered", method=scope["method"], page=page, status=status, took_ms=took_ms)
