"""What the gateway keeps: merchants, payments, refunds, and a log of the API. All frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from payport_simulators.onepay.cards import Method, UsedCard, methods
from payport_simulators.onepay.faults import Faults
from payport_simulators.onepay.products import Product

__all__ = [
    "GMT7",
    "PAGE_LIVES",
    "TRIES",
    "ApiAnswer",
    "ApiCall",
    "Merchant",
    "PayRequest",
    "Payment",
    "Reason",
    "Refund",
    "RefundState",
    "Refused",
    "Result",
]

GMT7: Final = timezone(timedelta(hours=7))
PAGE_LIVES: Final = timedelta(minutes=15)
TRIES: Final = 3

_SECRET: Final = re.compile(r"([0-9A-Fa-f]{2}){16,}")


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop's account for one of the three pages.

    `secret` is written in hex. Without an `ipn_url`, only a payment that names its own vpc_CallbackURL is
    told by IPN. `may_refund`: whether its contract lets it.
    """

    product: Product
    code: str
    access_code: str
    secret: str = field(repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ipn_url: str | None = None
    may_refund: bool = True

    def __post_init__(self) -> None:
        if not _SECRET.fullmatch(self.secret):
            raise ValueError(f"the secret of {self.code} is not an even number of hex digits, 32 or more")


@dataclass(frozen=True, slots=True)
class PayRequest:
    """A payment request that passed every check. `amount` is vpc_Amount: đồng × 100.

    `echoed` are the shop's own fields that a result repeats; `hash` is the request's own.
    """

    product: Product
    merchant: str
    reference: str
    amount: int
    order_info: str
    locale: str
    return_url: str
    callback_url: str
    card_list: str
    buyer_ip: str
    title: str
    again_link: str
    echoed: Mapping[str, str]
    hash: str

    @property
    def methods(self) -> tuple[Method, ...]:
        return methods(self.product, self.card_list)


class Reason(StrEnum):
    """Why a payment request was turned away, in the order of the checks."""

    MALFORMED = "malformed"
    MERCHANT = "merchant"
    ACCESS_CODE = "access-code"
    HASH = "hash"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that opened no page. `location` is where the browser is sent, None for an error page."""

    reason: Reason
    problem: str
    locale: str = "vn"
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended, or will at `at`. `number` is vpc_TransactionNo, empty where none was given.

    `fee` is an instalment fee in đồng. `card` is None where no card was used.
    """

    code: str
    number: str
    card: UsedCard | None
    at: datetime
    fee: int = 0

    @property
    def paid(self) -> bool:
        return self.code == "0"


class RefundState(StrEnum):
    WAITING = "waiting"  # for somebody's approval
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund that was taken on. `amount` is in vpc_Amount's unit; `hash` is its request's own."""

    reference: str
    amount: int
    operator: str
    order_info: str
    number: str
    state: RefundState
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One reference of one merchant. `token` names its page.

    `tries` are declined ones after which the page stayed open; `results` the end, and what is to follow it.
    `faults` was set for it alone, if it was; `told_with` are those that its callbacks carry, fixed when it
    was settled so that a repeat says what the first call said.
    """

    token: str
    request: PayRequest
    opened_at: datetime
    faults: Faults | None = None
    told_with: Faults = field(default_factory=Faults)
    tries: tuple[Result, ...] = ()
    results: tuple[Result, ...] = ()
    refunds: tuple[Refund, ...] = ()

    @property
    def open(self) -> bool:
        return not self.results

    @property
    def expires_at(self) -> datetime:
        return self.opened_at + PAGE_LIVES

    def result(self, now: datetime) -> Result | None:
        """What is true by now: the first success, else what happened last, else nothing yet (100)."""
        known = [result for result in self.results if result.at <= now]
        return next((r for r in known if r.paid), known[-1] if known else None)

    @property
    def refundable(self) -> int:
        """What is left, in vpc_Amount's unit. A rejected refund gives its amount back."""
        gone = sum(r.amount for r in self.refunds if r.state is not RefundState.REJECTED)
        return self.request.amount - gone


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What goes back over HTTP, after `delay`."""

    http_status: int
    media_type: str
    body: str
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One queryDR or refund and its answer, both as they were on the wire. A query holds a password."""

    at: datetime
    path: str
    request: str = field(repr=False)
    http_status: int
    answer: str
