"""Today: what came in, and what needs a person."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_web.languages import msg

__all__ = ["Today"]


class Today(Page):
    entry = Entry("today", "/", msg("Today"), icon="layout-dashboard")

    def routes(self) -> list[BaseRoute]:
        return [self.look("/", self._today, right=Right.READ)]

    async def _today(self, request: Request) -> Response:
        return self.desk.page(request, "today.html", now=self.desk.clock())
