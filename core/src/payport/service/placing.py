"""From a purchase to an order: quote, then place, each once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from payport.errors import NotFound, QuoteExpired, QuoteOutdated, RequestRefused
from payport.gateways.believed import believe_text
from payport.journal.witnesses import quote_digest
from payport.rules.catalog import Catalog
from payport.rules.money import Money
from payport.rules.openness import Offer, check_open, offers
from payport.rules.order import Order, State
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote, make_quote
from payport.rules.search_terms import buyer_terms
from payport.rules.tax import price_holds_until
from payport.service.credited_money import credit_went_back
from payport.service.holding import check_account, entitlement
from payport.service.methods import carried
from payport.service.references import new_id, new_reference, new_token
from payport.service.seller import Seller
from payport.service.settling import fulfil
from payport.storage import tables as t
from payport.storage.account_records import grants_of, lock_account
from payport.storage.order_records import add_order, find_order
from payport.storage.quote_records import add_quote, find_quote_document
from payport.storage.refund_records import given_back
from payport.storage.rows import insert_if_absent

__all__ = ["BuyerDetails", "offer", "place", "preview", "quote", "quoted"]

_BUYER: Final = select(t.orders.c.buyer).where(t.orders.c.number == bindparam("of"))
_USES: Final = (
    select(t.code_uses.c.code, func.count().label("uses"))
    .where(t.code_uses.c.code.in_(bindparam("codes", expanding=True)), t.code_uses.c.freed_at.is_(None))
    .group_by(t.code_uses.c.code)
)
_LOCK_CODE: Final = select(t.codes.c.code).where(t.codes.c.code == bindparam("code")).with_for_update()
_LOCALES: Final = frozenset({"vi", "en"})
_LONGEST: Final = {"name": 120, "email": 254, "phone": 20, "company": 200, "tax_code": 20, "address": 300}


@dataclass(frozen=True, slots=True)
class BuyerDetails:
    """Who buys, as the invoice names them. Personal data: kept with the order, never in a URL or a log."""

    name: str
    email: str
    phone: str = ""
    company: str = ""
    tax_code: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        for field, most in _LONGEST.items():
            try:
                believe_text(field, getattr(self, field), most=most)
            except ValueError:
                raise RequestRefused(
                    field=f"buyer.{field}",
                    problem=f"not a text of at most {most} signs in one line",
                    remedy="Correct it and send the form again",
                ) from None
        if not self.name.strip():
            raise RequestRefused(field="buyer.name", problem="empty", remedy="Say who buys")
        if self.email.count("@") != 1 or self.email.startswith("@") or self.email.endswith("@"):
            raise RequestRefused(
                field="buyer.email", problem="not an e-mail address", remedy="Write it as name@example.vn"
            )


def offer(connection: Connection, seller: Seller, account: str) -> tuple[Offer, ...]:
    """Every kind of purchase: the open ones with prices, the closed ones with the reason."""
    now = seller.clock()
    return offers(entitlement(connection, account, at=now), seller.shelf.in_force(connection, now), now)


def quote(
    connection: Connection, seller: Seller, account: str, purchase: New | AddCapacity | Renew | Switch
) -> Quote:
    """Price a purchase, and keep the price until it expires.

    Raises: PurchaseNotOpen, RequestRefused naming the field.
    """
    check_account(account)
    lock_account(connection, account)
    now = seller.clock()
    catalog = seller.shelf.in_force(connection, now)
    made = _priced(connection, seller, account, purchase, catalog=catalog, at=now)
    seller.shelf.keep(connection, catalog, at=now)
    add_quote(connection, made)
    return made


def preview(
    connection: Connection, seller: Seller, account: str, purchase: New | AddCapacity | Renew | Switch
) -> Quote:
    """What `quote` would say now, with nothing kept: no order can be placed from it. Raises as `quote`."""
    now = seller.clock()
    catalog = seller.shelf.in_force(connection, now)
    return _priced(connection, seller, account, purchase, catalog=catalog, at=now)


def quoted(connection: Connection, account: str, quote_id: str) -> Quote:
    """A quote of this account. Raises NotFound, the same for another's as for none."""
    return _quoted(connection, account, quote_id)[1]


def place(
    connection: Connection, seller: Seller, quote_id: str, buyer: BuyerDetails, *, account: str, locale: str
) -> Order:
    """Make the order of a quote, once: the same call again gives the same order.

    A total of zero is paid at once, with the same records as any order.
    Raises: NotFound (also for another account's quote), QuoteExpired, QuoteOutdated, PurchaseNotOpen.
    """
    now = seller.clock()
    document, made = _quoted(connection, account, quote_id)
    lock_account(connection, account)
    placed = find_order(connection, quote_id=quote_id)
    if placed is not None:
        return _same(connection, placed, buyer)
    if locale not in _LOCALES:
        raise RequestRefused(field="locale", problem="neither vi nor en", remedy="Take one of the two")
    if now >= made.expires_at:
        raise QuoteExpired(field="quote", problem="its time is over", remedy="Ask for a new quote")
    grants = grants_of(connection, account)
    if len(grants) != made.entitlement_version:
        raise QuoteOutdated(
            field="quote", problem="what the account holds has changed since", remedy="Ask for a new quote"
        )
    if credit_went_back(connection, made, grants, at=now):
        raise QuoteOutdated(
            field="quote",
            problem="money that its credit stands for was given back since",
            remedy="Ask for a new quote",
        )
    catalog = seller.shelf.of(connection, made)
    check_open(made.purchase, entitlement(connection, account, at=now), catalog, now)
    if made.code is not None:
        _reserve(connection, catalog, made.code)
    order = Order(
        number=new_reference(seller.reference_prefix),
        token=new_token(),
        account=account,
        quote_id=made.id,
        state=State.PLACED,
        total=made.total,
        received=Money(0, made.currency),
        locale=locale,
        placed_at=now,
        expires_at=price_holds_until(catalog, now, catalog.policies.order_lifetime),
    )
    details = asdict(buyer)
    add_order(
        connection,
        order,
        because="placed by the buyer",
        told={
            "quote_sha256": quote_digest(document),
            "catalog": made.catalog_version,
            "catalog_sha256": seller.shelf.digest_of(connection, made.catalog_version),
        },
        code=made.code,
        found_by=buyer_terms(details),
        buyer=json.dumps(details, ensure_ascii=False),
        due_at=order.expires_at,
    )
    if order.total.minor == 0:
        return fulfil(connection, seller, order, paid_at=now, at=now, because="its total is zero")
    seller.shelf.keep(connection, catalog, at=now)
    return order


def _quoted(connection: Connection, account: str, quote_id: str) -> tuple[str, Quote]:
    """As it is stored, and as it reads."""
    document = find_quote_document(connection, quote_id)
    if document is not None:
        made = Quote.model_validate_json(document)
        if made.account == account:
            return document, made
    raise NotFound(field="quote", problem="no such quote", remedy="Ask for a new quote")


def _priced(
    connection: Connection,
    seller: Seller,
    account: str,
    purchase: New | AddCapacity | Renew | Switch,
    *,
    catalog: Catalog,
    at: datetime,
) -> Quote:
    made = make_quote(
        id=new_id(),
        account=account,
        purchase=purchase,
        catalog=catalog,
        entitlement=entitlement(connection, account, at=at),
        at=at,
        code_uses=_code_uses(
            connection, [promotion.code for promotion in catalog.promotions if promotion.code]
        ),
        refunded=given_back(connection, account),
    )
    if made.total.minor and not carried(seller, made.total):
        raise RequestRefused(
            field="total",
            problem=f"no way of paying carries {made.total}",
            remedy="Choose a smaller or a larger purchase, or send the order to the seller by other means",
        )
    return made


def _same(connection: Connection, order: Order, buyer: BuyerDetails) -> Order:
    stored = connection.execute(_BUYER, {"of": order.number}).scalar_one()
    if json.loads(stored) != asdict(buyer):
        raise RequestRefused(
            field="quote",
            problem="an order was placed from it already, with other buyer details",
            remedy="Open that order, or ask for a new quote",
        )
    return order


def _code_uses(connection: Connection, codes: Sequence[str]) -> Mapping[str, int]:
    """How many orders hold a use of each code: reserved at placing, freed at expiry or cancellation."""
    rows = connection.execute(_USES, {"codes": codes})
    return {row.code: row.uses for row in rows}


def _reserve(connection: Connection, catalog: Catalog, code: str) -> None:
    """Count a code's uses under its own lock, since the orders of many accounts share it."""
    insert_if_absent(connection, t.codes, {"code": code})
    connection.execute(_LOCK_CODE, {"code": code}).one()
    most = next(promotion.uses for promotion in catalog.promotions if promotion.code == code)
    if most is not None and _code_uses(connection, [code]).get(code, 0) >= most:
        raise QuoteOutdated(
            field="code",
            problem="its last use was taken since the quote was made",
            remedy="Ask for a new quote",
        )
