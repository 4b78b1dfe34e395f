"""The gateway as tests and the demo hold it: pay without a browser, look at everything, switch on faults."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from payport_simulators.delivering import keep_delivering
from payport_simulators.delivery import Delivery, IpnCall, Notice
from payport_simulators.onepay import endings
from payport_simulators.onepay.book import Book
from payport_simulators.onepay.cards import UsedCard
from payport_simulators.onepay.faults import Faults
from payport_simulators.onepay.ipn import notifier
from payport_simulators.onepay.products import QUERY_PATHS, REFUND_PATH, Product
from payport_simulators.onepay.queries import answer_query
from payport_simulators.onepay.records import (
    TRIES,
    ApiAnswer,
    ApiCall,
    Merchant,
    Payment,
    Refund,
    RefundState,
    Refused,
    Result,
)
from payport_simulators.onepay.refunds import answer_refund
from payport_simulators.onepay.results import callback_query, result_fields, return_address, scrambled
from payport_simulators.onepay.rules import check, refused_field
from payport_simulators.onepay.signing import parse, signed_query

__all__ = ["Simulator"]


class Simulator:
    """One simulated OnePay with its three pages. Safe to use from several threads; no lock is held while
    the shop is called.

    Args:
        merchants: by vpc_Merchant; each belongs to one page.
        clock: gives aware times; tests pass one that stands still.
        ipn_retry_interval: from one IPN call to its repeat.
        ipn_time_out: seconds that the shop has to answer one.
        first_number: of the transactions; a gateway that outlives its process gives none out twice.
        faults: the switches of every merchant that has none of its own.
    """

    def __init__(
        self,
        merchants: Mapping[str, Merchant],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ipn_retry_interval: timedelta = timedelta(seconds=50),
        ipn_time_out: float = 10.0,
        first_number: int = 1_901_001,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock
        self._book = Book(merchants, faults or Faults(), first_number)
        self._notifier = notifier(retry_interval=ipn_retry_interval, time_out=ipn_time_out)
        self._refused: list[Refused] = []
        self._api_calls: list[ApiCall] = []

    # -- what can be seen

    @property
    def merchants(self) -> Mapping[str, Merchant]:
        return self._book.merchants

    @property
    def payments(self) -> tuple[Payment, ...]:
        """In the order in which their pages were opened."""
        return self._book.payments

    @property
    def refunds(self) -> tuple[Refund, ...]:
        """Every refund that was taken on, by payment."""
        return tuple(refund for payment in self.payments for refund in payment.refunds)

    @property
    def refused(self) -> tuple[Refused, ...]:
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
        """Every queryDR and refund with its answer."""
        with self._book.lock:
            return tuple(self._api_calls)

    def payment(self, reference: str) -> Payment:
        """By token, or the newest with this vpc_MerchTxnRef. Raises KeyError."""
        known = self._book.get(reference)
        if known is not None:
            return known
        for payment in reversed(self.payments):
            if payment.request.reference == reference:
                return payment
        raise KeyError(reference)

    def by_token(self, token: str) -> Payment | None:
        return self._book.get(token)

    def faults(self, payment: Payment) -> Faults:
        """The switches that hold for a payment now."""
        return self._book.faults(payment.request.merchant, payment)

    # -- what can be set

    def set_ipn_url(self, merchant: str, url: str | None) -> None:
        """The merchant's static IPN address; a payment's own vpc_CallbackURL goes before it."""
        with self._book.lock:
            self._book.put_merchant(replace(self._book.merchants[merchant], ipn_url=url))

    def set_faults(self, faults: Faults, *, merchant: str | None = None, token: str | None = None) -> None:
        """For one payment, for one merchant, or for every merchant that has none of its own."""
        self._book.put_faults(faults, merchant=merchant, token=token)

    # -- what happens

    def open(self, product: Product, query: bytes) -> Payment | Refused:
        """The buyer arrives at a payment page with this raw query string.

        A reference that is known gives its payment, finished or open, if the amount is the same.
        """
        with self._book.lock:
            opened = self._opened(product, query)
            if isinstance(opened, Refused):
                self._refused.append(opened)
            return opened

    def settle(self, reference: str, code: str = "0", *, card: UsedCard | None = None) -> Payment:
        """End a payment with this vpc_TxnResponseCode and tell the shop, as its faults say.

        Once; but what ended as pending (100, 300, P) may be settled again. `reference` may be the token.
        `card` None: a test card, where the code means that one was used. After the page's time any code
        becomes 253. Raises KeyError for an unknown payment.
        """
        token, now = self.payment(reference).token, self.clock()
        with self._book.lock:
            payment = self._known(token)
            if not payment.open and payment.results[-1].code not in endings.PENDING:
                return payment
            faults = self.faults(payment)
            if payment.open and now >= payment.expires_at:
                code = "253"
            number = partial(self._number, payment.request.product)
            ended = endings.results(payment.request, code, card, faults=faults, now=now, number=number)
            self._book.put(replace(payment, results=(*payment.results, *ended), told_with=faults))
            for notice in endings.notices(token, ended, faults=faults, now=now, number=number):
                self._notifier.add(notice)
        if faults.delivery in (Delivery.IPN_FIRST, Delivery.IPN_ONLY):
            self._deliver(now, token=token)
        return self._known(token)

    def attempt(self, reference: str, code: str, *, card: UsedCard | None = None) -> Payment:
        """What a card paid with on the page does: a decline leaves the unified page open, up to three times.

        Any other code, and the third decline, settle the payment.
        """
        token, now = self.payment(reference).token, self.clock()
        with self._book.lock:
            payment = self._known(token)
            request, faults = payment.request, self.faults(payment)
            may_stay = request.product is Product.UNIFIED and len(payment.tries) + 1 < TRIES
            stays = may_stay and endings.is_decline(code) and payment.open and now < payment.expires_at
            if stays:
                number = partial(self._number, request.product)
                tried = endings.result(request, code, card, at=now, number=number)
                self._book.put(replace(payment, tries=(*payment.tries, tried), told_with=faults))
                if faults.told_of_tries and faults.delivery is not Delivery.RETURN_ONLY:
                    self._notifier.add(Notice(token, tried, now))
        if not stays:
            return self.settle(token, code, card=card)
        self._deliver(now, token=token)
        return self._known(token)

    def deliver_due(self, now: datetime) -> tuple[IpnCall, ...]:
        """Make every IPN call that is due at `now`, repeats included; gives them with their answers."""
        return self._deliver(now)

    async def keep_delivering(self, *, every: float = 1.0) -> None:
        """Deliver what is due, for ever, without holding up the loop. Cancel to end."""
        await keep_delivering(self.deliver_due, self.clock, every=every)

    def return_url(self, reference: str) -> str | None:
        """Where the buyer's browser is sent, or None while open or if the buyer closes the window."""
        payment = self.payment(reference)
        result = payment.result(self.clock())
        if result is None or payment.told_with.delivery is Delivery.IPN_ONLY:
            return None
        return return_address(
            payment.request.return_url,
            self._callback(payment, result),
            double_question_mark=payment.told_with.double_question_mark,
        )

    def genuine_query(self, reference: str, **changes: str) -> str:
        """A callback of a settled payment, fields changed or added, rightly signed, and sent nowhere."""
        payment = self.payment(reference)
        result = payment.result(self.clock())
        if result is None:
            raise ValueError(f"{reference} is not settled")
        fields = result_fields(payment.request, result) | changes
        return signed_query(fields, self._secret(payment))

    def approve_refund(self, reference: str) -> Refund:
        """What the merchant portal's button does to a waiting refund, by the refund's own reference."""
        return self._decide(reference, RefundState.DONE)

    def reject_refund(self, reference: str) -> Refund:
        """As `approve_refund`; the amount may then be refunded again."""
        return self._decide(reference, RefundState.REJECTED)

    def answer_query(self, product: Product, body: bytes) -> ApiAnswer:
        """Answer one queryDR; `body` is the form, or the raw query string."""
        now = self.clock()
        answer = answer_query(product, body, book=self._book, now=now)
        return self._logged(now, QUERY_PATHS[product], body, answer)

    def answer_refund(self, body: bytes) -> ApiAnswer:
        """Answer one refund request."""
        now = self.clock()
        return self._logged(now, REFUND_PATH, body, answer_refund(body, book=self._book, now=now))

    def close(self) -> None:
        """Let go of the HTTP client. Nothing can be delivered after that."""
        self._notifier.close()

    # -- within

    def _opened(self, product: Product, query: bytes) -> Payment | Refused:
        request = check(product, query, merchants=self._book.merchants)
        if isinstance(request, Refused):
            return request
        known = self._book.find(request.merchant, request.reference)
        if known is not None and (not known.open or known.request.amount == request.amount):
            return known
        if known is not None or self._book.find_refund(request.merchant, request.reference) is not None:
            return refused_field(product, parse(query), "vpc_MerchTxnRef")
        return self._book.put(Payment(secrets.token_urlsafe(16), request, self.clock()))

    def _known(self, token: str) -> Payment:
        payment = self._book.get(token)
        if payment is None:
            raise KeyError(token)
        return payment

    def _secret(self, payment: Payment) -> str:
        return self._book.merchants[payment.request.merchant].secret

    def _callback(self, payment: Payment, result: Result) -> str:
        return callback_query(payment.request, result, self._secret(payment), payment.told_with)

    def _number(self, product: Product) -> str:
        number = str(self._book.next_number())
        return f"PAY-{scrambled(number, 22)}" if product is Product.UNIFIED else number

    def _deliver(self, now: datetime, *, token: str | None = None) -> tuple[IpnCall, ...]:
        calls: list[IpnCall] = []
        for notice in self._notifier.take_due(now, token=token):
            payment = self._known(notice.token)
            request = payment.request
            url = request.callback_url or self._book.merchants[request.merchant].ipn_url
            if url:
                query = self._callback(payment, notice.result)
                calls += self._notifier.tell(notice, url, request.reference, query, now=now)
        return tuple(calls)

    def _decide(self, reference: str, state: RefundState) -> Refund:
        """Raises KeyError for an unknown refund, ValueError for one that does not wait."""
        with self._book.lock:
            for payment in self.payments:
                for refund in payment.refunds:
                    if refund.reference != reference:
                        continue
                    if refund.state is not RefundState.WAITING:
                        raise ValueError(f"{reference} is {refund.state}")
                    decided = replace(refund, state=state)
                    refunds = tuple(decided if each == refund else each for each in payment.refunds)
                    self._book.put(replace(payment, refunds=refunds))
                    return decided
        raise KeyError(reference)

    def _logged(self, at: datetime, path: str, body: bytes, answer: ApiAnswer) -> ApiAnswer:
        with self._book.lock:
            self._api_calls.append(
                ApiCall(at, path, body.decode("utf-8", "replace"), answer.http_status, answer.body)
            )
        return answer
