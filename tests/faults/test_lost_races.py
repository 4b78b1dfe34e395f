"""DUR-08: any statement of a use case may lose a race (40001, 40P01, SQLite busy): it is done anew, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any, Final

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from payport.rules.money import vnd
from payport.rules.purchase import New
from payport.storage import tables as t
from tests.faults.conftest import Opener
from tests.support.customer import Customer
from tests.support.ledger_bank import LedgerBank
from tests.support.losing import CODES, losing
from tests.support.oracle import check_invariants
from tests.support.paths import METHOD, begin, deliver, give_back
from tests.support.shop import BUYER, Shop

BY: Final = {"actor": "lan", "reason": "by hand"}
YEAR: Final = New(package="standard", months=12)
WRITES: Final = ("INSERT", "UPDATE", "DELETE")
MOST: Final = 2  # places for each use case


class Desk:
    """One buyer account, brought to where a use case begins; the use case itself is what is given back."""

    def __init__(self, shop: Shop, bank: LedgerBank, account: str) -> None:
        self.shop, self.bank, self.account, self.payport = shop, bank, account, shop.payport

    def begun(self) -> str:
        return begin(self.payport, self.account)

    def paid(self) -> str:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        deliver(self.payport, self.shop.clock, self.bank.tells(reference))
        return reference

    def order(self) -> str:
        return Customer(self.shop, self.account).orders[0].number

    def quote(self) -> Callable[[], Any]:
        return lambda: self.payport.quote(self.account, YEAR)

    def place(self) -> Callable[[], Any]:
        quote = self.payport.quote(self.account, YEAR)
        return lambda: self.payport.place(quote, BUYER)

    def pay(self) -> Callable[[], Any]:
        number = self.payport.place(self.payport.quote(self.account, YEAR), BUYER).number
        return lambda: self.payport.pay(number, METHOD, buyer_ip="203.0.113.9")

    def receive(self) -> Callable[[], Any]:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        return lambda: deliver(self.payport, self.shop.clock, self.bank.tells(reference))

    def ask(self) -> Callable[[], Any]:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        return lambda: self.payport.ask(reference)

    def refund(self) -> Callable[[], Any]:
        reference = self.paid()
        return lambda: give_back(self.payport, reference, 100_000)

    def cancel(self) -> Callable[[], Any]:
        self.begun()
        number = self.order()
        return lambda: self.payport.cancel(number, **BY)

    def chargeback(self) -> Callable[[], Any]:
        reference = self.paid()
        return lambda: self.payport.chargeback(reference, vnd(1_100_000), **BY)

    def chargeback_lost(self) -> Callable[[], Any]:
        opened = self.payport.chargeback(self.paid(), vnd(1_100_000), **BY)
        return lambda: self.payport.chargeback_lost(opened.reference, actor="lan")

    def adjust(self) -> Callable[[], Any]:
        self.paid()
        return lambda: self.payport.adjust(self.account, days=3, **BY)

    def usage(self) -> Callable[[], Any]:
        self.paid()
        return lambda: self.payport.report_usage(self.account, 1_000, self.shop.clock())


USE_CASES: Final[Mapping[str, Callable[[Desk], Callable[[], Any]]]] = {
    name: getattr(Desk, name)
    for name in (
        *("quote", "place", "pay", "receive", "ask", "refund", "cancel", "chargeback", "chargeback_lost"),
        *("adjust", "usage"),
    )
}


def told(shop: Shop, account: str) -> Counter[str]:
    with shop.payport.seller.database.reading() as connection:
        return Counter(
            connection.execute(select(t.journal.c.kind).where(t.journal.c.account == account)).scalars()
        )


def places(names: list[str]) -> list[int]:
    """Of the first statement, those that write and the last one: the last, and one in the middle."""
    wanted = {1, len(names)} | {n for n, name in enumerate(names, 1) if name.startswith(WRITES)}
    listed = sorted(wanted)
    return listed[:: -max(1, len(listed) // MOST)][:MOST]


def test_DUR_08_each_use_case_is_done_anew_and_once(fresh_shop: Opener, bank: LedgerBank) -> None:
    codes = cycle(CODES)
    with fresh_shop() as shop:
        engine = shop.payport.seller.database.engine
        for number in range(3):  # what a process keeps in mind after it is not what is raced for
            Desk(shop, bank, f"the-first-{number}").paid()
        for name, use_case in USE_CASES.items():
            undisturbed = use_case(Desk(shop, bank, f"{name}-0"))
            with losing(engine) as race:
                undisturbed()
            for place in places(race.names):
                account = f"{name}-{place}"
                disturbed = use_case(Desk(shop, bank, account))

                with losing(engine, place, code=next(codes)) as lost:
                    disturbed()

                assert lost.seen > place, (name, place)
                assert told(shop, account) == told(shop, f"{name}-0"), (name, race.names[place - 1])
        check_invariants(shop.payport)


def test_DUR_08_a_race_that_is_lost_again_and_again_ends_and_leaves_nothing(
    fresh_shop: Opener, bank: LedgerBank
) -> None:
    with fresh_shop() as shop:
        engine, desk = shop.payport.seller.database.engine, Desk(shop, bank, "binh-minh")
        receive = desk.receive()

        with losing(engine, *range(1, 1000)) as race:
            assert receive() == "try_again"
            with pytest.raises(DBAPIError):
                desk.quote()()

        assert race.seen <= 12  # six times each
        check_invariants(shop.payport)
        assert [receive() for _ in range(2)] == ["recorded", "already_known"]
