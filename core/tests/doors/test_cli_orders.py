"""`payport order`, `ask`, `migrate` and `worker`: on both databases where rows are read."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.shop import BUYER, Shop, write_configuration

PAYPORT = Path(sys.executable).with_name("payport")
PERSONAL = (BUYER.name, BUYER.email, BUYER.phone, "203.0.113.9")


class TestAnOrder:
    def test_is_shown_with_lines_payments_and_history(self, cli: Any, shop: Shop) -> None:
        order = shop.order()
        payment = shop.pay(order, "NCB")
        shop.ipn(payment)

        ran = cli("order", order.number)

        assert (ran.status, ran.err) == (0, "")
        assert ran.lines("state") == ["state     paid", "state              succeeded"]
        assert [line.split() for line in ran.lines("total")] == [
            ["total", "1,100,000", "VND"],
            ["total", "1,000,000", "VND", "100,000", "VND", "1,100,000", "VND"],
        ]
        assert ran.lines("gateway reference") == ["gateway reference  15000001"]
        assert ran.lines("method") == ["method             domestic_card, NCB"]
        assert f"payment {payment.merchant_reference}" in ran.out
        assert "2026-11-24 12:00:00+07:00" in ran.out
        assert [line.split()[4:6] for line in ran.lines("2026-11-24")][-1] == ["placed", "paid"]

    def test_is_there_for_machines(self, cli: Any, shop: Shop) -> None:
        order = shop.order()
        payment = shop.pay(order)
        shop.ipn(payment)

        shown = json.loads(cli("order", order.number, "--json").out)

        assert (shown["state"], shown["total"]) == ("paid", {"minor": 1_100_000, "currency": "VND"})
        assert shown["lines"][0]["kind"] == "package"
        assert shown["payments"][0]["merchant_reference"] == payment.merchant_reference
        assert [step["to_state"] for step in shown["history"]][-1] == "paid"
        assert shown["placed_at"] == "2026-11-24T05:00:00+00:00"

    @pytest.mark.parametrize("form", [(), ("--json",)])
    def test_shows_the_buyers_personal_data_only_when_asked(
        self, cli: Any, shop: Shop, form: tuple[str, ...]
    ) -> None:
        order = shop.order()
        shop.pay(order)

        without, with_buyer = (
            cli("order", order.number, *form).out,
            cli("order", order.number, "--buyer", *form).out,
        )

        assert not [text for text in PERSONAL if text in without]
        assert not [text for text in PERSONAL if text not in with_buyer]

    @pytest.mark.parametrize("form", [(), ("--json",)])
    def test_SEC_08_never_shows_the_token_that_opens_its_page(
        self, cli: Any, shop: Shop, form: tuple[str, ...]
    ) -> None:
        order = shop.order()

        assert order.token not in cli("order", order.number, "--buyer", *form).out

    def test_that_is_not_there_is_said_so(self, cli: Any, shop: Shop) -> None:
        ran = cli("order", "SVNOTTHERE22")

        assert (ran.status, ran.out) == (1, "")
        assert ran.err == "order: no such order. Check the number, or the link.\n"


class TestAsking:
    @pytest.fixture(autouse=True)
    def _now(self, shop: Shop) -> None:
        shop.clock.now = datetime.now(UTC) - timedelta(hours=1)  # commands go by the machine's clock

    def test_a_gateway_that_does_not_answer_leaves_the_payment_pending(self, cli: Any, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        ran = cli("ask", payment.merchant_reference)

        assert ran.status == 0
        assert re.match(r"asked: (not_sent|unknown)\n", ran.out)
        assert ran.out.endswith(f"of order {payment.order_number}: pending, as before\n")

    def test_twice_within_the_gateways_gap_asks_once(self, cli: Any, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        cli("ask", payment.merchant_reference)

        ran = cli("ask", payment.merchant_reference)

        assert ran.status == 1
        assert ran.out.startswith("not asked: asked just now")

    def test_about_a_finished_payment_changes_nothing(self, cli: Any, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)

        ran = cli("ask", payment.merchant_reference)

        assert ran.status == 0
        assert ran.out.startswith("not asked: the payment is finished\n")

    def test_about_nothing_says_so(self, cli: Any, shop: Shop) -> None:
        ran = cli("ask", "SVNOTTHERE22")

        assert ran.status == 1
        assert ran.err.startswith("merchant_reference: no such payment. ")


class TestTheWorker:
    def test_does_once_what_is_due(self, cli: Any, shop: Shop) -> None:
        shop.clock.now = datetime.now(UTC) - timedelta(hours=1)
        shop.pay(shop.order())

        ran = cli("worker", "--once")

        assert (ran.status, ran.out) == (0, "asked 1, expired 0, refunds 0, events 0, failed 0\n")

    def test_waits_for_a_database_that_is_away_until_it_is_told_to_stop(self, tmp_path: Path) -> None:
        file = write_configuration(tmp_path, "postgresql+psycopg://shop:MARKERPASSWORD@127.0.0.1:9/shop")
        worker = subprocess.Popen([PAYPORT, "worker", "--config", file], stderr=subprocess.PIPE, text=True)
        assert worker.stderr is not None
        said = [worker.stderr.readline() for _ in range(2)]

        worker.send_signal(signal.SIGTERM)
        rest = worker.communicate(timeout=20)[1]

        assert (worker.returncode, rest) == (0, "")
        events = [json.loads(line)["event"] for line in said]
        assert events == ["working, every 1 s; Ctrl-C ends it", "no work done: OperationalError"]

    @pytest.mark.parametrize("every", ["0", "-1", "nan", "often"])
    def test_refuses_a_pause_that_is_none(self, cli: Any, every: str) -> None:
        ran = cli("worker", "--every", every)

        assert ran.status == 2
        assert ran.err.startswith("--every: ")


class TestADatabaseWithoutTables:
    @pytest.fixture(autouse=True)
    def _configured(self, tmp_path: Path) -> None:
        write_configuration(tmp_path, "sqlite:///payport.sqlite")

    @pytest.mark.parametrize(
        "command", [("order", "SVAAAA222233"), ("ask", "SVAAAA222233"), ("worker", "--once")]
    )
    def test_is_named_with_its_remedy_and_not_made(
        self, cli: Any, tmp_path: Path, command: tuple[str, ...]
    ) -> None:
        ran = cli(*command)

        assert ran.status == 1
        assert ran.err == "database: is not there yet. Run `payport migrate`.\n"
        assert not (tmp_path / "payport.sqlite").exists()

    def test_is_migrated_once(self, cli: Any) -> None:
        first, again = cli("migrate"), cli("migrate")

        assert (first.status, again.status) == (0, 0)
        assert first.out.endswith("before: no tables\n")
        assert " already, " in again.out
        assert cli("worker", "--once").status == 0

    def test_that_is_an_empty_file_is_named_too(self, cli: Any, tmp_path: Path) -> None:
        (tmp_path / "payport.sqlite").touch()

        ran = cli("order", "SVAAAA222233")

        assert ran.status == 1
        assert ran.err.startswith("database: no tables yet. Run `payport migrate`")

    def test_that_is_another_kind_of_file_is_no_traceback(self, cli: Any, tmp_path: Path) -> None:
        (tmp_path / "payport.sqlite").write_bytes(b"this is not a database at all" * 100)

        ran = cli("order", "SVAAAA222233")

        assert ran.status == 1
        assert ran.err.startswith("database: does not answer as it should (DatabaseError). ")
