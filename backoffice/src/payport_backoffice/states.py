"""How each state of an order, a payment or a refund looks, and each flag, fate, verdict and decision.

A word for people, and a tone that only repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport_web.languages import msg

__all__ = ["STATES", "TONES", "stands"]

TONES: Final = ("good", "bad", "wait", "warn", "quiet")
STATES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "order": {
        "placed": ("wait", msg("Not paid yet")),
        "paid": ("good", msg("Paid")),
        "cancelled": ("quiet", msg("Cancelled")),
        "expired": ("quiet", msg("Expired")),
        "review": ("warn", msg("In review")),
        "partly_refunded": ("quiet", msg("Partly refunded")),
        "refunded": ("quiet", msg("Refunded")),
    },
    "payment": {
        "created": ("wait", msg("Begun")),
        "pending": ("wait", msg("At the gateway")),
        "succeeded": ("good", msg("Succeeded")),
        "failed": ("bad", msg("Failed")),
        "expired": ("quiet", msg("Expired")),
        "review": ("warn", msg("In review")),
    },
    "refund": {
        "requested": ("wait", msg("Requested")),
        "submitted": ("wait", msg("Submitted")),
        "unknown": ("warn", msg("Not known")),
        "succeeded": ("good", msg("Succeeded")),
        "failed": ("bad", msg("Failed")),
    },
    "proposal": {
        "waiting": ("wait", msg("Waits for approval")),
        "approved": ("good", msg("Approved")),
        "declined": ("quiet", msg("Declined")),
    },
    "entitlement": {
        "none": ("quiet", msg("Nothing held")),
        "trial": ("wait", msg("On trial")),
        "active": ("good", msg("Active")),
        "expired": ("quiet", msg("Expired")),
        "suspended": ("bad", msg("Suspended")),
    },
    "flag": {
        "late_payment": ("warn", msg("Late money")),
        "surplus": ("warn", msg("Surplus")),
        "second_payment": ("warn", msg("Paid twice")),
        "conflict": ("bad", msg("Reports disagree")),
        "amount_mismatch": ("bad", msg("Other amount")),
        "currency_mismatch": ("bad", msg("Other currency")),
        "merchant_account_mismatch": ("bad", msg("Other merchant account")),
        "environment_mismatch": ("bad", msg("Other environment")),
        "order_mismatch": ("bad", msg("Other order")),
        "gateway_reference_mismatch": ("bad", msg("Other reference")),
        "suspect": ("bad", msg("Disputed by the gateway")),
        "expired_unasked": ("warn", msg("Ended unasked")),
    },
    "way": {
        "gateway": ("quiet", msg("By the gateway")),
        "by_hand": ("quiet", msg("By hand")),
    },
    "money": {
        "order": ("quiet", msg("The order's money")),
        "surplus": ("quiet", msg("Surplus")),
    },
    "fate": {
        "matched": ("good", msg("Counted")),
        "unmatched": ("warn", msg("Not counted")),
        "wrong_amount": ("warn", msg("Other amount")),
        "already_used": ("quiet", msg("Counted before")),
        "ambiguous": ("warn", msg("Ambiguous")),
    },
    "errand": {
        "ask": ("quiet", msg("Asked a gateway")),
        "ask_refund": ("quiet", msg("Asked about a refund")),
        "replay": ("quiet", msg("Told an event again")),
        "replay_parked": ("quiet", msg("Told all that was parked")),
        "resume": ("quiet", msg("Resumed a web hook")),
        "unpark": ("quiet", msg("Let work go on")),
        "export": ("warn", msg("Saved a list")),
        "evidence": ("warn", msg("Took evidence")),
        "what_if": ("quiet", msg("Tried a catalog")),
    },
    "verdict": {
        "proof": ("good", msg("Proof")),
        "hint": ("wait", msg("Hint")),
        "rejected": ("bad", msg("Rejected")),
        "unjudged": ("quiet", msg("Not judged")),
    },
    "decision": {
        "recorded": ("good", msg("Recorded")),
        "already_known": ("quiet", msg("Known already")),
        "to_review": ("warn", msg("To review")),
        "wrong_amount": ("warn", msg("Other amount")),
        "unknown_reference": ("warn", msg("Unknown reference")),
        "not_authentic": ("bad", msg("Not authentic")),
        "no_input": ("bad", msg("Empty")),
        "incomplete": ("bad", msg("Incomplete")),
        "hint_taken": ("wait", msg("Hint taken")),
        "try_again": ("wait", msg("Asked to send again")),
    },
    "chargeback": {
        "opened": ("warn", msg("Open")),
        "won": ("good", msg("Won")),
        "lost": ("bad", msg("Lost")),
    },
    "confirmation": {
        "waiting": ("wait", msg("Waits for a second person")),
        "counted": ("good", msg("Counted")),
        "withdrawn": ("quiet", msg("Taken back")),
    },
    "call": {
        "done": ("good", msg("Done")),
        "pending": ("wait", msg("Not finished")),
        "declined": ("bad", msg("Declined")),
        "suspect": ("bad", msg("Disputed by the gateway")),
        "not_sent": ("warn", msg("Not sent")),
        "unknown": ("warn", msg("No sure answer")),
    },
    "delivery": {
        "waiting": ("wait", msg("Waiting")),
        "delivered": ("good", msg("Delivered")),
        "parked": ("bad", msg("Parked")),
    },
}


def stands(state: str, of: str) -> tuple[str, str]:
    """Tone and word. Raises: KeyError for a state that has no look yet."""
    return STATES[of][state]
