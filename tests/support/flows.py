"""Every flow of every gateway that calls out, through a whole core: to begin, to ask, to give back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from payport.gateways.hosts import urls
from payport.gateways.types import GatewaySettings
from payport.rules.payment import Payment
from payport.rules.refund import Refund
from tests.support.gateways import (
    NGANLUONG_SECRET,
    ONEPAY_PASSWORD,
    ONEPAY_SECRET,
    SPEAKERS,
    Speaker,
    nganluong_accounts,
    nganluong_detail,
    nganluong_order_check,
)
from tests.support.shop import Shop
from tests.support.sign import SECRET
from tests.support.site import Site

__all__ = ["FLOWS", "SECRETS", "Flow"]

SECRETS: Final = (SECRET, ONEPAY_SECRET, ONEPAY_PASSWORD, NGANLUONG_SECRET)


@dataclass(frozen=True)
class Flow(ABC):
    """`run` makes one call and gives what is kept of it. It is told where the gateway's API is, and how to
    let it speak the truth meanwhile, where a payment must come about first."""

    id: str
    unit: ClassVar[int] = 1  # of a đồng

    @abstractmethod
    def configuration(self, url: str) -> dict[str, Any]: ...

    @abstractmethod
    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> Payment | None:
        """What must be there before the call; None: nothing."""

    @abstractmethod
    def run(self, shop: Shop, payment: Payment | None) -> Payment | Refund: ...

    @abstractmethod
    def saying(self, payment: Payment, amount: str) -> bytes:
        """An answer that would prove the money, were the amount in the gateway's unit this."""

    def truth(self, payment: Payment) -> bytes:
        return self.saying(payment, str(payment.amount.minor * self.unit))

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True)
class _Signed(Flow):
    """Of a gateway that signs."""

    speaker: Speaker
    unit: ClassVar = 100

    def configuration(self, url: str) -> dict[str, Any]:
        return self.speaker.configuration(url)

    def saying(self, payment: Payment, amount: str) -> bytes:
        said = {self.speaker.amount: amount}
        return self.speaker.answer(payment.merchant_reference, 0, signed=True, **said)


@dataclass(frozen=True)
class _Asked(_Signed):
    """Its query."""

    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> Payment:
        return Site(shop, self.speaker).pay()

    def run(self, shop: Shop, payment: Payment | None) -> Payment:
        return _ask(shop, payment)


@dataclass(frozen=True)
class _GivenBack(_Signed):
    """Its refund, of which nothing is believed but what is proven."""

    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> Payment:
        site = Site(shop, self.speaker)
        payment = site.pay()
        site.ipn(site.told(payment))
        return shop.payment(payment)

    def run(self, shop: Shop, payment: Payment | None) -> Refund:
        assert payment is not None
        return shop.payport.refund(
            payment.merchant_reference, key="one", actor="lan@example.vn", reason="asked for"
        )


@dataclass(frozen=True)
class _Created(Flow):
    """NgânLượng's SetExpressCheckout: the order that it was told of may be there."""

    def configuration(self, url: str) -> dict[str, Any]:
        return {"accounts": nganluong_accounts(url)}

    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> None:
        return None

    def run(self, shop: Shop, payment: Payment | None) -> Payment:
        order = shop.order()
        shop.payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")
        return shop.payport.order(order.number).payments[-1]

    def saying(self, payment: Payment, amount: str) -> bytes:
        return b"<result><error_code>00</error_code></result>"


@dataclass(frozen=True)
class _WalletAsked(Flow):
    """NgânLượng's GetTransactionDetail, in XML, and its order check, in JSON."""

    query_by: str
    said: Callable[[str, str, str], bytes]

    def configuration(self, url: str) -> dict[str, Any]:
        return {"accounts": nganluong_accounts(url, query_by=self.query_by)}

    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> Payment:
        token = "143000-0123456789abcdef0123456789abcdef"
        (api,) = (str(url) for name, url in urls(_settings(shop)) if name == "api_url")
        says(
            f"<result><error_code>00</error_code><token>{token}</token>"
            f"<checkout_url>{api}</checkout_url></result>".encode()
        )
        order = shop.order()
        shop.payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")
        return shop.payport.order(order.number).payments[-1]

    def run(self, shop: Shop, payment: Payment | None) -> Payment:
        return _ask(shop, payment)

    def saying(self, payment: Payment, amount: str) -> bytes:
        return self.said(payment.checkout_reference or "", payment.merchant_reference, amount)


def _ask(shop: Shop, payment: Payment | None) -> Payment:
    assert payment is not None
    shop.clock.forward(minutes=20)
    shop.payport.ask(payment.merchant_reference)
    return shop.payment(payment)


def _settings(shop: Shop) -> GatewaySettings:
    settings = shop.payport.seller.account("nganluong-main").settings
    assert settings is not None
    return settings


FLOWS: Final[tuple[Flow, ...]] = (
    *(_Asked(f"ask-{each.id}", each) for each in SPEAKERS),
    *(_GivenBack(f"refund-{each.id}", each) for each in SPEAKERS if not each.id.endswith("legacy")),
    _Created("create-nganluong"),
    _WalletAsked("ask-nganluong", "detail", nganluong_detail),
    _WalletAsked("ask-nganluong-json", "order_check", nganluong_order_check),
)
