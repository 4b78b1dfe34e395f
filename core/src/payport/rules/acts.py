"""What people of the back office may do, as values: to be looked at, proposed and approved before it is done.

Each says what and why; who does it is given beside it. Pure, and unchecked: the use case that does it checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from payport.rules.money import Money

__all__ = [
    "ACTS", "Act", "Adjust", "Cancel", "CloseChargeback", "Confirm", "Dismiss", "GiveBack", "OpenChargeback",
    "ResolveOrder", "ResolvePayment", "SettleRefund", "Withdraw", "act_from_json", "act_to_json",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """See `Payport.confirm`. It has its own second person, by the catalog's `four_eyes_above`."""

    order_number: str
    amount: Money
    booked_on: date
    bank_reference: str
    note: str = ""
    gateway_account: str | None = None
    act: Literal["confirm"] = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """See `Payport.withdraw_confirmation`."""

    order_number: str
    bank_reference: str
    reason: str
    gateway_account: str | None = None
    act: Literal["withdraw"] = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """See `Payport.refund`."""

    merchant_reference: str
    key: str
    reason: str
    amount: Money | None = None
    lines: tuple[int, ...] = ()
    of: str | None = None
    by_hand: bool = False
    gateway_reference: str | None = None
    seen_left: Money | None = None
    act: Literal["refund"] = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRefund:
    """See `Payport.settle_refund`."""

    reference: str
    outcome: str
    reason: str
    amount: Money | None = None
    gateway_reference: str | None = None
    act: Literal["settle_refund"] = "settle_refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveOrder:
    """See `Payport.resolve_order`."""

    order_number: str
    outcome: str
    reason: str
    act: Literal["resolve_order"] = "resolve_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvePayment:
    """See `Payport.resolve_payment`."""

    merchant_reference: str
    outcome: str
    reason: str
    amount: Money | None = None
    gateway_reference: str | None = None
    act: Literal["resolve_payment"] = "resolve_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """See `Payport.cancel`."""

    order_number: str
    reason: str
    act: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """See `Payport.adjust`."""

    account: str
    reason: str
    gb: int = 0
    days: int = 0
    package: str | None = None
    months: int | None = None
    seen_version: int | None = None
    act: Literal["adjust"] = "adjust"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChargeback:
    """See `Payport.chargeback`. `seen_left`: of the payment, so that one claim is not recorded twice."""

    merchant_reference: str
    amount: Money
    reason: str
    seen_left: Money | None = None
    act: Literal["chargeback"] = "chargeback"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseChargeback:
    """See `Payport.chargeback_won` and `Payport.chargeback_lost`. `outcome`: "won" or "lost"."""

    reference: str
    outcome: str
    reason: str = ""
    act: Literal["close_chargeback"] = "close_chargeback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    """See `Payport.dismiss`."""

    gateway_account: str
    reference: str
    reason: str
    act: Literal["dismiss"] = "dismiss"


Act: TypeAlias = (
    Confirm
    | Withdraw
    | GiveBack
    | SettleRefund
    | ResolveOrder
    | ResolvePayment
    | Cancel
    | Adjust
    | OpenChargeback
    | CloseChargeback
    | Dismiss
)
ACTS: Final[tuple[type[Act], ...]] = (
    Confirm, Withdraw, GiveBack, SettleRefund, ResolveOrder, ResolvePayment, Cancel, Adjust, OpenChargeback,
    CloseChargeback, Dismiss,
)  # fmt: skip
_ANY: Final[TypeAdapter[Act]] = TypeAdapter(Annotated[Act, Field(discriminator="act")])


def act_to_json(act: Act) -> str:
    """As it is kept with its proposal. Money keeps its currency, and what was left out stays so."""
    return _ANY.dump_json(act).decode()


def act_from_json(document: str) -> Act:
    """What `act_to_json` wrote. Raises ValueError for anything else."""
    return _ANY.validate_json(document)
