"""The values that cross the plugin boundary. A plugin gets values and gives values; it does no I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, NewType, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from payport.gateways.http import Request, Response
from payport.rules.money import Money
from payport.signing.received import Callback, Channel, Verified

__all__ = [
    "Answers", "Buyer", "Callback", "Channel", "Checkout", "Choice", "Context", "ContractId", "ContractNeed",
    "Environment", "Flow", "GatewayInfo", "GatewaySettings", "Instructions", "Limits", "Names", "NoCheckout",
    "Outcome", "Payment", "PaymentReport", "PostForm", "Redirect", "Refund", "RefundReport", "Reply",
    "Request", "Response", "Row", "ShowQR", "Verified",
]  # fmt: skip

ContractId = NewType("ContractId", str)
_Value = TypeVar("_Value")
_Settings_co = TypeVar("_Settings_co", bound="GatewaySettings", covariant=True)

Flow: TypeAlias = Generator[Request, Response, _Value]
"""A sans-I/O conversation: yields requests, receives responses, returns its value."""


class Environment(StrEnum):
    SANDBOX = "sandbox"
    LIVE = "live"


class Outcome(StrEnum):
    """What became of a call. The default is unknown; an unlisted code is unknown."""

    DONE = "done"
    PENDING = "pending"
    DECLINED = "declined"
    SUSPECT = "suspect"  # the gateway says that money may be taken and is disputed
    NOT_SENT = "not_sent"  # proven that no byte left; only the core's driver says so
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Names:
    """One text in the two languages of the market."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Reply:
    """An exact HTTP answer to a callback."""

    status: int
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The gateway's own words for each decision of the core, from its sheet."""

    recorded: Reply
    already_known: Reply
    to_review: Reply
    wrong_amount: Reply
    unknown_reference: Reply
    not_authentic: Reply  # also wrong merchant account, malformed, repeated
    no_input: Reply
    incomplete: Reply  # authentic, but `required` or `fixed` fails
    hint_taken: Reply
    try_again: Reply  # not stored


@dataclass(frozen=True, slots=True)
class Choice:
    """A bank or card type that the buyer may choose before the gateway's page."""

    code: str
    names: Names


@dataclass(frozen=True, slots=True)
class Limits:
    """The amounts that a gateway carries, both included; one pair for each currency."""

    least: Money
    most: Money


@dataclass(frozen=True, slots=True)
class ContractNeed:
    """A signature contract that a plugin speaks: any version of this major number."""

    id: ContractId
    major: int


class GatewaySettings(BaseModel, ABC):
    """What a gateway hands to a merchant at sign-up. Errors name the field, never the value.

    Keys are not settings. Hosts that may be called are those of the URLs among the fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @property
    @abstractmethod
    def merchant_account(self) -> str:
        """Our name at the gateway, compared with what every report says."""

    @property
    def ruled_out(self) -> frozenset[str]:
        """Hooks that the plugin has and an account with these settings cannot use."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class GatewayInfo:
    """What a plugin says of itself, without I/O. Durations in `ask_after` count from handing over.

    `partial_refund`: whether the hook `refund` may be asked for a part. `refund_ask_after`: when to ask the
    hook `query_refund` about a refund that is not known yet, counted from when it was sent. `by_hand`: no
    gateway proves the money; a named person or a bank statement does, and a payment ends with its order.
    """

    id: str
    names: Names
    explanation: Names  # one sentence for the buyer who is choosing
    method: str  # domestic_card, wallet, international_card, order_only …
    limits: tuple[Limits, ...]
    contracts: tuple[ContractNeed, ...]
    settings: type[GatewaySettings]
    answers: Answers
    window: timedelta  # how long a buyer can pay; closes_at = handed_over_at + window
    ask_after: tuple[timedelta, ...]
    ask_gap: timedelta  # least time between two asks about one payment
    choices: tuple[Choice, ...] = ()
    partial_refund: bool = False
    refund_ask_after: tuple[timedelta, ...] = ()
    by_hand: bool = False
    published_samples: frozenset[str] = (
        frozenset()
    )  # SHA-256, hex, of printed sample keys and codes: not for live


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to pay, as a plugin sees it. The same values at every call about it."""

    merchant_reference: str
    amount: Money
    choice: str | None
    buyer: Buyer
    buyer_ip: str
    handed_over_at: datetime
    closes_at: datetime
    checkout_reference: str | None
    gateway_reference: str | None
    order_text: str  # ASCII, the reference only: never personal data


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to give back, as a plugin sees it. The same values at every call about it, but for
    `gateway_reference`: the gateway's name for the refund, once it is known."""

    amount: Money  # from 1 to what is left of the payment
    refund_reference: str  # ours: 12 characters, unique for ever, never that of a payment
    idempotency_key: str  # ours: 20 of [A-Z0-9]
    gateway_reference: str | None
    requested_at: datetime
    requested_by: str  # who asked, as the host names people: clean it before it goes on a wire
    payment: Payment


@dataclass(frozen=True, slots=True)
class Context(Generic[_Settings_co]):
    """What a flow may know besides its subject. Values only: no client, no clock, no randomness.

    `sign(contract, fields)` gives the fields to send, signature included. `verify(contract, response)`
    gives what an answer's signature covers, or raises CallbackRejected; both are pure.
    """

    settings: _Settings_co
    callback_url: str
    return_url: str
    cancel_url: str
    now: datetime
    request_id: str  # new for each call: 20 of [A-Z0-9]
    language: str  # "vi" or "en"
    sign: Callable[[ContractId, Mapping[str, str | int]], dict[str, str]] = field(repr=False)
    verify: Callable[[ContractId, Response], Verified] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redirect:
    """The buyer's browser goes there by GET. `once`: the page can be opened one time only, so that a buyer
    who comes back and pays again gets another payment."""

    url: str
    checkout_reference: str | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class PostForm:
    """The buyer's browser posts these fields there."""

    url: str
    fields: Mapping[str, str]
    checkout_reference: str | None = None


@dataclass(frozen=True, slots=True)
class ShowQR:
    """A picture to show: `payload` is the text in the code."""

    payload: str
    text: Names
    checkout_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of instructions. `copy`: what a "copy" button puts on the clipboard; empty: no button."""

    label: Names
    value: Names
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Instructions:
    """Words to show: what to pay where, by whom, until when; `qr_payload` is the text in a QR code."""

    rows: tuple[Row, ...]
    qr_payload: str | None = None
    checkout_reference: str | None = None


@dataclass(frozen=True, slots=True)
class NoCheckout:
    """There is no page to go to, and this is what became of the call."""

    outcome: Outcome
    gateway_code: str = ""
    checkout_reference: str | None = None


Checkout: TypeAlias = Redirect | PostForm | ShowQR | Instructions | NoCheckout


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """What a gateway claims about a payment. The core compares it with what it knows, and decides.

    Fields that the message does not carry stay None. `unpaid`: the gateway says that as of now nothing was
    paid; only together with `pending`, and only after the window has closed does it expire a payment.
    """

    outcome: Outcome
    gateway_code: str
    merchant_account: str | None
    merchant_reference: str | None
    amount: Money | None
    gateway_reference: str | None = None
    paid_at: datetime | None = None
    is_test: bool | None = None
    paid_with: str = ""  # the bank or card, in the gateway's words, for people
    unpaid: bool = False
    order_text: str | None = None  # what the message echoes of `Payment.order_text`, if anything


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What a gateway claims about a refund. The core compares it with what it knows, and decides.

    Fields that the message does not carry stay None. `done`: the money went back; `pending`: the gateway has
    taken the refund and not finished it; `declined`: it will not go back. All else is `unknown`.
    """

    outcome: Outcome
    gateway_code: str
    merchant_account: str | None = None
    merchant_reference: str | None = None  # of the payment
    refund_reference: str | None = None  # as the gateway echoes it
    amount: Money | None = None  # of the refund
    gateway_reference: str | None = None  # the gateway's name for the refund
