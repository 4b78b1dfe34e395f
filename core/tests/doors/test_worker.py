"""The worker's loop: what is due is done, a stop is heard at once, and no kind of work waits for another."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from payport.doors.host import Payport
from payport.doors.worker import reloaded_by_signal, run_worker
from payport.gateways.observers import GatewayCalled, Observer
from payport.rules.order import State
from tests.support.catalogs import catalog_text
from tests.support.shop import Clock, Shop, write_configuration


class StopsAfterTheFirstAsk(Observer):
    def __init__(self) -> None:
        self.stop, self.asks = Event(), 0

    def gateway_called(self, fact: GatewayCalled) -> None:
        if fact.kind == "query":
            self.asks += 1
            self.stop.set()


def test_a_worker_that_is_told_to_stop_begins_no_other_unit_and_has_kept_no_order_waiting(
    database_url: str, tmp_path: Path
) -> None:
    ears, clock = StopsAfterTheFirstAsk(), Clock()
    file = write_configuration(tmp_path, database_url)
    shop = Shop(Payport.from_config(file, clock=clock, observers=[ears]), clock, tmp_path)
    unpaid = shop.order("khong-tra")
    clock.forward(seconds=1)
    for name in ("mot", "hai", "ba"):
        shop.pay(shop.order(name))
    clock.forward(hours=25)

    run_worker(shop.payport, every=0, stop=ears.stop)

    assert ears.asks == 1
    assert shop.payport.order(unpaid.number).state is State.EXPIRED
    shop.payport.close()


class StopsWhenTheCatalogsAreDealtWith(logging.Handler):
    """Ends the worker with the line that says what became of them."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = Event()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.stop.set()


class TestAWorkerThatIsToldToReadTheCatalogsAgain:
    @pytest.fixture
    def log(self) -> Iterator[StopsWhenTheCatalogsAreDealtWith]:
        logger, heard = logging.getLogger("payport.worker"), StopsWhenTheCatalogsAreDealtWith()
        level = logger.level
        logger.addHandler(heard)
        logger.setLevel(logging.INFO)
        yield heard
        logger.removeHandler(heard)
        logger.setLevel(level)

    @pytest.fixture
    def told(self) -> Iterator[Event]:
        """By SIGHUP, to this process."""
        before = signal.getsignal(signal.SIGHUP)
        reload = reloaded_by_signal()
        signal.raise_signal(signal.SIGHUP)
        yield reload
        signal.signal(signal.SIGHUP, before)

    def test_names_the_versions_that_it_has_now(
        self, shop: Shop, log: StopsWhenTheCatalogsAreDealtWith, told: Event
    ) -> None:
        (shop.folder / "catalog.toml").write_text(catalog_text(version="test-2027"), encoding="utf-8")

        run_worker(shop.payport, every=0, stop=log.stop, reload=told)

        assert log.lines == ["catalogs read again: test-2027"]
        assert not told.is_set()
        assert [catalog.version for catalog in shop.payport.seller.catalogs.versions] == ["test-2027"]

    def test_says_in_one_line_why_a_file_is_refused_and_goes_on_with_the_old_ones(
        self, shop: Shop, log: StopsWhenTheCatalogsAreDealtWith, told: Event
    ) -> None:
        (shop.folder / "catalog.toml").write_text("version = 1", encoding="utf-8")

        run_worker(shop.payport, every=0, stop=log.stop, reload=told)

        (line,) = log.lines
        assert line.startswith("catalogs not read again, the old ones stay in force: catalog.toml: ")
        assert "\n" not in line
        assert [catalog.version for catalog in shop.payport.seller.catalogs.versions] == ["test-2026"]
