"""Flows that give money back: what a plugin may say of them, and what is cut. Over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from payport.errors import RequestRefused
from payport.gateways.accounts import GatewayAccount
from payport.gateways.believed import believe_refund
from payport.plugin import (
    GatewayInfo,
    Money,
    NoCheckout,
    Outcome,
    PaymentReport,
    Refund,
    RefundReport,
    Request,
    get,
    post,
    vnd,
)
from payport.testing import (
    NOW,
    SAMPLE_SECRET,
    a_context,
    a_payment,
    an_account,
    sample_info,
    sample_plugin,
)

DONE = RefundReport(
    Outcome.DONE,
    gateway_code="00",
    merchant_account="SAMPLE01",
    merchant_reference="PP23456789AB",
    refund_reference="RF23456789AB",
    amount=vnd(150_000),
    gateway_reference="9002",
)
REFUND = Refund(
    amount=vnd(150_000),
    refund_reference="RF23456789AB",
    idempotency_key="K" * 20,
    gateway_reference=None,
    requested_at=NOW,
    requested_by="thu.ngan",
    payment=a_payment(gateway_reference="9001"),
)

BOTH = pytest.mark.parametrize("hook", ["refund", "query_refund"])
Calls = Callable[..., Any]


def giving_back(flow: Callable[[], Any], endpoint: str = "https://pay.sample.example/v2") -> GatewayAccount:
    """The sample, whose two hooks about refunds are this flow."""

    def describe() -> GatewayInfo:
        return replace(sample_info(), partial_refund=True)

    def refund() -> Any:
        return (yield from flow())

    def query_refund() -> Any:
        return (yield from flow())

    plugin = sample_plugin(describe=describe, refund=refund, query_refund=query_refund)
    return an_account(plugin, settings={"endpoint": endpoint})


def ending_with(value: object) -> Callable[[], Any]:
    def flow() -> Any:
        yield from ()
        return value

    return flow


def asking(*requests: object) -> Callable[[], Any]:
    def flow() -> Any:
        yield from requests
        return DONE

    return flow


@pytest.fixture
def called(run: Any) -> Calls:
    """Drives a hook with both drivers, in turn."""

    def call(account: GatewayAccount, hook: str) -> Any:
        flow = getattr(account.ready, hook)(REFUND, a_context(account=account))
        return run(flow, account, kind=hook)

    return call


@BOTH
class TestPLG06WhatAFlowEndsWith:
    def test_PLG_06_a_whole_report_is_taken(self, hook: str, called: Calls) -> None:
        found = called(giving_back(ending_with(DONE)), hook)

        assert (found.value, found.outcome, found.gateway_code) == (DONE, Outcome.DONE, "00")

    @pytest.mark.parametrize(
        "value",
        [
            None, True, "done", Outcome.DONE, 150_000, {"outcome": "done"}, NoCheckout(Outcome.DECLINED),
            PaymentReport(Outcome.DONE, "00", "SAMPLE01", "PP23456789AB", vnd(150_000), "9001"),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_PLG_06_another_type_is_unknown(self, value: object, hook: str, called: Calls) -> None:
        found = called(giving_back(ending_with(value)), hook)

        assert (found.value, found.outcome) == (None, Outcome.UNKNOWN)
        assert "where a RefundReport is due" in found.problem

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"amount": None}, "done without amount"), ({"amount": 150_000.0}, "amount is float"),
            ({"amount": 150_000}, "amount is int"), ({"amount": True}, "amount is bool"),
            ({"amount": vnd(0)}, "amount below 1"), ({"amount": vnd(-150_000)}, "amount below 1"),
            ({"outcome": "done"}, "outcome is str"), ({"outcome": None}, "outcome is nothing"),
            ({"outcome": Outcome.NOT_SENT}, "only the core can know"),
            ({"gateway_code": None}, "gateway_code is nothing"), ({"gateway_code": "0" * 65}, "has 65"),
            ({"gateway_code": "0\n0"}, "gateway_code holds"), ({"gateway_reference": 9002}, "is int"),
            ({"gateway_reference": ""}, "gateway_reference has 0"), ({"refund_reference": b"RF"}, "is bytes"),
            ({"refund_reference": "R" * 129}, "has 129"), ({"merchant_reference": "a\u202eb"}, "holds"),
            ({"merchant_account": 1}, "merchant_account is int"),
        ],
        ids=str,
    )  # fmt: skip
    def test_PLG_06_a_wrong_field_is_unknown_and_named(
        self, changes: dict[str, Any], problem: str, hook: str, called: Calls
    ) -> None:
        found = called(giving_back(ending_with(replace(DONE, **changes))), hook)

        assert (found.value, found.outcome) == (None, Outcome.UNKNOWN)
        assert problem in found.problem

    def test_a_gateway_without_it_is_not_asked(self, hook: str) -> None:
        account = giving_back(ending_with(DONE))

        with pytest.raises(RequestRefused) as refusal:
            getattr(an_account().ready, hook)(REFUND, a_context(account=account))

        assert refusal.value.field == f"sample.{hook}"


class TestWhatIsBelievedOfARefund:
    @pytest.mark.parametrize("amount", [vnd(1), vnd(149_999), vnd(150_001), Money(15, "USD")], ids=str)
    def test_REF_11_another_amount_is_the_cores_to_judge(self, amount: Money) -> None:
        assert believe_refund(replace(DONE, amount=amount)).amount == amount

    @pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.DECLINED, Outcome.UNKNOWN, Outcome.SUSPECT])
    def test_only_money_that_went_back_needs_an_amount(self, outcome: Outcome) -> None:
        assert believe_refund(RefundReport(outcome, "05")).amount is None

    def test_a_subclass_is_refused(self) -> None:
        class Better(RefundReport): ...

        with pytest.raises(ValueError, match="gave Better"):
            believe_refund(Better(Outcome.PENDING, "05"))


@BOTH
class TestPLG10WhatAFlowAsksFor:
    def test_PLG_10_a_flow_without_end_is_cut(self, hook: str, server: Any, called: Calls) -> None:
        def flow() -> Any:
            while True:
                yield get(server.url, "/again")

        found = called(giving_back(flow, server.url), hook)

        assert (found.outcome, len(server.requests)) == (Outcome.UNKNOWN, 5)
        assert "more than 5 requests" in found.problem

    @pytest.mark.parametrize(
        "thing", [None, "https://pay.sample.example", DONE], ids=["None", "text", "report"]
    )
    def test_PLG_10_what_is_no_request_is_cut(self, thing: object, hook: str, called: Calls) -> None:
        found = called(giving_back(asking(thing)), hook)

        assert (found.outcome, found.transcript) == (Outcome.UNKNOWN, ())
        assert "not a request" in found.problem

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/refund", "http://pay.sample.example/v2", "https://pay.sample.example:444/v2",
         "https://pay.sample.example@evil.example/", "https://pay.sample.example.evil.example/"],
    )  # fmt: skip
    def test_PLG_10_no_other_host_is_asked(self, url: str, hook: str, called: Calls) -> None:
        found = called(giving_back(asking(Request("POST", url, content=b"key"))), hook)

        assert (found.outcome, found.transcript) == (Outcome.UNKNOWN, ())
        assert "no host of its account" in found.problem

    def test_PLG_10_a_flow_that_catches_its_end_is_left(self, hook: str, called: Calls) -> None:
        def flow() -> Any:
            try:
                yield "nonsense"
            except GeneratorExit:
                yield "more of it"

        assert called(giving_back(flow), hook).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, MemoryError])
    def test_PLG_01_what_it_raises_is_unknown(
        self, error: type[BaseException], hook: str, called: Calls
    ) -> None:
        def flow() -> Any:
            yield from ()
            raise error(SAMPLE_SECRET)

        found = called(giving_back(flow), hook)

        assert found.outcome is Outcome.UNKNOWN
        assert SAMPLE_SECRET not in found.problem


@BOTH
class TestCHN11WhereTheGatewaySendsARefund:
    def test_CHN_11_a_redirect_is_not_followed(
        self, hook: str, server: Any, serve: Any, called: Calls
    ) -> None:
        elsewhere = serve()
        server.talk = server.saying(
            server.http(b"", status="307 Elsewhere", headers=f"Location: {elsewhere.url}/refund\r\n")
        )

        found = called(giving_back(asking(post(server.url, json={"amount": 1})), server.url), hook)

        assert (found.outcome, elsewhere.requests, len(server.requests)) == (Outcome.UNKNOWN, [], 1)

    def test_REF_03_one_that_was_heard_and_not_answered_is_unknown_and_sent_once(
        self, hook: str, server: Any, called: Calls
    ) -> None:
        server.talk = server.saying(b"")

        found = called(giving_back(asking(post(server.url, json={"amount": 1})), server.url), hook)

        assert (found.outcome, len(server.requests)) == (Outcome.UNKNOWN, 1)
        assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2]) == {"amount": 1}

    def test_one_that_nobody_heard_was_surely_not_sent(self, hook: str, server: Any, called: Calls) -> None:
        server.stop_listening()

        found = called(giving_back(asking(post(server.url, json={"amount": 1})), server.url), hook)

        assert found.outcome is Outcome.NOT_SENT
