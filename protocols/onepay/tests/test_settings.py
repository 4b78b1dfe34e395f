"""What OnePay hands out: which forms are taken, and that no secret of it is ever seen."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.exchange import new_client
from payport.gateways.flow import drive
from payport.plugin import Outcome
from payport.testing import a_context, a_payment

SECRET = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
PASSWORD = "TEST-pass un/3"


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
        from payport.gateways.accounts_file import load_accounts
        from payport.gateways.library import ContractLibrary
        from payport.gateways.registry import discover
        from payport.testing import offered
        from payport_domestic_card import onepay_domestic

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
