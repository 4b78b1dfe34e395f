"""A worker's round: what it asks of the database where nothing is due."""

from __future__ import annotations

from sqlalchemy import event

from tests.support.shop import Shop


def test_a_round_with_nothing_due_locks_nothing(shop: Shop) -> None:
    shop.pay(shop.order())
    shop.payport.work()
    asked: list[str] = []
    engine = shop.payport.seller.database.engine
    event.listen(engine, "before_cursor_execute", lambda _1, _2, statement, *_: asked.append(statement))

    assert shop.payport.work().idle

    assert asked
    assert not [each for each in asked if "IMMEDIATE" in each or "FOR UPDATE" in each]
