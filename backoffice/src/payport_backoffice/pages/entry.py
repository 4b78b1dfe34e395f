"""One entry of the journal, the event that hosts were told by it, and what became of it with each of them."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import NotFound
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page

__all__ = ["JournalEntry"]


class JournalEntry(Page):
    """By the event's id, which an entry has from the beginning; its number comes with a seal.

    Whoever reads orders may read the entries that they lead to; the whole journal is the auditors'.
    """

    def routes(self) -> list[BaseRoute]:
        return [self.look("/events/{event}", self._entry, right=Right.READ)]

    async def _entry(self, request: Request) -> Response:
        event: str = request.path_params["event"]
        rows = (await self.desk.shop.journal(event=event)).rows
        if not rows:
            raise NotFound(field="event", problem="no such entry", remedy="Begin at its order")
        (entry,) = rows
        told = await self.desk.shop.event(event)
        kept = json.loads(entry.text)
        return self.desk.page(
            request,
            "entry.html",
            entry=entry,
            told=told,
            previous=kept["previous"] if entry.sequence > 1 else None,
            facts=[(name, _written(value)) for name, value in sorted(kept["facts"].items())],
            text=json.dumps(kept, ensure_ascii=False, indent=2),
        )


def _written(value: object) -> str:
    """As JSON says it, but text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
