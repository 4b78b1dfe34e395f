"""The gateway over HTTP: which address is answered by what."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payport_simulators.bodies import read_body
from payport_simulators.delivering import lifespan
from payport_simulators.fence import Fence
from payport_simulators.look import style_sheet
from payport_simulators.vnpay.pages import Pages
from payport_simulators.vnpay.simulator import Simulator

__all__ = ["app"]


def app(simulator: Simulator, *, deliver_every: float | None = None) -> Starlette:
    """The gateway's two addresses as an ASGI app, to be served alone or mounted under any path.

    With `deliver_every` (seconds) its lifespan calls `deliver_due` by the clock. A mounted app has no
    lifespan: its host runs `simulator.keep_delivering()` itself.
    """

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
            Route("/paymentv2/assets/simulator.css", style_sheet(), methods=["GET"]),
            Route("/merchant_webapi/api/transaction", api, methods=["POST"]),
        ],
        middleware=[Middleware(Fence)],
        lifespan=lifespan(simulator, deliver_every),
    )
