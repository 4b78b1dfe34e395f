"""How people call gateways and ways of paying: for sentences and lists, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from payport.gateways.types import Names
from payport.rules.words import Text
from payport.service.seller import Seller

__all__ = ["gateway_words", "method_words"]


def gateway_words(seller: Seller, gateway_account: str) -> Text:
    """As the gateway calls itself; the account's own name where its plugin is not there."""
    account = seller.accounts.get(gateway_account)
    if account is None or account.gateway is None:
        return Text(vi=gateway_account, en=gateway_account)
    return _text(account.gateway.info.names)


def method_words(seller: Seller) -> Mapping[str, Text]:
    """Every method of payport.toml, in its order: its own names, else those of the first gateway that
    serves it, else its id."""
    return {
        method.id: gateway_words(seller, method.accounts[0]) if method.names is None else _text(method.names)
        for method in seller.methods
    }


def _text(names: Names) -> Text:
    return Text(vi=names.vi, en=names.en)
