"""What each act is called, and what it asks for, in the words of the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from payport import Act
from payport_web.languages import msg

__all__ = ["NAMES", "asked"]

NAMES: Final[Mapping[str, str]] = {
    "confirm": msg("Confirm money"),
    "withdraw": msg("Withdraw a confirmation"),
    "refund": msg("Give money back"),
    "settle_refund": msg("End a refund in doubt"),
    "resolve_order": msg("End an order's review"),
    "resolve_payment": msg("End a payment's review"),
    "cancel": msg("Cancel an order"),
    "adjust": msg("Adjust what an account holds"),
    "chargeback": msg("Record a chargeback"),
    "close_chargeback": msg("End a chargeback"),
    "dismiss": msg("Dismiss money of no order"),
}
_LABELS: Final[Mapping[str, str]] = {
    "order_number": msg("Order"),
    "merchant_reference": msg("Payment"),
    "reference": msg("Reference"),
    "account": msg("Buyer account"),
    "gateway_account": msg("Gateway account"),
    "outcome": msg("Outcome"),
    "amount": msg("Amount"),
    "booked_on": msg("Day at the bank"),
    "bank_reference": msg("Bank's reference"),
    "gateway_reference": msg("Reference there"),
    "of": msg("Of which money"),
    "by_hand": msg("By hand"),
    "gb": msg("GB"),
    "days": msg("Days"),
    "package": msg("Package"),
    "months": msg("Months"),
    "note": msg("How it was seen"),
    "reason": msg("Reason"),
}
_WORDS: Final[Mapping[str, str]] = {
    "paid": msg("paid: it takes its effect"),
    "cancelled": msg("cancelled: its money goes back"),
    "succeeded": msg("the money moved"),
    "failed": msg("no money moved"),
    "won": msg("won: the money stays"),
    "lost": msg("lost: the money is gone"),
    "order": msg("the order's own"),
    "surplus": msg("surplus"),
    "True": msg("yes"),
}


def asked(act: Act) -> Iterator[tuple[str, Any, str]]:
    """Label, value, and its word where it has one, of all that the act says: what is left out is not told."""
    for each in fields(act):
        value = getattr(act, each.name)
        if each.name in _LABELS and value not in (None, "", 0, False):
            word = _WORDS.get(str(value), "") if each.name in {"outcome", "of", "by_hand"} else ""
            yield _LABELS[each.name], value, word
