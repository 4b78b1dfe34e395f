"""`[accounts.limits]` narrows what a plugin carries; `[accounts.statement]` says how a bank writes files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.accounts_file import load_accounts
from payport.gateways.registry import discover
from payport.gateways.types import Limits
from payport.rules.money import vnd
from payport.testing import an_account, offered, sample_info, sample_library, sample_plugin

PLUGINS = Limits(vnd(1_000), vnd(100_000_000))
STATEMENT = {
    "reference": "Ref",
    "time": "Time",
    "time_format": "%d/%m/%Y %H:%M",
    "amount": "Credit",
    "text": "Memo",
}


def by_hand() -> Any:
    info = replace(sample_info(), by_hand=True, contracts=(), ask_after=())
    return sample_plugin(without=("verify_signature", "parse_callback", "query"), describe=lambda: info)


def account(**changes: Any) -> Any:
    return an_account(by_hand(), keys=[], **changes)


def refused(**changes: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as error:
        account(**changes)
    return error.value


class TestLimits:
    def test_are_the_plugins_where_nothing_is_said(self) -> None:
        assert an_account().limits == (PLUGINS,)

    @pytest.mark.parametrize(
        ("given", "least", "most"),
        [
            ({"least": 10_000, "most": 50_000}, 10_000, 50_000),
            ({"least": 10_000}, 10_000, 100_000_000),
            ({"most": 1_000}, 1_000, 1_000),
            ({"least": 1_000, "most": 100_000_000}, 1_000, 100_000_000),
            ({}, 1_000, 100_000_000),
        ],
    )
    def test_are_narrowed(self, given: dict[str, int], least: int, most: int) -> None:
        assert an_account(limits={"VND": given}).limits == (Limits(vnd(least), vnd(most)),)

    @pytest.mark.parametrize(
        "given", [{"least": 999}, {"most": 100_000_001}, {"least": 5_000, "most": 4_999}, {"most": 1}]
    )
    def test_are_never_widened_or_turned_round(self, given: dict[str, int]) -> None:
        error = refused(limits={"VND": given})

        assert error.field == "payport.toml: accounts[0].limits.VND"
        assert error.problem == "is not within the plugin's own limits"
        assert error.remedy == "Write a least and a most from 1,000 VND to 100,000,000 VND"

    def test_of_a_currency_that_the_plugin_does_not_carry_are_refused(self) -> None:
        error = refused(limits={"USD": {"least": 1}})

        assert (error.problem, error.remedy) == ("the plugin carries no such currency", "It carries VND")

    @pytest.mark.parametrize(
        "given", [{"VND": {"least": "1000"}}, {"VND": {"least": 0}}, {"VND": {"lest": 5}}, {"VND": 5}, []]
    )
    def test_of_another_form_are_refused_by_their_key(self, given: object) -> None:
        assert refused(limits=given).field.startswith("payport.toml: accounts[0].limits")


class TestAStatement:
    def test_is_read_with_what_is_usual_here(self) -> None:
        form = account(statement=STATEMENT).statement

        assert (form.zone, form.thousands, form.delimiter, form.encoding) == ("+07:00", "", ",", "utf-8")
        assert (form.currency, form.account, form.precision) == ("VND", None, timedelta(minutes=1))

    def test_is_none_where_nothing_is_said(self) -> None:
        assert account().statement is None

    def test_is_for_accounts_whose_money_people_confirm(self) -> None:
        with pytest.raises(ConfigurationError, match="proves its money itself"):
            an_account(statement=STATEMENT)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("time_format", "%H:%M"),
            ("time_format", "%d/%m/%Y %z"),
            ("zone", "+7"),
            ("zone", "Asia/Ho_Chi_Minh"),
            ("thousands", "'"),
            ("delimiter", ":"),
            ("encoding", "latin-1"),
            ("currency", "vnd"),
            ("own_account", "1"),
            ("memo", "Memo"),
            ("reference", ""),
        ],
    )
    def test_with_a_key_that_cannot_be_meant_is_refused_by_it(self, key: str, value: str) -> None:
        assert refused(statement=STATEMENT | {key: value}).field == (
            f"payport.toml: accounts[0].statement.{key}"
        )

    @pytest.mark.parametrize("key", STATEMENT)
    def test_without_a_key_that_it_needs_is_refused(self, key: str) -> None:
        error = refused(statement={name: said for name, said in STATEMENT.items() if name != key})

        assert (error.field, error.remedy) == (f"payport.toml: accounts[0].statement.{key}", "Give it")


class TestABankAccount:
    def test_is_named_by_one_account_alone_or_its_money_would_count_twice(self) -> None:
        registry = discover(contracts=sample_library(), entry_points=offered(by_hand()))
        table = {"plugin": "sample", "environment": "sandbox"}

        with pytest.raises(ConfigurationError) as error:
            load_accounts(
                [table | {"name": "bank"}, table | {"name": "bank-again"}], registry=registry, approved={}
            )

        assert error.value.field == "payport.toml: accounts bank and bank-again"
        assert "list it in every method" in error.value.remedy
