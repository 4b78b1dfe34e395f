"""What a callback changes is undone whole where its journal entries cannot be written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from payport.rules.order import State
from payport.service.judge import Decision
from tests.support.shop import Shop


def test_a_callback_whose_entries_cannot_be_written_changes_nothing_and_is_taken_when_it_comes_again(
    shop: Shop,
) -> None:
    payment = shop.pay(shop.order())
    engine = shop.payport.seller.database.engine

    def full(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "journal" in statement and statement.startswith("INSERT"):
            raise OperationalError("", {}, Exception("disk full"))

    event.listen(engine, "before_cursor_execute", full)
    refused = shop.ipn(payment)
    event.remove(engine, "before_cursor_execute", full)

    assert refused.decision is Decision.TRY_AGAIN
    assert shop.payport.order(payment.order_number).state is State.PLACED
    assert shop.payment(payment).received.minor == 0
    assert shop.ipn(payment).decision is Decision.RECORDED
    assert shop.payport.order(payment.order_number).state is State.PAID
