"""An event is found by its id, which is the beginning of its entry's hash, without reading the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.support.receivers import telling


def test_an_event_is_found_by_its_id_through_an_index(database_url: str, tmp_path: Path) -> None:
    shop = telling(tmp_path, database_url, subscribers={"host": lambda _: None})
    shop.order()
    payport, engine = shop.payport, shop.payport.seller.database.engine
    asked: list[tuple[str, Any]] = []

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "journal.hash >=" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    found = payport.replay(payport.events()[0].event.id)
    event.remove(engine, "before_cursor_execute", keep)

    ((statement, given),) = asked
    sqlite = payport.seller.database.is_sqlite
    with engine.connect() as connection:
        if not sqlite:  # the table is nearly empty: reading it whole would be cheapest
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = str(connection.exec_driver_sql(f"{explain} {statement}", given).all())
    payport.close()
    assert found == ("host",)
    assert ("ix_journal_hash (hash>? AND hash<?)" if sqlite else "ix_journal_hash") in plan
