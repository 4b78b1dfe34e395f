"""The gateway over HTTP: which address is answered by what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

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
from payport_simulators.onepay.pages import Pages
from payport_simulators.onepay.products import PAY_PATHS, QUERY_PATHS, REFUND_PATH, Product
from payport_simulators.onepay.records import ApiAnswer
from payport_simulators.onepay.simulator import Simulator

__all__ = ["app"]

_TINT: Final = """
:root { --accent: #1c4f9c; --accent-dark: #123566; --accent-pale: #e8eef8; }
.banks [aria-pressed] { border-color: var(--accent); background: var(--accent-pale); }
.chosen { margin: 1.5rem 0 .25rem; font-size: 1.2rem; }
.actions + .hint { margin: .6rem 0 1.5rem; }
"""


def app(simulator: Simulator, *, deliver_every: float | None = None) -> Starlette:
    """The gateway's addresses as an ASGI app, to be served alone or mounted under any path.

    With `deliver_every` (seconds) its lifespan calls `deliver_due` by the clock. A mounted app has no
    lifespan: its host runs `simulator.keep_delivering()` itself.
    """
    pages = Pages(simulator)
    return Starlette(
        routes=[
            *(Route(path, pages.arrive(product), methods=["GET"]) for product, path in PAY_PATHS.items()),
            *(_query_route(simulator, product, path) for product, path in QUERY_PATHS.items()),
            Route(REFUND_PATH, _api(simulator.answer_refund), methods=["POST"]),
            Route("/page/{token}", pages.show, methods=["GET"]),
            Route("/page/{token}", pages.act, methods=["POST"]),
            Route("/portal/refunds", pages.refunds, methods=["GET"]),
            Route("/portal/refunds", pages.decide, methods=["POST"]),
            Route("/assets/simulator.css", style_sheet(_TINT), methods=["GET"]),
        ],
        middleware=[Middleware(Fence)],
        lifespan=lifespan(simulator, deliver_every),
    )


def _query_route(simulator: Simulator, product: Product, path: str) -> Route:
    """The old pages are asked by GET too."""

    def answer(body: bytes) -> ApiAnswer:
        return simulator.answer_query(product, body)

    return Route(path, _api(answer), methods=["POST"] if product is Product.UNIFIED else ["GET", "POST"])


def _api(answer: Callable[[bytes], ApiAnswer]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        asked = await read_body(request) if request.method == "POST" else request.scope["query_string"]
        if asked is None:
            return Response(status_code=413)
        given = await run_in_threadpool(answer, asked)
        await asyncio.sleep(given.delay.total_seconds())
        return Response(given.body, given.http_status, media_type=given.media_type)

    return endpoint
