"""One callback: the request as it came, how it was judged, and the document that proves it."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import ErrandKind
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_backoffice.received import fields_of, readable

__all__ = ["Callback"]


class Callback(Page):
    def routes(self) -> list[BaseRoute]:
        return [
            self.look("/callbacks/{id:int}", self._show, right=Right.READ),
            self.look("/callbacks/{id:int}/evidence", self._evidence, right=Right.AUDIT),
        ]

    async def _show(self, request: Request) -> Response:
        seen = await self.desk.shop.callback(request.path_params["id"])
        return self.desk.page(
            request,
            "callback.html",
            seen=seen,
            row=seen.row,
            query_text=readable(seen.query),
            body_text=readable(seen.body),
            fields=fields_of(seen.query) + fields_of(seen.body),
            sent_headers=[(readable(_raw(name)), readable(_raw(value))) for name, value in seen.headers],
        )

    async def _evidence(self, request: Request) -> Response:
        """What `payport evidence` writes: docs/check_evidence.py checks it alone."""
        number: int = request.path_params["id"]
        proof = await self.desk.shop.evidence(number)
        if request.method != "HEAD":
            actor = self.desk.operator(request).name
            await self.desk.shop.note_errand(ErrandKind.EVIDENCE, str(number), actor=actor)
        return Response(
            json.dumps(proof, ensure_ascii=False, indent=1) + "\n",
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="callback-{number}.json"'},
        )


def _raw(text: str) -> bytes:
    """A header as it came: kept as Latin-1."""
    return text.encode("latin-1", "backslashreplace")
