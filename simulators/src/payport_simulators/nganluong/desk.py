"""Where orders are opened and ended, and the shop is told: what page and API both do."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from payport_simulators.delivery import Ipn, IpnCall, Notice, Notifier
from payport_simulators.nganluong.book import Book
from payport_simulators.nganluong.callbacks import callback_query
from payport_simulators.nganluong.faults import Delivery, Method
from payport_simulators.nganluong.records import Merchant, Order, Product, State

__all__ = ["MOST_CALLS", "Desk"]

MOST_CALLS: Final = 4  # the first, and three repeats (sheet 8)

_A_DAY: Final = 1_440
_AT_ONCE: Final = (Delivery.TOGETHER, Delivery.IPN_FIRST, Delivery.IPN_ONLY)
_UNTOLD: Final = (Delivery.RETURN_ONLY, Delivery.NEITHER)


class Desk:
    """Ends each order once. No lock is held while the shop is called."""

    def __init__(
        self, book: Book, clock: Callable[[], datetime], *, retry_interval: timedelta, time_out: float
    ) -> None:
        self.book = book
        self.clock = clock
        self.notifier: Notifier[Order] = Notifier(
            _taken, taken=("2xx",), most_calls=MOST_CALLS, retry_interval=retry_interval, time_out=time_out
        )
        self._background = ThreadPoolExecutor(thread_name_prefix="notice")
        self._under_way: list[Future[tuple[IpnCall, ...]]] = []

    def open(self, product: Product, merchant: Merchant, fields: Mapping[str, str]) -> Order:
        """A new token for a request that passed every check; the same order_code may have several."""
        now = self.clock()
        minutes = int(fields.get("time_limit") or _A_DAY)
        return self.book.put(
            Order(
                token=f"{self.book.next_number()}-{secrets.token_hex(16)}",
                merchant=merchant.id,
                product=product,
                fields=fields,
                created_at=now,
                expires_at=now + timedelta(minutes=minutes),
            )
        )

    def settle(
        self, token: str, state: State, *, failure: str = "25", paid_with: str = "", bank: str = ""
    ) -> Order:
        """End an order and plan its notice. Once; after its time it can only be cancelled.

        Raises KeyError for an unknown token.
        """
        now = self.clock()
        with self.book.lock:
            order = self.book.known(token)
            if order.state is not State.OPEN:
                return order
            faults = self.book.faults(order=order)
            if now >= order.expires_at:
                state = State.CANCELLED
            elif state is State.PAID and (faults.hold or order.fields.get("payment_type") == "2"):
                state = State.HELD
            paid = state in (State.PAID, State.HELD)
            order = self.book.put(
                replace(
                    order,
                    state=state,
                    transaction_id=self.book.next_number() if paid else None,
                    failure=failure if state is State.FAILED else "",
                    paid_with=paid_with if paid else "",
                    bank=bank if paid else "",
                    told_with=faults,
                )
            )
            self._plan(order, now)
            return order

    def release(self, token: str) -> Order:
        """Held money reaches the merchant. The shop is not told: it finds out by asking. Raises KeyError."""
        with self.book.lock:
            order = self.book.known(token)
            if order.state is not State.HELD:
                return order
            return self.book.put(
                replace(order, state=State.PAID, fields={**order.fields, "payment_type": "1"})
            )

    def tell(self, order: Order) -> tuple[IpnCall, ...]:
        """Call the shop for this order now, if its delivery is at once."""
        if order.told_with.delivery not in _AT_ONCE:
            return ()
        return self.deliver(self.clock(), token=order.token)

    def tell_soon(self, order: Order) -> None:
        """The same from a thread of its own, at once."""
        with self.book.lock:
            self._under_way = [call for call in self._under_way if not call.done()]
            self._under_way.append(self._background.submit(self.tell, order))

    def wait(self) -> None:
        """Until nothing that was told soon is under way any more."""
        with self.book.lock:
            under_way = tuple(self._under_way)
        for call in under_way:
            call.result()

    def close(self) -> None:
        self._background.shutdown()
        self.notifier.close()

    def deliver(self, now: datetime, *, token: str | None = None) -> tuple[IpnCall, ...]:
        """Make every call that is due at `now`, repeats included; gives them with their answers.

        Who pays late, after a failure, has paid from then on.
        """
        calls: list[IpnCall] = []
        for notice in self.notifier.take_due(now, token=token):
            order = notice.result
            with self.book.lock:
                if order.state is State.PAID and self.book.known(order.token).state is State.FAILED:
                    self.book.put(order)
            url = order.fields.get("notify_url")
            if url and order.product is not Product.CLASSIC and order.told_with.delivery not in _UNTOLD:
                query, post = callback_query(order), order.told_with.method is Method.POST
                calls += self.notifier.tell(notice, url, order.code, query, now=now, post=post)
        return tuple(calls)

    def _plan(self, order: Order, now: datetime) -> None:
        """What the shop is to be told of an order that was just settled, and when."""
        faults = order.told_with
        late = now + faults.late_by
        if order.state is not State.CANCELLED and faults.delivery not in _UNTOLD:
            self.notifier.add(Notice(order.token, order, late if faults.ipn is Ipn.LATE else now, faults.ipn))
        if order.state is State.FAILED and faults.success_after_failure:
            number = self.book.next_number()
            paid = replace(order, state=State.PAID, transaction_id=number, failure="")
            self.notifier.add(Notice(order.token, paid, late))


def _taken(response: httpx.Response) -> str | None:
    return "2xx" if response.is_success else None
