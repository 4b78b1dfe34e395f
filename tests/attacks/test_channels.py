"""CHN: return, IPN and query, each of them missing, lying, foreign or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from payport.gateways.types import Outcome, PaymentReport
from payport.rules.entitlement import State as Holding
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service import receiving, settling
from payport.service.judge import Decision
from payport.signing.received import Channel
from payport_simulators import serve
from payport_simulators.vnpay import ApiFault, Delivery, Faults, Simulator, Terminal, app
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import MERCHANT
from tests.support.door import Door
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop
from tests.support.sign import SECRET, TMN_CODE, ipn_query
from tests.support.unmoved import (
    CONFIRMED,
    everything_but_callbacks,
    genuine_still_works,
    last_callback,
    nothing_moves,
)

OpenBank = Callable[..., BankShop]
TRY_AGAIN = b'{"RspCode":"99","Message":"Unknown error"}'


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.pay(shop.order())


class TestTheReturnPage:
    def test_CHN_01_opened_for_an_unpaid_order_pays_nothing(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        reference, order = payment.merchant_reference.encode(), shop.payport.order(payment.order_number)

        with nothing_moves(shop):
            for query in (b"", b"vnp_TxnRef=" + reference, b"paid=true&order=" + order.number.encode()):
                answer = door.back(query)
                assert answer.status == 200
                assert order.token.encode() not in answer.body
                assert reference not in answer.body

        assert shop.payport.order_by_token(order.token).state is OrderState.PLACED

    def test_CHN_02_forged_is_neutral_and_moves_nothing(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        said = ipn_query(payment.merchant_reference, payment.amount.minor, secret="x" * 32)

        with nothing_moves(shop):
            answers = {
                (answer.status, answer.body, tuple(answer.headers.items()))
                for answer in (
                    door.back(said),
                    door.back(said.rpartition(b"&")[0]),
                    door.back(ipn_query("SVNOBODYKNOW", 1, secret="x" * 32)),
                )
            }

        assert len(answers) == 1
        genuine_still_works(shop, payment)

    def test_CHN_04_never_seen_the_ipn_completes_the_order_once(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        assert [door.ipn(query).body == CONFIRMED for _ in range(2)] == [True, False]
        assert shop.payport.entitlement("binh-minh").version == 1


class TestATokenOnTheReturn:
    """The return proves nothing; its token is looked up, and the bank is asked."""

    @pytest.fixture
    def server(self) -> Iterator[FakeBank]:
        with fake_bank() as server:
            yield server

    def paid(self, payment: Payment, **changes: object) -> dict[str, object]:
        return {
            "status": "paid",
            "merchant": MERCHANT,
            "order_ref": payment.merchant_reference,
            "amount": payment.amount.minor,
            "currency": "VND",
            "txn": "T1",
            "is_test": True,
        } | changes

    def test_CHN_03_of_another_order_an_old_one_or_none_at_all_pays_nothing(
        self, open_bank: OpenBank, server: FakeBank
    ) -> None:
        bank = open_bank("bank_query", endpoint=server.url)
        mine, theirs = bank.pay(), bank.pay(bank.shop.order("hai"))
        server.says(self.paid(theirs))
        token = f"token=token-{theirs.merchant_reference}".encode()
        bank.deliver(token, channel=Channel.RETURN)
        bank.shop.payport.work()
        assert bank.shop.payment(theirs).state is State.SUCCEEDED

        before = everything_but_callbacks(bank.shop)
        for replayed in (token, b"token=token-nobody", b"token=", b"token=%00", b"token=" + b"x" * 300, b""):
            bank.deliver(replayed, channel=Channel.RETURN)
        bank.shop.clock.forward(minutes=1)
        bank.shop.payport.work()

        assert everything_but_callbacks(bank.shop) == before
        assert bank.shop.payment(mine).state is State.PENDING

    def test_CHN_03_the_answer_must_name_the_payment_that_was_asked_about(
        self, open_bank: OpenBank, server: FakeBank
    ) -> None:
        bank = open_bank("bank_query", endpoint=server.url)
        mine, theirs = bank.pay(), bank.pay(bank.shop.order("hai"))
        server.says(self.paid(theirs))

        bank.deliver(f"token=token-{mine.merchant_reference}".encode(), channel=Channel.RETURN)
        bank.shop.payport.work(limit=1)

        assert server.asked == [f"order_ref={mine.merchant_reference}".encode()]
        assert {bank.shop.payment(each).state for each in (mine, theirs)} == {State.PENDING}

    def test_CHN_08_an_answer_about_something_else_is_never_a_success(
        self, open_bank: OpenBank, server: FakeBank
    ) -> None:
        bank = open_bank("bank_query", endpoint=server.url)
        for place, lie in enumerate(
            [
                {"order_ref": None},
                {"order_ref": "SVSOMEBODYEL"},
                {"merchant": "SAMPLE02"},
                {"amount": None},
                {"amount": 1_099_999},
                {"amount": 110_000_000},
                {"amount": 0},
                {"amount": -1_100_000},
                {"currency": "USD"},
                {"currency": ""},
                {"txn": None},
                {"txn": ""},
                {"is_test": False},
                {"status": "PAID"},
                {"status": None},
                {"status": ["paid"]},
                {"amount": "1100000"},
                {"amount": 1_100_000.0},
                {"amount": True},
            ]
        ):
            payment = bank.pay(bank.shop.order(f"khach-{place}"))
            server.says(self.paid(payment, **{"txn": f"T{place}", **lie}))

            assert bank.shop.payport.ask(payment.merchant_reference)

            assert bank.shop.payment(payment).state in {State.PENDING, State.REVIEW}, lie
            assert bank.shop.payport.entitlement(f"khach-{place}").state is Holding.NONE

    def test_CHN_08_an_answer_that_makes_no_sense_is_never_a_success(
        self, open_bank: OpenBank, server: FakeBank
    ) -> None:
        bank = open_bank("bank_query", endpoint=server.url)
        payment = bank.pay()
        truth = FakeBank()
        truth.says(self.paid(payment))
        whole = truth.body
        json_kind = (b"content-type", b"application/json")
        for body, status, headers in (
            (b"<html>502 Bad Gateway</html>", 200, ()),
            (whole[: len(whole) // 2], 200, ()),
            (b"", 200, ()),
            (b"[" + whole + b"]", 200, ()),
            (whole.replace(b'"status"', b'"status": "failed", "status"'), 200, ()),
            (whole.replace(b"1100000", b"1" * 5_000), 200, ()),
            (whole.replace(b"1100000", b"NaN"), 200, ()),
            (whole.replace(b"1100000", b"1e400"), 200, ()),
            (b"[" * 100_000, 200, ()),
            (whole + b" " * 1_100_000, 200, ()),
            (whole, 500, ()),
            (whole, 202, (json_kind,)),
            (whole, 302, ((b"location", b"http://127.0.0.1:1/state"),)),
            (whole, 200, ((b"content-encoding", b"gzip"),)),
            (whole, 200, ((b"content-encoding", b"br"),)),
        ):
            server.says(body, status=status, headers=headers)
            bank.shop.clock.forward(seconds=2)

            assert bank.shop.payport.ask(payment.merchant_reference)

            assert bank.shop.payment(payment).state is State.PENDING, (body[:40], status, headers)
        assert len(server.asked) == 15

        server.says(whole)
        bank.shop.clock.forward(seconds=2)
        bank.shop.payport.ask(payment.merchant_reference)
        assert bank.shop.payment(payment).state is State.SUCCEEDED


class TestTheSimulatorOverASocket:
    """VNPAY's stand-in: what it is paid with, and what it says when it is asked."""

    @pytest.fixture
    def gateway(self, database_url: str, tmp_path: object) -> Iterator[tuple[Shop, Simulator]]:
        simulator = Simulator({TMN_CODE: Terminal(TMN_CODE, SECRET)}, faults=_RETURN_ONLY)
        with serve(app(simulator)) as url:
            shop = open_shop(
                tmp_path,
                database_url,
                payment_url=f"{url}/paymentv2/vpcpay.html",
                api_url=f"{url}/merchant_webapi/api/transaction",
            )
            simulator.clock = shop.clock
            yield shop, simulator
            check_invariants(shop.payport)
            shop.payport.close()
        simulator.close()

    def pay_there(self, shop: Shop, simulator: Simulator) -> Payment:
        """The buyer pays on the gateway's page; the shop is not told."""
        order = shop.order()
        checkout = shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        opened = simulator.open(checkout.url.partition("?")[2].encode())
        simulator.settle(opened.token)
        return shop.payport.order(order.number).payments[-1]

    def test_CHN_05_without_an_ipn_the_poller_completes_the_payment_once(
        self, gateway: tuple[Shop, Simulator]
    ) -> None:
        shop, simulator = gateway
        payment = self.pay_there(shop, simulator)

        asked = [shop.payport.work().asked]
        shop.clock.forward(minutes=16)
        asked += [shop.payport.work().asked, shop.payport.work().asked]

        assert asked == [0, 1, 0]
        assert shop.payment(payment).received == vnd(1_100_000)
        assert shop.payport.entitlement("binh-minh").version == 1
        assert shop.ipn(payment, transaction="15000001").decision is Decision.ALREADY_KNOWN

    def test_CHN_05_a_gateway_that_stays_silent_is_asked_on_a_growing_schedule(
        self, gateway: tuple[Shop, Simulator]
    ) -> None:
        shop, simulator = gateway
        payment = self.pay_there(shop, simulator)
        simulator.set_faults(Faults(delivery=Delivery.RETURN_ONLY, api=ApiFault.SERVER_ERROR))

        asks: list[int] = []
        for minute in range(0, 200, 1):
            shop.clock.now = payment.handed_over_at + timedelta(minutes=minute)
            asks += [minute] * shop.payport.work().asked

        assert asks == [16, 21, 31, 75, 135, 195]
        assert shop.payment(payment).state is State.PENDING

    def test_CHN_08_its_faults_are_waited_out(self, gateway: tuple[Shop, Simulator]) -> None:
        shop, simulator = gateway
        payment = self.pay_there(shop, simulator)
        for fault in (
            ApiFault.NO_HASH,
            ApiFault.BAD_HASH,
            ApiFault.TOO_SOON,
            ApiFault.TIMED_OUT,
            ApiFault.SERVER_ERROR,
            ApiFault.HTML,
        ):
            simulator.set_faults(Faults(delivery=Delivery.RETURN_ONLY, api=fault))
            shop.clock.forward(minutes=6)

            assert shop.payport.ask(payment.merchant_reference)

            assert shop.payment(payment).state is State.PENDING, fault
            assert shop.payment(payment).flags == frozenset()

        simulator.set_faults(_RETURN_ONLY)
        shop.clock.forward(minutes=6)
        shop.payport.ask(payment.merchant_reference)
        assert shop.payment(payment).state is State.SUCCEEDED


class TestAFaultInside:
    """Whatever breaks behind the door: the message is kept if it can be, and the gateway calls again."""

    @pytest.mark.parametrize(
        ("room", "step", "kept"),
        [
            (settling, "effect", True),  # the rules raise
            (settling, "add_grant", True),  # the grant cannot be stored
            (settling, "judge", True),
            (receiving, "weigh", True),
            (receiving, "locked_payment", False),
        ],
    )
    def test_CHN_06_is_answered_call_again_and_leaves_nothing_half_done(
        self, shop: Shop, door: Door, payment: Payment, room: object, step: str, kept: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        query = ipn_query(payment.merchant_reference, payment.amount.minor)
        errors = (
            (
                ZeroDivisionError(f"a secret: {SECRET}"),
                OperationalError("INSERT", {}, Exception("disk is full")),
            )
            if kept
            else (OperationalError("SELECT", {}, Exception("disk is full")),)
        )
        for error in errors:
            with monkeypatch.context() as broken, nothing_moves(shop):
                broken.setattr(room, step, _raises(error))
                assert door.ipn(query).body == TRY_AGAIN

        genuine_still_works(shop, payment)

    def test_CHN_06_in_the_plugin_is_kept_by_its_place_and_not_by_its_words(
        self, shop: Shop, door: Door, payment: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gateway = type(shop.payport.seller.account("vnpay-main").ready)
        with monkeypatch.context() as broken, nothing_moves(shop):
            broken.setattr(gateway, "parse", _raises(OverflowError("a secret")))
            assert door.ipn(ipn_query(payment.merchant_reference, payment.amount.minor)).body == TRY_AGAIN

        kept = last_callback(shop)
        assert kept[:2] == ("unjudged", "try_again")
        assert "OverflowError" in kept[2]
        assert "a secret" not in kept[2]
        genuine_still_works(shop, payment)

    def test_CHN_06_by_money_beyond_all_columns_is_kept_and_answered(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        payment = bank.pay()
        bank.ipn(payment)

        for txn in ("T2", "T3"):
            receipt = bank.ipn(payment, 2**53 - 1, txn=txn)
            assert receipt.decision in {Decision.TRY_AGAIN, Decision.WRONG_AMOUNT}

        assert last_callback(bank.shop)[0] == "proof"
        assert bank.ipn(payment).decision is Decision.ALREADY_KNOWN

    def test_CHN_06_a_bank_with_a_long_name_holds_up_no_money(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        payment = bank.pay()

        assert bank.ipn(payment, card="Ngân hàng " * 19).decision is Decision.RECORDED
        assert bank.shop.payment(payment).paid_with.startswith("Ngân hàng Ngân hàng")

    def test_CHN_06_a_time_before_all_times_is_answered_and_loses_nothing(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        door.ipn(ipn_query(payment.merchant_reference, payment.amount.minor, vnp_PayDate="00010101000000"))

        door.ipn(ipn_query(payment.merchant_reference, payment.amount.minor))

        assert shop.payment(payment).state is State.SUCCEEDED
        assert shop.payport.entitlement("binh-minh").version == 1


class TestAnAskThatCrossesTheSuccess:
    def test_CHN_05_flags_no_conflict(
        self, shop: Shop, payment: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The gateway is asked, the IPN arrives meanwhile, and the answer was made before it."""
        shop.clock.forward(minutes=16)
        gateway = shop.payport.seller.account("vnpay-main").ready
        early = PaymentReport(Outcome.PENDING, "", None, payment.merchant_reference, None, unpaid=True)

        def answered_late(_self: object, **_: object) -> object:
            yield from ()
            assert shop.ipn(payment).decision is Decision.RECORDED
            return early

        def asks(self: object, *_: object) -> object:
            return answered_late(self)

        monkeypatch.setattr(type(gateway), "query", asks)
        assert shop.payport.work().asked == 1

        assert (shop.payment(payment).state, shop.payment(payment).flags) == (State.SUCCEEDED, frozenset())
        assert Flag.CONFLICT in shop.payment(_conflicting(shop, payment)).flags


class TestAPluginThatIsOutOfOrder:
    def test_CHN_05_does_not_keep_others_from_being_asked(
        self, open_bank: OpenBank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank("bank_query")
        theirs, mine = bank.pay(), bank.shop.pay(bank.shop.order("hai"))
        broken = bank.shop.payport.seller.account("bank-main").ready
        monkeypatch.setattr(
            type(broken.guard), "abandoned", property(lambda guard: 8 * (guard is broken.guard))
        )
        broken.guard._late.append(None)  # as after eight calls that never came back
        bank.shop.clock.forward(minutes=16)

        report = bank.shop.payport.work()

        assert (report.asked, report.failed) == (2, 0)
        assert [bank.shop.payment(each).state for each in (theirs, mine)] == [State.PENDING] * 2


def _conflicting(shop: Shop, payment: Payment) -> Payment:
    """A callback, unlike an answer, is a word of now: undecided after a success is a conflict."""
    shop.ipn(payment, response="99", status="01")
    return payment


def _raises(error: Exception) -> Callable[..., None]:
    def step(*_: object, **__: object) -> None:
        raise error

    return step


_RETURN_ONLY = Faults(delivery=Delivery.RETURN_ONLY)
