"""Every flow of every gateway that calls out, through a whole core: to begin, to ask, to give back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

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

    @abstractmethod
    def configuration(self, url: str) -> dict[str, Any]: ...

    @abstractmethod
    def prepared(self, shop: Shop, says: Callable[[bytes], None]) -> Payment | None:
        """What must be there before the call; None: nothing."""

    @abstractmethod
    def run(self, shop: Shop, payment: Payment | None) -> Payment | Refund: ...

    @abstractmethod
    def truth(self, payment: Payment) -> bytes:
        """An answer that would prove the money."""

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True)
class _Signed(Flow):
    """Of a gateway that signs."""

    speaker: Speaker

    def configuration(self, url: str) -> dict[str, Any]:
        return self.speaker.configuration(url)

    def truth(self, payment: Payment) -> bytes:
        return self.speaker.answer(payment.merchant_reference, payment.amount.minor)


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

    def truth(self, payment: Payment) -> bytes:
        return b"<result><error_code>00</error_code></result>"


@dataclass(frozen=True)
class _WalletAsked(Flow):
    """NgânLượng's GetTransactionDetail."""

    def configuration(self, url: str) -> dict[str, Any]:
        return {"accounts": nganluong_accounts(url)}

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

    def truth(self, payment: Payment) -> bytes:
        token = payment.checkout_reference or ""
        return nganluong_detail(token, payment.merchant_reference, payment.amount.minor)


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
    _WalletAsked("ask-nganluong"),
)
