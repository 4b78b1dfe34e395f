"""The gateway over HTTP: which address is answered by what, and the fence around every answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payport_simulators.vnpay.bodies import read_body
from payport_simulators.vnpay.pages import Pages
from payport_simulators.vnpay.simulator import Simulator

__all__ = ["app"]

_HEADERS: Final = {
    # A form's redirect is checked against form-action too, and ours ends at the shop, wherever that is.
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src data:; "
    b"form-action http: https:; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
_STYLE: Final = files("payport_simulators.vnpay").joinpath("assets/simulator.css").read_bytes()


def app(simulator: Simulator, *, deliver_every: float | None = None) -> Starlette:
    """The gateway's two addresses as an ASGI app, to be served alone or mounted under any path.

    With `deliver_every` (seconds) its lifespan calls `deliver_due` by the clock. A mounted app has no
    lifespan: its host runs `simulator.keep_delivering()` itself.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = None
        if deliver_every is not None:
            task = asyncio.create_task(simulator.keep_delivering(every=deliver_every))
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def api(request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return Response(status_code=413)
        answer = await run_in_threadpool(simulator.answer_api, body)
        await asyncio.sleep(answer.delay.total_seconds())
        return Response(answer.body, answer.http_status, media_type=answer.media_type)

    pages = Pages(simulator)
    return Starlette(
        routes=[
            Route("/paymentv2/vpcpay.html", pages.arrive, methods=["GET"]),
            Route("/paymentv2/Transaction/{token}", pages.show, methods=["GET"]),
            Route("/paymentv2/Transaction/{token}", pages.act, methods=["POST"]),
            Route("/paymentv2/assets/simulator.css", _style, methods=["GET"]),
            Route("/merchant_webapi/api/transaction", api, methods=["POST"]),
        ],
        middleware=[Middleware(_SafeHeaders)],
        lifespan=lifespan,
    )


class _SafeHeaders:
    """Every answer carries the same fence: no script, no frame, no cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, fenced if scope["type"] == "http" else send)


async def _style(_: Request) -> Response:
    return Response(_STYLE, media_type="text/css")
