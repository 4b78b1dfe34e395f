"""Importing a bank's statement, from its file or pasted: what would become of each line, then for real, of
the very same bytes.

What was shown is pinned by a digest of the bytes and of every line's fate; where any would be otherwise by
now, it is shown anew. Each line is judged once more when its money is counted, in a transaction of its own.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import RequestRefused, Statement
from payport_backoffice.desk import Desk
from payport_backoffice.operator import Right
from payport_backoffice.pages.acts.flow import DO
from payport_backoffice.pages.acts.once import Once
from payport_backoffice.pages.page import Form, Page
from payport_web.languages import msg

__all__ = ["ImportStatement"]

_PATH: Final = "/statement-lines/import"
_MOST_BYTES: Final = 3_000_000  # of the form; a file of two thirds of that, or a text of half
_FIELDS: Final = ("account", "text", "content", "shown", "step", "once")
_FILES: Final = ("content",)
_MOST_OF_A_FILE: Final = 2_000_000  # it comes back with the page that shows its lines, a third larger


class ImportStatement(Page):
    told: ClassVar[Mapping[str, str]] = {
        "imported": msg("The statement is imported: what matched is counted, and every line is kept."),
    }

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._once: Once[Statement] = Once()

    def routes(self) -> list[BaseRoute]:
        return [
            self.look(_PATH, self._open, right=Right.ACT),
            self.act(
                _PATH, self._sent, right=Right.ACT, fields=_FIELDS, most_bytes=_MOST_BYTES, files=_FILES
            ),
        ]

    async def _open(self, request: Request) -> Response:
        return self._form(request)

    async def _sent(self, request: Request, form: Form) -> Response:
        accounts, name = self._accounts(), form["account"]
        if name not in accounts:
            return self._form(request, form, problem=("account", msg("Please choose one.")))
        try:
            content = urlsafe_b64decode(form["content"]) or form["text"].encode(accounts[name])
        except ValueError:  # UnicodeEncodeError and binascii.Error are some
            return self._form(
                request, form, problem=("text", msg("This text cannot be read as a statement."))
            )
        if len(content) > _MOST_OF_A_FILE:
            return self._form(request, form, problem=("content", msg("This file is larger than 2 MB.")))
        try:
            if form["step"] == DO and form["shown"]:
                return await self._do(request, form, name, content)
            return await self._dry(request, name, content)
        except RequestRefused as refusal:
            return self._form(request, form, refusal=refusal)

    async def _do(self, request: Request, form: Form, name: str, content: bytes) -> Response:
        actor = self.desk.operator(request).name
        clicked = (actor, form["once"])
        if not self._once.known(clicked):
            now = await self._read(request, name, content, dry_run=True)
            if _digest(content, now) != form["shown"]:
                return self._shown(request, now, content, changed=True)
        await self._once.do(clicked, lambda: self._read(request, name, content, dry_run=False))
        return self.desk.done(request, "/statement-lines", "imported")

    async def _dry(self, request: Request, name: str, content: bytes) -> Response:
        return self._shown(request, await self._read(request, name, content, dry_run=True), content)

    async def _read(self, request: Request, name: str, content: bytes, *, dry_run: bool) -> Statement:
        actor = self.desk.operator(request).name
        return await self.desk.shop.import_statement(
            content, gateway_account=name, actor=actor, dry_run=dry_run
        )

    def _accounts(self) -> dict[str, str]:
        """Those whose statements can be read, each with how their files are encoded."""
        accounts = self.desk.shop.seller.accounts
        return {name: each.statement.encoding for name, each in accounts.items() if each.statement}

    def _form(
        self,
        request: Request,
        typed: Form | None = None,
        *,
        problem: tuple[str, str] | None = None,
        refusal: RequestRefused | None = None,
    ) -> Response:
        return self.desk.page(
            request,
            "statement_form.html",
            status=422 if problem or refusal else 200,
            action=_PATH,
            accounts=tuple(self._accounts()),
            typed=typed or {},
            problem=problem,
            refusal=refusal,
        )

    def _shown(
        self, request: Request, statement: Statement, content: bytes, *, changed: bool = False
    ) -> Response:
        return self.desk.page(
            request,
            "statement_effect.html",
            status=409 if changed else 200,
            action=_PATH,
            statement=statement,
            content=urlsafe_b64encode(content).decode(),
            shown=_digest(content, statement),
            once=secrets.token_urlsafe(12),
            changed=changed,
        )


def _digest(content: bytes, statement: Statement) -> str:
    fates: Any = [(line.number, str(line.fate), line.order_number) for line in statement.lines]
    return sha256(content + repr((statement.gateway_account, fates)).encode()).hexdigest()
