"""What the gateway keeps: terminals, transactions, refunds, and a log of the API. All frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from payport_simulators.vnpay.faults import Faults, RefundFault

__all__ = [
    "GMT7",
    "ApiCall",
    "PageError",
    "PayRequest",
    "Refund",
    "Result",
    "Terminal",
    "Transaction",
    "gmt7_text",
]

GMT7: Final = timezone(timedelta(hours=7))


def gmt7_text(at: datetime) -> str:
    """The gateway's way to write an instant: yyyyMMddHHmmss in GMT+7."""
    return at.astimezone(GMT7).strftime("%Y%m%d%H%M%S")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shop's account. `maximum` is the most đồng that one payment may ask for.

    Without an `ipn_url` no IPN is sent; the real gateway too keeps it in the terminal, not in a request.
    """

    code: str
    secret: str = field(repr=False)
    active: bool = True
    ipn_url: str | None = None
    maximum: int = 999_999_999


@dataclass(frozen=True, slots=True)
class PayRequest:
    """A payment request that passed every check. `amount` is vnp_Amount: đồng × 100. Times are aware."""

    terminal: str
    reference: str
    amount: int
    order_info: str
    create_date: str
    expires_at: datetime
    locale: str
    bank: str | None
    return_url: str
    buyer_ip: str


@dataclass(frozen=True, slots=True)
class PageError:
    """A request turned away with one of the page's codes. `problem` is for whoever debugs the shop."""

    code: str
    problem: str
    locale: str = "vn"


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt on the page ended. `number` is vnp_TransactionNo, "0" where none was given."""

    code: str
    status: str
    number: str
    bank: str
    card_type: str
    bank_number: str | None
    at: datetime

    @property
    def paid(self) -> bool:
        return (self.code, self.status) == ("00", "00")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund that was taken on. Its state follows from the time alone: 05, then 06, then 00 or 09."""

    number: str
    kind: str  # vnp_TransactionType: 02 whole, 03 part
    amount: int
    order_info: str
    at: datetime
    step: timedelta
    fault: RefundFault

    def status(self, now: datetime) -> str:
        steps = (now - self.at) // self.step
        if self.fault is RefundFault.STUCK or steps < 1:
            return "05"
        if steps < 2:
            return "06"
        return "09" if self.fault is RefundFault.REJECTED else "00"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One reference of one terminal. `token` names its page.

    `faults` was set for it alone, if it was; `told_with` are those that its callbacks carry, fixed when it
    was settled so that a repeat says what the first call said.
    """

    token: str
    request: PayRequest
    opened_at: datetime
    faults: Faults | None = None
    told_with: Faults = field(default_factory=Faults)
    results: tuple[Result, ...] = ()
    refunds: tuple[Refund, ...] = ()
    wrong_tries: int = 0

    @property
    def open(self) -> bool:
        return not self.results

    @property
    def result(self) -> Result | None:
        """What is true: the first success, else what happened last, else nothing yet (status 01)."""
        return next((r for r in self.results if r.paid), self.results[-1] if self.results else None)

    def refundable(self, now: datetime) -> int:
        """What is left, in vnp_Amount's unit. A refused refund gives its amount back."""
        return self.request.amount - sum(r.amount for r in self.refunds if r.status(now) != "09")


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One API request and its answer, both as they were on the wire."""

    at: datetime
    request: str
    http_status: int
    answer: str
