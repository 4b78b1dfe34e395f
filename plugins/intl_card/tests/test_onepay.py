"""OnePay's international gateway: what is its own. What both do is tested with payport-onepay."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Redirect, vnd
from payport.testing import a_context, a_payment, offered, value_of
from payport_intl_card import onepay_international


def account(**settings: Any) -> GatewayAccount:
    registry = discover(
        contracts=ContractLibrary.installed(),
        entry_points=offered(onepay_international, name="onepay_international"),
    )
    given = {"merchant": "TESTUN01", "access_code": "D0UN0001", "user": "opq03", "password": "TEST-pass un/3"}
    table = {
        "name": "onepay-international",
        "plugin": "onepay_international",
        "environment": "sandbox",
        "settings": given | settings,
        "keys": [{"role": "secure_secret", "id": "1", "value": "5A5A0000111122223333444455556666"}],
    }
    return load_accounts([table], registry=registry, approved={})["onepay-international"]


def sent(found: GatewayAccount) -> tuple[str, dict[str, str]]:
    checkout = value_of(found.ready.initiate(a_payment(), a_context(account=found)))
    assert isinstance(checkout, Redirect)
    parts = urlsplit(checkout.url)
    return parts.path, dict(parse_qsl(parts.query, strict_parsing=True))


def test_it_serves_international_cards_up_to_what_12_digits_hold() -> None:
    info = onepay_international.describe()

    assert (info.id, info.method) == ("onepay_international", "international_card")
    assert [(each.least, each.most) for each in info.limits] == [(vnd(1), vnd(9_999_999_999))]


@pytest.mark.parametrize(
    ("generation", "path", "card_list"),
    [("unified", "/paygate/vpcpay.op", "INTERNATIONAL"), ("legacy", "/vpcpay/vpcpay.op", None)],
)
def test_it_sends_to_the_page_of_its_generation_and_names_a_currency_on_the_unified_one_alone(
    generation: str, path: str, card_list: str | None
) -> None:
    page, fields = sent(account(generation=generation))

    assert (page, fields.get("vpc_CardList")) == (path, card_list)
    assert fields.get("vpc_Currency") == ("VND" if generation == "unified" else None)


def test_a_biller_reads_it_in_some_minutes() -> None:
    source = Path(onepay_international.__file__).read_text(encoding="utf-8")

    assert len(source.splitlines()) <= 150
