"""A catalog version that priced a quote is kept for good, whatever becomes of its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select, update

from payport import AsyncPayport, Payport
from payport.errors import CatalogError, ConfigurationError, Defect, PurchaseNotOpen
from payport.rules.catalog_file import load_catalog
from payport.rules.money import vnd
from payport.rules.order import State
from payport.rules.purchase import New
from payport.service.catalogs import digest
from payport.service.replaying import compare
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.catalogs import catalog_text
from tests.support.shop import BUYER, CATALOG, Clock, Shop, write_configuration
from tests.support.unmoved import nothing_moves

STANDARD = New(package="standard", months=12)
DEARER = ("price = 1_000_000", "price = 2_000_000")


def write(shop: Shop, *catalogs: str) -> Path:
    """Other catalog files where the old ones stood."""
    database = shop.payport.seller.database.engine.url.render_as_string(hide_password=False)
    return write_configuration(shop.folder, database, catalog=catalogs[0], later_catalogs=catalogs[1:])


def restarted(shop: Shop, *catalogs: str) -> Payport:
    """The same seller in a new process, with other catalog files."""
    file = write(shop, *catalogs)
    shop.payport.close()
    shop.payport = Payport.from_config(file, clock=shop.clock)
    return shop.payport


def stored(shop: Shop) -> dict[str, str]:
    with shop.payport.seller.database.reading() as connection:
        return {row.version: row.digest for row in connection.execute(select(t.catalogs))}


def total_paid(shop: Shop, number: str) -> tuple[State, int]:
    order = shop.payport.order(number)
    return order.state, order.received.minor


@contextmanager
def statements(shop: Shop, table: str) -> Iterator[list[str]]:
    """Those that name the table, as they are executed."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if table in statement:
            seen.append(statement)

    engine = shop.payport.seller.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def refused_grants(shop: Shop) -> Iterator[None]:
    """No grant can be written, as when the connection is lost."""

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO") and "grants" in statement:
            raise ArithmeticError

    engine = shop.payport.seller.database.engine
    event.listen(engine, "before_cursor_execute", refuse)
    yield
    event.remove(engine, "before_cursor_execute", refuse)


def forget_all(shop: Shop) -> None:
    """As it was before there was a table of catalogs."""
    with shop.payport.seller.database.engine.begin() as connection:
        connection.execute(delete(t.catalogs))


class TestAVersionThatPricesAQuote:
    def test_is_stored_with_the_first_quote_and_once(self, shop: Shop) -> None:
        assert stored(shop) == {}

        shop.payport.quote("mot", STANDARD)
        shop.payport.quote("hai", STANDARD)

        catalog = load_catalog(CATALOG.read_text(encoding="utf-8"), source="catalog.toml")
        assert stored(shop) == {"test-2026": digest(catalog.model_dump_json())}

    def test_is_not_stored_by_a_quote_that_is_refused(self, shop: Shop) -> None:
        with pytest.raises(PurchaseNotOpen):
            shop.payport.quote("mot", New(package="standard", months=12, extra_steps=1))

        assert stored(shop) == {}

    def test_is_stored_once_where_many_processes_quote_first(self, shop: Shop) -> None:
        hosts = [Payport.from_config(shop.folder / "payport.toml", clock=shop.clock) for _ in range(4)]

        made = at_once(
            *[lambda n=n, host=host: host.quote(f"khach-{n}", STANDARD) for n, host in enumerate(hosts)]
        )

        assert [quote.catalog_version for quote in made] == ["test-2026"] * 4
        assert list(stored(shop)) == ["test-2026"]
        for host in hosts:
            host.close()

    def test_costs_no_statement_once_the_process_knows_it(self, shop: Shop) -> None:
        for name in ("mot", "hai"):
            shop.payport.quote(name, STANDARD)
        payment = shop.pay(shop.order("ba"))

        with statements(shop, "catalogs") as seen:
            shop.ipn(payment)
            shop.order("bon")

        assert seen == []
        assert total_paid(shop, payment.order_number)[0] is State.PAID

    def test_that_was_undone_with_its_transaction_is_stored_by_the_next(self, shop: Shop) -> None:
        gift = shop.payport.quote("binh-minh", New(package="standard", months=12, code="GIFT"))
        forget_all(shop)
        again = restarted(shop, CATALOG.read_text(encoding="utf-8"))

        with refused_grants(shop), pytest.raises(ArithmeticError):
            again.place(gift, BUYER)
        undone = stored(shop)
        again.place(gift, BUYER)

        assert undone == {}
        assert list(stored(shop)) == ["test-2026"]


class TestAFileThatIsChangedInPlace:
    def test_prices_no_new_quote_and_says_what_to_do(self, shop: Shop) -> None:
        shop.payport.quote("binh-minh", STANDARD)
        changed = restarted(shop, catalog_text(DEARER))

        for verb in (changed.quote, changed.preview):
            with nothing_moves(shop), pytest.raises(CatalogError) as error:
                verb("binh-minh", STANDARD)
            assert error.value.field == "catalog test-2026"
            assert "new version and effective_from" in error.value.remedy
        with pytest.raises(CatalogError):
            changed.offers("binh-minh")

    def test_leaves_open_quotes_and_orders_their_own(self, shop: Shop) -> None:
        """What the buyer saw holds: the price, the months, and the capacity."""
        payment = shop.pay(shop.order("mot"))
        quote = shop.payport.quote("hai", STANDARD)
        restarted(shop, catalog_text(DEARER, ("included_gb = 10\n", "included_gb = 1\n")))

        shop.ipn(payment, transaction="15000001")
        shop.ipn(shop.pay(shop.payport.place(quote, BUYER)), transaction="15000002")

        for account in ("mot", "hai"):
            held = shop.payport.entitlement(account)
            assert (held.state, held.included_gb) == ("active", 10)

    def test_that_says_the_same_in_other_words_is_no_change(self, shop: Shop) -> None:
        shop.payport.quote("binh-minh", STANDARD)

        same = restarted(
            shop, catalog_text(("price = 1_000_000", "price = 1000000"), policies="switch = 'at_once'")
        )

        assert same.quote("binh-minh", STANDARD).total == vnd(1_100_000)

    def test_may_change_for_as_long_as_nobody_was_quoted(self, shop: Shop) -> None:
        shop.payport.preview("binh-minh", STANDARD)

        assert restarted(shop, catalog_text(DEARER)).quote("binh-minh", STANDARD).total == vnd(2_200_000)

    def test_is_refused_too_where_another_process_quotes_first_meanwhile(self, shop: Shop) -> None:
        """Looked at before the price is made, and again as it is stored."""
        shelf = shop.payport.seller.shelf
        other = load_catalog(catalog_text(DEARER), source="catalog.toml")
        shop.payport.seller.database.transaction(
            lambda connection: shelf.keep(connection, other, at=shop.clock())
        )

        with pytest.raises(CatalogError, match="has changed"):
            shop.payport.seller.database.transaction(
                lambda connection: shelf.keep(
                    connection, shelf.listed.in_force(shop.clock()), at=shop.clock()
                )
            )


class TestAVersionThatIsNotListedAnyMore:
    def test_still_places_and_pays_what_it_priced(self, shop: Shop) -> None:
        """Catalog changed, or package withdrawn, between quote and payment: the quote's own version holds."""
        payment = shop.pay(shop.order("mot"))
        quote = shop.payport.quote("hai", STANDARD)
        withdrawn = catalog_text(('id = "standard"', 'id = "starter"'), version="test-2027")
        restarted(shop, withdrawn)

        shop.ipn(payment, transaction="15000001")
        placed = shop.payport.place(quote, BUYER)
        shop.ipn(shop.pay(placed), transaction="15000002")

        assert placed.total == vnd(1_100_000)
        assert [shop.payport.entitlement(account).package for account in ("mot", "hai")] == ["standard"] * 2

    def test_gives_a_late_success_its_effect(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.payport.cancel(payment.order_number, actor="lan", reason="wrong package")
        restarted(shop, catalog_text(version="test-2027"))

        shop.ipn(payment)

        assert total_paid(shop, payment.order_number) == (State.PAID, 1_100_000)


class TestADatabaseOfTheTimeBeforeVersionsWereStored:
    def test_takes_the_listed_one_and_stores_it(self, shop: Shop) -> None:
        payment, quote = shop.pay(shop.order("mot")), shop.payport.quote("hai", STANDARD)
        forget_all(shop)
        restarted(shop, catalog_text(), catalog_text(version="test-2027", since="2026-11-24T00:00:00+07:00"))

        shop.payport.place(quote, BUYER)

        assert list(stored(shop)) == ["test-2026"]
        shop.ipn(payment)
        assert total_paid(shop, payment.order_number)[0] is State.PAID

    def test_stores_nothing_where_somebody_only_looks(self, shop: Shop) -> None:
        quote = shop.payport.quote("binh-minh", STANDARD)
        forget_all(shop)
        restarted(shop, catalog_text())

        with nothing_moves(shop), shop.payport.seller.database.reading() as connection:
            found = shop.payport.seller.shelf.of(connection, quote)

        assert found.version == quote.catalog_version

    def test_keeps_money_waiting_until_the_version_is_listed_again(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        forget_all(shop)
        restarted(shop, catalog_text(version="test-2027"))

        receipt = shop.ipn(payment)

        assert receipt.decision == "try_again"
        restarted(shop, catalog_text())
        shop.ipn(payment)
        assert total_paid(shop, payment.order_number)[0] is State.PAID


class TestAStoredVersionThatSomebodyAltered:
    def test_is_not_believed(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        with shop.payport.seller.database.engine.begin() as connection:
            document = connection.execute(select(t.catalogs.c.document)).scalar_one()
            cheap = document.replace('"included_gb":10,', '"included_gb":99,')
            assert cheap != document
            connection.execute(update(t.catalogs).values(document=cheap))
        restarted(shop, catalog_text())

        assert shop.ipn(payment).decision == "try_again"
        with pytest.raises(Defect, match="does not have its digest"):
            shop.payport.quote("hai", STANDARD)
        with shop.payport.seller.database.engine.begin() as connection:
            assert [(each.table, each.column) for each in compare(connection)] == [("catalogs", "document")]
            connection.execute(update(t.catalogs).values(document=document))


class TestReadingTheFilesAgain:
    def test_puts_a_new_version_in_force_without_a_restart(self, shop: Shop) -> None:
        old = shop.payport.quote("binh-minh", STANDARD)
        write(
            shop, catalog_text(), catalog_text(DEARER, version="test-2027", since="2026-11-24T00:00:00+07:00")
        )

        listed = shop.payport.reload_catalogs()

        assert [catalog.version for catalog in listed] == ["test-2026", "test-2027"]
        assert shop.payport.quote("binh-minh", STANDARD).total == vnd(2_200_000)
        assert shop.payport.place(old, BUYER).total == vnd(1_100_000)

    @pytest.mark.parametrize(
        ("catalog", "field"),
        [
            ("version = ", "catalog.toml"),
            (catalog_text(("tier = 1", "tier = 0")), "catalog.toml: packages[0].tier"),
            (catalog_text(DEARER), "catalog test-2026"),
            (catalog_text(version="test-2030", since="2030-01-01T00:00:00+07:00"), "effective_from"),
        ],
        ids=["no TOML", "a wrong key", "a used version changed", "none in force"],
    )
    def test_of_which_one_is_bad_leaves_the_old_ones_in_force(
        self, shop: Shop, catalog: str, field: str
    ) -> None:
        before = shop.payport.quote("binh-minh", STANDARD)
        write(shop, catalog)

        with pytest.raises(CatalogError) as error:
            shop.payport.reload_catalogs()

        assert (error.value.field, bool(error.value.remedy)) == (field, True)
        assert shop.payport.quote("binh-minh", STANDARD).total == before.total

    def test_of_which_one_is_gone_leaves_the_old_ones_in_force(self, shop: Shop) -> None:
        (shop.folder / "catalog.toml").unlink()

        with pytest.raises(ConfigurationError, match=r"catalog\.files\[0\]"):
            shop.payport.reload_catalogs()

        assert shop.payport.quote("binh-minh", STANDARD).total == vnd(1_100_000)

    def test_does_not_depend_on_where_the_process_stands(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_configuration(tmp_path, database_url)
        monkeypatch.chdir(tmp_path)
        shop = Payport.from_config("payport.toml", clock=Clock())
        monkeypatch.chdir(tmp_path.parent)

        assert [catalog.version for catalog in shop.reload_catalogs()] == ["test-2026"]
        shop.close()

    @pytest.mark.anyio
    async def test_is_there_for_async_hosts(self, database_url: str, tmp_path: Path) -> None:
        shop = AsyncPayport.from_config(write_configuration(tmp_path, database_url), clock=Clock())

        assert [catalog.version for catalog in await shop.reload_catalogs()] == ["test-2026"]
        await shop.close()


class TestTheDigest:
    def test_is_that_of_the_keys_in_order_without_blanks(self) -> None:
        """As anybody can make it: `jq -cS . | tr -d '\\n' | sha256sum`."""
        told = '{ "b": "Gói", "a": [1, 2] }'

        assert digest(told) == "45dbc724571cb46789639e45f044090901eac3588dae8ca5edeac7203a16a920"
