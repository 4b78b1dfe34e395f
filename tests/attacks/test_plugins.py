"""PLG-01, PLG-02, PLG-06, PLG-08, PLG-09: a faulty plugin through the whole of Payport, beside a sound one.

What a hook that fails is called is tested in core/tests/gateways; here, that nothing is lost and nobody else
is in the way.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from payport import Payport
from payport.errors import ConfigurationError
from payport.gateways import facade
from payport.gateways.library import ContractLibrary
from payport.gateways.network_watch import reached_for_the_network
from payport.gateways.registry import discover
from payport.plugin import hookimpl
from payport.rules.payment import Payment, State
from payport.service.judge import Decision
from payport.testing import offered
from payport_domestic_card import vnpay
from tests.support.bank_shop import BankShop
from tests.support.door import Door
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.unmoved import CONFIRMED, genuine_still_works, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
Hook = Callable[..., Any]
CALL_AGAIN = b'{"RspCode":"99","Message":"Unknown error"}'
RAISED = (ValueError, KeyError, SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, MemoryError)


@contextmanager
def faulty(shop: Shop, **hooks: Hook) -> Iterator[None]:
    """VNPAY's plugin with other hooks, installed as it is; then the sound one again."""
    module = ModuleType("vnpay")
    module.__dict__.update({name: value for name, value in vars(vnpay).items() if name[:1] != "_"})
    for name, hook in hooks.items():
        setattr(module, name, hookimpl(hook))
    found = discover(contracts=ContractLibrary.installed(), entry_points=offered(module))
    sound = shop.payport
    account = replace(sound.seller.accounts["vnpay-main"], gateway=found.gateways["vnpay"])
    seller = replace(sound.seller, accounts={**sound.seller.accounts, "vnpay-main": account})
    shop.payport = replace(sound, seller=seller)
    yield
    shop.payport = sound


def kept_and_answered_call_again(shop: Shop, query: bytes) -> str:
    """What is kept with it: the fault's name."""
    with nothing_moves(shop):
        answer = Door(shop).ipn(query)
    assert (answer.status, answer.body) == (200, CALL_AGAIN)
    verdict, decision, reason = last_callback(shop)
    assert (verdict, decision) == ("unjudged", "try_again")
    assert shop.payport.callback(shop.payport.callbacks().rows[0].id).query == query
    return str(reason)


class TestAPluginThatRaises:
    @pytest.mark.parametrize("hook", ["verify_signature", "parse_callback"])
    def test_PLG_01_loses_no_callback_shows_no_secret_and_stands_in_no_other_gateways_way(
        self, open_bank: OpenBank, hook: str
    ) -> None:
        bank = open_bank("bank_query")
        shop, payment = bank.shop, bank.shop.pay(bank.shop.order("cham"))
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        for error in RAISED:

            def raises(error: type[BaseException] = error) -> Any:
                raise error(SECRET)

            with faulty(shop, **{hook: raises}):
                reason = kept_and_answered_call_again(shop, query)
                assert reason == f"defect: vnpay.{hook}"
                assert SECRET not in reason
                other = replace(bank, shop=shop)
                assert other.ipn(other.pay(shop.order(error.__name__))).decision is Decision.RECORDED

        assert Door(shop).ipn(query).body == CONFIRMED, "once it is mended, the gateway's next call counts"
        assert shop.payment(payment).state is State.SUCCEEDED

    @pytest.mark.parametrize("hook", ["initiate", "query"])
    def test_PLG_01_in_a_flow_leaves_the_payment_pending_to_be_asked_about(
        self, open_bank: OpenBank, hook: str
    ) -> None:
        shop = open_bank("bank_query").shop

        def raises(payment: Any, context: Any) -> Any:
            yield from ()
            raise SystemExit(context.settings.tmn_code)

        with faulty(shop, **{hook: raises}):
            order = shop.order("dong")
            shop.payport.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
            [payment] = shop.payport.order(order.number).payments
            shop.clock.forward(minutes=20)
            shop.payport.ask(payment.merchant_reference)

            assert shop.payment(payment).state is State.PENDING
            calls = shop.payport.calls(payment.merchant_reference)
        assert [(call.kind, call.outcome) for call in calls if call.kind == hook] == [(hook, "unknown")]
        genuine_still_works(shop, payment)


class TestAPluginThatHangs:
    def test_PLG_02_is_cut_the_door_answers_and_at_last_it_is_called_no_more(
        self, open_bank: OpenBank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = open_bank("bank_query")
        shop, payment = bank.shop, bank.shop.pay(bank.shop.order("treo"))
        query, over, called = (
            ipn_query(payment.merchant_reference, payment.amount.minor),
            threading.Event(),
            [],
        )
        monkeypatch.setattr(facade, "_SECONDS", 0.05)

        def hangs(verified: Any) -> Any:
            called.append(verified)
            over.wait(60)

        with faulty(shop, parse_callback=hangs):
            begun = time.monotonic()
            reasons = {kept_and_answered_call_again(shop, query) for _ in range(12)}
            assert time.monotonic() - begun < 10
            assert reasons == {"defect: vnpay.parse_callback"}
            assert len(called) == 8, "no more threads than these are ever left behind"
            other = replace(bank, shop=shop)
            assert other.ipn(other.pay(shop.order("khac"))).decision is Decision.RECORDED

        over.set()
        assert Door(shop).ipn(query).body == CONFIRMED


class TestAPluginThatLies:
    @pytest.mark.parametrize(
        "lie",
        [
            lambda report, other: None,
            lambda report, other: {"outcome": "done"},
            lambda report, other: "done",
            lambda report, other: replace(report, merchant_reference=other.merchant_reference),
            lambda report, other: replace(report, merchant_reference=None),
            lambda report, other: replace(report, gateway_reference=None),
            lambda report, other: replace(report, paid_at=datetime(2026, 11, 24, 5, 0)),  # noqa: DTZ001
            lambda report, other: replace(report, amount=1_100_000.0),
            lambda report, other: replace(report, amount=None),
            lambda report, other: replace(report, outcome="done"),
        ],
    )
    def test_PLG_06_moves_neither_this_payment_nor_the_one_that_it_names(
        self, shop: Shop, lie: Callable[[Any, Payment], Any]
    ) -> None:
        payment, other = shop.pay(shop.order("that")), shop.pay(shop.order("gia"))
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        with faulty(shop, parse_callback=lambda verified: lie(vnpay.parse_callback(verified), other)):
            reason = kept_and_answered_call_again(shop, query)

        assert reason.startswith("defect: ")
        assert {shop.payment(each).state for each in (payment, other)} == {State.PENDING}
        genuine_still_works(shop, payment)


class TestAPluginThatIsGone:
    def test_PLG_08_has_its_callbacks_kept_and_answered_call_again_until_it_is_back(
        self, open_bank: OpenBank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Uninstalled between two starts, with a payment pending and one that could be given back."""
        bank = open_bank("bank_query")
        shop, paid, pending = bank.shop, bank.pay(bank.shop.order("mot")), bank.pay(bank.shop.order("hai"))
        assert bank.ipn(paid).decision is Decision.RECORDED
        file = shop.folder / "payport.toml"

        with monkeypatch.context() as patched:
            without = [each for each in sys.path if not (Path(each) / "payport_test_bank").exists()]
            patched.setattr(sys, "path", without)
            gone = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)
        bank.shop = gone
        told = bank.ipn(pending)
        again = bank.ipn(paid)

        assert gone.payport.seller.accounts["bank-main"].gateway is None
        assert (told.decision, told.reply.status, told.reply.body) == (Decision.TRY_AGAIN, 503, b"try again")
        assert again.decision is Decision.TRY_AGAIN
        assert last_callback(gone)[2] == "its plugin is missing or refused"
        assert gone.payment(pending).state is State.PENDING
        [account] = [each for each in gone.payport.house().accounts if each.name == "bank-main"]
        assert (account.plugin, account.missing) == ("bank_query", "not installed")
        genuine_still_works(gone, gone.pay(gone.order("ba")))
        gone.payport.close()

        bank.shop = shop
        assert bank.ipn(pending).decision is Decision.RECORDED, "it is back"
        assert bank.ipn(paid).decision is Decision.ALREADY_KNOWN


class TestAHostThatForks:
    def forked(self, use: Callable[[], object]) -> int:
        """What a child makes of it: 0 for True, 1 for anything else, 2 for a refusal with its remedy."""
        child = os.fork()
        if child == 0:
            try:
                said = 0 if use() else 1
            except ConfigurationError as error:
                said = 2 if "after the fork" in error.remedy else 1
            except BaseException:
                said = 3
            os._exit(said)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_PLG_09_with_connections_open_is_told_so_in_the_child_and_the_parent_goes_on(
        self, shop: Shop
    ) -> None:
        payment = shop.pay(shop.order())
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        for use in (
            lambda: shop.deliver(query),
            lambda: shop.payport.order(payment.order_number),
            shop.payport.work,
        ):
            assert self.forked(use) == 2

        assert shop.payment(payment).state is State.PENDING
        genuine_still_works(shop, payment)  # its connections are its own, and open

    def test_PLG_09_makes_payport_after_the_fork_and_each_child_is_served(self, shop: Shop) -> None:
        """As each worker of a pre-fork server does; the plugin's threads are new in it, too."""
        payments = [shop.pay(shop.order(f"con-{place}")) for place in range(3)]
        file, begun = shop.folder / "payport.toml", time.monotonic()

        for place, payment in enumerate(payments):
            query = ipn_query(payment.merchant_reference, payment.amount.minor, transaction=f"1510000{place}")

            def serves(query: bytes = query) -> bool:
                own = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)
                return own.deliver(query).decision is Decision.RECORDED

            assert self.forked(serves) == 0

        assert time.monotonic() - begun < 30, "no hook waits for a thread that stayed with the parent"
        assert {shop.payment(each).state for each in payments} == {State.SUCCEEDED}

    @pytest.mark.parametrize("held", ["the pool's lock", "the watch over imports"])
    def test_PLG_09_while_another_thread_is_busy_leaves_no_child_waiting_for_it(
        self, shop: Shop, held: str
    ) -> None:
        shop.order()
        pool: Any = shop.payport.seller.database.engine.pool
        file, busy, done = shop.folder / "payport.toml", threading.Event(), threading.Event()

        def hold() -> None:
            with pool._pool.mutex if held == "the pool's lock" else reached_for_the_network():
                busy.set()
                done.wait(30)

        holding = threading.Thread(target=hold, daemon=True)
        holding.start()
        assert busy.wait(10)
        child = os.fork()
        if child == 0:
            try:
                Payport.from_config(file).require_current()
            except BaseException:
                os._exit(1)
            os._exit(0)
        until = time.monotonic() + 15
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
            time.sleep(0.05)
        done.set()
        holding.join(10)
        if ended[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

        assert ended == (child, 0)

    def test_PLG_09_shares_one_payport_between_threads(self, shop: Shop) -> None:
        payments = [shop.pay(shop.order(f"luong-{place}")) for place in range(8)]
        decisions: list[Decision] = []

        def deliver(place: int, payment: Payment) -> None:
            query = ipn_query(payment.merchant_reference, payment.amount.minor, transaction=f"1520000{place}")
            decisions.extend(shop.deliver(query).decision for _ in range(2))

        threads = [threading.Thread(target=deliver, args=each) for each in enumerate(payments)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(map(str, decisions)) == ["already_known"] * 8 + ["recorded"] * 8
