"""What the gateway remembers: merchants, payments, numbers given out, the switches in force.

Every method is atomic; `lock` is re-entrant, for whoever must read and write as one step.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from payport_simulators.onepay.faults import Faults
from payport_simulators.onepay.records import Merchant, Payment, Refund

__all__ = ["Book"]


class Book:
    """One gateway's memory. What it gives out is frozen, so it may be read without the lock."""

    def __init__(self, merchants: Mapping[str, Merchant], faults: Faults, first_number: int) -> None:
        self.lock = threading.RLock()
        self._merchants = dict(merchants)
        self._faults = faults
        self._merchant_faults: dict[str, Faults] = {}
        self._payments: dict[str, Payment] = {}
        self._next_number = first_number

    @property
    def merchants(self) -> dict[str, Merchant]:
        with self.lock:
            return dict(self._merchants)

    def put_merchant(self, merchant: Merchant) -> None:
        with self.lock:
            self._merchants[merchant.code] = merchant

    @property
    def payments(self) -> tuple[Payment, ...]:
        with self.lock:
            return tuple(self._payments.values())

    def put(self, payment: Payment) -> Payment:
        with self.lock:
            self._payments[payment.token] = payment
            return payment

    def get(self, token: str) -> Payment | None:
        with self.lock:
            return self._payments.get(token)

    def find(self, merchant: str, reference: str) -> Payment | None:
        wanted = (merchant, reference)
        return next((p for p in self.payments if (p.request.merchant, p.request.reference) == wanted), None)

    def find_refund(self, merchant: str, reference: str) -> tuple[Payment, Refund] | None:
        """A refund by its own reference, with the payment that it gives back."""
        for payment in self.payments:
            for refund in payment.refunds:
                if (payment.request.merchant, refund.reference) == (merchant, reference):
                    return payment, refund
        return None

    def next_number(self) -> int:
        with self.lock:
            number, self._next_number = self._next_number, self._next_number + 1
            return number

    def faults(self, merchant: str, payment: Payment | None = None) -> Faults:
        """The switches in force: the payment's own, else the merchant's, else those of the gateway."""
        if payment is not None and payment.faults is not None:
            return payment.faults
        with self.lock:
            return self._merchant_faults.get(merchant, self._faults)

    def put_faults(self, faults: Faults, *, merchant: str | None = None, token: str | None = None) -> None:
        with self.lock:
            if token is not None:
                self._payments[token] = replace(self._payments[token], faults=faults)
            elif merchant is not None:
                self._merchant_faults[merchant] = faults
            else:
                self._faults = faults
