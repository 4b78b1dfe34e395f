"""`payport doctor`: one line for each thing that waits, was refused, or may lose money; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from payport.doors.cli.doctor import Finding, Grade, examine
from payport.doors.host import Payport
from payport.rules.money import vnd
from payport.service.inspecting import inspect_work
from payport.service.inspecting_engine import inspect_engine
from payport.storage import tables as t
from tests.support.catalogs import catalog_text
from tests.support.rewrite import rewrite_payment
from tests.support.shop import Shop, write_configuration
from tests.support.sign import SECRET, ipn_query

pytestmark = pytest.mark.usefixtures("durable")  # it says whether the database is
OK, LOOK, BROKEN = Grade.OK, Grade.LOOK, Grade.BROKEN


def found(shop: Shop, subject: str) -> list[Finding]:
    return [finding for finding in examine(shop.payport) if finding.subject == subject]


def grades(shop: Shop, subject: str) -> list[Grade]:
    return [finding.grade for finding in found(shop, subject)]


class TestAnInstallationThatIsWell:
    def test_has_nothing_to_look_at(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()))

        unwell = [finding for finding in examine(shop.payport) if finding.grade is not OK]

        # a server's clock is the machine's, and the tests' stands still; fsync is off for tests' speed
        assert {finding.subject for finding in unwell} <= {
            "clock",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
        }

    def test_shows_its_database_and_how_durable_it_is(self, shop: Shop) -> None:
        (database,) = found(shop, "database")

        with shop.payport.seller.database.reading() as connection:
            settings = dict(inspect_engine(connection).settings)
        if shop.payport.seller.database.is_sqlite:
            assert settings == {"journal_mode": "WAL", "synchronous": "FULL"}
        else:
            assert settings.keys() == {"fsync", "synchronous_commit", "full_page_writes"}
        assert database.words.startswith(("sqlite, ", "postgresql"))


class TestCatalogs:
    def test_that_are_as_they_were_are_well(self, shop: Shop) -> None:
        shop.order()

        (finding,) = found(shop, "catalogs")

        assert (finding.grade, finding.words) == (OK, "1 listed, none changed since its first quote")

    def test_of_which_one_was_changed_in_place_are_broken(self, shop: Shop) -> None:
        shop.order()
        (shop.folder / "catalog.toml").write_text(
            catalog_text(("price = 100_000", "price = 200_000")), encoding="utf-8"
        )
        file = shop.folder / "payport.toml"
        shop.payport.close()
        shop.payport = Payport.from_config(file, clock=shop.clock)

        (finding,) = found(shop, "catalogs")

        assert finding.grade is BROKEN
        assert finding.words.startswith("test-2026: changed since its first quote")

    def test_of_which_a_stored_one_was_altered_are_broken(self, shop: Shop) -> None:
        shop.order()
        with shop.payport.seller.database.engine.begin() as connection:
            digest = connection.execute(select(t.catalogs.c.digest)).scalar_one()
            connection.execute(update(t.catalogs).values(digest="0" * 64))

        (finding,) = found(shop, "catalogs")

        assert finding.grade is BROKEN
        assert "does not have its digest" in finding.words
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.catalogs).values(digest=digest))


class TestWorkThatIsDue:
    def test_for_a_moment_is_well(self, shop: Shop) -> None:
        shop.pay(shop.order())
        shop.clock.forward(minutes=16, seconds=30)

        assert found(shop, "payments due") == [Finding(OK, "payments due", "1")]

    def test_and_late_wants_a_worker(self, shop: Shop) -> None:
        shop.pay(shop.order())
        shop.clock.forward(minutes=20)

        (late,) = found(shop, "payments due")

        assert late.grade is LOOK
        assert late.words.endswith("4 min late. Is a `payport worker` running?")

    def test_and_very_late_is_broken(self, shop: Shop) -> None:
        shop.order()
        shop.clock.forward(hours=30)

        assert grades(shop, "orders due") == [BROKEN]

    def test_whose_worker_died_is_shown(self, shop: Shop) -> None:
        shop.pay(shop.order())
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(
                update(t.payments).values(lease_owner="gone", lease_until=shop.clock() - timedelta(minutes=1))
            )

        assert grades(shop, "leases") == [OK, LOOK]

    def test_of_an_account_that_is_not_configured_any_more_is_broken(self, shop: Shop) -> None:
        rewrite_payment(shop, shop.pay(shop.order()), gateway_account="vnpay-old")

        (finding,) = found(shop, "accounts")

        assert finding.grade is BROKEN
        assert "1 open payments and refunds of vnpay-old" in finding.words


class TestMoneyThatWaitsForAPerson:
    def test_in_review(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()), amount=vnd(1_099_999))

        assert grades(shop, "payments in review") == [LOOK]
        assert found(shop, "payments in review")[0].words.startswith(
            "1, the oldest since 2026-11-24 05:00:00"
        )

    def test_that_is_surplus(self, shop: Shop) -> None:
        order = shop.order()
        first, second = shop.pay(order), shop.pay(order, "NCB")
        shop.ipn(first)
        shop.ipn(second, transaction="15000002")

        assert grades(shop, "surplus money") == [LOOK]

    def test_that_an_issuer_claims_back(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)
        opened = shop.payport.chargeback(
            payment.merchant_reference, payment.amount, actor="lan", reason="unknown to the holder"
        )
        during = grades(shop, "chargebacks open")

        shop.payport.chargeback_won(opened.reference, actor="lan")

        assert (during, grades(shop, "chargebacks open")) == ([LOOK], [OK])

    def test_that_nobody_will_ask_about(self, shop: Shop) -> None:
        shop.pay(shop.order())
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.payments).values(due_at=None))
        shop.clock.forward(minutes=16)

        assert grades(shop, "asks used up") == [LOOK]

    def test_of_no_payment_of_ours(self, shop: Shop) -> None:
        shop.deliver(ipn_query("SVNOTTHERE22", 1_100_000))

        (finding,) = found(shop, "unmatched callbacks")

        assert finding.grade is LOOK
        assert finding.words.startswith("1 at vnpay-main, the last at 2026-11-24 05:00:00")


class TestCallbacksThatWereRejected:
    def test_are_counted_by_account_and_reason(self, shop: Shop) -> None:
        for reference in ("SVAAAA222222", "SVAAAA222223"):
            shop.deliver(ipn_query(reference, 1, secret="f" * 32))
        shop.deliver(b"vnp_TxnRef=1&vnp_TxnRef=2")

        with shop.payport.seller.database.reading() as connection:
            seen = inspect_work(connection, shop.payport.seller).rejected

        assert [(entry.account, entry.reason, entry.count) for entry in seen] == [
            ("vnpay-main", "mismatch", 2),
            ("vnpay-main", "repeated", 1),
        ]

    def test_are_forgotten_after_a_day(self, shop: Shop) -> None:
        shop.deliver(ipn_query("SVAAAA222222", 1, secret="f" * 32))
        shop.clock.forward(hours=25)

        assert grades(shop, "rejected callbacks") == [OK]


class TestAClockThatIsWrong:
    def test_is_seen_by_what_was_recorded_in_the_future(self, shop: Shop) -> None:
        shop.order()
        shop.deliver(ipn_query("SVAAAA222222", 1, secret="f" * 32))
        shop.clock.forward(hours=-1)

        assert any("recorded 3600 s from now" in finding.words for finding in found(shop, "clock"))


class TestTheCommand:
    @pytest.fixture
    def file(self, tmp_path: Path, migrated_sqlite: Path) -> Path:
        return write_configuration(tmp_path, f"sqlite:///{migrated_sqlite}")

    def test_prints_a_line_for_each_finding(self, cli: Any, file: Path) -> None:
        ran = cli("doctor")

        assert (ran.status, ran.err) == (0, "")
        assert {line.split()[0] for line in ran.out.splitlines()[1:]} == {"ok"}
        (account,) = ran.lines("ok  account vnpay-main")
        assert account.endswith(" sandbox, plugin and keys are there")

    def test_looks_at_a_key_that_ends_soon_and_has_no_successor(self, cli: Any, file: Path) -> None:
        end = (datetime.now(UTC) + timedelta(days=29)).isoformat(timespec="seconds")
        file.write_text(file.read_text().replace(f'"{SECRET}" }}', f'"{SECRET}", not_after = {end} }}'))

        ran = cli("doctor")

        assert ran.status == 0
        assert "key hash_secret 2026-a is valid until" in ran.lines("look")[0]

    def test_is_content_with_a_key_that_is_followed_by_another(self, cli: Any, file: Path) -> None:
        end = (datetime.now(UTC) + timedelta(days=29)).isoformat(timespec="seconds")
        file.write_text(
            file.read_text().replace(
                f'"{SECRET}" }}',
                f'"{SECRET}", not_after = {end} }}, {{ role = "hash_secret", id = "next", value = "X1",'
                f" not_before = {end} }}",
            )
        )

        assert cli("doctor").lines("look") == []

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            ('plugin = "vnpay"', 'plugin = "onepay"', "its plugin onepay is missing, callbacks wait"),
            ('name = "Sao', 'nome = "Sao', "payport.toml: seller."),
            (
                f'"{SECRET}" }}',
                f'"{SECRET}", not_after = 2020-01-01T00:00:00Z }}',
                "no key of the role hash_secret",
            ),
        ],
    )
    def test_exits_1_for_what_is_broken(
        self, cli: Any, file: Path, before: str, after: str, words: str
    ) -> None:
        file.write_text(file.read_text().replace(before, after))

        ran = cli("doctor")

        assert ran.status == 1
        assert [line for line in ran.lines("broken") if words in line]

    def test_says_so_where_there_are_no_tables(self, cli: Any, tmp_path: Path) -> None:
        write_configuration(tmp_path, "sqlite:///empty.sqlite")

        missing = cli("doctor")
        (tmp_path / "empty.sqlite").touch()
        empty = cli("doctor")

        assert (missing.status, empty.status) == (1, 1)
        assert "no such file. Run `payport migrate`" in missing.out
        assert "Run `payport migrate`" in empty.lines("broken  tables")[0]

    def test_says_so_where_the_database_is_away(self, cli: Any, tmp_path: Path) -> None:
        write_configuration(
            tmp_path, "postgresql+psycopg://shop:MARKERPASSWORD@127.0.0.1:9/shop?connect_timeout=2"
        )

        ran = cli("doctor")

        assert ran.status == 1
        assert "does not answer as it should (OperationalError" in ran.lines("broken  database")[0]
        assert "MARKERPASSWORD" not in ran.out + ran.err
