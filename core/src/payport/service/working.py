"""The work that is due: asking gateways, ending orders. Any number of processes may do it at once.

Rows say themselves when they are due and who has them; a unit is one flow or one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from payport.gateways.flow import drive
from payport.gateways.guard import describe_error
from payport.gateways.http import http
from payport.service import asking, asking_refunds, expiring
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.settling_refunds import tell_refund_settled

__all__ = ["WorkReport", "ask_now", "ask_refund_now", "work"]

_log = logging.getLogger("payport.work")


@dataclass(frozen=True, slots=True)
class WorkReport:
    """What one round did; `expired` counts orders and payments, `refunds` those that were asked about, or
    whose sender died. `failed` units stay due."""

    asked: int = 0
    expired: int = 0
    failed: int = 0
    refunds: int = 0

    @property
    def idle(self) -> bool:
        return not (self.asked or self.expired or self.failed or self.refunds)


def work(seller: Seller, client: http.Client, *, limit: int) -> WorkReport:
    """Do at most `limit` units of each kind, then say what was done. One unit's fault stops no other."""
    asked = expired = failed = 0
    for _ in range(limit):
        question = seller.database.transaction(lambda connection: asking.claim(connection, seller))
        if question is None:
            break
        if _tried(
            partial(_answer, seller, client, question), f"payment {question.payment.merchant_reference}"
        ):
            asked += 1
        else:
            failed += 1
    with seller.database.reading() as connection:
        closing = expiring.payments_due(connection, seller, limit)
        numbers = expiring.due(connection, seller, limit)
    for name, unit in (
        *((f"payment {reference}", partial(_close, seller, reference)) for reference in closing),
        *((f"order {number}", partial(_end, seller, number)) for number in numbers),
    ):
        ended = _tried(unit, name)
        expired += ended is True
        failed += ended is None
    refunds, not_asked = _work_on_refunds(seller, client, limit)
    return WorkReport(asked, expired, failed + not_asked, refunds)


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


def _work_on_refunds(seller: Seller, client: http.Client, limit: int) -> tuple[int, int]:
    """Give up those whose sender died, ask about those that are due: how many were done, and failed."""
    done = failed = 0
    with seller.database.reading() as connection:
        lost = asking_refunds.abandoned(connection, seller, limit)
    for reference in lost:
        given_up = _tried(partial(_give_up, seller, reference), f"refund {reference}")
        done += given_up is True
        failed += given_up is None
    for _ in range(limit):
        inquiry = seller.database.transaction(lambda connection: asking_refunds.claim(connection, seller))
        if inquiry is None:
            break
        asked = _tried(partial(_answer_refund, seller, client, inquiry), f"refund {inquiry.refund.reference}")
        done += asked is True
        failed += asked is None
    return done, failed


def _tried(unit: Callable[[], bool], name: str) -> bool | None:
    """What the unit gives; None where it failed. It stays due, and is tried again."""
    try:
        return unit()
    except (OperationalError, InterfaceError, PoolExhausted):
        raise  # the database is away: no other unit would do better
    except Exception as error:
        _log.error("work on %s failed: %s", name, describe_error(error))
        return None


def _answer(seller: Seller, client: http.Client, question: asking.Question) -> bool:
    called = drive(
        question.flow,
        client=client,
        account=question.account,
        kind="query",
        limits=asking.LIMITS,
        observers=seller.observers,
    )
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
    settled = seller.database.claiming(
        lambda connection: asking_refunds.conclude(connection, seller, inquiry, called)
    )
    if settled is not None:
        tell_refund_settled(seller, settled)
    return True


def _give_up(seller: Seller, reference: str) -> bool:
    settled = seller.database.transaction(
        lambda connection: asking_refunds.give_up_sending(connection, seller, reference)
    )
    if settled is None:
        return False
    tell_refund_settled(seller, settled)
    return True


def _close(seller: Seller, merchant_reference: str) -> bool:
    settled = seller.database.transaction(
        lambda connection: expiring.expire_payment(connection, seller, merchant_reference)
    )
    if settled is None:
        return False
    tell_settled(seller, *settled, at=seller.clock())
    return True


def _end(seller: Seller, number: str) -> bool:
    ended = seller.database.transaction(lambda connection: expiring.expire(connection, seller, number))
    if ended is None:
        return False
    for before, after in ended.payments:
        tell_settled(seller, before, after, at=seller.clock())
    return True
