"""Work: what is due or parked, events that nobody took, and who is told of what."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_web.languages import msg

__all__ = ["Work"]

_SHOWN: Final = 100


class Work(Page):
    entry = Entry("work", "/work", msg("Work"), icon="hourglass", group=msg("Installation"))

    def routes(self) -> list[BaseRoute]:
        return [self.look("/work", self._work, right=Right.READ)]

    async def _work(self, request: Request) -> Response:
        return self.desk.page(
            request,
            "work.html",
            items=await self.desk.shop.work_items(limit=_SHOWN),
            shown=_SHOWN,
            parked=await self.desk.shop.parked_events(limit=_SHOWN),
            subscribers=(await self.desk.shop.house()).subscribers,
        )
