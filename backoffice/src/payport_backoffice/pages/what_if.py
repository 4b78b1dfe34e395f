"""What if: a changed catalog, before it is in force, and what it would have done to the last quotes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import CatalogChanges, CatalogError, CatalogFault, ErrandKind, PayportError, RequestRefused
from payport import WhatIf as Outcome
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Form, Page
from payport_web.languages import msg

__all__ = ["WhatIf"]

_PATH: Final = "/what-if"
_MOST_BYTES: Final = 400_000  # as a form: a sign of a catalog in Vietnamese is up to nine bytes of it
_QUOTES: Final = 1_000


class WhatIf(Page):
    entry = Entry("what-if", _PATH, msg("What if"), icon="flask-conical", group=msg("Installation"))

    def routes(self) -> list[BaseRoute]:
        return [
            self.look(_PATH, self._ask, right=Right.READ),
            self.act(_PATH, self._answer, right=Right.READ, fields=("catalog",), most_bytes=_MOST_BYTES),
        ]

    async def _ask(self, request: Request) -> Response:
        return self._page(request, "")

    async def _answer(self, request: Request, form: Form) -> Response:
        """Nothing of it is kept but who asked, so the answer is the page itself."""
        shop, text = self.desk.shop, form["catalog"]
        digest = sha256(text.encode(errors="surrogatepass")).hexdigest()
        actor = self.desk.operator(request).name
        await shop.note_errand(ErrandKind.WHAT_IF, f"catalog, SHA-256 {digest}", actor=actor)
        faults = await shop.catalog_faults(text)
        if faults:
            return self._page(request, text, faults=faults)
        try:
            outcome = await shop.what_if(text, limit=_QUOTES)
            now = shop.seller.catalogs.in_force(self.desk.clock()).version
            changes = await shop.catalog_changes(now, catalog_text=text)
        except (CatalogError, RequestRefused) as refusal:
            return self._page(request, text, refusal=refusal)
        return self._page(request, text, outcome=outcome, changes=changes)

    def _page(
        self,
        request: Request,
        text: str,
        *,
        faults: Sequence[CatalogFault] = (),
        refusal: PayportError | None = None,
        outcome: Outcome | None = None,
        changes: CatalogChanges | None = None,
    ) -> Response:
        return self.desk.page(
            request,
            "what_if.html",
            status=422 if faults or refusal else 200,
            text=text,
            faults=faults,
            refusal=refusal,
            outcome=outcome,
            changes=changes,
            limit=_QUOTES,
        )
