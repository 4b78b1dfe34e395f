"""Two accounts for one method: the next carries what the first cannot, or what surely never reached it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import RequestRefused
from payport.gateways.accounts import GatewayAccount, Method
from payport.gateways.accounts_file import load_accounts
from payport.gateways.registry import discover
from payport.plugin import (
    Checkout,
    Choice,
    Context,
    Flow,
    Limits,
    Names,
    NoCheckout,
    Outcome,
    Payment,
    Redirect,
    WireModel,
    post,
    read,
)
from payport.rules.money import vnd
from payport.rules.payment import State
from payport.service.viewing import OrderView
from payport.testing import (
    SAMPLE_SECRET,
    SampleSettings,
    offered,
    sample_info,
    sample_library,
    sample_plugin,
)
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.shop import Shop

NOBODY = "http://127.0.0.1:9"
PAGE = "https://pay.sample.example/1"
BANKS = {"first": ("NCB", "ACB"), "second": ("ACB",)}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def bank() -> Iterator[FakeBank]:
    with fake_bank() as bank:
        bank.says({"code": "00", "pay_url": PAGE})
        yield bank


Sell = Callable[..., Payport]


@pytest.fixture
def sell(shop: Shop) -> Sell:
    """A seller whose method `card` is served by the accounts `first` and `second`, of two gateways."""

    def make(first: str = NOBODY, second: str = NOBODY, *, most: int = 100_000_000) -> Payport:
        registry = discover(
            contracts=sample_library(),
            entry_points=offered(_gateway("first", most=most), _gateway("second")),
        )
        accounts = load_accounts(
            [_table("first", first), _table("second", second)], registry=registry, approved={}
        )
        return _selling(shop, dict(accounts))

    return make


def _selling(shop: Shop, accounts: dict[str, GatewayAccount]) -> Payport:
    card = Method("card", None, ("first", "second"))
    seller = replace(shop.payport.seller, accounts=accounts, methods=(card,))
    return Payport(seller, shop.payport.configuration)


def _gateway(name: str, *, most: int = 100_000_000) -> Any:
    info = replace(
        sample_info(name),
        limits=(Limits(vnd(1_000), vnd(most)),),
        choices=tuple(Choice(code, Names(code, code)) for code in BANKS[name]),
    )
    return sample_plugin(name, describe=lambda: info, initiate=_initiate)


class _Said(WireModel):
    code: str
    pay_url: str = ""


def _initiate(payment: Payment, context: Context[SampleSettings]) -> Flow[Checkout]:
    """Asks once: what nobody hears is then known at once."""
    answer = read(_Said, (yield post(context.settings.endpoint, json={"order": payment.merchant_reference})))
    if answer.pay_url:
        return Redirect(answer.pay_url)
    return NoCheckout({"01": Outcome.PENDING, "24": Outcome.DECLINED}.get(answer.code, Outcome.UNKNOWN))


def _table(name: str, endpoint: str) -> dict[str, Any]:
    return {
        "name": name,
        "plugin": name,
        "environment": "sandbox",
        "settings": {"endpoint": endpoint},
        "keys": [{"role": "sample_secret", "id": "a", "value": SAMPLE_SECRET}],
    }


def paid(payport: Payport, order: OrderView, choice: str | None = None) -> object:
    return payport.pay(order.number, "card", choice, buyer_ip="203.0.113.9")


def attempts(payport: Payport, order: OrderView) -> list[tuple[str, str | None, State]]:
    payments = payport.order(order.number).payments
    return sorted((payment.gateway_account, payment.choice, payment.state) for payment in payments)


class TestTheFirstHeardNothing:
    def test_the_next_gives_the_page_in_the_same_call(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        payport, order = sell(second=bank.url), shop.order()

        assert paid(payport, order) == Redirect(PAGE)
        assert attempts(payport, order) == [("first", None, State.FAILED), ("second", None, State.PENDING)]

    def test_paying_again_gives_the_page_that_is_open(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        payport, order = sell(second=bank.url), shop.order()
        paid(payport, order)

        assert paid(payport, order) == Redirect(PAGE)
        assert len(attempts(payport, order)) == 2

    def test_a_choice_that_the_next_knows_goes_with_it(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        payport, order = sell(second=bank.url), shop.order()
        paid(payport, order, "ACB")

        assert attempts(payport, order)[-1] == ("second", "ACB", State.PENDING)

    def test_another_choice_is_left_to_the_buyer(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        payport, order = sell(second=bank.url), shop.order()
        paid(payport, order, "NCB")

        assert attempts(payport, order)[-1] == ("second", None, State.PENDING)
        assert paid(payport, order, "NCB") == Redirect(PAGE)
        assert len(attempts(payport, order)) == 2

    def test_nor_did_the_last_so_nothing_was_sent(self, shop: Shop, sell: Sell) -> None:
        payport, order = sell(), shop.order()

        assert paid(payport, order) == NoCheckout(Outcome.NOT_SENT)
        assert [state for _, _, state in attempts(payport, order)] == [State.FAILED, State.FAILED]

    @pytest.mark.anyio
    async def test_an_async_host_goes_on_alike(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        order, sync = shop.order(), sell(second=bank.url)
        payport = AsyncPayport(sync.seller, sync.configuration)

        checkout = await payport.pay(order.number, "card", "NCB", buyer_ip="203.0.113.9")

        assert checkout == Redirect(PAGE)
        assert attempts(sync, order) == [("first", "NCB", State.FAILED), ("second", None, State.PENDING)]


class TestTheFirstMayHaveHeardIt:
    @pytest.mark.parametrize(
        ("status", "body", "outcome", "state"),
        [
            (500, b"", Outcome.UNKNOWN, State.PENDING),
            (200, b"<html>", Outcome.UNKNOWN, State.PENDING),
            (302, b"", Outcome.UNKNOWN, State.PENDING),
            (200, b'{"code":"99"}', Outcome.UNKNOWN, State.PENDING),
            (200, b'{"code":"01"}', Outcome.PENDING, State.PENDING),
            (200, b'{"code":"24"}', Outcome.DECLINED, State.FAILED),
        ],
    )  # fmt: skip
    def test_no_other_is_ever_asked(
        self, status: int, body: bytes, outcome: Outcome, state: State, shop: Shop, sell: Sell, bank: FakeBank
    ) -> None:
        with fake_bank() as other:
            other.says(body, status=status)
            payport, order = sell(other.url, bank.url), shop.order()

            checkout = paid(payport, order)

        assert isinstance(checkout, NoCheckout)
        assert checkout.outcome is outcome
        assert attempts(payport, order) == [("first", None, state)]
        assert bank.asked == []


class TestTheFirstCannotCarryIt:
    def test_the_next_is_offered_with_its_own_choices(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        order = shop.order()
        payport = sell(NOBODY, bank.url, most=order.total.minor - 1)

        (method,) = payport.methods(order.number)

        assert (method.account, [choice.code for choice in method.choices]) == ("second", ["ACB"])
        assert paid(payport, order) == Redirect(PAGE)
        assert attempts(payport, order) == [("second", None, State.PENDING)]
        with pytest.raises(RequestRefused, match="no such bank"):
            paid(payport, order, "NCB")

    def test_just_its_limit_is_carried(self, shop: Shop, sell: Sell) -> None:
        order = shop.order()

        (method,) = sell(most=order.total.minor).methods(order.number)

        assert method.account == "first"

    def test_its_plugin_is_missing(self, shop: Shop, sell: Sell, bank: FakeBank) -> None:
        order, whole = shop.order(), sell(NOBODY, bank.url)
        registry = discover(contracts=sample_library(), entry_points=offered(_gateway("second")))
        tables = [_table("first", NOBODY), _table("second", bank.url)]
        payport = _selling(shop, dict(load_accounts(tables, registry=registry, approved={})))

        assert paid(payport, order) == Redirect(PAGE)
        assert attempts(payport, order) == [("second", None, State.PENDING)]
        assert [offer.account for offer in whole.methods(order.number)] == ["first"]
