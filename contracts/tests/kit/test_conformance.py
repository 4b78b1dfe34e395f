"""The conformance kit: lets a good gateway through, names each fault of a bad one, and runs as tests do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from contracts.tests.kit.faulty import FAULTY, Faulty
from contracts.tests.kit.faulty_capabilities import FAULTY_CAPABILITIES, refunded
from contracts.tests.kit.faulty_flows import FAULTY_FLOWS
from contracts.tests.kit.our_stand_ins import NganluongStandIn, OnepayStandIn, VnpayStandIn
from contracts.tests.kit.stand_in import Wallet
from contracts.tests.kit.wallet import ANSWERS, GOOD, info
from payport.gateways.accounts import GatewayAccount
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Limits, Money, Names, Outcome, PaymentReport, ShowQR, Verified, post, vnd
from payport.testing import (
    SAMPLE_SECRET,
    SampleSettings,
    offered,
    sample_library,
    sample_plugin,
    sample_query,
)
from payport_contracts.kit.conformance import CHECKS, Conformance, Finding, Subject, examine
from tests.support.gateways import NGANLUONG_SECRET, ONEPAY_PASSWORD, RECEIVER, SPEAKERS, nganluong_detail
from tests.support.sign import TMN_CODE

ALL = (*FAULTY, *FAULTY_FLOWS, *FAULTY_CAPABILITIES)


def unmarked(hooks: Mapping[str, Any]) -> ModuleType:
    """A gateway whose author forgot a mark: `query_refund` is a function like any other."""
    plugin = sample_plugin(
        **{name: hook for name, hook in hooks.items() if name not in ("query_refund", "describe")},
        describe=lambda: replace(info(), refund_ask_after=()),
    )
    plugin.query_refund = hooks["query_refund"]  # type: ignore[attr-defined]
    return plugin


VECTORS = "agrees_with_the_vectors_beside_its_contracts"


def subject(hooks: Mapping[str, Any] | None = None) -> Subject:
    plugin = sample_plugin(**{**GOOD, **(hooks or {})})
    return Subject(
        "sample",
        keys={"sample_secret": SAMPLE_SECRET},
        genuine=(sample_query(),),
        done={"00"},
        declined={"24"},
        answers=ANSWERS,
        simulator=Wallet,
        registry=discover(contracts=sample_library(), entry_points=offered(plugin)),
    )


def faults(found: Mapping[str, tuple[Finding, ...] | str]) -> dict[str, tuple[Finding, ...]]:
    return {name: each for name, each in found.items() if isinstance(each, tuple) and each}


def test_a_good_gateway_is_let_through_with_nothing_skipped_but_vectors() -> None:
    found = examine(subject())

    assert faults(found) == {}
    assert [name for name, each in found.items() if isinstance(each, str)] == [VECTORS]


@pytest.mark.parametrize("faulty", ALL, ids=lambda faulty: faulty.name)
def test_a_fault_is_named_by_its_check(faulty: Faulty) -> None:
    tried = subject(faulty.hooks)
    (*found,) = CHECKS[faulty.check](tried)

    assert found, faulty.name
    assert all(SAMPLE_SECRET not in str(each) for each in found)
    assert all(each.remedy and each.where for each in found)


def test_there_are_enough_of_them_and_each_check_has_one() -> None:
    assert len(ALL) >= 25
    assert len({each.name for each in ALL}) == len(ALL)
    never = set(CHECKS) - {each.check for each in ALL}
    # a plugin cannot break these: contracts and vectors can, see below
    assert never == {"believes_a_genuine_message_and_no_changed_one", VECTORS}


def test_a_contract_that_does_not_sign_what_its_gateway_sends_is_named() -> None:
    tried = subject()
    forged = sample_query().replace(b"150000", b"150001")

    (found,) = CHECKS["believes_a_genuine_message_and_no_changed_one"](
        Subject("sample", keys=tried.keys, genuine=(forged,), done={"00"}, registry=tried.registry)
    )

    assert "a genuine message is rejected" in found.problem
    assert "payport verify" in found.remedy


def test_of_a_gateway_that_is_refused_only_that_is_told() -> None:
    (misspelt,) = [each for each in FAULTY if each.name == "a hook is misspelt"]

    found = examine(subject(misspelt.hooks))

    assert list(faults(found)) == ["is_accepted_and_says_the_same_each_time"]


def test_of_a_subject_that_cannot_be_only_that_is_told() -> None:
    tried = subject()
    tried.keys = {"sample_secret": " a blank before it"}

    found = examine(tried)

    (finding,) = faults(found)["is_accepted_and_says_the_same_each_time"]
    assert finding.where.startswith("subject: accounts[0].keys[0]")
    assert list(faults(found)) == ["is_accepted_and_says_the_same_each_time"]


def test_a_genuine_message_stands_where_its_contract_reads_it() -> None:
    """A POST's body needs no `Callback` of the author's own."""
    said = b'{"merchant": "SAMPLE01"}'
    queried = sample_library().get("sample-ipn", 1)
    posted = replace(queried, document=queried.document.model_copy(update={"fields": "json"}))
    library = ContractLibrary([("posted", posted), ("request", sample_library().get("sample-request", 1))])
    points = offered(sample_plugin(**GOOD))
    tried = replace(subject(), genuine=(said,), registry=discover(contracts=library, entry_points=points))

    (callback,) = tried.callbacks

    assert (callback.method, callback.query, callback.body) == ("POST", b"", said)


def test_a_refund_that_may_be_sent_again_is_tried_where_the_gateway_does_not_know_it_again() -> None:
    tried = subject({"refund": refunded(repeatable=True)})
    tried.simulator = partial(Wallet, knows_refunds=False)

    found = CHECKS["gives_back_what_is_asked_for_and_no_more"](tried)

    assert any("asked for again, the same refund gives 100000 for 50000" in str(each) for each in found)


def test_what_goes_wrong_in_a_stand_in_is_told_as_its_own_by_its_line_and_by_what_it_was_asked() -> None:
    class Broken(Wallet):
        def answered(self, path: str, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
            raise LookupError(path)

    tried = subject()
    tried.simulator = Broken

    found = faults(examine(tried))["begins_one_order_of_the_amount_asked_for"]

    (finding,) = found
    assert finding.where.startswith("contracts/tests/kit/test_conformance.py:")
    assert "LookupError('/v2/orders'), when it is asked POST /v2/orders" in finding.problem


def test_a_hook_that_is_not_marked_is_named() -> None:
    tried = subject()

    def query_refund() -> None: ...

    query_refund.__module__ = "sample"
    tried.registry = discover(
        contracts=sample_library(), entry_points=offered(unmarked({**GOOD, "query_refund": query_refund}))
    )

    found = faults(examine(tried))

    assert "query_refund is not marked" in str(found["is_accepted_and_says_the_same_each_time"][0])
    assert "query_refund, which is no hook" in str(found["believes_a_whole_answer_and_no_broken_one"][0])


def test_a_flow_that_fails_is_named_by_the_line_that_failed() -> None:
    def query(payment: Any, context: Any) -> Any:
        answer = yield post(context.settings.endpoint, "/state", repeatable=True)
        return answer.json()["amuont"]  # here

    tried = subject({"query": query})
    here = next(
        number
        for number, line in enumerate(Path(__file__).read_text(encoding="utf-8").splitlines(), start=1)
        if line.endswith("# here")
    )

    (found,) = CHECKS["believes_a_whole_answer_and_no_broken_one"](tried)

    assert f"KeyError at contracts/tests/kit/test_conformance.py:{here}" in found.problem


@pytest.mark.parametrize(
    "limits",
    [
        Limits(vnd(3_000_000), vnd(100_000_000)),
        Limits(Money(500, "USD"), Money(100_000, "USD")),
        Limits(vnd(1_000), vnd(1_000)),
    ],
    ids=str,
)
def test_a_gateway_that_carries_only_other_sums_is_asked_for_those(limits: Limits) -> None:
    def initiate(payment: Any, context: Any) -> Any:
        carried = limits.least.minor <= payment.amount.minor <= limits.most.minor
        if payment.amount.currency != limits.least.currency or not carried:
            raise ValueError(payment.amount)
        return (yield from begin(payment=payment, context=context))

    begin = sample_plugin(**GOOD).initiate
    tried = replace(
        subject({"initiate": initiate, "describe": lambda: replace(info(), limits=(limits,))}),
        answers={},
        simulator=None,
    )

    for name in (
        "asks_its_own_hosts_and_sends_once_what_counts_twice",
        "asks_for_this_payment_and_this_amount",
        "keeps_to_its_currencies_and_limits",
    ):
        assert [*CHECKS[name](tried)] == []


def test_a_no_that_is_0_and_a_code_that_is_read_in_one_way_are_let_through() -> None:
    """Of many gateways 1 is a yes, and 0 a no."""
    codes = {"1": Outcome.DONE, "2": Outcome.PENDING, "0": Outcome.DECLINED}

    def parse_callback(verified: Any) -> PaymentReport:
        return PaymentReport(
            outcome=codes.get(verified["status"], Outcome.UNKNOWN),
            gateway_code=verified["status"],
            merchant_account=verified["merchant"],
            merchant_reference=verified["order_ref"],
            amount=vnd(verified.integer("amount")),
            gateway_reference=verified["txn"],
        )

    tried = subject({"parse_callback": parse_callback})
    tried.genuine, tried.done, tried.answers = (sample_query(status="1"),), {"1"}, {}

    for declined in ({"0"}, None):
        tried.declined = declined
        assert list(CHECKS["takes_no_unlisted_code_for_a_success_or_a_no"](tried)) == []


def test_a_refund_of_the_whole_needs_no_amount() -> None:
    def refund(refund: Any, context: Any) -> Any:
        asked = {"txn": refund.payment.gateway_reference, "request_id": refund.idempotency_key}
        yield post(context.settings.endpoint, "/refunds", json=asked)

    whole = subject({"refund": refund, "describe": lambda: replace(info(), partial_refund=False)})

    assert list(CHECKS["asks_for_this_payment_and_this_amount"](whole)) == []


def test_a_picture_to_pay_by_begins_an_order() -> None:
    def initiate(payment: Any, context: Any) -> Any:
        fields = {"order_ref": payment.merchant_reference, "amount": payment.amount.minor}
        answer = yield post(context.settings.endpoint, "/orders", json=fields, repeatable=True)
        return ShowQR(answer.json()["pay_url"], Names(vi="Quét", en="Scan"))

    shown = subject({"initiate": initiate})

    assert list(CHECKS["begins_one_order_of_the_amount_asked_for"](shown)) == []


def test_a_time_zone_is_no_file() -> None:
    def initiate(payment: Any, context: Any) -> Any:
        until = payment.closes_at.astimezone(ZoneInfo.no_cache("Asia/Ho_Chi_Minh"))
        yield post(context.settings.endpoint, "/orders", json={"until": until.isoformat()})

    assert list(CHECKS["does_no_io"](subject({"initiate": initiate}))) == []


def test_what_its_settings_rule_out_is_not_tried() -> None:
    class Settings(SampleSettings):
        @property
        def ruled_out(self) -> frozenset[str]:
            return frozenset({"query"})

    tried = subject({"describe": lambda: replace(info(), settings=Settings)})

    assert examine(tried)["asks_what_became_of_a_payment"] == "it has no query"


def test_an_answer_without_a_listed_code_is_named() -> None:
    tried = subject()
    tried.done = {"SUCCESS"}

    found = CHECKS["believes_a_whole_answer_and_no_broken_one"](tried)

    assert any("query has an answer without any code of `done`" in str(each) for each in found)


def test_a_key_that_a_form_writes_otherwise_is_seen() -> None:
    key = "a key with blanks & more"

    def initiate(payment: Any, context: Any) -> Any:
        yield post(context.settings.endpoint, "/orders", form={"password": key})

    tried = subject({"initiate": initiate})
    tried.keys = {"sample_secret": key}

    assert [each.problem for each in CHECKS["shows_no_secret"](tried)] == ["a key goes out as it is"] * 11


@pytest.mark.parametrize("ours", ["vnpay", "onepay_domestic"])
def test_an_answer_whose_signature_nobody_looks_at_is_named(
    ours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin takes what the answer says."""
    made = GatewayAccount.context

    def context(account: GatewayAccount, **given: Any) -> Any:
        def believe(contract: str, response: Any) -> Verified:
            is_json = response.content.startswith(b"{")
            fields = response.json() if is_json else dict(parse_qsl(response.text))
            return Verified(contract, "no key", {name: str(text) for name, text in fields.items()})

        return replace(made(account, **given), verify=believe)

    monkeypatch.setattr(GatewayAccount, "context", context)
    (tried,) = [each for each in OURS if each.gateway == ours]

    found = CHECKS["believes_a_whole_answer_and_no_broken_one"](tried)

    assert any("with another signature" in str(each) for each in found)


REFERENCE, AMOUNT = "PP23456789AB", 150_000
ONEPAY = {"merchant": "TESTUN01", "access_code": "D0UN0001", "user": "opq03", "password": ONEPAY_PASSWORD}


def spoken(
    gateway: str, speaker: str, settings: Mapping[str, Any], done: str, stand_in: Any = None
) -> Subject:
    """By what the gateway would say, signed by hand from its sheet."""
    (said,) = [each for each in SPEAKERS if each.id == speaker]
    return Subject(
        gateway,
        settings=settings,
        keys={said.role: said.secret},
        genuine=(said.told(REFERENCE, AMOUNT),),
        done={done},
        answers={"query": said.answer(REFERENCE, AMOUNT)},
        simulator=stand_in,
    )


OURS = (
    spoken("vnpay", "vnpay", {"tmn_code": TMN_CODE, "server_ip": "203.0.113.10"}, "00", VnpayStandIn),
    spoken("onepay_domestic", "onepay_domestic-unified", ONEPAY, "0", OnepayStandIn),
    spoken("onepay_international", "onepay_international-unified", ONEPAY, "0"),
    Subject(
        "nganluong",
        settings={"merchant_id": "0045571", "receiver_email": RECEIVER},
        keys={"merchant_password": NGANLUONG_SECRET},
        done={"00"},
        answers={"query": nganluong_detail("CHECKOUT-1", REFERENCE, str(AMOUNT))},
        simulator=NganluongStandIn,
    ),
    Subject(
        "order_only",
        settings={
            "bank_bin": "970436",
            "account_number": "0123456789",
            "account_holder": "CONG TY PHAN MEM SAO VIET",
        },
    ),
)
PROOFS = {
    "believes_a_genuine_message_and_no_changed_one",
    "reports_what_was_signed",
    "reads_a_signed_value_in_one_way",
    "takes_no_unlisted_code_for_a_success_or_a_no",
}
CAPABILITIES = {
    "begins_one_order_of_the_amount_asked_for",
    "hears_what_the_gateway_tells",
    "asks_what_became_of_a_payment",
    "gives_back_what_is_asked_for_and_no_more",
    "asks_what_became_of_a_refund",
}
SKIPPED: dict[str, set[str]] = {
    "vnpay": set(),
    "onepay_domestic": {"asks_what_became_of_a_refund"},
    "onepay_international": CAPABILITIES,
    "nganluong": PROOFS
    | {
        "hears_what_the_gateway_tells",
        "gives_back_what_is_asked_for_and_no_more",
        "asks_what_became_of_a_refund",
    },
    "order_only": {
        *PROOFS,
        *CAPABILITIES,
        VECTORS,
        "chooses_a_contract_by_the_door_alone",
        "takes_silence_and_nonsense_for_unknown",
        "believes_a_whole_answer_and_no_broken_one",
        "answers_so_that_money_is_told_again_or_not",
        "shows_no_secret",
    },
}


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.gateway)
def test_our_own_gateways_are_let_through(ours: Subject) -> None:
    found = examine(ours)

    assert faults(found) == {}
    assert {name for name, each in found.items() if isinstance(each, str)} == SKIPPED[ours.gateway]


class TestFiveLines(Conformance):
    """What an author writes."""

    subject = OURS[0]
