"""A buyer account: what it holds, why, and its orders."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import method_words
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page

__all__ = ["Account", "account_path"]

_ORDERS: Final = 20


class Account(Page):
    """Stands last among the pages: an id may hold slashes, so this path takes what no other one took."""

    def routes(self) -> list[BaseRoute]:
        return [self.look("/accounts/{account:path}", self._account, right=Right.READ)]

    async def _account(self, request: Request) -> Response:
        account: str = request.path_params["account"]
        shop = self.desk.shop
        *story, now = await shop.explain(account)
        orders = await shop.orders(account=account, limit=_ORDERS)
        return self.desk.page(
            request,
            "account.html",
            account=account,
            held=now.before,
            now=now,
            story=story[::-1],
            orders=orders.rows,
            more=orders.next is not None,
            methods=method_words(shop.seller),
        )


def account_path(account: str) -> str:
    return f"/accounts/{quote(account)}"
