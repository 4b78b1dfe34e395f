"""The support for other people's tests does what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payport.plugin import Channel, ContractId, Outcome, Redirect, get, vnd
from payport.testing import (
    a_callback,
    a_context,
    a_payment,
    an_account,
    an_answer,
    end,
    sample_query,
    value_of,
)

PAGE = {"code": "00", "txn": "9001", "pay_url": "https://pay.sample.example/p"}


def sample_flow() -> Any:
    account = an_account()
    return account.ready.initiate(a_payment(), a_context(account=account))


class TestEndingAFlow:
    def test_gives_the_outcome_that_the_core_would_record(self) -> None:
        assert end(sample_flow(), an_answer(PAGE)) is Outcome.DONE
        assert end(sample_flow(), an_answer({"code": "24"})) is Outcome.DECLINED
        assert end(sample_flow(), an_answer(content=b"<html>")) is Outcome.UNKNOWN

    def test_goes_on_where_the_test_has_begun(self) -> None:
        flow = sample_flow()

        assert json.loads(next(flow).content)["order_ref"] == "PP23456789AB"
        assert end(flow, an_answer(PAGE)) is Outcome.DONE

    def test_gives_the_value_too(self) -> None:
        assert value_of(sample_flow(), an_answer(PAGE)) == Redirect(
            PAGE["pay_url"], checkout_reference="9001"
        )

    def test_of_one_that_asks_for_more_fails_the_test(self) -> None:
        def flow() -> Any:
            while True:
                yield get("https://pay.sample.example")

        with pytest.raises(AssertionError, match="more than 1 answers"):
            end(flow(), an_answer({}))


def test_a_payment_takes_changes_by_name() -> None:
    payment = a_payment(vnd(5), gateway_reference="77")

    assert (payment.amount, payment.gateway_reference) == (vnd(5), "77")


def test_a_context_without_an_account_pretends_to_sign_and_verify() -> None:
    context = a_context(language="en")

    assert context.sign(ContractId("any"), {"a": 1}) == {"a": "1", "signed_by": "any"}
    assert context.verify(ContractId("any"), an_answer({"a": 1}))["a"] == "1"
    assert context.language == "en"


def test_a_callback_is_a_get_or_a_post() -> None:
    assert a_callback(b"a=1").method == "GET"
    assert a_callback(body=b"a=1", channel=Channel.RETURN).method == "POST"


def test_the_samples_own_signature_fits_the_contract() -> None:
    account = an_account()

    report = account.ready.parse(account.verify(a_callback(sample_query(status="24"))))  # type: ignore[arg-type]

    assert report.outcome is Outcome.DECLINED
