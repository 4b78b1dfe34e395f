"""Whether money that a quote's credit stands for was given back since: it must not be taken off a price too.

A refund without lines changes no grant, so nothing else would tell. Rules: "Price", credit: at most the money
received on the chain and not refunded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from payport.rules.entitlement import project
from payport.rules.grant import Grant
from payport.rules.quote import Quote
from payport.storage.refund_records import given_back

__all__ = ["credit_went_back"]


def credit_went_back(connection: Connection, quote: Quote, grants: Sequence[Grant], *, at: datetime) -> bool:
    """Whether own money of the chain went back, or may yet, by a refund that was requested since the quote.

    Args:
        grants: all of the account, in order.
        at: when the quote is placed or paid; never before the last of the grants.
    """
    if not quote.credited_grants:
        return False
    back = given_back(connection, quote.account, since=quote.made_at)
    chain = project(grants, at=max([at, *(grant.effective_at for grant in grants)])).chain
    return any(received.order_number in back for received in chain)
