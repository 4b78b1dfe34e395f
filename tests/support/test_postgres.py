"""The databases that tests are given: always empty, always as the migrations make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.support.postgres import Postgres


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_one_is_given_again_when_it_is_empty_again(postgres: Postgres) -> None:
    with postgres.fresh() as first, connected(first) as connection:
        connection.execute(text("INSERT INTO payport.codes VALUES ('A')"))

    with postgres.fresh() as second, connected(second) as connection:
        assert second == first
        assert connection.execute(text("SELECT count(*) FROM payport.codes")).scalar_one() == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE payport.codes RENAME TO other",
        "ALTER TABLE payport.codes ADD COLUMN more integer",
        "CREATE TABLE payport.more (id integer)",
        "CREATE SCHEMA more",
        "REVOKE ALL ON payport.codes FROM CURRENT_USER",
    ],
)
def test_one_whose_tables_were_changed_is_given_to_nobody_else(postgres: Postgres, change: str) -> None:
    with postgres.fresh() as first, connected(first) as connection:
        connection.execute(text(change))

    with postgres.fresh() as second:
        assert second != first
