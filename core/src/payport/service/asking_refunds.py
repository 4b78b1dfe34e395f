"""Asking a gateway what became of a refund: claimed by lease, asked in no transaction, settled once.

A refund whose sender died is never sent again: it is `unknown` from then on, and asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from payport.errors import PayportError
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called, FlowLimits
from payport.gateways.types import RefundReport
from payport.rules.refund import FINISHED, Refund, State
from payport.service.asking_due import askable, cannot_begin, is_askable, lease_to_ask, named, next_to_ask
from payport.service.books import locked_payment
from payport.service.calls import context_for, keep_call, refund_view
from payport.service.leasing import RELEASED, Kind, Taken, has
from payport.service.refund_answers import settle_answer
from payport.service.refund_judge import Finding
from payport.service.seller import Seller
from payport.service.settling_refunds import Settled, locked_refund, settle_refund
from payport.storage import tables as t
from payport.storage.payment_records import find_payment
from payport.storage.refund_records import refund_from

__all__ = ["LIMITS", "REFUNDS", "UNSENT", "Inquiry", "claim", "claim_one", "conclude", "give_up_sending"]

LIMITS: Final = FlowLimits(seconds=12.0)
REFUNDS: Final = Kind(
    "refund",
    t.refunds,
    t.refunds.c.reference,
    (str(State.SUBMITTED), str(State.UNKNOWN)),
    lambda seller: askable(seller, "query_refund"),
)
UNSENT: Final = Kind("refund", t.refunds, t.refunds.c.reference, (str(State.REQUESTED),))  # its sender died
_LOST: Final = "nobody came back from sending it: it may have been sent"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One refund that is being asked about, by one owner of a lease."""

    refund: Refund
    account: GatewayAccount
    flow: boundary.Flow[RefundReport]
    owner: str

    @property
    def taken(self) -> Taken:
        return Taken(self.refund.reference, self.owner)


def give_up_sending(connection: Connection, seller: Seller, taken: Taken) -> Settled | None:
    """Make it unknown; None where its answer came meanwhile, or somebody else has it."""
    now = seller.clock()
    refund = locked_refund(connection, taken.reference)
    if refund.state is not State.REQUESTED or not has(connection, UNSENT, taken):
        return None
    can_be_asked = is_askable(seller, "query_refund", refund.gateway_account)
    return settle_refund(
        connection,
        seller,
        refund,
        Finding(State.UNKNOWN, _LOST, problem=_LOST),
        at=now,
        by="worker",
        columns={**RELEASED, "due_at": now if can_be_asked else None},
    )


def claim(connection: Connection, seller: Seller) -> Inquiry | None:
    """Take the refund that has been due longest, and that nobody else is asking about."""
    row = next_to_ask(connection, seller, REFUNDS)
    return None if row is None else _leased(connection, seller, row)


def claim_one(connection: Connection, seller: Seller, reference: str) -> Inquiry | None:
    """Ask about this refund now, unless it is finished, being asked about, or was asked within the gap.

    Raises: NotFound.
    """
    locked_refund(connection, reference)
    row = named(connection, seller, REFUNDS, reference, hook="query_refund")
    return None if row is None else _leased(connection, seller, row)


def conclude(
    connection: Connection, seller: Seller, inquiry: Inquiry, called: Called[RefundReport]
) -> Settled | None:
    """Judge the answer and settle it; None where the lease was lost: its late result is discarded.

    But for what contradicts how a person ended the refund meanwhile: it is kept for people.
    """
    now, reference = seller.clock(), inquiry.refund.reference
    refund = locked_refund(connection, reference)
    payment = locked_payment(connection, refund.merchant_reference)
    owner = connection.execute(
        select(t.refunds.c.lease_owner).where(t.refunds.c.reference == reference)
    ).scalar_one()
    keep_call(connection, payment, "query_refund", called, at=now)
    if owner != inquiry.owner and refund.state not in FINISHED:
        return None
    return settle_answer(connection, seller, inquiry.account, refund, called=called, asked=True, at=now)


def _leased(connection: Connection, seller: Seller, row: Row[Any]) -> Inquiry:
    refund, account = refund_from(row), seller.account(row.gateway_account)
    owner = lease_to_ask(connection, seller, REFUNDS, row)
    payment = find_payment(connection, merchant_reference=refund.merchant_reference)
    assert payment is not None
    try:
        flow = account.ready.query_refund(
            refund_view(connection, refund, payment), context_for(connection, seller, payment)
        )
    except PayportError as error:
        flow = cannot_begin(error)
    return Inquiry(refund, account, flow, owner)
