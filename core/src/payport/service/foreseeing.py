"""What an account would hold if a price were paid at this moment. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from payport.rules.effect import Review, effect
from payport.rules.entitlement import Entitlement, project
from payport.rules.grant import Grant
from payport.rules.quote import Quote
from payport.service.credited_money import credit_went_back
from payport.service.seller import Seller
from payport.storage.account_records import grants_of, usage_of

__all__ = ["Foreseen", "foresee"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The grant that the purchase would make, and what the account would hold with it."""

    grant: Grant
    held: Entitlement


def foresee(connection: Connection, seller: Seller, quote: Quote) -> Foreseen | None:
    """Let a quote, previewed or made, take effect as if it were paid now. None: it would go to review."""
    grants = grants_of(connection, quote.account)
    granted = effect(
        quote,
        grants=grants,
        catalog=seller.shelf.of(connection, quote),
        paid_at=seller.clock(),
        grant_id=quote.id,
        order_number=quote.id,
    )
    if isinstance(granted, Review) or credit_went_back(connection, quote, grants, at=seller.clock()):
        return None
    usage = usage_of(connection, quote.account)
    return Foreseen(granted, project((*grants, granted), at=granted.effective_at, usage=usage))
