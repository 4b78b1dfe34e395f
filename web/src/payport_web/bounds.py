"""Turns away requests whose head is longer than any of our pages asks for, before it is taken apart."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payport_web.failsafe import ErrorPage

__all__ = ["Bounds"]

_LONGEST_QUERY: Final = 8_192  # bytes
_MOST_PARAMETERS: Final = 64
_LARGEST_HEADERS: Final = 65_536  # bytes; cookies of the host's own are among them
_OF_EACH: Final = 32  # bytes that a header counts for beside its own, as in HTTP/2
_UNREAD: Final = frozenset({408, 413})
"""Answers to a body that was not read to its end: nothing more is taken on that connection."""


class Bounds:
    """414 for an address, 431 for headers beyond the bounds; hangs up on who sends too much or too slowly.

    Args:
        page: is made of a request without them, but for its `Host`: nothing of what was refused is read.
    """

    def __init__(self, app: ASGIApp, *, page: ErrorPage) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_and_hang_up(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _UNREAD:
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        if status := _refused(scope):
            host = [header for header in scope["headers"] if header[0] == b"host"]
            bare = {**scope, "query_string": b"", "headers": host}
            await self._page(Request(bare), HTTPException(status))(bare, receive, send)
            return
        await self._app(scope, receive, send_and_hang_up)


def _refused(scope: Scope) -> int | None:
    query: bytes = scope["query_string"]
    if len(query) > _LONGEST_QUERY or query.count(b"&") >= _MOST_PARAMETERS:
        return 414
    if sum(len(name) + len(value) + _OF_EACH for name, value in scope["headers"]) > _LARGEST_HEADERS:
        return 431
    return None
