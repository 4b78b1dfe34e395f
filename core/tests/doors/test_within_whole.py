"""`payport.within(connection)` is the whole of a verb: its savepoint, journal, events and arguments, and no
more: the connection stays the host's, and one of elsewhere is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text

from payport import Event, New, Payport
from payport.doors.within import Within
from payport.errors import ConfigurationError, RequestRefused
from payport.storage.joined import Joined
from tests.support.shop import BUYER, Clock, Shop, write_configuration

MONTH = New(package="standard", months=1)


def _engine(payport: Payport) -> Engine:
    """The host's own, which begins a transaction by its first statement, on SQLite as a writer."""
    engine = create_engine(payport.seller.database.engine.url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _begins_nothing(connection: Any, _record: Any) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begins_as_a_writer(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@pytest.fixture
def host(shop: Shop) -> Iterator[Engine]:
    engine = _engine(shop.payport)
    yield engine
    engine.dispose()


@pytest.fixture
def joined(shop: Shop, host: Engine) -> Iterator[Within]:
    """In a transaction that is kept."""
    with host.begin() as connection:
        yield shop.payport.within(connection)


def test_a_verb_that_is_refused_after_it_wrote_leaves_nothing(shop: Shop, host: Engine) -> None:
    """`adjust` grants first, and is refused by what it did: without a savepoint the grant would be kept."""
    shop.order("hoa-sua")

    with host.begin() as connection:
        joined = shop.payport.within(connection)
        with pytest.raises(RequestRefused, match="of their own"):
            joined.adjust("hoa-sua", package="standard", months=1, actor="hoa-sua", reason="mine")

    assert shop.payport.entitlement("hoa-sua").package is None


def test_what_is_recorded_is_written_by_one_statement(shop: Shop, host: Engine) -> None:
    """As in a transaction of our own: a chain's last entry is read once, and what is added follows it."""
    written = 0

    @event.listens_for(host, "before_cursor_execute")
    def _see(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal written
        written += statement.startswith("INSERT") and "journal" in statement.partition("(")[0]

    with host.begin() as connection:
        joined = shop.payport.within(connection)
        joined.place(joined.quote("hoa-sua", New(package="standard", months=1, code="GIFT")), BUYER)

    added = [each.kind for each in shop.payport.journal()]
    assert len(added) > 1
    assert written == 1


def test_subscribers_hear_of_it_once_the_host_has_committed(tmp_path: Path, database_url: str) -> None:
    heard: list[str] = []

    def tell(told: Event) -> None:
        heard.append(told.type)

    configuration = write_configuration(tmp_path, database_url)
    payport = Payport.from_config(configuration, clock=Clock(), subscribers={"crm": tell})
    engine = _engine(payport)
    for keep in (False, True):
        with engine.connect() as connection:
            begun = connection.begin()
            joined = payport.within(connection)
            joined.place(joined.quote("hoa-sua", MONTH), BUYER)
            (begun.commit if keep else begun.rollback)()
        payport.work()
        assert heard == ["order.placed"] * keep
    engine.dispose()
    payport.close()


class TestAdjust:
    """Each argument does in a host's transaction what it does on Payport itself."""

    def test_gives_capacity_and_days(self, joined: Within) -> None:
        by_package = joined.adjust("hoa-sua", package="standard", months=1, actor="lan", reason="a gift")
        by_more = joined.adjust("hoa-sua", gb=5, days=3, actor="lan", reason="for the outage")

        assert by_package.valid_to is not None
        assert by_more.valid_to == by_package.valid_to + timedelta(days=3)
        assert (by_package.extra_gb, by_more.extra_gb) == (0, 5)

    def test_is_refused_where_the_account_has_changed_since(self, joined: Within) -> None:
        shown = joined.entitlement("hoa-sua").version
        joined.adjust("hoa-sua", package="standard", months=1, seen_version=shown, actor="lan", reason="one")

        with pytest.raises(RequestRefused, match="has changed since"):
            joined.adjust("hoa-sua", gb=1, seen_version=shown, actor="lan", reason="a second click")


class TestTheConnection:
    def test_stays_the_hosts_when_ours_is_closed(self, shop: Shop, host: Engine) -> None:
        with host.begin() as connection:
            Joined(connection, shop.payport.seller.database).close()

            assert not connection.closed
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        assert shop.order().state == "placed"

    def test_to_tables_of_another_version_is_refused(self, shop: Shop, host: Engine) -> None:
        table = "payport_version" if host.dialect.name == "sqlite" else "payport.payport_version"
        with host.connect() as connection:
            connection.execute(text(f"UPDATE {table} SET version_num = '0001'"))
            with pytest.raises(ConfigurationError, match="tables of version 0001"):
                shop.payport.within(connection)
            connection.rollback()

    def test_to_another_database_with_payports_tables_is_refused(
        self, shop: Shop, request: pytest.FixtureRequest
    ) -> None:
        """Of a staging area on the same server, say: all would be kept there, and never found again."""
        if shop.payport.seller.database.is_sqlite:
            return  # see test_within.py: a copy of the file
        with request.getfixturevalue("postgres").fresh() as url:
            elsewhere = create_engine(url)
            refused = pytest.raises(ConfigurationError, match="another database")
            with elsewhere.connect() as connection, refused:
                shop.payport.within(connection)
            elsewhere.dispose()
