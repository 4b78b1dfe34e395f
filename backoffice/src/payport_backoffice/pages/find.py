"""What the search box leads to."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import NotFound, OrderView
from payport_backoffice.desk import SEARCH_PATH
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page

__all__ = ["Find"]

_LONGEST: Final = 200


class Find(Page):
    def routes(self) -> list[BaseRoute]:
        return [self.look(SEARCH_PATH, self._find, right=Right.READ)]

    async def _find(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()[:_LONGEST]
        return self.desk.page(request, "find.html", text=text, orders=await self._orders(text))

    async def _orders(self, text: str) -> tuple[OrderView, ...]:
        try:
            return (await self.desk.shop.order(text.upper()),) if text else ()
        except NotFound:
            return ()
