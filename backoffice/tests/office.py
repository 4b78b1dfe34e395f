"""A host with a back office at some path, for the tests: who is there is what a header says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any, ClassVar

from anyio.from_thread import BlockingPortal
from httpx import ASGITransport, AsyncClient, Response
from jinja2 import DictLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as Answer
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from payport import AsyncPayport, RequestRefused
from payport_backoffice import Operator, Right, Role, Settings, create_app
from payport_backoffice.navigation import Entry
from payport_backoffice.pages import Page
from payport_backoffice.pages.page import Form

__all__ = ["HOST", "PEOPLE", "ROOM", "Notes", "Office", "Person", "who"]

HOST = "desk.example"
ROOM = "/inside/desk"
KEY = b"desk-key-desk-key-desk-key-desk-key"
PEOPLE = {
    "anh": Operator("Lê Minh Anh", Role.VIEWER),
    "huy": Operator("Phạm Quốc Huy", Role.OPERATOR),
    "lan": Operator("Vũ Thị Lan", Role.APPROVER),
    "bao": Operator("Đỗ Gia Bảo", Role.AUDITOR),
}
NOTES = """
{% extends "base.html" %}{% from "parts.html" import confirm with context %}{% set here = "notes" %}
{% block title %}Notes{% endblock %}
{% block main %}
{% call confirm("/notes", "A note", button="Write", back=at("/notes")) %}<p>{{ text }}</p>{% endcall %}
{% call confirm("/notes/second", "Another", button="Write", back=at("/notes"), reason=false) %}{% endcall %}
{% endblock %}
"""


async def who(request: Request) -> Operator | None:
    """As a host's login would find out; one person cannot be found out about."""
    name = request.headers.get("x-signed-in", "")
    if name == "broken":
        raise RuntimeError("a secret in /var/lib/host")
    return PEOPLE.get(name)


class Notes(Page):
    """A room of the tests, with an act of each kind of right."""

    entry = Entry("notes", "/notes", "Notes", icon="inbox", right=Right.AUDIT, group="Tests")
    told: ClassVar = {"noted": "It is noted."}
    written: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def routes(self) -> list[BaseRoute]:
        return [
            self.look("/notes", self._show, right=Right.READ),
            self.act("/notes", self._write, right=Right.ACT, fields=("reason",)),
            self.act("/notes/second", self._write, right=Right.APPROVE, fields=("reason",)),
            self.look("/notes/refused", self._refuse, right=Right.READ),
            self.look("/notes/broken", self._break, right=Right.READ),
        ]

    async def _show(self, request: Request) -> Answer:
        return self.desk.page(request, "notes.html", text=request.query_params.get("text", ""))

    async def _write(self, request: Request, form: Form) -> Answer:
        self.written.append((self.desk.operator(request).name, dict(form)))
        return self.desk.done(request, "/notes", "noted")

    async def _refuse(self, request: Request) -> Answer:
        raise RequestRefused(field="amount", problem="<b>350,000 ₫ are left</b>", remedy="Refund less")

    async def _break(self, request: Request) -> Answer:
        raise RuntimeError("a secret in /var/lib/desk")


class Person:
    """One browser, in which one person is signed in; keeps cookies, follows nothing."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal, name: str, **headers: str) -> None:
        self._portal = portal
        signed_in = {"x-signed-in": name} if name else {}
        self.client = AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False),
            base_url=f"https://{HOST}",
            headers={"accept-language": "en", **signed_in, **headers},
        )

    def get(self, path: str, **headers: str) -> Response:
        return self._portal.call(lambda: self.client.get(path, headers=_named(headers)))

    def look_up(self, path: str, **query: str) -> Response:
        return self._portal.call(lambda: self.client.get(path, params=query))

    def ask(self, method: str, path: str) -> Response:
        return self._portal.call(lambda: self.client.request(method, path))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        return self._portal.call(lambda: self.client.post(path, data=fields, headers=_named(headers)))

    def upload(self, path: str, fields: dict[str, str], **files: tuple[str, bytes]) -> Response:
        """As a browser sends a form with files, each with its name."""
        return self._portal.call(lambda: self.client.post(path, data=fields, files=files))

    def sign_in(self, name: str) -> None:
        """Somebody else, in the same browser."""
        self.client.headers["x-signed-in"] = name

    def form(self, page: str, action: str) -> dict[str, str]:
        """The hidden fields of the form on this page that posts there."""
        for form in re.findall(r"<form .*?</form>", self.get(page).text, re.DOTALL):
            if f'action="{action}"' in form:
                hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
                return {name: unescape(value) for name, value in hidden}
        raise AssertionError(f"no form on {page} goes to {action}")

    def write(self, action: str = "/notes", **headers: str) -> Response:
        """As a browser does: open the page with the form, and send it."""
        fields = self.form(f"{ROOM}/notes", f"{ROOM}{action}")
        return self.post(f"{ROOM}{action}", fields | {"reason": "the buyer called"}, **headers)


@dataclass
class Office:
    """The host, with the back office at `mount` ("": at its root)."""

    shop: AsyncPayport
    portal: BlockingPortal
    mount: str = ROOM
    also: Sequence[type[Page]] = (Notes,)
    secure: bool = True
    app: ASGIApp = field(init=False, repr=False)
    desk: Starlette = field(init=False, repr=False)

    def __post_init__(self) -> None:
        settings = Settings(who, KEY, (HOST,), secure=self.secure, sign_in="/login")
        templates = DictLoader({"notes.html": NOTES})
        self.desk = create_app(self.shop, settings, also=self.also, templates=templates)
        self.app = Starlette(routes=[Mount(self.mount or "/", self.desk)])

    def person(self, name: str = "", **headers: str) -> Person:
        return Person(self.app, self.portal, name, **headers)


def _named(headers: dict[str, Any]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
