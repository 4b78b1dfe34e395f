"""Money that a gateway proves, and that is of no payment of ours: told once for each transaction.

It belongs to no buyer account; a person finds out what it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from payport.gateways.types import Outcome, PaymentReport
from payport.journal.entry import instant
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.journal_records import record
from payport.storage.rows import is_kept

__all__ = ["is_news", "tell_unmatched"]

_KIND: Final = "money.unmatched"


def is_news(connection: Connection, gateway_account: str, report: PaymentReport | None) -> bool:
    """Whether it says that money came in a transaction that was not told of yet. Whoever asks holds, from now
    on, the lock of money that belongs to nobody."""
    reference = None if report is None else report.gateway_reference
    if report is None or report.outcome is not Outcome.DONE or not reference or not is_kept(reference):
        return False
    lock_account(connection, "")
    entries = t.journal.c
    told = select(entries.id).where(
        entries.chain == _chain(gateway_account), entries.kind == _KIND, entries.reference == reference
    )
    return connection.execute(told).first() is None


def tell_unmatched(
    connection: Connection, gateway_account: str, report: PaymentReport, *, at: datetime, proof: str
) -> None:
    """One entry, which is one event. `proof`: the callback that is kept, with its digest."""
    record(
        connection,
        chain=_chain(gateway_account),
        account="",
        at=at,
        kind=_KIND,
        subject="callback",
        reference=str(report.gateway_reference),
        from_state=None,
        to_state=None,
        facts={
            "gateway_account": gateway_account,
            "merchant_reference": report.merchant_reference,
            "gateway_reference": report.gateway_reference,
            "amount_minor": None if report.amount is None else report.amount.minor,
            "currency": None if report.amount is None else report.amount.currency,
            "paid_at": None if report.paid_at is None else instant(report.paid_at),
            "proof": proof,
        },
        because=None,
    )


def _chain(gateway_account: str) -> str:
    return f"gateway {gateway_account}"
