"""The gateway as tests and the demo hold it: pay without a browser, look at everything, switch on faults."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from payport_simulators.delivering import keep_delivering
from payport_simulators.delivery import Delivery, Ipn, IpnCall, Notice
from payport_simulators.vnpay.api import ApiAnswer, answer_api
from payport_simulators.vnpay.banks import card_type
from payport_simulators.vnpay.book import Book
from payport_simulators.vnpay.callbacks import callback_fields, callback_query, return_address
from payport_simulators.vnpay.faults import Faults
from payport_simulators.vnpay.ipn import notifier
from payport_simulators.vnpay.records import ApiCall, PageError, Result, Terminal, Transaction
from payport_simulators.vnpay.rules import check
from payport_simulators.vnpay.signing import signed_query

__all__ = ["Simulator"]

_UNDECIDED: Final = ("24", "11")  # ended before a bank was asked: cancelled, expired


class Simulator:
    """One simulated VNPAY. Safe to use from several threads; no lock is held while the shop is called.

    Args:
        terminals: by vnp_TmnCode.
        clock: gives aware times; tests pass one that stands still.
        ipn_retry_interval: from one IPN call to its repeat.
        ipn_time_out: seconds that the shop has to answer one.
        refund_step: how long a refund is 05, and then 06.
        first_number: the first vnp_TransactionNo; a gateway that outlives its process gives none out twice.
        faults: the switches of every terminal that has none of its own.
    """

    def __init__(
        self,
        terminals: Mapping[str, Terminal],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ipn_retry_interval: timedelta = timedelta(minutes=5),
        ipn_time_out: float = 10.0,
        refund_step: timedelta = timedelta(minutes=1),
        first_number: int = 15_000_001,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock
        self._book = Book(terminals, faults or Faults(), first_number)
        self._notifier = notifier(retry_interval=ipn_retry_interval, time_out=ipn_time_out)
        self._refund_step = refund_step
        self._refused: list[PageError] = []
        self._api_calls: list[ApiCall] = []

    # -- what can be seen

    @property
    def terminals(self) -> Mapping[str, Terminal]:
        return self._book.terminals

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """In the order in which their pages were opened."""
        return self._book.transactions

    @property
    def refused(self) -> tuple[PageError, ...]:
        """Every payment request that was turned away."""
        with self._book.lock:
            return tuple(self._refused)

    @property
    def ipn_calls(self) -> tuple[IpnCall, ...]:
        """Every IPN call with the shop's answer."""
        return self._notifier.calls

    @property
    def ipn_waiting(self) -> tuple[Notice[Result], ...]:
        """What the shop will be told, and when."""
        return self._notifier.waiting

    @property
    def api_calls(self) -> tuple[ApiCall, ...]:
        """Every querydr and refund with its answer."""
        with self._book.lock:
            return tuple(self._api_calls)

    def transaction(self, reference: str, *, terminal: str | None = None) -> Transaction:
        """The newest one of this vnp_TxnRef. Raises KeyError."""
        for code in [terminal] if terminal else self._book.terminals:
            found = self._book.find(code, reference)
            if found is not None:
                return found
        raise KeyError(reference)

    def by_token(self, token: str) -> Transaction | None:
        return self._book.get(token)

    def faults(self, transaction: Transaction) -> Faults:
        """The switches in force for it."""
        return self._book.faults(transaction.request.terminal, transaction)

    # -- what can be set

    def set_ipn_url(self, terminal: str, url: str | None) -> None:
        self._book.put_terminal(replace(self._book.terminals[terminal], ipn_url=url))

    def set_faults(self, faults: Faults, *, terminal: str | None = None, token: str | None = None) -> None:
        """For one transaction, for one terminal, or for every terminal that has none of its own."""
        self._book.put_faults(faults, terminal=terminal, token=token)

    # -- what happens

    def open(self, query: bytes) -> Transaction | PageError:
        """The buyer arrives at the payment page with this raw query string."""
        now = self.clock()
        with self._book.lock:
            request = check(
                query,
                terminals=self._book.terminals,
                now=now,
                is_used=lambda *key: self._book.is_used(*key, now=now),
            )
            if isinstance(request, PageError):
                self._refused.append(request)
                return request
            return self._book.put(Transaction(secrets.token_urlsafe(16), request, now))

    def settle(self, token: str, code: str = "00", *, bank: str | None = None) -> Transaction:
        """End an attempt with this vnp_ResponseCode and tell the shop, as its faults say. Once.

        `bank` None: the buyer chose none, which matters to a cancelled or expired attempt; others are then
        the test bank's. After the page's time any code becomes 11. Raises KeyError for an unknown token.
        """
        now = self.clock()
        with self._book.lock:
            transaction = self._known(token)
            if not transaction.open:
                return transaction
            faults = self.faults(transaction)
            if now >= transaction.request.expires_at:
                code, bank = "11", None
            elif code == "00" and faults.suspect:
                code = "07"
            result = self._result(code, bank, now)
            transaction = self._book.put(replace(transaction, results=(result,), told_with=faults))
            self._plan_notices(transaction, result, faults, now)
        if faults.delivery in (Delivery.IPN_FIRST, Delivery.IPN_ONLY):
            self._deliver(now, token=token)
        return self._known(token)

    def count_wrong_try(self, token: str) -> int:
        """The buyer typed wrong card data; gives how often by now."""
        with self._book.lock:
            transaction = self._known(token)
            tries = transaction.wrong_tries + 1
            self._book.put(replace(transaction, wrong_tries=tries))
            return tries

    def deliver_due(self, now: datetime) -> tuple[IpnCall, ...]:
        """Make every IPN call that is due at `now`, repeats included; gives them with their answers."""
        return self._deliver(now)

    async def keep_delivering(self, *, every: float = 1.0) -> None:
        """Deliver what is due, for ever, without holding up the loop. Cancel to end."""
        await keep_delivering(self.deliver_due, self.clock, every=every)

    def return_url(self, token: str) -> str | None:
        """Where the buyer's browser is sent, or None while open or if the buyer closes the window."""
        transaction = self._known(token)
        if transaction.open or transaction.told_with.delivery is Delivery.IPN_ONLY:
            return None
        query = self._callback(transaction, transaction.results[0])
        return return_address(transaction.request.return_url, query)

    def genuine_query(self, reference: str, **changes: str) -> str:
        """A callback of a settled transaction, fields changed or added, rightly signed, and sent nowhere."""
        transaction = self.transaction(reference)
        result = transaction.result
        if result is None:
            raise ValueError(f"{reference} is not settled")
        fields = callback_fields(transaction.request, result) | changes
        return signed_query(fields, self._secret(transaction))

    def answer_api(self, body: bytes) -> ApiAnswer:
        """Answer one request to /merchant_webapi/api/transaction."""
        now = self.clock()
        answer = answer_api(body, book=self._book, now=now, refund_step=self._refund_step)
        with self._book.lock:
            self._api_calls.append(
                ApiCall(now, body.decode("utf-8", "replace"), answer.http_status, answer.body)
            )
        return answer

    def close(self) -> None:
        """Let go of the HTTP client. Nothing can be delivered after that."""
        self._notifier.close()

    # -- within

    def _known(self, token: str) -> Transaction:
        transaction = self._book.get(token)
        if transaction is None:
            raise KeyError(token)
        return transaction

    def _secret(self, transaction: Transaction) -> str:
        return self._book.terminals[transaction.request.terminal].secret

    def _callback(self, transaction: Transaction, result: Result) -> str:
        return callback_query(transaction.request, result, self._secret(transaction), transaction.told_with)

    def _result(self, code: str, bank: str | None, now: datetime) -> Result:
        if bank is None and code in _UNDECIDED:
            return Result(code, "02", "0", "VNPAY", "QRCODE", None, now)
        number, bank = self._book.next_number(), bank or "NCB"
        taken = code in ("00", "07")
        status = code if taken else "02"
        return Result(code, status, number, bank, card_type(bank), f"VNP{number}" if taken else None, now)

    def _plan_notices(self, transaction: Transaction, result: Result, faults: Faults, now: datetime) -> None:
        if faults.delivery is Delivery.RETURN_ONLY:
            return
        late = now + faults.late_by
        first = Notice(transaction.token, result, late if faults.ipn is Ipn.LATE else now, faults.ipn)
        self._notifier.add(first)
        if faults.second_transaction and result.paid:
            self._notifier.add(replace(first, result=self._result("00", result.bank, now), manner=Ipn.ONCE))
        if faults.success_after_failure and result.status == "02":
            overtaking = replace(self._result("00", None, late), at=late)
            self._notifier.add(Notice(transaction.token, overtaking, late))

    def _deliver(self, now: datetime, *, token: str | None = None) -> tuple[IpnCall, ...]:
        calls: list[IpnCall] = []
        for notice in self._notifier.take_due(now, token=token):
            with self._book.lock:
                transaction = self._known(notice.token)
                if notice.result not in transaction.results:
                    transaction = self._book.put(
                        replace(transaction, results=(*transaction.results, notice.result))
                    )
            url = self._book.terminals[transaction.request.terminal].ipn_url
            if url is not None:
                query = self._callback(transaction, notice.result)
                reference = transaction.request.reference
                calls += self._notifier.tell(notice, url, reference, query, now=now)
        return tuple(calls)
