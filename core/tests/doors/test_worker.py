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


class StopsAfterAsks(Observer):
    def __init__(self, most: int) -> None:
        self.stop, self.asks, self.most = Event(), 0, most

    def gateway_called(self, fact: GatewayCalled) -> None:
        if fact.kind == "query":
            self.asks += 1
            if self.asks == self.most:
                self.stop.set()


@pytest.mark.parametrize(("asks", "state"), [(1, State.PLACED), (2, State.EXPIRED)])
def test_a_worker_that_is_told_to_stop_begins_no_other_unit_and_has_kept_no_order_waiting(
    asks: int, state: State, database_url: str, tmp_path: Path
) -> None:
    """Told at its first ask, it leaves with that alone; by its second, the order had its turn."""
    ears, clock = StopsAfterAsks(asks), Clock()
    file = write_configuration(tmp_path, database_url)
    shop = Shop(Payport.from_config(file, clock=clock, observers=[ears]), clock, tmp_path)
    unpaid = shop.order("khong-tra")
    clock.forward(seconds=1)
    for name in ("mot", "hai", "ba"):
        shop.pay(shop.order(name))
    clock.forward(hours=25)

    run_worker(shop.payport, every=0, stop=ears.stop)

    assert ears.asks == asks
    assert shop.payport.order(unpaid.number).state is state
    shop.payport.close()


class StopsAfterThreeRounds(Event):
    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == 3:
            self.set()
        return self.is_set()


def test_a_subscriber_that_fails_again_and_again_slows_down_nothing_else(
    database_url: str, tmp_path: Path
) -> None:
    def refuse(_: object) -> None:
        raise ConnectionError

    clock, stop = Clock(), StopsAfterThreeRounds()
    file = write_configuration(tmp_path, database_url)
    shop = Shop(Payport.from_config(file, clock=clock, subscribers={"crm": refuse}), clock, tmp_path)
    unpaid = [shop.order(name) for name in ("mot", "hai")]
    clock.forward(hours=25)

    run_worker(shop.payport, every=7, stop=stop)

    assert [shop.payport.order(order.number).state for order in unpaid] == [State.EXPIRED] * 2
    assert stop.pauses == [0, 0, 7]
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
