"""What each result code means, found by trying a gateway's own code."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from contracts.tests.kit.wallet import GOOD
from payport.gateways.facade import Gateway
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.gateways.types import GatewaySettings, Outcome
from payport.plugin import Field, PaymentReport, Verified, vnd
from payport.testing import SAMPLE_SECRET, offered, sample_info, sample_library, sample_plugin, sample_query
from payport_contracts.kit.audit import result_codes
from payport_contracts.kit.audit.result_codes import code_tables
from payport_contracts.kit.audit.trial import ORDER
from payport_contracts.kit.audit.values import OF_REFUNDS, OUTCOMES, CodeTable
from payport_contracts.kit.audit.vector_rows import installed_vectors

GENUINE = {
    "id": "sm-1",
    "valid": True,
    "query": sample_query().decode(),
    "secret": {"sample_secret": SAMPLE_SECRET},
}


class Demanding(GatewaySettings):
    shop: str = Field(pattern=r"^[a-z]{3}-[0-9]{7}\z")

    @property
    def merchant_account(self) -> str:
        return self.shop


def gateway(parse: Any) -> Gateway:
    plugin = sample_plugin(**{**GOOD, "parse_callback": parse})
    return discover(contracts=sample_library(), entry_points=offered(plugin)).gateways["sample"]


def tables(parse: Any, *vectors: Mapping[str, Any]) -> tuple[tuple[CodeTable, ...], tuple[str, ...]]:
    made = gateway(parse)
    [contract] = [each for each in made.contracts.values() if each.grade == "proof"]
    return code_tables(made, {f"{contract.id} {contract.major}": vectors or (GENUINE,)})


def meanings(table: CodeTable) -> Mapping[str, Sequence[str]]:
    return {row.outcome: row.codes for row in table.rows}


def claimed(outcome: Outcome, verified: Verified) -> PaymentReport:
    return PaymentReport(
        outcome, "a code", "SAMPLE01", verified["order_ref"], vnd(1), gateway_reference="9001"
    )


def test_says_which_codes_are_done_declined_and_pending_and_counts_all_others() -> None:
    [table], why = tables(sample_plugin().parse_callback)

    assert [each.partition(": ")[0] for each in why] == ["query", "refund", "query_refund"]
    assert all("No answer that it reads is signed" in each for each in why)
    assert table.hook == "parse_callback"
    assert (table.field, table.message, table.beside, table.settings) == ("status", "sm-1", (), "")
    assert meanings(table)["done"] == ("00",)
    assert meanings(table)["unknown"] == ()
    assert sum(row.count for row in table.rows) == table.tried > 1_150


def test_finds_a_plugin_that_takes_a_number_for_a_code() -> None:
    def parse_callback(verified: Verified) -> PaymentReport:
        try:
            paid = int(verified["status"]) == 0
        except ValueError:
            paid = False
        return claimed(Outcome.DONE if paid else Outcome.UNKNOWN, verified)

    [table], _ = tables(parse_callback)

    assert {"0", "00", "000", '" 00"', "-0", r'"\uff10\uff10"'} <= set(meanings(table)["done"])


def test_names_runs_of_codes_by_their_ends_and_what_fails_or_is_refused_apart() -> None:
    def parse_callback(verified: Verified) -> PaymentReport:
        code = verified["status"]
        if code == "X":
            raise KeyError(code)
        if code == "77":
            verified["nothing"]  # Incomplete
        return claimed(Outcome.DECLINED if code in {"11", "12", "13", "15"} else Outcome.DONE, verified)

    [table], _ = tables(parse_callback)

    said = meanings(table)
    assert said["declined"] == ("11 to 13", "15")
    assert (said["fails"], said["incomplete"], said["done"]) == (("X",), ("77",), ())


@pytest.mark.parametrize(
    ("hooks", "says"),
    [
        ({"parse_callback": lambda verified: 1 / 0}, "makes nothing of any vector that is accepted"),
        ({"describe": lambda: replace(sample_info(), settings=Demanding)}, "Its settings need shop,"),
    ],
)
def test_says_why_there_is_no_table(hooks: dict[str, Any], says: str) -> None:
    plugin = sample_plugin(**hooks)
    found = discover(contracts=sample_library(), entry_points=offered(plugin)).gateways["sample"]
    labels = [f"{each.id} {each.major}" for each in found.contracts.values()]

    none, why = code_tables(found, dict.fromkeys(labels, (GENUINE,)))

    assert none == ()
    assert says in why[0]


def test_a_hook_that_hangs_or_ends_the_process_is_told_and_keeps_no_report_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def parse_callback(verified: Verified) -> PaymentReport:
        if verified["status"] == "13":
            over.wait(30)
        if verified["status"] == "12":
            raise SystemExit
        return claimed(Outcome.DONE, verified)

    monkeypatch.setattr(result_codes, "_SECONDS", 0.5)
    none, why = tables(parse_callback)
    over.set()
    monkeypatch.setattr(result_codes, "_SECONDS", 60)
    [table], _ = tables(parse_callback)

    assert none == ()
    assert "not back within 0.5 s" in why[0]
    assert meanings(table)["fails"] == ("12",)


def test_says_that_there_is_no_message_to_begin_with() -> None:
    parse = sample_plugin().parse_callback
    assert "no message to begin with" in tables(parse, {**GENUINE, "valid": False})[1][0]


def test_every_claim_has_words() -> None:
    assert set(ORDER) == set(OUTCOMES) == set(OF_REFUNDS)


Found = Mapping[str, tuple[tuple[CodeTable, ...], tuple[str, ...]]]


@pytest.fixture(scope="module")
def found() -> Found:
    vectors, gateways = installed_vectors(), discover(contracts=ContractLibrary.installed()).gateways
    return {name: code_tables(each, vectors) for name, each in gateways.items()}


class TestTheInstalledGateways:
    def test_vnpay_needs_two_codes_and_each_is_tried_beside_the_other(self, found: Found) -> None:
        said = {
            (table.field, table.beside): meanings(table)
            for table in found["vnpay"][0]
            if table.hook == "parse_callback"
        }

        paid = said["vnp_ResponseCode", (("vnp_TransactionStatus", "00"),)]
        failed = said["vnp_ResponseCode", (("vnp_TransactionStatus", "02"),)]
        assert (paid["done"], paid["suspect"]) == (("00",), ("07",))
        assert "declined" not in paid
        assert "done" not in failed
        assert failed["declined"] == ("05", "06", "08 to 13", "24", "51", "65", "75", "79", "99")
        assert said["vnp_TransactionStatus", (("vnp_ResponseCode", "00"),)]["done"] == ("00",)

    def test_onepay_has_a_table_for_each_page_and_no_success_without_a_number(self, found: Found) -> None:
        tables, _ = found["onepay_international"]

        assert {table.settings for table in tables} >= {"generation = unified", "generation = legacy"}
        for table in tables:
            if (table.hook, table.field) == ("parse_callback", "vpc_TxnResponseCode"):
                [(other, number)] = table.beside
                assert other == "vpc_TransactionNo"
                assert meanings(table).get("done" if number else "suspect") == ("0",)

    def test_answers_to_our_own_questions_are_tried_too(self, found: Found) -> None:
        said = {(each.hook, each.field): meanings(each) for each in found["vnpay"][0]}

        asked = said["query", "vnp_TransactionStatus"]
        assert (asked["done"], asked["pending"], asked["declined"]) == (("00",), ("01",), ("02",))
        assert asked["suspect"] == ("04", "07")
        assert said["query", "vnp_TransactionType"] == {"done": ("01",), "unknown": ()}
        given = said["refund", "vnp_ResponseCode"]
        assert given["declined"] == ("02 to 04", "13", "91", "93", "95", "97")
        back = said["query_refund", "vnp_TransactionStatus"]
        assert (back["done"], back["pending"], back["declined"]) == (("00",), ("05", "06"), ("09",))

    def test_a_hook_that_some_settings_rule_out_is_not_tried_with_them(self, found: Found) -> None:
        refunds = [each for each in found["onepay_domestic"][0] if each.hook == "refund"]

        assert [(each.field, each.settings) for each in refunds] == [("vpc_TxnResponseCode", "")]
        assert refunds[0].meaning("done").startswith("the money went back")
        assert meanings(refunds[0])["done"] == ("0",)

    def test_the_others_read_no_code_that_is_signed_and_say_why(self, found: Found) -> None:
        assert found["nganluong"][0] == found["order_only"][0] == ()
        assert found["nganluong"][1][0].startswith("query: No answer that it reads is signed")
        assert "a named person or a bank statement" in found["order_only"][1][0]
