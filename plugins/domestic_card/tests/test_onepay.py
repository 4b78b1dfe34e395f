"""OnePay's domestic gateway: what is its own. What both OnePay gateways do is tested with payport-onepay."""

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
from payport_domestic_card import onepay_domestic


def account(**settings: Any) -> GatewayAccount:
    registry = discover(
        contracts=ContractLibrary.installed(), entry_points=offered(onepay_domestic, name="onepay_domestic")
    )
    given = {"merchant": "TESTUN01", "access_code": "D0UN0001", "user": "opq03", "password": "TEST-pass un/3"}
    table = {
        "name": "onepay-domestic",
        "plugin": "onepay_domestic",
        "environment": "sandbox",
        "settings": given | settings,
        "keys": [{"role": "secure_secret", "id": "1", "value": "5A5A0000111122223333444455556666"}],
    }
    return load_accounts([table], registry=registry, approved={})["onepay-domestic"]


def sent(found: GatewayAccount) -> tuple[str, dict[str, str]]:
    checkout = value_of(found.ready.initiate(a_payment(), a_context(account=found)))
    assert isinstance(checkout, Redirect)
    parts = urlsplit(checkout.url)
    return parts.path, dict(parse_qsl(parts.query, strict_parsing=True))


def test_it_serves_domestic_cards_within_onepays_limit_for_them() -> None:
    info = onepay_domestic.describe()

    assert (info.id, info.method) == ("onepay_domestic", "domestic_card")
    assert [(each.least, each.most) for each in info.limits] == [(vnd(1), vnd(999_999_999))]


@pytest.mark.parametrize(
    ("generation", "path", "card_list"),
    [("unified", "/paygate/vpcpay.op", "DOMESTIC"), ("legacy", "/onecomm-pay/vpc.op", None)],
)
def test_it_sends_to_the_page_of_its_generation_in_dong(
    generation: str, path: str, card_list: str | None
) -> None:
    page, fields = sent(account(generation=generation))

    assert (page, fields["vpc_Currency"], fields.get("vpc_CardList")) == (path, "VND", card_list)


def test_a_biller_reads_it_in_some_minutes() -> None:
    source = Path(onepay_domestic.__file__).read_text(encoding="utf-8")

    assert len(source.splitlines()) <= 150
