"""Each gateway as its simulator on a socket, and a shop in front of it: what buyers, and nobody else, did."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit

from payport.gateways.types import Redirect
from payport.rules.payment import Payment
from payport_simulators import nganluong, onepay, serve, vnpay
from tests.support.door import Door
from tests.support.gateways import (
    NGANLUONG_SECRET,
    ONEPAY_PASSWORD,
    ONEPAY_SECRET,
    RECEIVER,
    SPEAKERS,
    Onepay,
    Speaker,
    nganluong_accounts,
)
from tests.support.oracle import check_invariants
from tests.support.shop import NOON, Shop, open_shop
from tests.support.sign import SECRET, TMN_CODE

__all__ = ["STANDS", "Kind", "Stand", "opened"]


@dataclass
class Stand(ABC):
    """The simulator tells nobody by itself: a test knocks for it."""

    shop: Shop
    simulator: Any

    account: ClassVar[str]
    method: ClassVar[str]

    @property
    def door(self) -> Door:
        return Door(self.shop, self.account)

    def hands_over(self) -> Payment:
        """The buyer has an address to go to, and has not gone."""
        order = self.shop.order()
        checkout = self.shop.payport.pay(order.number, self.method, buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        self._opened(urlsplit(checkout.url).query.encode())
        return self.shop.payport.order(order.number).payments[-1]

    def pays(self) -> Payment:
        """The buyer pays on the gateway's page; the shop is not told."""
        payment = self.hands_over()
        self._settled(payment)
        return payment

    @abstractmethod
    def tells(self, payment: Payment) -> bytes:
        """What the gateway would call the IPN with; a browser would bring the same."""

    @abstractmethod
    def falls_silent(self, *, silent: bool = True) -> None:
        """Whatever it is asked, it has an error of its own."""

    @abstractmethod
    def _opened(self, query: bytes) -> None: ...

    @abstractmethod
    def _settled(self, payment: Payment) -> None: ...


class _Vnpay(Stand):
    account, method = "vnpay-main", "domestic_card"

    def tells(self, payment: Payment) -> bytes:
        told: str = self.simulator.genuine_query(payment.merchant_reference)
        return told.encode()

    def falls_silent(self, *, silent: bool = True) -> None:
        fault = vnpay.ApiFault.SERVER_ERROR if silent else vnpay.ApiFault.NONE
        self.simulator.set_faults(replace(_VNPAY_FAULTS, api=fault))

    def _opened(self, query: bytes) -> None:
        self.simulator.open(query)

    def _settled(self, payment: Payment) -> None:
        self.simulator.settle(self.simulator.transaction(payment.merchant_reference).token)


class _Onepay(Stand):
    product: ClassVar[onepay.Product]

    def tells(self, payment: Payment) -> bytes:
        told: str = self.simulator.genuine_query(payment.merchant_reference)
        return told.encode()

    def falls_silent(self, *, silent: bool = True) -> None:
        fault = onepay.QueryFault.SERVER_ERROR if silent else onepay.QueryFault.NONE
        self.simulator.set_faults(replace(_ONEPAY_FAULTS, query=fault))

    def _opened(self, query: bytes) -> None:
        self.simulator.open(self.product, query)

    def _settled(self, payment: Payment) -> None:
        self.simulator.settle(payment.merchant_reference)


class _Nganluong(Stand):
    account, method = "nganluong-main", "wallet"

    def tells(self, payment: Payment) -> bytes:
        said = {"error_code": "00", "token": payment.checkout_reference or ""}
        return urlencode(said | {"order_code": payment.merchant_reference, "order_id": "1"}).encode()

    def falls_silent(self, *, silent: bool = True) -> None:
        fault = nganluong.ApiFault.SERVER_ERROR if silent else nganluong.ApiFault.NONE
        self.simulator.set_faults(nganluong.Faults(query=fault))

    def _opened(self, query: bytes) -> None:
        """The order is there since it was handed over."""

    def _settled(self, payment: Payment) -> None:
        self.simulator.settle(payment.checkout_reference, nganluong.State.PAID, tell=False)


@dataclass(frozen=True)
class Kind:
    """A gateway in one of its generations: a simulator to be made, and an account for payport.toml."""

    id: str
    stand: type[Stand]
    made: Callable[[Callable[[], datetime]], Any]
    app: Callable[[Any], Any]
    configuration: Callable[[str], dict[str, Any]]
    speaker: Speaker | None  # None: nothing that it sends is signed

    def __str__(self) -> str:
        return self.id


@contextmanager
def opened(kind: Kind, folder: Path, database_url: str) -> Iterator[Stand]:
    """The invariants are checked at the end."""
    shops: list[Shop] = []

    def clock() -> datetime:
        return shops[0].clock() if shops else NOON

    simulator = kind.made(clock)
    serving: AbstractContextManager[str] = serve(kind.app(simulator))
    with serving as url:
        shop = open_shop(folder, database_url, **kind.configuration(url))
        shops.append(shop)
        yield kind.stand(shop, simulator)
        check_invariants(shop.payport)
        shop.payport.close()
    simulator.close()


def _onepay_kind(speaker: Onepay) -> Kind:
    product = {
        ("domestic", "legacy"): onepay.Product.DOMESTIC,
        ("international", "legacy"): onepay.Product.INTERNATIONAL,
    }.get((speaker.kind, speaker.generation), onepay.Product.UNIFIED)

    class Made(_Onepay):
        account, method = speaker.account, speaker.method

    Made.product = product

    def made(clock: Callable[[], datetime]) -> onepay.Simulator:
        merchant = onepay.Merchant(
            product, "TESTUN01", "D0UN0001", ONEPAY_SECRET, user="opq03", password=ONEPAY_PASSWORD
        )
        return onepay.Simulator({merchant.code: merchant}, clock=clock, faults=_ONEPAY_FAULTS)

    return Kind(speaker.id, Made, made, onepay.app, speaker.configuration, speaker)


def _kind(speaker: Speaker) -> Kind:
    if isinstance(speaker, Onepay):
        return _onepay_kind(speaker)

    def made(clock: Callable[[], datetime]) -> vnpay.Simulator:
        terminals = {TMN_CODE: vnpay.Terminal(TMN_CODE, SECRET)}
        return vnpay.Simulator(terminals, clock=clock, faults=_VNPAY_FAULTS)

    return Kind(speaker.id, _Vnpay, made, vnpay.app, speaker.configuration, speaker)


def _a_nganluong(clock: Callable[[], datetime]) -> nganluong.Simulator:
    merchant = nganluong.Merchant("0045571", NGANLUONG_SECRET, RECEIVER)
    return nganluong.Simulator({merchant.id: merchant}, clock=clock)


_VNPAY_FAULTS: Final = vnpay.Faults(delivery=vnpay.Delivery.RETURN_ONLY)
_ONEPAY_FAULTS: Final = onepay.Faults(delivery=onepay.Delivery.RETURN_ONLY)

STANDS: Final = (
    *map(_kind, SPEAKERS),
    Kind(
        "nganluong",
        _Nganluong,
        _a_nganluong,
        nganluong.app,
        lambda url: {"accounts": nganluong_accounts(url)},
        None,
    ),
)
