"""What is due is found by what is due, however many rows are finished, parked or another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.receivers import telling

SEEKS = {  # the claim of each kind of work: how SQLite finds it
    "payments": "ix_payments_due (gateway_account=? AND due_at<?)",
    "orders": "ix_orders_due (state=? AND due_at<?)",
    "refunds": "ix_refunds_due (gateway_account=? AND due_at<?)",
    "deliveries": "ix_deliveries_due (subscriber=? AND due_at<?)",
}


@pytest.mark.parametrize("table", SEEKS)
def test_a_look_for_work_reads_no_finished_row(table: str, database_url: str, tmp_path: Path) -> None:
    """Without an index of both, SQLite read each payment of the account, at every look."""
    shop = telling(tmp_path, database_url, subscribers={"host": lambda _: None}).payport
    engine = shop.seller.database.engine
    asked: list[tuple[str, Any]] = []

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if f"{table}.due_at <=" in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    shop.work()
    event.remove(engine, "before_cursor_execute", keep)

    with engine.connect() as connection:
        if not shop.seller.database.is_sqlite:  # the tables are empty: reading them whole would be cheapest
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if shop.seller.database.is_sqlite else "EXPLAIN"
        plans = [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", given))
            for statement, given in asked
        ]
    shop.close()
    # Of an empty table PostgreSQL may take any index that fits, all cost it the same: that one fits is asked.
    wanted = SEEKS[table] if shop.seller.database.is_sqlite else f" on {table} "
    assert asked
    assert [plan for plan in plans if wanted in plan], plans
    assert not [plan for plan in plans if f"Seq Scan on {table} " in plan], plans
    lines = [line for plan in plans for line in plan.splitlines() if table in line]
    assert not [line for line in lines if "autoindex" in line], plans
