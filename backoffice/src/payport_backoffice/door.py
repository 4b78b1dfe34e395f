"""Stands before every page: asks the host who is there, and knows the browser again."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payport_backoffice.browser import Browser, is_arrival, is_foreign, path_of
from payport_backoffice.settings import Settings

__all__ = ["Door"]


class Door:
    """Puts `operator` (None: nobody is signed in) and `browser` into `request.state`.

    Whoever follows a link on another site gets a page that opens itself again, from here: only then does the
    browser send its cookie, and forms in its other windows stay good. Other sites get nothing else.

    Args:
        arrival: makes that page. error: makes the page for a refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        arrival: Callable[[Request], Response],
        error: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._settings, self._arrival, self._error = app, settings, arrival, error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if path_of(request).startswith("/static/"):  # the same for everybody, and asked for often
            await self._app(scope, receive, send)
            return
        if is_arrival(request):
            await self._arrival(request)(scope, receive, send)
            return
        if is_foreign(request):
            await self._error(request, HTTPException(403))(scope, receive, send)
            return
        asked = self._settings.who(request)
        request.state.operator = await asked if isawaitable(asked) else asked
        browser = Browser(request, key=self._settings.form_key, secure=self._settings.secure)
        request.state.browser = browser

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and browser.set_cookie:
                MutableHeaders(scope=message).append("set-cookie", browser.set_cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)
