"""The two doors for callbacks, as an ASGI app that any host mounts: /{account}/ipn and /{account}/return.

Bytes go in as they came, in order. Size and method are refused here; all else is kept and judged behind.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from payport.doors.neutral import NEUTRAL_PAGE, NO_STORE
from payport.errors import ConfigurationError
from payport.gateways.types import Reply
from payport.service.receiving import MOST_BODY, MOST_HEADERS, MOST_QUERY, receive
from payport.service.seller import Seller
from payport.signing.received import Callback, Channel

__all__ = ["BODY_SECONDS", "doors"]

BODY_SECONDS = 10.0
"""For all of a message's body: a gateway sends its few kilobytes at once."""

_AND_END: Final = {"Connection": "close"}
_log = logging.getLogger("payport.doors")


def doors(seller: Seller) -> ASGIApp:
    """Mount it where `seller.public_url` points."""

    async def ipn(request: Request) -> Response:
        receipt = await run_in_threadpool(receive, seller, await _callback(seller, request, Channel.IPN))
        return _exactly(receipt.reply)

    async def come_back(request: Request) -> Response:
        receipt = await run_in_threadpool(receive, seller, await _callback(seller, request, Channel.RETURN))
        if receipt.order_token is None:
            return Response(NEUTRAL_PAGE, 200, NO_STORE, "text/html; charset=utf-8")
        return RedirectResponse(seller.order_url(receipt.order_token), 303, NO_STORE)

    app = Starlette(
        routes=[
            Route("/{account}/ipn", ipn, methods=["GET", "POST"]),
            Route("/{account}/return", come_back, methods=["GET", "POST"]),
        ],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )
    app.router.redirect_slashes = False  # a redirect would be made of the Host that was sent
    return app


async def _callback(seller: Seller, request: Request, channel: Channel) -> Callback:
    """The message as it came. Raises HTTPException for what is refused at the door, and not kept."""
    account = request.path_params["account"]
    headers = tuple(request.headers.raw)
    query = request.scope["query_string"]
    if account not in seller.accounts:
        raise HTTPException(404)
    if request.method == "HEAD":
        raise HTTPException(405)
    if len(query) > MOST_QUERY or sum(len(name) + len(value) for name, value in headers) > MOST_HEADERS:
        raise HTTPException(413)
    if {b"content-length", b"transfer-encoding"} <= {name.lower() for name, _ in headers}:
        raise HTTPException(400)  # a proxy may see its end elsewhere: RFC 9112, 6.1
    return Callback(
        method=request.method,
        query=query,
        headers=headers,
        body=await _body(request),
        received_at=seller.clock(),
        account=account,
        channel=channel,
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)


def _exactly(reply: Reply) -> Response:
    """The gateway's own words and nothing else: no charset is added, no length guessed."""
    return Response(reply.body, reply.status, {**NO_STORE, "Content-Type": reply.content_type})


async def _refused(request: Request, error: Exception) -> Response:
    """Hang up: a server that keeps the connection would go on reading the rest of the message for ever."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    keeps = request.scope.get("http_version") not in {"1.0", "1.1"}  # HTTP/2 and 3 have no such header
    return Response(b"", status, NO_STORE if keeps else {**NO_STORE, **_AND_END})


async def _failed(_request: Request, error: Exception) -> Response:
    _log.error("a door failed: %s", error if isinstance(error, ConfigurationError) else type(error).__name__)
    return Response(b"", 503, NO_STORE)
