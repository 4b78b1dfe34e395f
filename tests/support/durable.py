"""INV-9: whatever a gateway was told is final was durable before it was told.

Here durable means committed: the row that says so is seen by whoever reads next. That a commit outlives the
process is shown by those tests that kill it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from payport.doors.host import Payport
from payport.masking import without_cards
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from payport.signing.received import Callback
from payport.storage import tables as t

__all__ = ["told_once_durable"]

_FINAL: Final = {
    Decision.RECORDED, Decision.ALREADY_KNOWN, Decision.TO_REVIEW, Decision.WRONG_AMOUNT,
}  # fmt: skip


def told_once_durable(payport: Payport, callback: Callback, receipt: Receipt) -> Receipt:
    """The receipt, once what it says of money was found among what is committed."""
    if receipt.decision in _FINAL:
        columns = t.callbacks.c
        kept = select(columns.merchant_reference).where(
            columns.gateway_account == callback.account,
            columns.received_at == callback.received_at,
            columns.query == without_cards(callback.query),
            columns.decision == str(receipt.decision),
        )
        with payport.seller.database.reading() as connection:
            row = connection.execute(kept.limit(1)).first()
        assert row is not None, f"INV-9: {receipt.decision} was told, and is not kept"
        assert row.merchant_reference is not None, f"INV-9: {receipt.decision} was told of no payment"
    return receipt
