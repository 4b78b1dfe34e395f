"""What an account would hold if a price were paid at this moment. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from payport.errors import QuoteOutdated
from payport.rules.effect import effect
from payport.rules.entitlement import Entitlement, project
from payport.rules.grant import Grant
from payport.rules.quote import Quote
from payport.service.references import new_id, new_reference
from payport.service.seller import Seller
from payport.storage.records import grants_of, usage_of

__all__ = ["Foreseen", "foresee"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The grant that the purchase would make, and what the account would hold with it."""

    grant: Grant
    held: Entitlement


def foresee(connection: Connection, seller: Seller, previewed: Quote) -> Foreseen:
    """Let a previewed quote take effect as if it were paid when it was made.

    Raises: QuoteOutdated where the account's grants have changed since.
    """
    grants = grants_of(connection, previewed.account)
    if len(grants) != previewed.entitlement_version:
        raise QuoteOutdated(
            field="quote", problem="what the account holds has changed since", remedy="Ask for a new quote"
        )
    grant = effect(
        previewed,
        grants=grants,
        catalog=seller.shelf.in_force(connection, previewed.made_at),
        paid_at=previewed.made_at,
        grant_id=new_id(),
        order_number=new_reference(seller.reference_prefix),
    )
    assert isinstance(grant, Grant), "a purchase that is open takes effect when it is paid at once"
    usage = usage_of(connection, previewed.account)
    return Foreseen(grant, project((*grants, grant), at=grant.effective_at, usage=usage))
