"""The bank over HTTP: the app's pages, and the export of statements."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from payport_simulators.bank.bank import Bank
from payport_simulators.bank.pages import APP, RECEIPT, STYLE, TINT, Pages
from payport_simulators.fence import Fence
from payport_simulators.look import style_sheet

__all__ = ["app"]


def app(bank: Bank) -> Starlette:
    """The bank as an ASGI app, to be served alone or mounted under any path."""

    async def statement(request: Request) -> Response:
        account, _, kind = request.path_params["name"].rpartition(".")
        if account not in bank.accounts or kind not in ("csv", "json"):
            return Response(status_code=404)
        if kind == "json":
            return Response(bank.statement_json(account), media_type="application/json")
        headers = {"content-disposition": f'attachment; filename="{account}.csv"'}
        return Response(bank.statement_csv(account), headers=headers, media_type="text/csv")

    pages = Pages(bank)
    return Starlette(
        routes=[
            Route(APP, pages.show, methods=["GET"]),
            Route(APP, pages.act, methods=["POST"]),
            Route(RECEIPT, pages.receipt, methods=["GET"]),
            Route("/statements/{name}", statement, methods=["GET"]),
            Route(STYLE, style_sheet(TINT), methods=["GET"]),
        ],
        middleware=[Middleware(Fence)],
    )
