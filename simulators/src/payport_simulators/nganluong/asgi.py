"""The gateway over HTTP: which address is answered by what, and how a server's fields are read."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payport_simulators.bodies import read_body
from payport_simulators.delivering import lifespan
from payport_simulators.fence import Fence
from payport_simulators.look import mount_path, style_sheet
from payport_simulators.nganluong.answers import ApiAnswer, json_answer
from payport_simulators.nganluong.api import PAGE
from payport_simulators.nganluong.pages import STYLE, TINT, Pages
from payport_simulators.nganluong.records import Product
from payport_simulators.nganluong.simulator import Simulator

__all__ = ["app"]


def app(simulator: Simulator, *, deliver_every: float | None = None) -> Starlette:
    """The gateway's addresses as an ASGI app, to be served alone or mounted under any path.

    With `deliver_every` (seconds) its lifespan calls `deliver_due` by the clock. A mounted app has no
    lifespan: its host runs `simulator.keep_delivering()` itself.
    """

    async def advanced(request: Request) -> Response:
        return await api(request, Product.ADVANCED)

    async def seamless(request: Request) -> Response:
        return await api(request, Product.SEAMLESS)

    async def api(request: Request, product: Product) -> Response:
        fields = await _fields(request)
        if fields is None:
            return Response(status_code=413)
        base = f"{request.url.scheme}://{request.url.netloc}{mount_path(request)}"
        return await _sent(await run_in_threadpool(simulator.answer_api, product, fields, base=base))

    async def check(request: Request) -> Response:
        fields = await _fields(request)
        if fields is None:
            return Response(status_code=413)
        kind = request.url.path.rpartition("/")[2]
        if request.method != "POST":  # sheet 6, last line
            return await _sent(json_answer("01"))
        return await _sent(await run_in_threadpool(simulator.answer_check, kind, fields))

    pages = Pages(simulator)
    return Starlette(
        routes=[
            Route("/checkout.api.nganluong.post.php", advanced, methods=["POST"]),
            Route("/checkoutseamless.api.nganluong.post.php", seamless, methods=["POST"]),
            Route("/service/order/check", check, methods=["POST"]),
            Route("/service/order/checkV2", check, methods=["GET", "POST"]),
            Route("/checkout.php", pages.arrive, methods=["GET"]),
            Route(f"{PAGE}{{token}}", pages.show, methods=["GET"]),
            Route(f"{PAGE}{{token}}", pages.act, methods=["POST"]),
            Route(STYLE, style_sheet(TINT), methods=["GET"]),
        ],
        middleware=[Middleware(Fence)],
        lifespan=lifespan(simulator, deliver_every),
    )


async def _fields(request: Request) -> dict[str, str] | None:
    """The form's fields, and those of the query string that it lacks (sheet 4); None if it is too long."""
    body = await read_body(request)
    if body is None:
        return None
    fields = _parsed(request.scope["query_string"])
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        == "application/x-www-form-urlencoded"
    ):
        fields |= _parsed(body)
    return fields


def _parsed(text: bytes) -> dict[str, str]:
    """The last of a repeated name, as PHP does."""
    return dict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True))


async def _sent(answer: ApiAnswer) -> Response:
    await asyncio.sleep(answer.delay.total_seconds())
    headers = {"content-type": answer.media_type}
    if answer.location:
        headers["location"] = answer.location
    return Response(answer.body, answer.http_status, headers)
