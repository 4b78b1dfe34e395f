"""Which ways of paying an order is offered: those whose plugin is there and whose limits carry the total."""

from __future__ import annotations

from dataclasses import dataclass

from payport.errors import RequestRefused
from payport.gateways.accounts import GatewayAccount
from payport.gateways.types import Choice, Names
from payport.rules.money import Money
from payport.service.seller import Seller

__all__ = ["MethodOffer", "candidates", "capabilities", "carried", "offered"]


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
            if account.gateway is not None and _carries(account, total):
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


def candidates(
    seller: Seller, method: str, choice: str | None, total: Money
) -> tuple[tuple[GatewayAccount, str | None], ...]:
    """The accounts of the method that can take the total, in the order of payport.toml, each with the choice
    as it is known there: None, where the buyer chooses at the gateway.

    Raises: RequestRefused, if there is none, or the first does not know the choice: it is the one offered.
    """
    found = next((each.accounts for each in seller.methods if each.id == method), ())
    carrying = [seller.accounts[name] for name in found if _carries(seller.accounts[name], total)]
    if not carrying:
        raise RequestRefused(
            field="method",
            problem="not offered for this order",
            remedy="Ask `methods` what is, and choose one of those",
        )
    if not _knows(carrying[0], choice):
        raise RequestRefused(
            field="choice",
            problem="this method knows no such bank or card type",
            remedy="Take a code of the method's choices, or none: the buyer then chooses at the gateway",
        )
    return tuple((account, choice if _knows(account, choice) else None) for account in carrying)


def capabilities(seller: Seller, gateway_account: str) -> frozenset[str]:
    """What can be asked of an account. None while its plugin is missing. Raises NotFound."""
    account = seller.account(gateway_account)
    if account.gateway is None or account.settings is None:
        return frozenset()
    can = account.gateway.abilities - account.settings.ruled_out
    return can if "refund" in can else can - {"partial_refund"}


def _knows(account: GatewayAccount, choice: str | None) -> bool:
    known = () if account.gateway is None else account.gateway.info.choices
    return choice is None or choice in {each.code for each in known}


def _carries(account: GatewayAccount, total: Money) -> bool:
    return account.gateway is not None and any(
        limit.least.currency == total.currency and limit.least <= total <= limit.most
        for limit in account.limits
    )
