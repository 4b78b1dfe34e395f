"""An account of the seller's bank, and its cash desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Context
from payport.testing import a_context, offered
from payport_order_only import order_only

SETTINGS = {
    "bank_bin": "970436",
    "account_number": "0123456789",
    "account_holder": "CONG TY PHAN MEM SAO VIET",
    "cash_desk_vi": "Tầng 2, 12 Tràng Tiền, Hà Nội; thứ Hai đến thứ Sáu, 8:00–17:00",
    "cash_desk_en": "2nd floor, 12 Tràng Tiền, Hà Nội; Monday to Friday, 8:00–17:00",
}


@pytest.fixture(scope="session")
def account_with() -> Callable[..., GatewayAccount]:
    """The account, with these settings on top of its own; one that is None is left out."""
    point = offered(order_only, name="order_only")
    registry = discover(contracts=ContractLibrary.installed(), entry_points=point)

    def make(**settings: Any) -> GatewayAccount:
        table = {
            "name": "order-only",
            "plugin": "order_only",
            "environment": "sandbox",
            "settings": {name: value for name, value in (SETTINGS | settings).items() if value is not None},
        }
        return load_accounts([table], registry=registry, approved={})["order-only"]

    return make


@pytest.fixture(scope="session")
def account(account_with: Callable[..., GatewayAccount]) -> GatewayAccount:
    return account_with()


@pytest.fixture
def in_context(account: GatewayAccount) -> Context[order_only.Settings]:
    return a_context(account=account)
