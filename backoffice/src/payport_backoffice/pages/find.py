"""What the search box leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import Found
from payport_backoffice.desk import SEARCH_PATH
from payport_backoffice.operator import Right
from payport_backoffice.pages.account import account_path
from payport_backoffice.pages.page import Page
from payport_web.languages import msg

__all__ = ["Find"]

_LONGEST: Final = 200
_MOST: Final = 50
_KINDS: Final = ("order", "payment", "refund", "statement_line")
_NAMES: Final = frozenset(
    {"number", "link", "reference", "gateway_reference", "checkout_reference", "bank_reference"}
)
"""What names one thing. A buyer, an amount or words of a memo may fit another one tomorrow."""
_BY: Final[Mapping[str, str]] = {
    "number": msg("its number"),
    "link": msg("the link of its page"),
    "account": msg("the buyer account"),
    "memo": msg("the memo"),
    "buyer": msg("the buyer"),
    "reference": msg("our reference"),
    "gateway_reference": msg("the gateway's reference"),
    "checkout_reference": msg("the gateway's session"),
    "bank_reference": msg("the bank's reference"),
    "amount": msg("the amount"),
}


class Find(Page):
    """What names one thing leads straight to its page."""

    def routes(self) -> list[BaseRoute]:
        return [self.look(SEARCH_PATH, self._find, right=Right.READ)]

    async def _find(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()[:_LONGEST]
        found = await self.desk.shop.find(text, limit=_MOST) if text else ()
        path = await self._page_of(text, found)
        if path is not None:
            return self.desk.lead(request, path)
        return self.desk.page(
            request,
            "find.html",
            text=text,
            found={kind: [each for each in found if each.kind == kind] for kind in _KINDS},
            account=text if any(each.by == "account" for each in found) else None,
            by=_BY,
            is_cut=len(found) == _MOST,
        )

    async def _page_of(self, text: str, found: Sequence[Found]) -> str | None:
        """Of the one thing that fits, if it is named."""
        if found and all(each.by == "account" for each in found):
            return account_path(text)
        if not found and text.isprintable() and await self.desk.shop.grants(text):
            return account_path(text)  # on trial, without an order yet
        if len(found) == 1 and found[0].order_number and _is_named(found[0]):
            return f"/orders/{quote(found[0].order_number)}"
        return None


def _is_named(found: Found) -> bool:
    """An order's number inside a bank's memo is its number, too."""
    return found.by in _NAMES or (found.kind == "order" and found.by == "memo")
