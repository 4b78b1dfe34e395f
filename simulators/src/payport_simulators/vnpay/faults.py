"""The fault switches: each makes the gateway misbehave in one way that a shop must survive (sheet 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payport_simulators.delivery import Delivery, Ipn
from payport_simulators.vnpay.signing import Encoder

__all__ = ["ApiFault", "Faults", "Hash", "RefundFault"]


class Hash(StrEnum):
    """What stands where the signature should be."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSENT = "absent"


class ApiFault(StrEnum):
    """How querydr and refund answer. What was asked is done all the same, but for `TOO_SOON`."""

    NONE = "none"
    NO_HASH = "no-hash"
    BAD_HASH = "bad-hash"
    TOO_SOON = "too-soon"  # 94, two fields, unsigned; nothing is done
    TIMED_OUT = "timed-out"  # 98, signed
    SERVER_ERROR = "server-error"
    HTML = "html"
    SLOW = "slow"


class RefundFault(StrEnum):
    """Where a refund ends."""

    NONE = "none"
    STUCK = "stuck"  # 05 for ever
    REJECTED = "rejected"  # 09


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All switches at once; the default is a gateway without a fault.

    What changes a callback changes only what is told, in IPN and return alike: querydr still tells the truth.
    `amount_off_by` is in đồng. `status` replaces vnp_TransactionStatus. An `encoder` other than PHP also adds
    the six characters on which encoders differ to vnp_OrderInfo. `late_by` is the delay of a late IPN, and of
    the success after a failure; `slow_for` that of a slow API answer.
    """

    delivery: Delivery = Delivery.IPN_FIRST
    ipn: Ipn = Ipn.ONCE
    late_by: timedelta = timedelta(minutes=1)
    amount_off_by: int = 0
    callback_hash: Hash = Hash.RIGHT
    status: str = ""
    encoder: Encoder = Encoder.PHP
    other_terminal: bool = False
    repeated_name: bool = False
    extra_field: bool = False
    empty_field: bool = False
    suspect: bool = False
    success_after_failure: bool = False
    second_transaction: bool = False
    api: ApiFault = ApiFault.NONE
    slow_for: timedelta = timedelta(seconds=30)
    refund: RefundFault = RefundFault.NONE
