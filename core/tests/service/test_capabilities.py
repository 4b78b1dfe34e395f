"""What a host asks before it offers anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import NotFound
from payport.plugin import Flow, GatewayInfo, RefundReport
from payport.testing import SampleSettings, an_account, sample_info, sample_plugin
from tests.support.shop import Shop

HOOKS = {"describe", "initiate", "verify_signature", "parse_callback", "query"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class NothingBack(SampleSettings):
    @property
    def ruled_out(self) -> frozenset[str]:
        return frozenset({"refund"})


def selling(shop: Shop, plugin: Any, **account: Any) -> Payport:
    accounts = {"sample-main": an_account(plugin, **account)}
    seller = replace(shop.payport.seller, accounts=accounts, methods=())
    return Payport(seller, shop.payport.configuration)


def refunding(**said: Any) -> Any:
    def describe() -> GatewayInfo:
        return replace(sample_info(), partial_refund=True, **said)

    def refund() -> Flow[RefundReport]:
        yield from ()
        raise AssertionError("asked for nothing here")

    return sample_plugin(describe=describe, refund=refund)


def test_they_are_the_plugins_hooks(shop: Shop) -> None:
    assert selling(shop, sample_plugin()).capabilities("sample-main") == HOOKS


def test_and_what_it_says_of_refunds(shop: Shop) -> None:
    found = selling(shop, refunding()).capabilities("sample-main")

    assert found == HOOKS | {"refund", "partial_refund"}


def test_but_for_what_the_accounts_settings_rule_out(shop: Shop) -> None:
    assert selling(shop, refunding(settings=NothingBack)).capabilities("sample-main") == HOOKS


def test_a_payment_that_a_person_confirms_is_by_hand(shop: Shop) -> None:
    hooks = ("verify_signature", "parse_callback", "query")

    def describe() -> GatewayInfo:
        return replace(sample_info(), by_hand=True, contracts=(), ask_after=())

    plugin = sample_plugin(without=hooks, describe=describe)

    found = selling(shop, plugin, keys=[]).capabilities("sample-main")

    assert found == {"describe", "initiate", "by_hand"}


def test_none_while_the_plugin_is_missing(shop: Shop) -> None:
    account = replace(an_account(), gateway=None)
    seller = replace(shop.payport.seller, accounts={"sample-main": account}, methods=())

    assert Payport(seller, shop.payport.configuration).capabilities("sample-main") == frozenset()


def test_of_an_account_that_is_not_configured_there_are_none_to_tell(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.payport.capabilities("nobody")


@pytest.mark.anyio
async def test_an_async_host_asks_alike(shop: Shop) -> None:
    payport = AsyncPayport(shop.payport.seller, shop.payport.configuration)

    assert await payport.capabilities("vnpay-main") == HOOKS | {"refund", "query_refund", "partial_refund"}
