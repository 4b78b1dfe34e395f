"""Background work under fire: workers that die, sleep and come back; two of everything; poison."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Column, ColumnElement, Connection, func, select, update
from sqlalchemy import event as sql

from payport.doors.cli.doctor import Grade, examine
from payport.doors.host import Payport
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.rules.purchase import New
from payport.service import asking, leasing, pacing, placing, slowness
from payport.service.work_list import WorkState
from payport.storage import tables as t
from tests.support.asked_bank import AskedBank, asked_bank
from tests.support.at_once import at_once
from tests.support.bank_shop import BankShop, accounts_text
from tests.support.crew import Crew, SharedClock, crew, until
from tests.support.shop import BUYER, NOON, Shop

OpenSeller: TypeAlias = Callable[..., Shop]
A_DAY_LATER = NOON + timedelta(hours=24, minutes=30)


@pytest.fixture
def bank() -> Iterator[AskedBank]:
    with asked_bank() as bank:
        yield bank


@pytest.fixture
def asked(bank: AskedBank, bank_is_installed: None, open_seller: OpenSeller) -> BankShop:
    """A shop whose payments are known by asking alone."""
    return BankShop(open_seller(accounts=accounts_text("bank_query", endpoint=bank.url)))


@dataclass
class Backlog:
    """Orders that end unpaid, and payments that were made: all are due a day later."""

    shop: Shop
    unpaid: list[str]
    paid: list[Payment]

    @property
    def is_done(self) -> bool:
        """Looked at often, so all at once."""
        orders, payments = t.orders.c, t.payments.c
        expired = orders.number.in_(self.unpaid) & (orders.state == OrderState.EXPIRED)
        references = [payment.merchant_reference for payment in self.paid]
        succeeded = payments.merchant_reference.in_(references) & (payments.state == State.SUCCEEDED)
        counts = self._count(orders.number, expired), self._count(payments.merchant_reference, succeeded)
        return counts == (len(self.unpaid), len(self.paid))

    def receipts(self) -> int:
        return self._count(t.receipts.c.id)

    def _count(self, column: Column[Any], *where: ColumnElement[bool]) -> int:
        with self.shop.payport.seller.database.reading() as connection:
            return connection.execute(select(func.count(column)).where(*where)).scalar_one()


def a_backlog(asked: BankShop, bank: AskedBank, count: int, *, unpaid: int | None = None) -> Backlog:
    """`count` of each, or another number of those that end unpaid."""
    shop = asked.shop
    numbers = [shop.order(f"khong-tra-{n}").number for n in range(count if unpaid is None else unpaid)]
    shop.clock.forward(hours=24)
    paid = [asked.pay(shop.order(f"tra-{n}")) for n in range(count)]
    bank.amount = paid[0].amount.minor
    return Backlog(shop, numbers, paid)


def claimed(payport: Payport) -> asking.Question | None:
    seller = payport.seller
    return seller.database.transaction(lambda connection: asking.claim(connection, seller))


@pytest.fixture(scope="session")
def agency(_bank_folder: Path) -> Iterator[Crew]:
    """One for all tests: a process is longer about its start than about most of them."""
    with crew(_bank_folder) as opened:
        yield opened


@pytest.fixture
def hire(asked: BankShop, agency: Crew, tmp_path: Path) -> Iterator[Callable[[], tuple[Crew, SharedClock]]]:
    """A crew, and the clock by which it goes, and the shop: a day later, and it stands still."""

    def hire_() -> tuple[Crew, SharedClock]:
        clock = SharedClock(tmp_path / "clock", now=A_DAY_LATER)
        object.__setattr__(asked.shop.payport.seller, "clock", clock)
        agency.open(asked.shop.folder / "payport.toml", clock)
        return agency, clock

    yield hire_
    agency.dismiss()


class TestWorkersThatDie:
    def test_JOB_01_killed_in_mid_step_leave_their_work_to_the_others_and_no_effect_twice(
        self, asked: BankShop, bank: AskedBank, hire: Callable[[], tuple[Crew, SharedClock]]
    ) -> None:
        """One of three every two seconds for a minute, by the clock that all go by; each time, somebody has
        just begun to ask."""
        backlog = a_backlog(asked, bank, 30, unpaid=6)
        bank.seconds = 0.2
        workers, clock = hire()
        chance = random.Random(20261130)
        for _ in range(3):
            workers.start()

        for _ in range(30):
            asks = sum(bank.asks.values())
            with suppress(AssertionError):  # all that is left may be had by the dead, until the clock moves
                until(lambda asks=asks: sum(bank.asks.values()) > asks, seconds=1)
            workers.kill(chance.choice(workers.alive))
            workers.start()
            clock.forward(seconds=2)
        bank.seconds = 0.0

        clock.forward(seconds=30)
        until(lambda: backlog.is_done, seconds=60)
        assert backlog.receipts() == len(backlog.paid)
        assert asked.shop.payport.work_items() == ()
        assert sum(bank.asks.values()) > len(backlog.paid)  # some died while they asked

    def test_JOB_02_one_that_slept_comes_back_to_an_answer_that_counts_for_nothing(
        self, asked: BankShop, bank: AskedBank, hire: Callable[[], tuple[Crew, SharedClock]]
    ) -> None:
        backlog = a_backlog(asked, bank, 1)
        (payment,) = backlog.paid
        reference = payment.merchant_reference
        bank.holding = reference
        workers, clock = hire()
        sleeper = workers.start()
        until(lambda: bank.asks[reference] == 1)
        workers.pause(sleeper)

        other = workers.start()
        clock.forward(seconds=leasing.LEASE.total_seconds())
        until(lambda: asked.shop.payment(payment).state is State.SUCCEEDED)
        bank.released = True  # with a no
        workers.go_on(sleeper)
        later = asked.pay(asked.shop.order("sau-do"))  # by the sleeper alone, once it is through
        workers.kill(other)
        self._make_due(asked, later)

        until(lambda: asked.shop.payment(later).state is State.SUCCEEDED)
        assert asked.shop.payment(payment).state is State.SUCCEEDED
        assert (bank.asks[reference], self._calls(asked, payment)) == (2, 1)

    @staticmethod
    def _make_due(asked: BankShop, payment: Payment) -> None:
        seller = asked.shop.payport.seller
        this = t.payments.c.merchant_reference == payment.merchant_reference
        seller.database.transaction(
            lambda connection: connection.execute(
                update(t.payments).where(this).values(due_at=seller.clock())
            )
        )

    @staticmethod
    def _calls(asked: BankShop, payment: Payment) -> int:
        """Answers to asks that were kept: the late one is not among them."""
        calls = t.gateway_calls.c
        with asked.shop.payport.seller.database.reading() as connection:
            return connection.execute(
                select(func.count()).where(
                    calls.merchant_reference == payment.merchant_reference, calls.kind == "query"
                )
            ).scalar_one()

    def test_JOB_08_one_order_that_kills_each_of_them_is_parked_and_the_rest_flows(
        self, asked: BankShop, bank: AskedBank, hire: Callable[[], tuple[Crew, SharedClock]]
    ) -> None:
        backlog = a_backlog(asked, bank, 3)
        poison = backlog.unpaid.pop(0)
        workers, clock = hire()
        workers.poison(poison, "SELECT payments.")
        payport = asked.shop.payport

        def is_parked() -> bool:
            if not any(workers.is_running(worker) for worker in workers.alive):
                clock.forward(seconds=leasing.LEASE.total_seconds())
                workers.start()
            return any(item.state is WorkState.PARKED for item in payport.work_items())

        until(is_parked, seconds=60)
        until(lambda: backlog.is_done)

        (item,) = payport.work_items()
        assert (item.reference, item.tries) == (poison, leasing.MOST_TRIES)
        assert item.why == "whoever worked on it never came back"
        assert len(workers.alive) in {leasing.MOST_TRIES, leasing.MOST_TRIES + 1}
        findings = {finding.subject: finding for finding in examine(payport)}
        assert findings["parked work"].grade is Grade.BROKEN

        for worker in tuple(workers.alive):
            workers.kill(worker)
        assert payport.unpark(poison) == "order"
        assert payport.work().expired == 1
        assert payport.order(poison).state is OrderState.EXPIRED


class TestTwoOfThem:
    def test_JOB_03_do_what_is_done_from_time_to_time_once_in_each_period(self, shop: Shop) -> None:
        """Ten schedulers at one moment, in each of three periods."""
        database, every = shop.payport.seller.database, timedelta(minutes=1)

        def comes() -> bool:
            return database.transaction(
                lambda connection: pacing.take_period(connection, "a test", every, at=shop.clock())
            )

        for _ in range(3):
            assert sorted(at_once(*[comes] * 10)) == [False] * 9 + [True]
            shop.clock.forward(seconds=59)
            assert at_once(*[comes] * 3) == [False] * 3
            shop.clock.forward(seconds=1)

    def test_JOB_03_go_on_after_a_clock_that_was_a_year_ahead_is_set_back(self, shop: Shop) -> None:
        """A period that was begun in that year would else keep the work from everybody until then."""
        database, every = shop.payport.seller.database, timedelta(minutes=1)

        def comes() -> tuple[bool, bool]:
            at = shop.clock()
            with database.reading() as connection:
                rests = pacing.is_at_rest(connection, "a test", every, at=at)
            taken = database.transaction(lambda each: pacing.take_period(each, "a test", every, at=at))
            return rests, taken

        shop.clock.forward(days=365)
        assert comes() == (False, True)
        shop.clock.forward(days=-365)
        assert [comes(), comes()] == [(False, True), (True, False)]
        shop.clock.forward(seconds=-50)  # another worker's clock, not quite right
        assert comes() == (True, False)

    def test_JOB_07_of_one_name_have_owners_of_their_own_and_so_has_each_lease_of_one_worker(
        self, asked: BankShop, bank: AskedBank
    ) -> None:
        backlog = a_backlog(asked, bank, 2)
        shop = asked.shop
        shop.clock.now = A_DAY_LATER
        twin = Payport.from_config(shop.folder / "payport.toml", clock=shop.clock)

        first, second = claimed(shop.payport), claimed(twin)
        shop.clock.forward(seconds=15)
        again = claimed(shop.payport)

        assert first is not None
        assert second is not None
        assert again is not None
        assert again.payment == first.payment
        assert len({first.owner, second.owner, again.owner}) == 3
        twin.close()
        shop.clock.forward(seconds=15)
        shop.payport.work()
        assert backlog.is_done

    def test_JOB_09_a_host_that_works_itself_in_many_threads_and_processes_does_each_unit_once(
        self, asked: BankShop, bank: AskedBank, hire: Callable[[], tuple[Crew, SharedClock]]
    ) -> None:
        """Two processes of eight threads, and a worker."""
        backlog = a_backlog(asked, bank, 16)
        workers, _ = hire()

        workers.start()
        for _ in range(2):
            workers.round(8)

        until(lambda: backlog.is_done, seconds=60)
        assert set(bank.asks.values()) == {1}
        assert backlog.receipts() == len(backlog.paid)


class TestWorkThatIsThereBeforeItsWorker:
    def test_JOB_04_half_done_by_the_version_before_is_done_or_listed_with_a_command_that_moves_it(
        self, asked: BankShop, bank: AskedBank
    ) -> None:
        backlog = a_backlog(asked, bank, 3)
        shop = asked.shop
        shop.clock.now = A_DAY_LATER
        database = shop.payport.seller.database
        taken, given_up, strange = backlog.paid
        leased = {"lease_owner": "0123", "lease_until": shop.clock() + timedelta(seconds=15), "tries": 1}
        spent = {"lease_owner": "4567", "lease_until": shop.clock(), "tries": leasing.MOST_TRIES}

        def stop_the_old_version(connection: Connection) -> None:
            for table, column, reference, values in (
                (t.payments, t.payments.c.merchant_reference, taken.merchant_reference, leased),
                (t.payments, t.payments.c.merchant_reference, given_up.merchant_reference, spent),
                (t.orders, t.orders.c.number, backlog.unpaid[0], leased),
                (t.orders, t.orders.c.number, backlog.unpaid[1], spent),
            ):
                connection.execute(update(table).where(column == reference).values(**values))

        database.transaction(stop_the_old_version)
        shop.payport.work()
        assert {(item.reference, item.state) for item in shop.payport.work_items()} == {
            (taken.merchant_reference, WorkState.LEASED),
            (backlog.unpaid[0], WorkState.LEASED),
            (given_up.merchant_reference, WorkState.PARKED),
            (backlog.unpaid[1], WorkState.PARKED),
        }
        assert shop.payment(strange).state is State.SUCCEEDED

        shop.clock.forward(seconds=15)
        shop.payport.work()
        for item in shop.payport.work_items():
            shop.payport.unpark(item.reference)
        shop.payport.work()

        assert backlog.is_done
        assert shop.payport.work_items() == ()

    def test_JOB_04_of_an_account_that_is_gone_is_listed_with_the_reason(
        self, asked: BankShop, bank: AskedBank, open_seller: OpenSeller
    ) -> None:
        backlog = a_backlog(asked, bank, 1)

        without = open_seller()
        without.clock.now = A_DAY_LATER
        without.payport.work()

        (item,) = without.payport.work_items()
        assert (item.state, item.reference) == (WorkState.DUE, backlog.paid[0].merchant_reference)
        assert item.why == "its account bank-main is not configured"

    def test_JOB_05_is_none_where_the_change_was_undone_and_waits_where_it_was_not(self, shop: Shop) -> None:
        seller = shop.payport.seller
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))

        def place_and_fail(connection: Connection) -> None:
            placing.place(connection, seller, quote.id, BUYER, account="binh-minh", locale="vi")
            raise LookupError

        with pytest.raises(LookupError):
            seller.database.transaction(place_and_fail)
        shop.clock.forward(hours=25)
        assert shop.payport.work_items() == ()
        assert shop.payport.work().idle

        shop.clock.now = NOON
        order = shop.payport.place(quote, BUYER)
        shop.clock.forward(days=30)  # all workers are down
        assert [item.reference for item in shop.payport.work_items()] == [order.number]
        assert shop.payport.work().expired == 1


class TestThePaceOfAnAccount:
    """Sixty calls a minute, whoever makes them."""

    def test_is_kept_by_all_workers_together(
        self, bank: AskedBank, bank_is_installed: None, open_seller: OpenSeller
    ) -> None:
        text = accounts_text("bank_query", endpoint=bank.url).replace(
            'environment = "sandbox"', 'environment = "sandbox"\npace = { calls_per_minute = 60 }'
        )
        asked = BankShop(open_seller(accounts=text))
        backlog = a_backlog(asked, bank, 4)
        shop = asked.shop
        shop.clock.now = A_DAY_LATER

        for calls in range(1, 5):
            at_once(*[shop.payport.work] * 4)
            assert sum(bank.asks.values()) == calls
            waiting = [item.why for item in shop.payport.work_items()]
            assert waiting == ["bank-main was asked just now, and has its pace"] * (4 - calls)
            shop.clock.forward(seconds=1)

        assert backlog.is_done


class TestAGatewayThatAnswersSlowly:
    def test_keeps_no_other_waiting_for_longer_than_one_answer_takes(
        self,
        bank: AskedBank,
        bank_is_installed: None,
        open_seller: OpenSeller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """However much is due of it, and for however long. Here each answer is slow, and no time passes."""
        slow, other = (
            accounts_text("bank_query", name=f"bank-{name}", method=name, endpoint=bank.url)
            for name in ("slow", "other")
        )
        shop = open_seller(accounts=slow + other)
        payments = [BankShop(shop, "bank-slow", "slow").pay(shop.order(f"nguoi-{n}")) for n in range(3)]
        shop.clock.forward(minutes=1)
        payments.append(BankShop(shop, "bank-other", "other").pay(shop.order("cuoi-cung")))
        bank.amount = payments[0].amount.minor
        shop.clock.now = A_DAY_LATER
        seconds = [0.0]
        monkeypatch.setattr(slowness, "_QUICK", 0.0)
        object.__setattr__(shop.payport.seller, "slowness", slowness.Slowness(lambda: seconds[0]))

        for slow_ones in (1, 2, 3):  # which of them first is nobody's promise: all are due at one instant
            shop.payport.work(limit=3)
            *known, other_is_known = [shop.payment(each).state is State.SUCCEEDED for each in payments]
            assert (sum(known), other_is_known) == (slow_ones, True)
            seconds[0] += 60


class _Killed(BaseException):
    """As a process ends: nothing that was to follow is done."""


class TestAnEventThatKillsWhoeverTellsIt:
    def test_JOB_08_is_tried_later_each_time_and_parked_while_other_accounts_hear_theirs(
        self, shop: Shop, open_seller: OpenSeller
    ) -> None:
        told: list[str] = []
        payport = Payport.from_config(
            shop.folder / "payport.toml",
            clock=shop.clock,
            subscribers={"crm": lambda event: told.append(event.account)},
        )
        for name in ("poison", "khoe"):
            quote = payport.quote(name, New(package="standard", months=12))
            payport.place(quote, BUYER)

        def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "UPDATE" in statement and "deliveries" in statement and told and told[-1] == "poison":
                told.append("died")
                raise _Killed

        sql.listen(payport.seller.database.engine, "before_cursor_execute", die)
        for _ in range(40):
            with suppress(_Killed):
                payport.work()
            shop.clock.forward(hours=2)

        assert "khoe" in told
        assert told.count("died") < 30
        parked = [item for item in payport.work_items() if item.state is WorkState.PARKED]
        assert {(item.kind, item.why) for item in parked} == {("delivery", "whoever told it never came back")}
        payport.close()
