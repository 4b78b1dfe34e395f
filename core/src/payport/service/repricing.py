"""The last quotes, priced anew by a catalog that is not in force: what a change would do, before it does.

Each purchase meets its account as it was when the quote was made: its grants of then, the money that had gone
back by then. How much was in use is not kept: it is taken to be what let the quote be made. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from payport.errors import CatalogError, RequestRefused
from payport.rules.catalog import Catalog
from payport.rules.catalog_file import load_catalog
from payport.rules.entitlement import Entitlement, Usage, project
from payport.rules.grant import Grant
from payport.rules.money import Money
from payport.rules.openness import check_open
from payport.rules.quote import Quote, make_quote
from payport.rules.what_if import Repriced, WhatIf, what_if_of
from payport.service.seller import Seller
from payport.storage.account_records import grants_of, usage_of
from payport.storage.quote_records import latest_quotes
from payport.storage.refund_records import given_back

__all__ = ["what_if"]

_MOST: Final = 10_000


def what_if(connection: Connection, seller: Seller, catalog_text: str, *, limit: int) -> WhatIf:
    """Reprice the last quotes by another catalog.

    Args:
        catalog_text: the TOML document, as it would stand in the catalog's file.
        limit: how many quotes, at most.
    Raises: CatalogError, naming what is wrong with the document; RequestRefused for one in another currency.
    """
    if type(limit) is not int or not 1 <= limit <= _MOST:
        raise RequestRefused(field="limit", problem="out of bounds", remedy=f"Take 1 to {_MOST}")
    catalog = load_catalog(catalog_text, source="catalog")
    now = seller.catalogs.in_force(seller.clock())
    if catalog.currency != now.currency:
        raise RequestRefused(
            field="catalog.currency",
            problem=f"{catalog.currency}, and prices are {now.currency} now",
            remedy="Compare catalogs of one currency",
        )
    repricing = _Repricing(connection, seller, catalog)
    quotes = (quote for quote in latest_quotes(connection, limit=limit) if quote.currency == now.currency)
    return what_if_of(catalog.version, catalog.currency, [repricing.of(quote) for quote in quotes])


@dataclass
class _Repricing:
    connection: Connection
    seller: Seller
    catalog: Catalog
    grants: dict[str, Sequence[Grant]] = field(default_factory=dict)

    def of(self, quote: Quote) -> Repriced:
        after, problem = None, None
        try:
            after = self._price(quote)
        except RequestRefused as refused:
            problem = f"{refused.field}: {refused.problem}"
        return Repriced(
            quote_id=quote.id,
            account=quote.account,
            purchase=quote.purchase,
            package=quote.package,
            made_at=quote.made_at,
            before=quote.total,
            after=after,
            problem=problem,
        )

    def _price(self, quote: Quote) -> Money:
        made = make_quote(
            id=quote.id,
            account=quote.account,
            purchase=quote.purchase,
            catalog=self.catalog,
            entitlement=self._then(quote),
            at=quote.made_at,
            code_uses={},  # a code that had no use left gave no quote
            refunded=self._refunded(quote.account, quote.made_at) if quote.purchase.kind == "switch" else {},
        )
        return made.total

    def _then(self, quote: Quote) -> Entitlement:
        """What was held then, with a use of it by which the quote could be made."""
        account = quote.account
        if account not in self.grants:
            self.grants[account] = grants_of(self.connection, account)
        grants = self.grants[account][: quote.entitlement_version]
        at = max([quote.made_at, *(grant.effective_at for grant in grants)])
        own = self._catalog_of(quote)
        held = project(grants, at=at)
        for used in self._uses_of_then(account, held):
            could_be = project(grants, at=at, usage=Usage(used_bytes=used, at=quote.made_at))
            if _is_open(quote, could_be, own):
                return could_be
        return held

    def _catalog_of(self, quote: Quote) -> Catalog:
        """Its own, or where that is gone, the one that it is compared with."""
        try:
            return self.seller.shelf.of(self.connection, quote)
        except CatalogError:
            return self.catalog

    def _uses_of_then(self, account: str, held: Entitlement) -> Iterator[int]:
        """What may have been in use: what is now, everything, nothing."""
        now = usage_of(self.connection, account)
        if now is not None:
            yield now.used_bytes
        if held.held is not None:
            yield held.held.capacity_bytes
        yield 0

    def _refunded(self, account: str, at: datetime) -> Mapping[str, Money]:
        """What of each order had gone back by then."""
        since = given_back(self.connection, account, since=at)
        every = given_back(self.connection, account)
        nothing = {number: Money(0, back.currency) for number, back in every.items()}
        return {number: back - since.get(number, nothing[number]) for number, back in every.items()}


def _is_open(quote: Quote, held: Entitlement, own: Catalog) -> bool:
    try:
        check_open(quote.purchase, held, own, quote.made_at)
    except RequestRefused:
        return False
    return True
