"""What the gateway keeps: merchants, orders, and a log of everything said. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from payport_simulators.nganluong.faults import Faults

__all__ = ["ApiCall", "Merchant", "Order", "Product", "Refused", "State"]


class Product(StrEnum):
    """Which of the gateway's products an order came through; the value is its version."""

    CLASSIC = "2.0"
    ADVANCED = "3.1"
    SEAMLESS = "3.2"


class State(StrEnum):
    """What became of an order. Held: the buyer paid, the merchant does not have the money yet."""

    OPEN = "open"
    PAID = "paid"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop's account: merchant_id, its password, and the wallet that gets the money."""

    id: str
    password: str = field(repr=False)
    receiver_email: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A request turned away with one of the gateway's codes. `problem` is for whoever debugs the shop."""

    code: str
    problem: str
    lang: str = "vi"


@dataclass(frozen=True, slots=True)
class Order:
    """One token. `fields` are those of its request, checked, without the password, by their names in 3.1.

    `failure` is the error_code of a failed order. `paid_with` and `bank` are what the buyer chose.
    `faults` was set for it alone, if it was; `told_with` are those that its callbacks carry, fixed when it
    was settled so that a repeat says what the first call said.
    """

    token: str
    merchant: str
    product: Product
    fields: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    state: State = State.OPEN
    transaction_id: int | None = None
    failure: str = ""
    paid_with: str = ""
    bank: str = ""
    faults: Faults | None = None
    told_with: Faults = field(default_factory=Faults)

    @property
    def code(self) -> str:
        """The shop's order_code."""
        return self.fields["order_code"]

    @property
    def amount(self) -> int:
        """In đồng."""
        return int(self.fields["total_amount"])

    @property
    def lang(self) -> str:
        return "en" if self.fields.get("lang_code") == "en" else "vi"

    @property
    def error_code(self) -> str:
        """What a query and a callback say of it (sheet 6, 8)."""
        match self.state:
            case State.OPEN:
                return "81"
            case State.FAILED:
                return self.failure
            case State.CANCELLED:
                return "115"
            case _:
                return "00"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One server request and its answer. `function` is that of version 3, or "check" or "checkV2".

    `fields` without merchant_password, which is a bearer secret, and checksum. `error_code` is what the
    answer says before any fault.
    """

    at: datetime
    function: str
    fields: Mapping[str, str]
    error_code: str
    http_status: int
    answer: str
