"""What a callback changes is undone whole where it cannot be carried out, and what came is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, OperationalError

from payport.rules.order import State
from payport.rules.payment import Payment
from payport.service import receiving
from payport.service.judge import Decision
from payport.signing.received import Channel
from payport.storage import tables as t
from tests.support.shop import Shop
from tests.support.sign import ipn_query


@contextmanager
def failing(shop: Shop, table: str, fault: Exception) -> Iterator[None]:
    """Each row that is put into the table fails so."""
    engine = shop.payport.seller.database.engine

    def fail(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT") and f"{table} " in statement.partition("(")[0]:
            raise fault

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def kept(shop: Shop, payment: Payment) -> list[tuple[str, str]]:
    """Verdict and decision of each callback of the payment."""
    columns = t.callbacks.c
    rows = select(columns.reason, columns.decision).where(
        columns.merchant_reference == payment.merchant_reference
    )
    with shop.payport.seller.database.reading() as connection:
        return [(row.reason, row.decision) for row in connection.execute(rows.order_by(columns.id))]


def stands_unpaid(shop: Shop, payment: Payment) -> bool:
    order = shop.payport.order(payment.order_number)
    return order.state is State.PLACED and shop.payment(payment).received.minor == 0


def test_a_callback_whose_entries_cannot_be_written_changes_nothing_and_is_taken_when_it_comes_again(
    shop: Shop,
) -> None:
    payment = shop.pay(shop.order())

    with failing(shop, "journal", OperationalError("", {}, Exception("disk full"))):
        refused = shop.ipn(payment)

    assert refused.decision is Decision.TRY_AGAIN
    assert stands_unpaid(shop, payment)
    assert kept(shop, payment) == [], "a database that is full is not asked again"
    assert shop.ipn(payment).decision is Decision.RECORDED
    assert shop.payport.order(payment.order_number).state is State.PAID


@pytest.mark.parametrize(
    ("table", "fault", "name"),
    [
        ("grants", RuntimeError("secret words"), "RuntimeError"),
        ("receipts", IntegrityError("", {}, Exception()), "IntegrityError"),
    ],
)
def test_a_callback_that_cannot_be_carried_out_is_kept_with_the_faults_name_and_answered_call_again(
    shop: Shop, table: str, fault: Exception, name: str
) -> None:
    payment = shop.pay(shop.order())
    query = ipn_query(payment.merchant_reference, payment.amount.minor)

    with failing(shop, table, fault):
        assert shop.deliver(query).decision is Decision.TRY_AGAIN

    assert stands_unpaid(shop, payment)
    [(reason, decision)] = kept(shop, payment)
    assert decision == "try_again"
    assert reason.startswith(f"defect: {name} at "), "the fault's name and place"
    assert "secret" not in reason, "and not its words"
    assert shop.deliver(query).decision is Decision.RECORDED


def test_a_return_that_cannot_be_carried_out_still_leads_the_buyer_to_the_order(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pay(shop.order())

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(receiving, "soonest_ask", broken)
    query = ipn_query(payment.merchant_reference, payment.amount.minor)
    told = shop.deliver(query, channel=Channel.RETURN)

    assert told.decision is Decision.TRY_AGAIN
    assert told.order_token == shop.payport.order(payment.order_number).token


def test_however_often_one_comes_that_cannot_be_carried_out_so_many_are_kept(shop: Shop) -> None:
    payment = shop.pay(shop.order())
    limit = shop.payport.seller.floods.limits.of_a_payment

    with failing(shop, "grants", RuntimeError()):
        for _ in range(limit + 3):
            assert shop.ipn(payment).decision is Decision.TRY_AGAIN

    assert len(kept(shop, payment)) == limit
