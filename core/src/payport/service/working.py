"""The work that is due: asking gateways, ending orders, telling hosts. Any number of processes at once.

Rows say themselves when they are due and who has them; a unit is one flow or one transaction. Each is taken
by lease in a transaction of its own, so that its try is counted before it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from payport.gateways.flow import drive
from payport.gateways.guard import describe_error
from payport.gateways.http import http
from payport.service import asking, asking_refunds, expiring
from payport.service.delivering import DeliveryReport, deliver_round
from payport.service.housekeeping import House, keep_house
from payport.service.leasing import Kind, Taken, claim, due_of, fail
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.settling_refunds import tell_refund_settled

__all__ = ["KINDS", "WorkReport", "ask_now", "ask_refund_now", "work"]

KINDS: Final = (
    asking.PAYMENTS, expiring.UNASKABLE, expiring.ORDERS, asking_refunds.UNSENT, asking_refunds.REFUNDS,
)  # fmt: skip
_log = logging.getLogger("payport.work")


class _Claimed(Protocol):
    @property
    def taken(self) -> Taken: ...


_Unit = TypeVar("_Unit", bound="_Claimed | Taken")


@dataclass(frozen=True, slots=True)
class WorkReport:
    """What one round did; `expired` counts orders and payments, `refunds` those that were asked about, or
    whose sender died; `delivered` events. `failed` units stay due, until they are parked. `sealed` is 1 where
    the journal was; `pruned` counts old callbacks that proved nothing, and were deleted."""

    asked: int = 0
    expired: int = 0
    failed: int = 0
    refunds: int = 0
    delivered: int = 0
    sealed: int = 0
    pruned: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing was due, so that a worker may pause."""
        return not (self.asked or self.expired or self.failed or self.refunds or self.delivered)


@dataclass(slots=True)
class _Count:
    done: int = 0
    failed: int = 0


def work(
    seller: Seller, client: http.Client, *, limit: int, stopping: Callable[[], bool] = lambda: False
) -> WorkReport:
    """Do at most `limit` units of each kind, then say what was done. One unit's fault stops no other.

    Args:
        stopping: asked before each unit; once it says yes, none begins.
    """
    do = _Round(seller, limit, stopping).do
    asked = do(asking.PAYMENTS, asking.claim, partial(_answer, seller, client))
    closed = do(expiring.UNASKABLE, _claiming(expiring.UNASKABLE), partial(_close, seller))
    ended = do(expiring.ORDERS, _claiming(expiring.ORDERS), partial(_end, seller))
    unsent = asking_refunds.UNSENT
    given_up = do(unsent, _claiming(unsent), partial(_give_up, seller))
    refunds = do(asking_refunds.REFUNDS, asking_refunds.claim, partial(_answer_refund, seller, client))
    told = DeliveryReport() if stopping() else deliver_round(seller, limit)
    house = House() if stopping() else keep_house(seller)
    counts = (asked, closed, ended, given_up, refunds)
    return WorkReport(
        asked=asked.done,
        expired=closed.done + ended.done,
        failed=sum(each.failed for each in counts) + told.failed + told.parked + house.failed,
        refunds=given_up.done + refunds.done,
        delivered=told.delivered,
        sealed=house.sealed,
        pruned=house.pruned,
    )


def ask_now(seller: Seller, client: http.Client, merchant_reference: str) -> bool:
    """Ask about one payment, unless it is finished, being asked about, or was asked within the gap."""
    question = seller.database.transaction(
        lambda connection: asking.claim_one(connection, seller, merchant_reference)
    )
    if question is None:
        return False
    return _answer(seller, client, question)


def ask_refund_now(seller: Seller, client: http.Client, reference: str) -> bool:
    """Ask about one refund, unless it is finished, being asked about, or was asked within the gap."""
    inquiry = seller.database.transaction(
        lambda connection: asking_refunds.claim_one(connection, seller, reference)
    )
    if inquiry is None:
        return False
    return _answer_refund(seller, client, inquiry)


@dataclass(slots=True)
class _Round:
    """One look tells what is due: where nothing is, nothing is locked for it. What is done may make more due,
    so then it looks again."""

    seller: Seller
    limit: int
    stopping: Callable[[], bool]
    _due: frozenset[Kind] | None = None

    def do(
        self,
        kind: Kind,
        claim_next: Callable[[Connection, Seller], _Unit | None],
        run: Callable[[_Unit], bool],
    ) -> _Count:
        """Take one unit after the other, and run it. One that fails is kept from the next takers for a
        while."""
        count, seller = _Count(), self.seller
        if self.stopping() or not self._is_due(kind):
            return count
        for _ in range(self.limit):
            if self.stopping():
                break
            unit = seller.database.transaction(lambda connection: claim_next(connection, seller))
            if unit is None:
                break
            self._due = None
            try:
                count.done += run(unit)
            except (OperationalError, InterfaceError, PoolExhausted):
                raise  # the database is away: no other unit would do better
            except Exception as error:
                count.failed += 1
                _keep_failure(seller, kind, unit if isinstance(unit, Taken) else unit.taken, error)
        return count

    def _is_due(self, kind: Kind) -> bool:
        if self._due is None:
            self._due = self.seller.database.seeing(lambda connection: due_of(connection, self.seller, KINDS))
        return kind in self._due


def _keep_failure(seller: Seller, kind: Kind, taken: Taken, error: Exception) -> None:
    words = describe_error(error)
    _log.error("work on %s %s failed: %s", kind.name, taken.reference, words)
    seller.database.transaction(lambda connection: fail(connection, seller, kind, taken, words))


def _claiming(kind: Kind) -> Callable[[Connection, Seller], Taken | None]:
    return lambda connection, seller: claim(connection, seller, kind)


def _answer(seller: Seller, client: http.Client, question: asking.Question) -> bool:
    called = drive(
        question.flow,
        client=client,
        account=question.account,
        kind="query",
        limits=asking.LIMITS,
        observers=seller.observers,
    )
    seller.slowness.took(question.account.name, called.duration.total_seconds())
    settled = seller.database.claiming(
        lambda connection: asking.conclude(connection, seller, question, called)
    )
    if settled is not None:
        tell_settled(seller, *settled, at=seller.clock())
    return True


def _answer_refund(seller: Seller, client: http.Client, inquiry: asking_refunds.Inquiry) -> bool:
    called = drive(
        inquiry.flow,
        client=client,
        account=inquiry.account,
        kind="query_refund",
        limits=asking_refunds.LIMITS,
        observers=seller.observers,
    )
    seller.slowness.took(inquiry.account.name, called.duration.total_seconds())
    settled = seller.database.claiming(
        lambda connection: asking_refunds.conclude(connection, seller, inquiry, called)
    )
    if settled is not None:
        tell_refund_settled(seller, settled)
    return True


def _give_up(seller: Seller, taken: Taken) -> bool:
    settled = seller.database.transaction(
        lambda connection: asking_refunds.give_up_sending(connection, seller, taken)
    )
    if settled is None:
        return False
    tell_refund_settled(seller, settled)
    return True


def _close(seller: Seller, taken: Taken) -> bool:
    settled = seller.database.transaction(
        lambda connection: expiring.expire_payment(connection, seller, taken)
    )
    if settled is None:
        return False
    tell_settled(seller, *settled, at=seller.clock())
    return True


def _end(seller: Seller, taken: Taken) -> bool:
    ended = seller.database.transaction(
        lambda connection: expiring.expire(connection, seller, taken.reference, owner=taken.owner)
    )
    if ended is None:
        return False
    for before, after in ended.payments:
        tell_settled(seller, before, after, at=seller.clock())
    return True
