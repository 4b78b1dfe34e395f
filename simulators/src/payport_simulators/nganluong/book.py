"""What the gateway remembers: merchants, orders, numbers given out, what it was asked.

Every method is atomic; `lock` is re-entrant, for whoever must read and write as one step.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from payport_simulators.nganluong.faults import Faults
from payport_simulators.nganluong.records import ApiCall, Merchant, Order, Refused

__all__ = ["Book"]


class Book:
    """One gateway's memory. What it gives out is frozen, so it may be read without the lock."""

    def __init__(self, merchants: Mapping[str, Merchant], faults: Faults, first_number: int) -> None:
        self.lock = threading.RLock()
        self._merchants = dict(merchants)
        self._faults = faults
        self._merchant_faults: dict[str, Faults] = {}
        self._orders: dict[str, Order] = {}
        self._next_number = first_number
        self._api_calls: list[ApiCall] = []
        self._refused: list[Refused] = []

    @property
    def merchants(self) -> dict[str, Merchant]:
        with self.lock:
            return dict(self._merchants)

    def put_merchant(self, merchant: Merchant) -> None:
        with self.lock:
            self._merchants[merchant.id] = merchant

    @property
    def orders(self) -> tuple[Order, ...]:
        with self.lock:
            return tuple(self._orders.values())

    def put(self, order: Order) -> Order:
        with self.lock:
            self._orders[order.token] = order
            return order

    def get(self, token: str) -> Order | None:
        with self.lock:
            return self._orders.get(token)

    def known(self, token: str) -> Order:
        """Raises KeyError."""
        with self.lock:
            return self._orders[token]

    def of_code(self, order_code: str) -> tuple[Order, ...]:
        """Every order of that code, of all merchants, the oldest first."""
        return tuple(order for order in self.orders if order.code == order_code)

    def next_number(self) -> int:
        """The next transaction_id; the same row of numbers counts the tokens."""
        with self.lock:
            number, self._next_number = self._next_number, self._next_number + 1
            return number

    def faults(self, merchant: str = "", order: Order | None = None) -> Faults:
        """The switches in force: the order's own, else the merchant's, else those of the gateway."""
        if order is not None and order.faults is not None:
            return order.faults
        with self.lock:
            return self._merchant_faults.get(order.merchant if order else merchant, self._faults)

    def put_faults(self, faults: Faults, *, merchant: str | None = None, token: str | None = None) -> None:
        with self.lock:
            if token is not None:
                self._orders[token] = replace(self._orders[token], faults=faults)
            elif merchant is not None:
                self._merchant_faults[merchant] = faults
            else:
                self._faults = faults

    @property
    def api_calls(self) -> tuple[ApiCall, ...]:
        with self.lock:
            return tuple(self._api_calls)

    def log(self, call: ApiCall) -> None:
        with self.lock:
            self._api_calls.append(call)

    @property
    def refused(self) -> tuple[Refused, ...]:
        with self.lock:
            return tuple(self._refused)

    def log_refused(self, refused: Refused) -> None:
        with self.lock:
            self._refused.append(refused)
