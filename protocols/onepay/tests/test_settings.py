"""What OnePay hands out: which forms are taken, and that no secret of it is ever seen."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.accounts_file import load_accounts
from payport.gateways.exchange import new_client
from payport.gateways.flow import drive
from payport.gateways.library import Approved, ContractLibrary
from payport.gateways.registry import discover
from payport.plugin import Outcome
from payport.testing import NOW, a_context, a_payment, offered
from payport_domestic_card import onepay_domestic

SECRET = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
PASSWORD = "TEST-pass un/3"
OURS = {"merchant": "SAOVIET1", "access_code": "A1B2C3D4", "user": "op01", "password": "our own"}
KEY = "00112233445566778899AABBCCDDEEFF"


class TestAFormThatIsNotOnePays:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("merchant", ""), ("merchant", "x" * 21), ("merchant", "TEST UN"), ("merchant", "TESTUN01\n"),
            ("access_code", "D0UN000"), ("access_code", "D0UN00011"), ("access_code", "D0UN-001"),
            ("user", ""), ("user", "a&b"), ("user", "a b"), ("password", ""), ("password", " x"),
            ("generation", "older"), ("payment_url", "http://mtf.onepay.vn/paygate/vpcpay.op"),
            ("legacy_title", "Đơn"), ("callback", "https://shop.example"),
        ],
    )  # fmt: skip
    def test_is_refused_by_its_field_without_its_value(self, name: str, value: str, account_of: Any) -> None:
        with pytest.raises(ConfigurationError) as refusal:
            account_of(**{name: value})

        assert name in str(refusal.value)
        assert len(value.strip()) < 4 or value.strip() not in str(refusal.value)

    @pytest.mark.parametrize("password", ["tele&phone", "tele\nphone", "tele\x00phone"])
    def test_a_password_that_no_question_could_be_signed_with_stops_the_start(
        self, password: str, account_of: Any
    ) -> None:
        with pytest.raises(ConfigurationError, match="settings") as refusal:
            account_of(password=password)

        assert "phone" not in str(refusal.value)

    def test_a_legacy_page_takes_any_password_that_can_be_typed(self, account_of: Any) -> None:
        assert account_of(generation="legacy", password="tele&phone").holds_secret("tele&phone")

    def test_a_password_must_be_given(self, account_of: Any) -> None:
        with pytest.raises(ConfigurationError, match="password"):
            account_of(password={"env": "NOT_SET_ANYWHERE"})


class TestThePassword:
    def test_is_not_in_what_is_shown_of_the_account(self, unified: Any) -> None:
        shown = (
            repr(unified) + repr(unified.settings) + str(unified.settings) + repr(a_context(account=unified))
        )

        assert PASSWORD not in shown
        assert PASSWORD not in unified.settings.model_dump_json()

    def test_is_known_as_a_secret_of_the_account(self, unified: Any) -> None:
        assert unified.holds_secret(f"vpc_Password={PASSWORD}")
        assert unified.holds_secret(SECRET)
        assert not unified.holds_secret("vpc_Password")

    def test_signs_nothing_that_a_contract_could_name(self, unified: Any) -> None:
        assert PASSWORD not in unified.signing_settings.values()

    @pytest.mark.parametrize("generation", ["unified", "legacy"])
    def test_is_sent_and_stands_in_no_transcript_log_or_problem(
        self, generation: str, account_of: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        nowhere = "http://127.0.0.1:9/queries"
        account = account_of(generation=generation, query_url=nowhere, legacy_query_url=nowhere)

        with new_client() as client:
            flow = account.ready.query(a_payment(), a_context(account=account))
            called = drive(flow, client=client, account=account, kind="query")

        assert called.outcome is Outcome.NOT_SENT
        kept = json.dumps(called.transcript) + called.problem + caplog.text + repr(called)
        assert "vpc_Password" in kept  # the name of the field, and no more
        assert PASSWORD not in kept
        assert "TEST-pass" not in kept
        assert SECRET not in kept


class TestTheHashSecret:
    @pytest.mark.parametrize("secret", ["0A1B", "0A" * 15, "0A" * 16 + "0", "0G" * 16])
    def test_is_hex_of_16_bytes_or_more(self, secret: str, unified: Any) -> None:
        registry = discover(
            contracts=ContractLibrary.installed(),
            entry_points=offered(onepay_domestic, name="onepay_domestic"),
        )
        table = {
            "name": "onepay-main",
            "plugin": "onepay_domestic",
            "environment": "sandbox",
            "settings": {"merchant": "TESTUN01", "access_code": "D0UN0001", "user": "u", "password": "p"},
            "keys": [{"role": "secure_secret", "id": "1", "value": secret}],
        }

        with pytest.raises(ConfigurationError, match="secure_secret") as refusal:
            load_accounts([table], registry=registry, approved={})

        assert secret not in str(refusal.value)


class TestKEY08WhatIsPrintedInPublic:
    """OnePay's sandbox merchants stand in many shops' code, and ours in the vectors."""

    def start(self, key: str, **settings: str) -> None:
        registry = discover(
            contracts=ContractLibrary.installed(),
            entry_points=offered(onepay_domestic, name="onepay_domestic"),
        )
        contracts = registry.gateways["onepay_domestic"].contracts.values()
        given = OURS | settings
        table = {
            "name": "onepay-live",
            "plugin": "onepay_domestic",
            "environment": "live",
            "settings": given | {"password": {"env": "PASSWORD"}},
            "keys": [{"role": "secure_secret", "id": "1", "value": {"env": "KEY"}}],
        }
        load_accounts(
            [table],
            registry=registry,
            approved={
                each.digest: Approved(
                    id=each.id, version=each.version, sha256=each.digest, who="Lan", when=NOW.date()
                )
                for each in contracts
            },
            environ={"PASSWORD": given["password"], "KEY": key},
        )

    def test_KEY_08_stops_a_live_start(self) -> None:
        printed: list[dict[str, str]] = [
            {"merchant": "TESTONEPAY"},
            {"merchant": "ONEPAY"},
            {"access_code": "6BEB2546"},
            {"password": PASSWORD},
            {"key": SECRET},
            {"key": SECRET.lower()},
        ]
        for settings in printed:
            with pytest.raises(ConfigurationError, match="printed in a public sample"):
                self.start(**({"key": KEY} | settings))

    def test_lets_a_live_account_of_ones_own_start(self) -> None:
        self.start(key=KEY)
