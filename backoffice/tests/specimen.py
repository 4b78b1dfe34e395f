"""A room that shows every part that pages are made of, as a list and as one order would; for tests alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinja2 import FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import Money, vnd
from payport_backoffice import Right
from payport_backoffice.navigation import Entry
from payport_backoffice.pages import Page
from payport_backoffice.pages.page import Form
from payport_backoffice.states import STATES

__all__ = ["TEMPLATES", "Specimen"]

TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))


@dataclass(frozen=True)
class _Row:
    number: str
    of: str
    state: str
    total: Money
    buyer: str
    at: datetime


def _rows() -> list[_Row]:
    every = [(of, state) for of in STATES for state in STATES[of]]
    begun = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    return [
        _Row(
            f"SV-261124-{n:04}",
            of,
            state,
            vnd(1_100_000 * (n + 1)),
            "Nguyễn Thu Hà",
            begun + timedelta(hours=n),
        )
        for n, (of, state) in enumerate(every)
    ]


class Specimen(Page):
    entry = Entry("specimen", "/specimen", "Specimen", icon="inbox", group="Money")

    def routes(self) -> list[BaseRoute]:
        return [
            self.look("/specimen", self._list, right=Right.READ),
            self.look("/specimen/one", self._one, right=Right.READ),
            self.act("/specimen/one", self._act, right=Right.ACT, fields=("reason", "amount", "note")),
        ]

    async def _list(self, request: Request) -> Response:
        return self.desk.page(request, "specimen.html", orders=_rows())

    async def _one(self, request: Request) -> Response:
        return self.desk.page(request, "specimen_one.html", orders=_rows())

    async def _act(self, request: Request, form: Form) -> Response:
        return self.desk.page(request, "specimen_one.html", status=422, orders=_rows())
