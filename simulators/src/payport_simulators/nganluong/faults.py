"""The fault switches: each makes the gateway misbehave in one way that a shop must survive (sheet 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payport_simulators.delivery import Ipn

__all__ = ["ApiFault", "Delivery", "Faults", "Hash", "Method"]


class Delivery(StrEnum):
    """Whether the buyer comes back and the notice goes out, and in which order."""

    TOGETHER = "together"  # the notice starts as the buyer is sent back: either may come first
    IPN_FIRST = "ipn-first"
    RETURN_FIRST = "return-first"  # the notice waits for the next `deliver_due`
    RETURN_ONLY = "return-only"
    IPN_ONLY = "ipn-only"  # the buyer closes the window after paying
    NEITHER = "neither"  # paid, and nobody says so


class Method(StrEnum):
    """How notify_url is called; the real one is not published."""

    GET = "GET"
    POST = "POST"


class Hash(StrEnum):
    """What stands where secure_code should be."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSENT = "absent"


class ApiFault(StrEnum):
    """How a server request is answered. What was asked is done all the same."""

    NONE = "none"
    HTML = "html"
    SERVER_ERROR = "server-error"
    SLOW = "slow"
    HALF = "half"  # the body ends in its middle
    OTHER_ENCODING = "other-encoding"  # UTF-16
    REDIRECT = "redirect"
    DTD = "dtd"  # the error_code of XML comes from an entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All switches at once; the default is a gateway without a fault.

    `create` spoils the answer to SetExpressCheckout, `query` every other. `before_answer`: the order is paid,
    and the shop told, before SetExpressCheckout is answered. `hold`: paying ends as held money.
    `success_after_failure`: a failed order is paid `late_by` later. `method` is that of notify_url,
    `secure_code` that of the classic return.

    `status` replaces transaction_status, with error_code 00, whatever became of the order. With it
    `amount_off_by` (đồng), `other_order`, `numbers_as_text` and `bare_ampersand` change what queries say; the
    last one also what SetExpressCheckout says.
    """

    delivery: Delivery = Delivery.TOGETHER
    ipn: Ipn = Ipn.ONCE
    late_by: timedelta = timedelta(minutes=1)
    method: Method = Method.GET
    before_answer: bool = False
    success_after_failure: bool = False
    hold: bool = False
    secure_code: Hash = Hash.RIGHT
    create: ApiFault = ApiFault.NONE
    query: ApiFault = ApiFault.NONE
    slow_for: timedelta = timedelta(seconds=30)
    bare_ampersand: bool = False
    status: str = ""
    numbers_as_text: bool = False
    other_order: bool = False
    amount_off_by: int = 0
