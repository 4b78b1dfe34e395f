"""The exact bytes that VNPAY reads (sheet 5), and what the plugin says of itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import vnd
from payport.testing import a_context, a_payment, offered
from payport_domestic_card import vnpay
from payport_domestic_card.vnpay_account import Settings


@pytest.mark.parametrize(
    ("decision", "code", "message"),
    [
        ("recorded", "00", "Confirm Success"),
        ("to_review", "00", "Confirm Success"),
        ("already_known", "02", "Order already confirmed"),
        ("wrong_amount", "04", "Invalid amount"),
        ("unknown_reference", "01", "Order not found"),
        ("not_authentic", "97", "Invalid signature"),
        ("no_input", "99", "Input data required"),
        ("incomplete", "99", "Invalid request"),
        ("try_again", "99", "Unknown error"),
    ],
)
def test_each_decision_has_its_answer(decision: str, code: str, message: str) -> None:
    reply = getattr(vnpay.describe().answers, decision)

    assert (reply.status, reply.content_type) == (200, "application/json")
    assert reply.body == f'{{"RspCode":"{code}","Message":"{message}"}}'.encode()


def test_only_what_is_settled_ends_vnpays_retries() -> None:
    answers: Any = vnpay.describe().answers

    assert not {b"00", b"02"} & {
        reply.body[12:14] for reply in (answers.not_authentic, answers.try_again, answers.wrong_amount)
    }


def test_it_is_found_whole_with_all_its_contracts() -> None:
    registry = discover(contracts=ContractLibrary.installed(), entry_points=offered(vnpay, name="vnpay"))

    assert not registry.refused
    assert registry.gateways["vnpay"].capabilities == {
        "describe", "initiate", "verify_signature", "parse_callback", "query", "refund", "query_refund",
    }  # fmt: skip


def test_the_limits_are_vnpays() -> None:
    (limits,) = vnpay.describe().limits

    assert (limits.least, limits.most) == (vnd(5_000), vnd(999_999_999))


def test_it_is_asked_after_closing_then_hourly_for_a_day() -> None:
    info = vnpay.describe()
    after_closing = [int((delay - info.window) / timedelta(minutes=1)) for delay in info.ask_after]

    assert after_closing == [1, 6, 16, *(60 * hour for hour in range(1, 25))]
    assert info.ask_gap == timedelta(minutes=5)


def test_a_refund_is_asked_about_soon_then_daily_for_a_month() -> None:
    info = vnpay.describe()
    minutes = [int(delay / timedelta(minutes=1)) for delay in info.refund_ask_after]

    assert minutes == [6, 60, 360, *(24 * 60 * day for day in range(1, 31))]
    assert info.partial_refund


@pytest.mark.parametrize("code", ["DEMOTMN", "DEMOTMN12", "DEMO TM1", "", "DEMOTMN1\n"])
def test_a_terminal_code_has_eight_characters_and_the_error_does_not_show_it(code: str) -> None:
    with pytest.raises(ValueError, match="tmn_code") as refusal:
        Settings(tmn_code=code)

    assert code == "" or code not in str(refusal.value)


@pytest.mark.parametrize(
    "address", ["1.2.3.4.5.6", "aaaaaaa", "203.0.113.10, 203.0.113.11", "shop.example", ""]
)
def test_an_address_of_our_server_that_is_none_stops_the_start_and_not_every_question(
    address: str, account_with: Any
) -> None:
    with pytest.raises(ConfigurationError, match=r"settings\.server_ip"):
        account_with(server_ip=address)


def test_our_server_may_be_known_by_an_ipv6_address(account_with: Any) -> None:
    account = account_with(server_ip="2001:db8::7")

    request = next(account.ready.query(a_payment(), a_context(account=account)))

    assert json.loads(request.content)["vnp_IpAddr"] == "2001:db8::7"
