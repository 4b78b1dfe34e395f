"""Observers are told facts, after they happened. They change nothing, and what they raise is logged.

A host that wants metrics, traces or an alarm gives observers to its Payport.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from payport.gateways.guard import describe_error
from payport.gateways.types import Outcome

__all__ = [
    "Fact", "GatewayCalled", "Observer", "Observers", "PaymentHandedOver", "PaymentSettled", "RefundSettled",
]  # fmt: skip

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatewayCalled:
    """One call of a gateway, from its first byte to its last; `requests` were sent in it."""

    account: str
    gateway: str
    kind: str  # "initiate", "query" …
    outcome: Outcome
    duration: timedelta
    requests: int


@dataclass(frozen=True, slots=True)
class PaymentHandedOver:
    """The buyer is on the way to the gateway."""

    merchant_reference: str
    account: str
    gateway: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentSettled:
    """A payment reached a state that is kept: succeeded, failed, expired, or in review."""

    merchant_reference: str
    account: str
    gateway: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """A refund reached a state that is kept: succeeded, failed, or unknown."""

    refund_reference: str
    merchant_reference: str
    account: str
    state: str
    at: datetime


Fact: TypeAlias = GatewayCalled | PaymentHandedOver | PaymentSettled | RefundSettled


class Observer:
    """Override what you want to hear of. Called in the thread that did the work: be quick."""

    def gateway_called(self, fact: GatewayCalled) -> None: ...

    def payment_handed_over(self, fact: PaymentHandedOver) -> None: ...

    def payment_settled(self, fact: PaymentSettled) -> None: ...

    def refund_settled(self, fact: RefundSettled) -> None: ...


class Observers:
    """All observers of one host."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def tell(self, fact: Fact) -> None:
        """Each observer hears the fact, whatever the others do with it."""
        for observer in self._observers:
            try:
                _hear(observer, fact)
            except (Exception, SystemExit, GeneratorExit) as error:
                _LOG.error("observer %s failed: %s", type(observer).__name__, describe_error(error))


def _hear(observer: Observer, fact: Fact) -> None:
    match fact:
        case GatewayCalled():
            observer.gateway_called(fact)
        case PaymentHandedOver():
            observer.payment_handed_over(fact)
        case PaymentSettled():
            observer.payment_settled(fact)
        case RefundSettled():
            observer.refund_settled(fact)
