"""`payport.within(connection)`: Payport's verbs in a transaction of the host's, kept or undone with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from payport import AsyncPayport, BuyerDetails, New
from payport.doors.within import Within
from payport.errors import ConfigurationError, NotFound, RequestRefused
from payport.storage import tables as t
from tests.support.shop import Shop

BUYER = BuyerDetails(name="Nguyễn Thu Hà", email="ha@example.vn")
MONTH = New(package="standard", months=1)


@pytest.fixture
def host(shop: Shop) -> Iterator[Engine]:
    """The host's own engine on the same database, with a table of its own, begun as its docs say."""
    engine = create_engine(shop.payport.seller.database.engine.url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _begins_nothing(connection: Any, _record: Any) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begins_as_a_writer(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE leads (number VARCHAR(64))"))
    yield engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE leads"))
    engine.dispose()


def place(joined: Within, account: str = "hoa-sua") -> str:
    return joined.place(joined.quote(account, MONTH), BUYER).number


def leads(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT number FROM leads")).scalars())


class TestTheHostsTransaction:
    def test_keeps_what_both_did_when_it_commits(self, shop: Shop, host: Engine) -> None:
        with host.begin() as connection:
            joined = shop.payport.within(connection)
            number = place(joined)
            connection.execute(text("INSERT INTO leads VALUES (:n)"), {"n": number})
            assert joined.order(number).state == "placed"
            joined.report_usage("hoa-sua", 5, shop.clock())

        assert leads(host) == [number]
        assert shop.payport.order(number).account == "hoa-sua"
        assert [each.kind for each in shop.payport.journal(order_number=number)] == ["order.placed"]
        shop.ipn(shop.pay(shop.payport.order(number)))
        assert shop.payport.order(number).state == "paid"

    def test_keeps_nothing_of_either_when_it_is_undone(self, shop: Shop, host: Engine) -> None:
        with host.connect() as connection:
            begun = connection.begin()
            number = place(shop.payport.within(connection))
            connection.execute(text("INSERT INTO leads VALUES (:n)"), {"n": number})
            begun.rollback()

        assert leads(host) == []
        with pytest.raises(NotFound):
            shop.payport.order(number)
        assert list(shop.payport.journal()) == []

    def test_that_is_undone_leaves_the_catalog_to_be_stored_by_the_next_sale(
        self, shop: Shop, host: Engine
    ) -> None:
        """The journal rests on it: a file that changed under its version could not be told from it."""
        with host.connect() as connection:
            begun = connection.begin()
            place(shop.payport.within(connection))
            begun.rollback()

        shop.order("minh-khai")

        with shop.payport.seller.database.reading() as ours:
            assert ours.execute(select(t.catalogs.c.version)).scalars().all() == ["test-2026"]

    def test_shows_no_buyer_where_a_statement_fails(self, shop: Shop, host: Engine) -> None:
        """The host's engine may show what it binds; among it are buyers, and the tokens of their orders."""
        broken = text("SELECT nothing FROM orders WHERE buyer = :buyer")

        with host.begin() as connection:
            joined = shop.payport.within(connection)
            with pytest.raises(DBAPIError) as failed:
                joined._see(lambda ours: ours.execute(broken, {"buyer": "0912345678"}))

        assert "0912345678" not in str(failed.value)

    def test_goes_on_after_a_verb_that_is_refused(self, shop: Shop, host: Engine) -> None:
        with host.begin() as connection:
            joined = shop.payport.within(connection)
            with pytest.raises(NotFound):
                joined.quote("hoa-sua", New(package="nothing", months=1))
            number = place(joined)
            connection.execute(text("INSERT INTO leads VALUES (:n)"), {"n": number})

        assert leads(host) == [number]

    def test_has_its_own_tables_by_their_own_names(self, shop: Shop, host: Engine) -> None:
        """On PostgreSQL; one file of SQLite has one table of each name."""
        if host.dialect.name == "sqlite":
            with host.begin() as connection, pytest.raises(OperationalError, match="already exists"):
                connection.execute(text("CREATE TABLE orders (id INTEGER)"))
            return
        with host.begin() as connection:
            connection.execute(text("CREATE TABLE orders (id INTEGER)"))
            joined = shop.payport.within(connection)
            place(joined)
            connection.execute(text("INSERT INTO orders VALUES (7)"))
            assert connection.execute(text("SELECT id FROM orders")).scalars().all() == [7]
            connection.execute(text("DROP TABLE orders"))

    def test_does_acts_of_people_too(self, shop: Shop, host: Engine) -> None:
        number = shop.order("hoa-sua").number
        with host.begin() as connection:
            joined = shop.payport.within(connection)
            held = joined.adjust("hoa-sua", package="standard", months=1, actor="lan", reason="a gift")
            assert joined.cancel(number, actor="lan", reason="changed their mind").state == "cancelled"

        assert held.package == "standard"
        assert shop.payport.order(number).state == "cancelled"

    def test_leaves_no_option_of_ours_on_the_connection(self, shop: Shop, host: Engine) -> None:
        with host.begin() as connection:
            place(shop.payport.within(connection))
            options = connection.get_execution_options()

        assert not any(options.values())


@pytest.mark.parametrize("verb", ["pay", "receive", "refund", "ask", "work", "asgi"])
def test_what_calls_a_gateway_is_not_there_and_says_why(shop: Shop, host: Engine, verb: str) -> None:
    with host.begin() as connection:
        joined = shop.payport.within(connection)

        with pytest.raises(RequestRefused, match="Commit first"):
            getattr(joined, verb)
        with pytest.raises(AttributeError):
            joined.nothing_of_this_name  # noqa: B018


class TestAConnectionThatCannotServe:
    def test_keeps_each_statement_at_once(self, shop: Shop, host: Engine) -> None:
        by_itself = create_engine(host.url, isolation_level="AUTOCOMMIT")
        refused = pytest.raises(ConfigurationError, match="keeps each statement at once")
        with by_itself.connect() as connection, refused:
            place(shop.payport.within(connection))
        by_itself.dispose()

        assert list(shop.payport.journal()) == []

    @pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
    def test_reads_all_as_it_stood_at_one_moment(self, shop: Shop, host: Engine, level: str) -> None:
        """A lock that is waited for must show what was done meanwhile, or a code is used once too often."""
        if host.dialect.name == "sqlite":
            return  # SERIALIZABLE always, and one writer
        frozen = create_engine(host.url, isolation_level=level)
        with frozen.connect() as connection, pytest.raises(ConfigurationError, match="at one moment"):
            shop.payport.within(connection)
        frozen.dispose()

    def test_is_a_copy_of_ours(self, shop: Shop, tmp_path: Path) -> None:
        copy = create_engine(f"sqlite:///{tmp_path}/copy.sqlite")
        if shop.payport.seller.database.is_sqlite:
            shutil.copy(tmp_path / "payport.sqlite", tmp_path / "copy.sqlite")
        with copy.connect() as connection, pytest.raises(ConfigurationError):
            shop.payport.within(connection)
        copy.dispose()

    def test_is_of_another_database(self, shop: Shop, tmp_path: Path) -> None:
        engine = create_engine(f"sqlite:///{tmp_path}/elsewhere.sqlite")
        with engine.connect() as connection, pytest.raises(ConfigurationError):
            shop.payport.within(connection)
        engine.dispose()

    def test_has_begun_before_another_wrote(self, shop: Shop, host: Engine) -> None:
        """SQLite lets no reader become a writer then: the host does it all anew. PostgreSQL locks rows."""
        deferred = create_engine(host.url)
        with deferred.connect() as connection:
            if host.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            connection.execute(text("SELECT count(*) FROM leads")).scalar_one()
            shop.order("somebody else")

            if host.dialect.name == "sqlite":
                with pytest.raises(OperationalError, match="locked"):
                    place(shop.payport.within(connection))
            else:
                assert place(shop.payport.within(connection))
        deferred.dispose()


@pytest.mark.anyio
async def test_an_async_host_runs_it_on_its_own_connection(shop: Shop, host: Engine) -> None:
    """psycopg speaks both; for SQLite an async host brings a driver of its own."""
    url = host.url.set(drivername="sqlite+aiosqlite") if host.dialect.name == "sqlite" else host.url
    engine = create_async_engine(url)
    payport = AsyncPayport(shop.payport.seller, shop.payport.configuration)
    if host.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "begin")
        def _begins_as_a_writer(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    async with engine.begin() as connection:
        number = await connection.run_sync(lambda sync: place(payport.within(sync)))
    await engine.dispose()

    assert shop.payport.order(number).state == "placed"
