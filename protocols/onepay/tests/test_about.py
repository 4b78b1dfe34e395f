"""The exact bytes that OnePay reads (onepay.md, 4.3), and what its gateways say of themselves."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

STORED = "responsecode=1&desc=confirm-success"


@pytest.mark.parametrize("gateway", ["onepay_domestic", "onepay_international"])
@pytest.mark.parametrize(
    ("decision", "status", "body"),
    [
        ("recorded", 200, STORED),
        ("already_known", 200, STORED),
        ("to_review", 200, STORED),
        ("wrong_amount", 200, STORED),
        ("unknown_reference", 200, "responsecode=0&desc=order-not-found"),
        ("not_authentic", 200, "responsecode=0&desc=confirm-fail"),
        ("no_input", 200, "responsecode=0&desc=confirm-fail"),
        ("incomplete", 200, "responsecode=0&desc=confirm-fail"),
        ("hint_taken", 200, "responsecode=0&desc=confirm-fail"),
        ("try_again", 503, "responsecode=0&desc=try-again"),
    ],
)
def test_each_decision_has_its_answer(
    decision: str, status: int, body: str, gateway: str, account_of: Any
) -> None:
    reply = getattr(account_of(gateway).ready.info.answers, decision)

    assert (reply.status, reply.content_type, reply.body) == (status, "text/plain", body.encode())


@pytest.mark.parametrize("gateway", ["onepay_domestic", "onepay_international"])
class TestAGateway:
    def test_is_found_whole(self, gateway: str, account_of: Any) -> None:
        ready = account_of(gateway).ready

        assert ready.capabilities == {
            "describe", "initiate", "verify_signature", "parse_callback", "query", "refund",
        }  # fmt: skip
        assert ready.info.partial_refund
        assert ready.info.choices == ()  # the bank or the card is chosen at OnePay

    def test_is_asked_when_the_page_is_closed_then_ever_more_rarely_for_more_than_a_day(
        self, gateway: str, account_of: Any
    ) -> None:
        info = account_of(gateway).ready.info
        pauses = [later - earlier for earlier, later in pairwise(info.ask_after)]

        assert info.window == timedelta(minutes=15)
        assert timedelta(minutes=15) < info.ask_after[0] <= timedelta(minutes=20)
        assert pauses == sorted(pauses)
        assert pauses[0] > info.ask_gap
        assert info.ask_after[-1] - info.window > timedelta(days=1)
