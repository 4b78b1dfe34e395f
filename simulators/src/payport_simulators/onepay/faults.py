"""The fault switches: each makes the gateway misbehave in one way that a shop must survive (sheet 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payport_simulators.delivery import Delivery, Ipn

__all__ = ["Faults", "Hash", "QueryFault", "RefundFault"]


class Hash(StrEnum):
    """What stands where a callback's signature should be."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSENT = "absent"
    LOWER_CASE = "lower-case"
    OF_THE_REQUEST = "of-the-request"  # as the gateway's own error redirects have it


class QueryFault(StrEnum):
    """How queryDR answers."""

    NONE = "none"
    NOT_FOUND = "not-found"  # vpc_DRExists=N, though the payment is there
    NO_HASH = "no-hash"  # a legacy answer has none anyway
    WRONG_HASH = "wrong-hash"
    SERVER_ERROR = "server-error"
    HTML = "html"  # with status 200
    SLOW = "slow"


class RefundFault(StrEnum):
    """How a refund goes and is answered. What is asked is carried out, but for `WAITS` and `DECLINED`."""

    NONE = "none"
    WAITS = "waits"  # 300, until somebody approves or rejects it
    DECLINED = "declined"  # 1
    NO_HASH = "no-hash"
    WRONG_HASH = "wrong-hash"
    TIMED_OUT = "timed-out"  # no answer within `slow_for`, then 504
    SERVER_ERROR = "server-error"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All switches at once; the default is a gateway without a fault.

    `amount_off_by`, `callback_hash`, `repeated_name`, `other_merchant` and `double_question_mark` change only
    what a callback tells: queryDR still tells the truth. `amount_off_by` is in vpc_Amount's unit, hundredths
    of a đồng. `late_by` is the delay of a late IPN, and of a result that comes after a first one; `slow_for`
    that of a slow answer.
    """

    delivery: Delivery = Delivery.IPN_FIRST
    ipn: Ipn = Ipn.ONCE
    late_by: timedelta = timedelta(minutes=1)
    told_of_tries: bool = False  # an IPN for each declined try that leaves the page open
    pending_first: bool = False  # 300, and `late_by` later 0
    success_after_decline: bool = False
    second_transaction: bool = False  # the same reference is reported paid twice, under two numbers
    amount_off_by: int = 0
    callback_hash: Hash = Hash.RIGHT
    repeated_name: bool = False
    other_merchant: bool = False
    double_question_mark: bool = False
    instalment_fee: int = 0  # đồng, on top of the amount asked for; part of what is true
    query: QueryFault = QueryFault.NONE
    refund: RefundFault = RefundFault.NONE
    slow_for: timedelta = timedelta(seconds=30)
