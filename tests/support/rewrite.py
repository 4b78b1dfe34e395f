"""Changing what is stored as the core does it, with an entry: the oracle finds tables and journal agreed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payport.rules.payment import Payment
from payport.storage.payment_records import find_payment, save_payment
from tests.support.shop import Shop

__all__ = ["rewrite_payment"]


def rewrite_payment(shop: Shop, payment: Payment, **changes: Any) -> None:
    """Let the payment be as if it had been so; `changes` are fields of the rules' Payment."""

    def use(connection: Any) -> None:
        before = find_payment(connection, merchant_reference=payment.merchant_reference)
        assert before is not None
        save_payment(connection, before, replace(before, **changes), at=shop.clock(), because="for a test")

    shop.payport.seller.database.transaction(use)
