"""Which ways of paying an order is offered: those whose plugin is there and whose limits carry the total."""

from __future__ import annotations

from dataclasses import dataclass

from payport.errors import RequestRefused
from payport.gateways.accounts import GatewayAccount
from payport.gateways.types import Choice, GatewayInfo, Names
from payport.rules.money import Money
from payport.service.seller import Seller

__all__ = ["MethodOffer", "account_for", "carried", "offered"]


@dataclass(frozen=True, slots=True)
class MethodOffer:
    """One way of paying, as a buyer chooses it. `choices`: banks or card types, now or at the gateway."""

    id: str
    names: Names
    explanation: Names
    choices: tuple[Choice, ...]
    account: str
    environment: str


def offered(seller: Seller, total: Money) -> tuple[MethodOffer, ...]:
    """In the order of payport.toml. A method whose plugin is missing or refused is not offered."""
    offers = []
    for method in seller.methods:
        for name in method.accounts:
            account = seller.accounts[name]
            if account.gateway is not None and _carries(account.gateway.info, total):
                info = account.gateway.info
                offers.append(
                    MethodOffer(
                        id=method.id,
                        names=method.names or info.names,
                        explanation=info.explanation,
                        choices=info.choices,
                        account=name,
                        environment=str(account.environment),
                    )
                )
                break
    return tuple(offers)


def carried(seller: Seller, total: Money) -> bool:
    """Whether at least one way of paying can take this total."""
    return bool(offered(seller, total))


def account_for(seller: Seller, method: str, choice: str | None, total: Money) -> GatewayAccount:
    """The first account of the method that can take the total. Raises RequestRefused."""
    for offer in offered(seller, total):
        if offer.id != method:
            continue
        if choice is not None and choice not in {known.code for known in offer.choices}:
            raise RequestRefused(
                field="choice",
                problem="this method knows no such bank or card type",
                remedy="Take a code of the method's choices, or none: the buyer then chooses at the gateway",
            )
        return seller.account(offer.account)
    raise RequestRefused(
        field="method",
        problem="not offered for this order",
        remedy="Ask `methods` what is, and choose one of those",
    )


def _carries(info: GatewayInfo, total: Money) -> bool:
    return any(
        limit.least.currency == total.currency and limit.least <= total <= limit.most for limit in info.limits
    )
