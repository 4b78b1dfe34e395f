"""The worker's loop: what is due is done, a stop is heard at once, and no kind of work waits for another."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from payport.doors.host import Payport
from payport.doors.worker import run_worker
from payport.gateways.observers import GatewayCalled, Observer
from payport.rules.order import State
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
    for name in ("mot", "hai", "ba"):
        shop.pay(shop.order(name))
    clock.forward(hours=25)

    run_worker(shop.payport, every=0, stop=ears.stop)

    assert ears.asks == 1
    assert shop.payport.order(unpaid.number).state is State.EXPIRED
    shop.payport.close()
