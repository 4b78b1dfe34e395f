"""DUR-05: PostgreSQL is stopped at once under load, and comes back after some seconds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy.exc import OperationalError

from payport.doors.worker import run_worker
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from tests.support.customer import Customer, transaction_of
from tests.support.oracle import check_invariants
from tests.support.postgres import CrashingPostgres, crashing_postgres
from tests.support.shop import Shop, open_shop
from tests.support.unmoved import CONFIRMED

SENDERS = 3
EACH = 12
AWAY = 4.0  # seconds


@pytest.fixture
def server() -> Iterator[CrashingPostgres]:
    with crashing_postgres() as running:
        yield running


class Sender(Thread):
    """The gateway: calls until it hears a final answer, one payment after the other."""

    def __init__(self, shop: Shop, payments: list[Payment]) -> None:
        super().__init__(daemon=True)
        self.shop, self.payments = shop, payments
        self.said: Counter[str] = Counter()
        self.final: list[bytes] = []
        self.slowest = 0.0

    def run(self) -> None:
        for payment in self.payments:
            while True:
                began = time.monotonic()
                try:
                    receipt = self.shop.ipn(payment, transaction=transaction_of(payment))
                except OperationalError:  # of the test's own look at what was stored, after the answer
                    continue
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.said[str(receipt.decision)] += 1
                if str(receipt.decision) != "try_again":
                    self.final.append(receipt.reply.body)
                    break
                time.sleep(0.2)


def test_DUR_05_callbacks_are_told_to_come_again_and_all_complete_once(
    server: CrashingPostgres, tmp_path: Path
) -> None:
    with server.fresh() as url:
        shop = open_shop(tmp_path, url)
        payments = [
            [shop.pay(shop.order(f"khach-{sender}-{number}")) for number in range(EACH)]
            for sender in range(SENDERS)
        ]
        stop = Event()
        worker = Thread(target=run_worker, args=(shop.payport,), kwargs={"every": 0.2, "stop": stop})
        senders = [Sender(shop, each) for each in payments]
        for thread in (worker, *senders):
            thread.start()

        while sum(len(sender.final) for sender in senders) < SENDERS * EACH // 4:
            time.sleep(0.01)
        server.crash()
        told_before = sum(len(sender.final) for sender in senders)
        time.sleep(AWAY)
        told_meanwhile = sum(len(sender.final) for sender in senders) - told_before
        server.start()
        for sender in senders:
            sender.join(60)
        still_works = worker.is_alive()
        stop.set()
        worker.join(30)

        said = sum((sender.said for sender in senders), Counter[str]())
        assert told_before < SENDERS * EACH
        assert told_meanwhile <= SENDERS  # those on their way
        assert said["try_again"] >= SENDERS
        assert said["recorded"] + said["already_known"] == SENDERS * EACH
        assert all(sender.slowest < 10 for sender in senders)
        assert still_works
        assert [answer for sender in senders for answer in sender.final].count(CONFIRMED) == said["recorded"]
        for payment in (one for each in payments for one in each):
            order = shop.payport.order(payment.order_number)
            assert (order.state, order.received) == (OrderState.PAID, order.total)
            assert len(Customer(shop, order.account).grants) == 1
        check_invariants(shop.payport)
        shop.payport.close()
