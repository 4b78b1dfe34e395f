"""The conformance kit: lets a good gateway through, names each fault of a bad one, and runs as tests do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contracts.tests.kit.faulty import FAULTY, Faulty
from payport.gateways.registry import discover
from payport.testing import SAMPLE_SECRET, offered, sample_library, sample_plugin, sample_query
from payport_contracts.kit.conformance import CHECKS, Conformance, Finding, Subject, examine
from tests.support.gateways import ONEPAY_SECRET, SPEAKERS
from tests.support.sign import ipn_query


def subject(hooks: Mapping[str, Any] | None = None) -> Subject:
    plugin = sample_plugin(**(hooks or {}))
    return Subject(
        "sample",
        keys={"sample_secret": SAMPLE_SECRET},
        genuine=(sample_query(),),
        done={"00"},
        registry=discover(contracts=sample_library(), entry_points=offered(plugin)),
    )


def faults(found: Mapping[str, tuple[Finding, ...] | str]) -> dict[str, tuple[Finding, ...]]:
    return {name: each for name, each in found.items() if isinstance(each, tuple) and each}


def test_a_good_gateway_is_let_through_with_nothing_skipped() -> None:
    found = examine(subject())

    assert faults(found) == {}
    assert [name for name, each in found.items() if isinstance(each, str)] == []


@pytest.mark.parametrize("faulty", FAULTY, ids=lambda faulty: faulty.name)
def test_a_fault_is_named_by_its_check(faulty: Faulty) -> None:
    tried = subject(faulty.hooks)
    (*found,) = CHECKS[faulty.check](tried)

    assert found, faulty.name
    assert all(SAMPLE_SECRET not in str(each) for each in found)
    assert all(each.remedy and each.where for each in found)


def test_there_are_enough_of_them_and_each_check_has_one() -> None:
    assert len(FAULTY) >= 25
    assert len({each.name for each in FAULTY}) == len(FAULTY)
    never = set(CHECKS) - {each.check for each in FAULTY}
    assert never == {"believes_a_genuine_message_and_no_changed_one"}  # a plugin cannot break it: see below


def test_a_contract_that_does_not_sign_what_its_gateway_sends_is_named() -> None:
    tried = subject()
    forged = sample_query().replace(b"150000", b"150001")

    (found,) = CHECKS["believes_a_genuine_message_and_no_changed_one"](
        Subject("sample", keys=tried.keys, genuine=(forged,), done={"00"}, registry=tried.registry)
    )

    assert "a genuine message is rejected" in found.problem
    assert "payport verify" in found.remedy


class TestFiveLines(Conformance):
    """What an author writes."""

    subject = subject()


SECRET = "a synthetic secret of thirty-two"
ONEPAY = {"merchant": "TESTUN01", "access_code": "D0UN0001", "user": "opq03", "password": "TEST-pass-un"}


def onepay(kind: str) -> Subject:
    (speaker,) = [each for each in SPEAKERS if each.id == f"onepay_{kind}-unified"]
    return Subject(
        f"onepay_{kind}",
        settings=ONEPAY,
        keys={"secure_secret": ONEPAY_SECRET},
        genuine=(speaker.told("PP23456789AB", 150_000),),
        done={"0"},
    )


OURS = (
    Subject(
        "vnpay",
        settings={"tmn_code": "DEMOTMN1", "server_ip": "203.0.113.10"},
        keys={"hash_secret": SECRET},
        genuine=(ipn_query("PP23456789AB", 150_000, secret=SECRET, tmn_code="DEMOTMN1"),),
        done={"00"},
    ),
    onepay("domestic"),
    onepay("international"),
    Subject(
        "nganluong",
        settings={"merchant_id": "0045571", "receiver_email": "merchant@example.vn"},
        keys={"merchant_password": SECRET},
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
SKIPPED = {
    "vnpay": set(),
    "onepay_domestic": set(),
    "onepay_international": set(),
    "nganluong": {
        "believes_a_genuine_message_and_no_changed_one",
        "reports_what_was_signed",
        "takes_no_unlisted_code_for_a_success_or_a_no",
    },
    "order_only": {
        "chooses_a_contract_by_the_door_alone",
        "believes_a_genuine_message_and_no_changed_one",
        "reports_what_was_signed",
        "takes_no_unlisted_code_for_a_success_or_a_no",
        "takes_silence_and_nonsense_for_unknown",
        "shows_no_secret",
    },
}


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.gateway)
def test_our_own_gateways_are_let_through(ours: Subject) -> None:
    found = examine(ours)

    assert faults(found) == {}
    assert {name for name, each in found.items() if isinstance(each, str)} == SKIPPED[ours.gateway]
