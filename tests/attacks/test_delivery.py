"""DEL: genuine messages too often, too early, too late, together, and by a clock that is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from threading import Barrier

import pytest

from payport import Payport
from payport.rules.entitlement import State as Holding
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from payport.signing.received import Channel
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import bank_fields, hmac_hex
from tests.support.deliver import deliver_at_once
from tests.support.door import Door
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop
from tests.support.sign import ipn_query
from tests.support.unmoved import (
    CONFIRMED,
    everything_but_callbacks,
    genuine_still_works,
    is_refused,
    last_callback,
    nothing_moves,
)

OpenBank = Callable[..., BankShop]
ALREADY = b'{"RspCode":"02","Message":"Order already confirmed"}'


def success(payment: Payment, **said: str) -> bytes:
    return ipn_query(payment.merchant_reference, payment.amount.minor, **said)


def fails_and_expires(shop: Shop) -> Payment:
    payment = shop.pay(shop.order())
    shop.ipn(payment, response="51", transaction="0")
    shop.clock.forward(hours=25)
    shop.payport.work()
    assert shop.payport.order(payment.order_number).state is OrderState.EXPIRED
    return payment


class TestReplay:
    def test_DEL_01_now_and_a_day_later_is_known_already(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order())
        query = success(payment)

        answers = [door.ipn(query).body for _ in range(20)]
        settled = everything_but_callbacks(shop)
        shop.clock.forward(days=1)
        answers += [door.ipn(query).body for _ in range(3)]

        assert answers == [CONFIRMED] + [ALREADY] * 22
        assert everything_but_callbacks(shop) == settled
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_DEL_02_after_the_grant_has_ended_gives_nothing_back(self, shop: Shop, door: Door) -> None:
        """There are no refunds yet: the term itself is over. A replay brings no second one."""
        payment = shop.pay(shop.order(months=1))
        door.ipn(success(payment))
        shop.clock.forward(days=40)
        ended = shop.payport.entitlement("binh-minh")

        with nothing_moves(shop):
            assert door.ipn(success(payment)).body == ALREADY

        assert ended.state is Holding.EXPIRED
        assert shop.payport.entitlement("binh-minh") == ended


class TestAtOneMoment:
    def test_DEL_03_fifty_copies_over_two_processes_are_recorded_once(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        answers = deliver_at_once(
            shop.folder / "payport.toml", success(payment), at=shop.clock(), copies=(25, 25)
        )

        assert Counter(json.loads(answer)["RspCode"] for answer in answers) == {"00": 1, "02": 49}
        assert shop.payment(payment).received == payment.amount
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_DEL_04_return_and_ipn_agree_in_two_hundred_rounds(self, shop: Shop) -> None:
        rounds = 200 if shop.payport.seller.database.is_sqlite else 40
        with ThreadPoolExecutor(2) as pool:
            for number in range(rounds):
                payment = shop.pay(shop.order(f"khach-{number}", months=1))
                query = success(payment, transaction=str(15_000_000 + number))
                start = Barrier(2)

                def deliver(channel: Channel, query: bytes = query, start: Barrier = start) -> Receipt:
                    start.wait()
                    return shop.deliver(query, channel=channel)

                ipn, back = pool.map(deliver, (Channel.IPN, Channel.RETURN))

                order = shop.payport.order(payment.order_number)
                assert (ipn.reply.body, back.decision) == (CONFIRMED, Decision.HINT_TAKEN)
                assert back.order_token == order.token
                assert order.state is OrderState.PAID
        assert shop.payport.entitlement("khach-0").version == 1

    def test_DEL_03_one_transaction_claimed_for_two_orders_at_once_is_money_once(self, shop: Shop) -> None:
        with ThreadPoolExecutor(2) as pool:
            for number in range(5):
                pair = [shop.pay(shop.order(f"{side}-{number}")) for side in "ab"]
                start = Barrier(2)

                def deliver(payment: Payment, start: Barrier = start, number: int = number) -> Receipt:
                    start.wait()
                    return shop.ipn(payment, transaction=str(15_000_000 + number))

                receipts = list(pool.map(deliver, pair))
                again = [shop.ipn(payment, transaction=str(15_000_000 + number)) for payment in pair]

                states = Counter(shop.payment(payment).state for payment in pair)
                assert states == {State.SUCCEEDED: 1, State.REVIEW: 1}
                assert Decision.RECORDED in {receipt.decision for receipt in receipts}
                assert Decision.TRY_AGAIN not in {receipt.decision for receipt in again}


class TestOutOfTurn:
    def test_DEL_05_what_comes_after_a_success_takes_nothing_back(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order())
        door.ipn(success(payment))

        for response, status in (("24", "02"), ("51", "02"), ("00", "01"), ("99", "02"), ("07", "07")):
            said = success(payment, response=response, status=status, transaction="0")
            assert door.ipn(said).body == ALREADY

        assert shop.payment(payment).state is State.SUCCEEDED
        assert Flag.CONFLICT in shop.payment(payment).flags
        assert shop.payport.order(payment.order_number).state is OrderState.PAID
        assert shop.payport.entitlement("binh-minh").state is Holding.ACTIVE

    def test_DEL_06_a_proof_after_a_failure_pays_once(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order())

        answers = [
            door.ipn(said).body
            for said in (success(payment, response="51", transaction="0"), success(payment), success(payment))
        ]

        assert answers == [CONFIRMED, CONFIRMED, ALREADY]
        assert shop.payment(payment).flags == {Flag.LATE}
        assert shop.payport.order(payment.order_number).state is OrderState.PAID

    def test_DEL_13_the_end_is_the_same_in_every_order_of_delivery(self, shop: Shop) -> None:
        said = (
            {"response": "51", "status": "02", "transaction": "0"},
            {"response": "00", "status": "01"},
            {"response": "24", "status": "02", "transaction": "0"},
            {"response": "00", "status": "00"},
        )
        orders = list(permutations(said)) if shop.payport.seller.database.is_sqlite else [said, said[::-1]]
        for number, messages in enumerate(orders):
            payment = shop.pay(shop.order(f"khach-{number}"))
            for message in messages:
                shop.ipn(payment, **{"transaction": str(15_000_000 + number), **message})

            assert shop.payment(payment).state is State.SUCCEEDED
            assert shop.payment(payment).received == payment.amount
            assert shop.payport.entitlement(f"khach-{number}").version == 1


class TestASuccessAfterTheOrderHasExpired:
    def test_DEL_07_is_fulfilled_once_by_default(self, shop: Shop, door: Door) -> None:
        payment = fails_and_expires(shop)

        assert [door.ipn(success(payment)).body for _ in range(2)] == [CONFIRMED, ALREADY]

        assert shop.payport.order(payment.order_number).state is OrderState.PAID
        assert shop.payment(payment).flags == {Flag.LATE}
        assert shop.payport.entitlement("binh-minh").version == 1

    def test_DEL_07_goes_to_review_where_the_policy_says_so(self, database_url: str, tmp_path: Path) -> None:
        catalog = (Path(__file__).parents[1] / "support" / "catalog.toml").read_text(encoding="utf-8")
        shop = open_shop(tmp_path, database_url, catalog=f'{catalog}\n[policies]\nlate_success = "review"\n')
        payment = fails_and_expires(shop)

        answer = Door(shop).ipn(success(payment))

        order = shop.payport.order(payment.order_number)
        assert answer.body == CONFIRMED
        assert (order.state, order.received) == (OrderState.REVIEW, vnd(1_100_000))
        assert order.review_reason
        assert shop.payport.entitlement("binh-minh").version == 0
        check_invariants(shop.payport)
        shop.payport.close()


def test_DEL_09_a_forged_failure_is_not_remembered(shop: Shop, door: Door) -> None:
    payment = shop.pay(shop.order())

    with nothing_moves(shop):
        for response in ("24", "51", "99"):
            forged = success(payment, response=response, transaction="0", secret="x" * 32)
            assert is_refused(door.ipn(forged))
            assert is_refused(
                door.ipn(success(payment, response=response, transaction="15000001", secret=""))
            )

    genuine_still_works(shop, payment)


def test_DEL_10_a_callback_before_the_payment_is_committed_is_not_lost(shop: Shop, tmp_path: Path) -> None:
    """The host's veto is asked inside the transaction: there the gateway is faster than our commit."""
    with ThreadPoolExecutor(1) as pool:
        early: list[Future[Receipt]] = []

        def too_early(payment: Payment) -> None:
            early.append(pool.submit(shop.ipn, payment))
            if not shop.payport.seller.database.is_sqlite:
                early[0].result(30)  # PostgreSQL lets it through; SQLite lets it wait for the commit

        slow = Shop(
            Payport.from_config(shop.folder / "payport.toml", clock=shop.clock, may_initiate=too_early),
            shop.clock,
            shop.folder,
        )
        payment = slow.pay(slow.order())
        first = early[0].result(30)

    assert first.reply.body in {CONFIRMED, b'{"RspCode":"01","Message":"Order not found"}'}
    if first.reply.body != CONFIRMED:  # 01 makes VNPAY call again
        assert shop.ipn(payment).reply.body == CONFIRMED
    assert shop.payment(payment).state is State.SUCCEEDED
    assert shop.payport.entitlement("binh-minh").version == 1
    slow.payport.close()


class TestStamps:
    """For a contract with a time stamp: five minutes either way."""

    def deliver(self, bank: BankShop, payment: Payment, stamp: str | None) -> Receipt:
        body = json.dumps(bank_fields(payment.merchant_reference, 1_100_000)).encode()
        signature = hmac_hex(f"{stamp or ''}.".encode() + body)
        headers = [(b"x-signature", signature.encode())]
        if stamp is not None:
            headers.append((b"x-time", stamp.encode()))
        return bank.deliver(method="POST", body=body, headers=tuple(headers))

    def test_DEL_11_outside_the_tolerance_or_of_no_form_is_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        now = int(bank.shop.clock().timestamp())
        bad = (
            *(str(now + off) for off in (-301, 301)),
            *("0", "-1", str(10**18), "now", "", " 1", f"{now}.0", f"+{now}", "１" * 10),
            None,
        )

        with nothing_moves(bank.shop):
            for stamp in bad:
                if stamp is not None and not stamp.isascii():
                    continue
                assert self.deliver(bank, payment, stamp).decision is Decision.NOT_AUTHENTIC, stamp

        assert self.deliver(bank, payment, str(now - 300)).decision is Decision.RECORDED
        assert self.deliver(bank, payment, str(now + 300)).decision is Decision.ALREADY_KNOWN

    def test_DEL_12_by_a_wrong_clock_are_refused_and_the_operator_reads_clock(
        self, open_bank: OpenBank
    ) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        truth = bank.shop.clock()

        for skew in (timedelta(minutes=10), timedelta(minutes=-10)):
            bank.shop.clock.now = truth + skew
            with nothing_moves(bank.shop):
                stamped = self.deliver(bank, payment, str(int(truth.timestamp())))
            assert stamped.decision is Decision.NOT_AUTHENTIC
            assert "our clock" in last_callback(bank.shop)[2]

        bank.shop.clock.now = truth
        assert self.deliver(bank, payment, str(int(truth.timestamp()))).decision is Decision.RECORDED


class TestAClockThatIsWrong:
    @pytest.mark.parametrize("skew", [10, -10])
    def test_DEL_12_changes_nothing_for_contracts_without_stamps(
        self, shop: Shop, door: Door, skew: int
    ) -> None:
        payment = shop.pay(shop.order())
        shop.clock.forward(minutes=skew)

        answer = door.ipn(success(payment, vnp_PayDate="20261124120100"))

        assert answer.body == CONFIRMED
        paid_at = shop.payport.order(payment.order_number).paid_at
        assert paid_at is not None
        gateways_own = datetime(2026, 11, 24, 5, 1, tzinfo=UTC)
        assert abs(paid_at - gateways_own) <= timedelta(minutes=11)

    def test_DEL_12_expires_nothing_early_by_more_than_its_skew(self, shop: Shop) -> None:
        order = shop.order()
        shop.pay(order)
        shop.clock.forward(minutes=10)  # ours is ahead; an order lives for a day
        shop.clock.forward(hours=23, minutes=49)

        shop.payport.work()

        assert shop.payport.order(order.number).state is OrderState.PLACED
