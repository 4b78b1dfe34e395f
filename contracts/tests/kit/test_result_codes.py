"""What each result code means, found by trying a gateway's own code."""

from __future__ import annotations

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
from payport_contracts.kit.audit.result_codes import ORDER, code_tables
from payport_contracts.kit.audit.values import OUTCOMES, CodeTable
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


def tables(parse: Any, *vectors: Mapping[str, Any]) -> tuple[tuple[CodeTable, ...], str]:
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

    assert why == ""
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
        ({"parse_callback": lambda verified: 1 / 0}, "reads no accepted vector"),
        ({"describe": lambda: replace(sample_info(), settings=Demanding)}, "Its settings need shop,"),
    ],
)
def test_says_why_there_is_no_table(hooks: dict[str, Any], says: str) -> None:
    plugin = sample_plugin(**hooks)
    found = discover(contracts=sample_library(), entry_points=offered(plugin)).gateways["sample"]
    labels = [f"{each.id} {each.major}" for each in found.contracts.values()]

    none, why = code_tables(found, dict.fromkeys(labels, (GENUINE,)))

    assert none == ()
    assert says in why


def test_says_that_there_is_no_message_to_begin_with() -> None:
    parse = sample_plugin().parse_callback
    assert "no message to begin with" in tables(parse, {**GENUINE, "valid": False})[1]


def test_every_claim_has_words() -> None:
    assert set(ORDER) == set(OUTCOMES)


Found = Mapping[str, tuple[tuple[CodeTable, ...], str]]


@pytest.fixture(scope="module")
def found() -> Found:
    vectors, gateways = installed_vectors(), discover(contracts=ContractLibrary.installed()).gateways
    return {name: code_tables(each, vectors) for name, each in gateways.items()}


class TestTheInstalledGateways:
    def test_vnpay_needs_two_codes_and_each_is_tried_beside_the_other(self, found: Found) -> None:
        said = {(table.field, table.beside): meanings(table) for table in found["vnpay"][0]}

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
            if table.field == "vpc_TxnResponseCode":
                [(other, number)] = table.beside
                assert other == "vpc_TransactionNo"
                assert meanings(table).get("done" if number else "suspect") == ("0",)

    def test_the_others_read_no_code_of_a_callback_and_say_why(self, found: Found) -> None:
        assert found["nganluong"][0] == found["order_only"][0] == ()
        assert "in the answer to `query` alone" in found["nganluong"][1]
        assert "a named person or a bank statement" in found["order_only"][1]
