"""Gateway accounts and methods, as payport.toml tells them."""

from __future__ import annotations

import hashlib
import logging
import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.errors import ConfigurationError, Incomplete, PluginRefused, SignatureMismatch
from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts, load_methods
from payport.gateways.hosts import Origin, origin_of
from payport.gateways.library import Approved, ContractLibrary
from payport.gateways.registry import Registry, discover
from payport.plugin import Channel, ContractId, ContractNeed, GatewaySettings, HttpUrl, Names, get
from payport.signing.contract import load_contract
from payport.signing.received import Verified
from payport.testing import (
    NOW,
    SAMPLE_SECRET,
    a_callback,
    a_context,
    an_account,
    an_answer,
    offered,
    sample_info,
    sample_library,
    sample_plugin,
    sample_query,
)

LIVE_SECRET = "a-live-key-of-no-bank"


def registry(**info: Any) -> Registry:
    plugin = sample_plugin(describe=lambda: replace(sample_info(), **info))
    return discover(contracts=sample_library(), entry_points=offered(plugin))


def a_table(**changes: Any) -> dict[str, Any]:
    return {
        "name": "sample-main",
        "plugin": "sample",
        "environment": "sandbox",
        "keys": [{"role": "sample_secret", "id": "2026-11", "value": SAMPLE_SECRET}],
    } | changes


def a_live_table(**changes: Any) -> dict[str, Any]:
    keys = [{"role": "sample_secret", "id": "2026-11", "value": {"env": "LIVE_SECRET"}}]
    return a_table(name="sample-live", environment="live", keys=keys) | changes


def approvals() -> Mapping[str, Approved]:
    return {
        contract.digest: Approved(
            id=contract.id, version=contract.version, sha256=contract.digest, who="Lan", when=NOW.date()
        )
        for contract in sample_library().all
    }


def load(*tables: Mapping[str, Any], **options: Any) -> Mapping[str, GatewayAccount]:
    defaults: dict[str, Any] = {
        "registry": registry(),
        "approved": approvals(),
        "environ": {"LIVE_SECRET": LIVE_SECRET},
    }
    return load_accounts(tables, **(defaults | options))


def refusal(*tables: Mapping[str, Any], **options: Any) -> ConfigurationError:
    """The error that stops the start. It shows no value."""
    with pytest.raises(ConfigurationError) as caught:
        load(*tables, **options)
    assert SAMPLE_SECRET not in str(caught.value)
    assert LIVE_SECRET not in str(caught.value)
    return caught.value


class TestAnAccount:
    def test_knows_its_gateway_hosts_and_merchant_account(self) -> None:
        account = load(a_table(settings={"merchant_code": "ABC"}))["sample-main"]

        assert account.gateway is not None
        assert account.gateway.id == "sample"
        assert account.merchant_account == "ABC"
        assert account.hosts == {Origin("https", "pay.sample.example", 443)}

    def test_gives_a_context_with_its_own_doors(self) -> None:
        account = load(a_table())["sample-main"]

        context = account.context(
            now=NOW, request_id="R" * 20, language="vi", public_url="https://shop.example/pay/"
        )

        assert context.callback_url == "https://shop.example/pay/sample-main/ipn"
        assert context.return_url == context.cancel_url == "https://shop.example/pay/sample-main/return"

    def test_signs_by_a_contract_with_its_key(self) -> None:
        context = a_context(account=load(a_table())["sample-main"])

        signed = context.sign(ContractId("sample-request"), {"merchant": "A", "order_ref": "B", "amount": 3})

        assert list(signed) == ["merchant", "order_ref", "amount", "sig"]
        assert len(signed["sig"]) == 64

    @pytest.mark.parametrize("contract", ["nosuch", "sample-ipn"])
    def test_signs_by_no_contract_that_is_none_of_its_requests(self, contract: str) -> None:
        with pytest.raises(ConfigurationError, match="is no request contract that describe"):
            a_context(account=an_account()).sign(ContractId(contract), {})

    def test_verifies_no_answer_by_a_contract_that_is_for_none(self) -> None:
        with pytest.raises(ConfigurationError, match="is no answer contract that describe"):
            a_context(account=an_account()).verify(ContractId("sample-ipn"), an_answer({}))

    def test_verifies_a_genuine_callback(self) -> None:
        verified = an_account().verify(a_callback(sample_query()))

        assert isinstance(verified, Verified)
        assert (verified.contract, verified.key_id) == ("sample-ipn 1.0.0", "2026-11")

    def test_judges_keys_at_the_arrival_of_a_callback(self) -> None:
        ended = {"role": "sample_secret", "id": "old", "value": SAMPLE_SECRET, "not_after": NOW}
        account = an_account(keys=[ended])

        assert account.verify(a_callback(sample_query(), received_at=NOW - timedelta(seconds=1)))
        with pytest.raises(SignatureMismatch):
            account.verify(a_callback(sample_query()))

    def test_without_a_field_that_must_be_there_is_incomplete(self) -> None:
        with pytest.raises(Incomplete):
            an_account().verify(a_callback(sample_query(txn="")))


class TestWhatIsSecret:
    BEARER = """
id = "sample-bearer"
version = "1.0.0"
source = "this test"
direction = "request"
fields = "form"
message = { parts = ["secret"] }
signature = { at = "field.password", algorithm = "MD5", key = "sample_secret", written = "hex lower" }
"""

    def test_is_a_key_of_the_account(self) -> None:
        account = an_account()

        assert account.holds_secret(f"a={SAMPLE_SECRET}&b=1")
        assert not account.holds_secret("a-key-of-no-bak")

    def test_is_also_what_a_request_carries_that_is_made_of_the_key_alone(self) -> None:
        contracts = ContractLibrary(
            (name, load_contract(text, source=name)) for name, text in [("bearer.toml", self.BEARER)]
        )
        info = replace(sample_info(), contracts=(ContractNeed(ContractId("sample-bearer"), 1),), ask_after=())
        plugin = sample_plugin(describe=lambda: info, without=["verify_signature", "parse_callback", "query"])
        account = an_account(plugin, registry=discover(contracts=contracts, entry_points=offered(plugin)))
        carried = a_context(account=account).sign(ContractId("sample-bearer"), {})["password"]

        assert carried == hashlib.md5(SAMPLE_SECRET.encode(), usedforsecurity=False).hexdigest()
        assert account.holds_secret(f"password={carried}")

    def test_is_no_signature_that_differs_from_message_to_message(self) -> None:
        account = an_account()
        fields = {"merchant": "A", "order_ref": "B", "amount": 3}

        signed = a_context(account=account).sign(ContractId("sample-request"), fields)

        assert not account.holds_secret(signed["sig"])


class TestAnAccountWhosePluginIsGone:
    """Its callbacks are kept, and answered "call again"."""

    def test_stays_listed_and_says_why(self) -> None:
        account = load(a_table(plugin="gone", settings={"any": 1}))["sample-main"]

        assert account.gateway is None
        assert account.missing == "not installed"
        with pytest.raises(
            PluginRefused, match="account sample-main: its plugin gone is not in use: not installed"
        ):
            account.verify(a_callback(channel=Channel.RETURN))
        with pytest.raises(ConfigurationError, match="not read while the plugin is missing"):
            _ = account.merchant_account

    def test_says_the_reason_of_the_refusal(self) -> None:
        broken = discover(
            contracts=sample_library(), entry_points=offered(sample_plugin(without=["initiate"]))
        )

        assert load(a_table(), registry=broken)["sample-main"].missing == "initiate is missing"


class TestKEY02KeysOfTheOtherEnvironment:
    def test_KEY_02_a_sandbox_key_opens_no_live_door_and_the_reverse(self) -> None:
        accounts = load(a_table(), a_live_table())

        for name, secret in (("sample-live", SAMPLE_SECRET), ("sample-main", LIVE_SECRET)):
            with pytest.raises(SignatureMismatch):
                accounts[name].verify(a_callback(sample_query(secret=secret), account=name))

    def test_KEY_02_one_key_in_both_environments_is_refused(self) -> None:
        error = refusal(a_table(), a_live_table(), environ={"LIVE_SECRET": SAMPLE_SECRET})

        assert error.field == "payport.toml: accounts sample-main and sample-live"


class TestKEY08PublishedSamples:
    digest = hashlib.sha256(LIVE_SECRET.encode()).hexdigest()
    code = hashlib.sha256(b"SAMPLE01").hexdigest()

    def test_KEY_08_a_key_that_the_plugin_names_is_refused_in_live(self) -> None:
        error = refusal(a_live_table(), registry=registry(published_samples=frozenset({self.digest})))

        assert error.field == "payport.toml: accounts[0].keys (sample_secret 2026-11)"
        assert "public sample" in error.problem

    @pytest.mark.parametrize("change", [str.upper, str.lower])
    def test_KEY_08_in_either_case_of_its_letters(self, change: Any) -> None:
        refusal(
            a_live_table(), environ={"LIVE_SECRET": change(LIVE_SECRET)}, published=frozenset({self.digest})
        )

    def test_KEY_08_a_merchant_code_is_refused_in_live(self) -> None:
        error = refusal(a_live_table(), published=frozenset({self.code}))

        assert error.field == "payport.toml: accounts[0].settings.merchant_code"

    def test_KEY_08_both_are_taken_in_the_sandbox(self) -> None:
        load(a_table(), published=frozenset({self.code, hashlib.sha256(SAMPLE_SECRET.encode()).hexdigest()}))

    def test_KEY_08_a_host_that_knows_why_may_pardon_one(self) -> None:
        known = registry(published_samples=frozenset({self.code}))

        load(a_live_table(), registry=known, pardoned=frozenset({self.code}))


class TestSIG03EmptySecrets:
    @pytest.mark.parametrize("value", ["", " ", "\t\n", "\u00a0"])
    def test_SIG_03_written_inline(self, value: str) -> None:
        error = refusal(a_table(keys=[{"role": "sample_secret", "id": "1", "value": value}]))

        assert error.field == "payport.toml: accounts[0].keys[0].value"
        assert "is empty" in error.problem

    @pytest.mark.parametrize("value", ["", " ", "\n"])
    def test_SIG_03_in_the_environment(self, value: str) -> None:
        assert "is empty" in refusal(a_live_table(), environ={"LIVE_SECRET": value}).problem

    @pytest.mark.parametrize("content", [b"", b"\n", b" \n"])
    def test_SIG_03_in_a_file(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(content)

        assert "is empty" in refusal(_with_value({"file": "key"}), folder=tmp_path).problem

    def test_SIG_03_left_out(self) -> None:
        error = refusal(a_table(keys=[]))

        assert (error.field, error.problem) == (
            "payport.toml: accounts[0].keys",
            "no key has the role sample_secret",
        )


def _with_value(value: object) -> dict[str, Any]:
    return a_live_table(keys=[{"role": "sample_secret", "id": "1", "value": value}])


class TestWhereAKeyComesFrom:
    def test_inline_is_for_the_sandbox_only(self) -> None:
        error = refusal(_with_value(LIVE_SECRET))

        assert error.field == "payport.toml: accounts[0].keys[0].value"
        assert error.remedy == 'Write { env = "…" } or { file = "…" }'

    def test_a_file_is_read_without_its_last_line_end(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(f"{SAMPLE_SECRET}\n")
        account = load(_with_value({"file": "key"}), folder=tmp_path)["sample-live"]

        assert account.verify(a_callback(sample_query(), account="sample-live"))

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ({"env": "NOSUCH"}, "environment variable NOSUCH is not set"),
            ({"file": "nosuch"}, "cannot be read"),
            ({"file": "."}, "cannot be read"),
            ({"vault": "x"}, "unknown source vault"),
            ({"env": ""}, "is no name"),
            ({"env": "A", "file": "b"}, "neither text nor one source"),
            ({}, "neither text nor one source"),
            (7, "neither text nor one source"),
            (None, "neither text nor one source"),
        ],
    )
    def test_another_source_is_refused(self, value: object, problem: str, tmp_path: Path) -> None:
        assert problem in refusal(_with_value(value), folder=tmp_path).problem

    @pytest.mark.parametrize(
        ("content", "problem"), [(b"\xff\xfe", "not UTF-8"), (b"x" * 70_000, "larger than")]
    )
    def test_a_file_that_is_no_key_is_refused(self, content: bytes, problem: str, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(content)

        assert problem in refusal(_with_value({"file": "key"}), folder=tmp_path).problem

    def test_a_blank_at_an_end_is_refused_and_not_repaired(self) -> None:
        assert (
            "begins or ends with a blank" in refusal(a_live_table(), environ={"LIVE_SECRET": "abc "}).problem
        )


class TestATableThatIsNotRight:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": "Sample Main"}, "accounts[0].name"),
            ({"name": "a/b"}, "accounts[0].name"),
            ({"name": "-a"}, "accounts[0].name"),
            ({"name": ""}, "accounts[0].name"),
            ({"name": "main\n"}, "accounts[0].name"),
            ({"environment": "production"}, "accounts[0].environment"),
            ({"plugin": 7}, "accounts[0].plugin"),
            ({"key": []}, "accounts[0].key"),
            ({"settings": {"nosuch": 1}}, "accounts[0].settings.nosuch"),
            ({"settings": {"endpoint": "no url"}}, "accounts[0].settings.endpoint"),
            ({"settings": {"merchant_code": " "}}, "accounts[0].settings"),
            ({"keys": [{"role": "sample_secret", "value": "x"}]}, "accounts[0].keys[0].id"),
            ({"keys": [{"role": "sample_secret", "id": "1"}]}, "accounts[0].keys[0].value"),
            ({"keys": [{"role": "", "id": "1", "value": "x"}]}, "accounts[0].keys[0].role"),
            ({"keys": [{"role": "r", "id": "1" * 65, "value": "x"}]}, "accounts[0].keys[0].id"),
        ],
    )
    def test_names_file_key_and_remedy(self, changes: dict[str, Any], field: str) -> None:
        error = refusal(a_table(**changes))

        assert error.field == f"payport.toml: {field}"
        assert error.remedy

    def test_names_the_second_account_of_one_name(self) -> None:
        assert refusal(a_table(), a_table()).field == "payport.toml: accounts[1].name"

    def test_names_a_role_that_no_contract_needs(self) -> None:
        keys = [*a_table()["keys"], {"role": "hash_secert", "id": "1", "value": "x-y"}]

        error = refusal(a_table(keys=keys))

        assert "no contract needs the role hash_secert" in error.problem
        assert error.remedy == "Roles are: sample_secret"

    def test_names_two_keys_that_begin_together(self) -> None:
        keys = [{"role": "sample_secret", "id": name, "value": f"key {name}"} for name in ("1", "2")]

        assert refusal(a_table(keys=keys)).field == "payport.toml: accounts[0]: keys.sample_secret.2"

    def test_names_a_date_without_a_zone(self) -> None:
        keys = [a_table()["keys"][0] | {"not_before": NOW.replace(tzinfo=None)}]

        assert refusal(a_table(keys=keys)).field == "payport.toml: accounts[0].keys[0]"

    def test_shows_no_words_of_a_plugins_own_validator(self) -> None:
        from pydantic import field_validator

        class Settings(GatewaySettings):
            code: str

            @field_validator("code")
            @classmethod
            def check(cls, value: str) -> str:
                raise ValueError(f"what is {value}?")

            @property
            def merchant_account(self) -> str:
                return self.code

        error = refusal(a_table(settings={"code": "s3cret"}), registry=registry(settings=Settings))

        assert (error.field, error.problem) == (
            "payport.toml: accounts[0].settings.code",
            "is not what the plugin takes",
        )


class TestURLsAmongTheSettings:
    @pytest.mark.parametrize(
        ("table", "url", "problem"),
        [
            (a_table(), "http://pay.sample.example", "host is no loopback host"),
            (a_table(), "http://127.0.0.1.evil.example", "host is no loopback host"),
            (a_table(), "https://user:pw@pay.sample.example", "holds a name or a password"),
            (a_live_table(), "http://127.0.0.1:8000", "is plain http in live"),
            (a_live_table(), "http://localhost", "is plain http in live"),
        ],
    )
    def test_that_may_not_be_called_are_refused(self, table: dict[str, Any], url: str, problem: str) -> None:
        error = refusal(table | {"settings": {"endpoint": url}})

        assert error.field == "payport.toml: accounts[0].settings.endpoint"
        assert problem in error.problem

    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("http://127.0.0.1:8000/v2", Origin("http", "127.0.0.1", 8000)),
            ("http://localhost/v2", Origin("http", "localhost", 80)),
            ("http://[::1]:9000", Origin("http", "::1", 9000)),
            ("https://PAY.Sample.example", Origin("https", "pay.sample.example", 443)),
        ],
    )
    def test_are_the_hosts_that_may_be_called(self, url: str, origin: Origin) -> None:
        assert load(a_table(settings={"endpoint": url}))["sample-main"].hosts == {origin}

    @pytest.mark.parametrize(
        "url", ["https://ví.example", "https://xn--v-jga.example/", "https://VÍ.example:443/v2"]
    )
    def test_are_compared_as_they_go_over_the_wire(self, url: str) -> None:
        account = an_account(settings={"endpoint": "https://ví.example"})

        assert account.hosts == {origin_of(get(url))} == {Origin("https", "xn--v-jga.example", 443)}

    def test_count_in_lists_too(self) -> None:
        class Settings(GatewaySettings):
            endpoints: tuple[HttpUrl, ...] = (HttpUrl("https://a.example"), HttpUrl("https://b.example"))

            @property
            def merchant_account(self) -> str:
                return "A"

        account = load(a_table(), registry=registry(settings=Settings))["sample-main"]

        assert {origin.host for origin in account.hosts} == {"a.example", "b.example"}


class TestALiveAccountsContracts:
    def test_are_those_that_the_auditor_approved(self) -> None:
        assert load(a_live_table())["sample-live"].gateway is not None

    def test_stop_the_start_if_one_is_not(self) -> None:
        error = refusal(a_live_table(), approved={})

        assert error.field == "payport.toml: accounts[0].plugin"
        assert "contract sample-ipn 1.0.0" in error.problem
        assert "approved list" in error.remedy

    def test_are_not_asked_about_in_the_sandbox(self) -> None:
        assert load(a_table(), approved={})


class TestMethods:
    def accounts(self) -> Mapping[str, GatewayAccount]:
        return load(a_table(), a_table(name="second"), a_live_table())

    def test_keep_the_order_of_the_file(self) -> None:
        methods = load_methods(
            [
                {"id": "wallet", "accounts": ["second", "sample-main"]},
                {"id": "card", "accounts": ["sample-live"], "names": {"vi": "Thẻ", "en": "Card"}},
            ],
            accounts=self.accounts(),
        )

        assert list(methods) == ["wallet", "card"]
        assert methods["wallet"].accounts == ("second", "sample-main")
        assert methods["card"].names == Names("Thẻ", "Card")

    @pytest.mark.parametrize(
        ("tables", "field"),
        [
            ([{"id": "wallet", "accounts": []}], "methods[0].accounts"),
            ([{"id": "wallet", "accounts": ["nosuch"]}], "methods[0].accounts[0]"),
            ([{"id": "wallet", "accounts": ["second", "second"]}], "methods[0].accounts"),
            ([{"id": "wallet", "accounts": ["second", "sample-live"]}], "methods[0].accounts"),
            ([{"id": "Wallet", "accounts": ["second"]}], "methods[0].id"),
            ([{"id": "wallet", "accounts": ["second"]}] * 2, "methods[1].id"),
            ([{"id": "wallet", "accounts": ["second"], "names": {"vi": "Ví"}}], "methods[0].names.en"),
        ],
    )
    def test_that_are_not_right_name_file_key_and_remedy(
        self, tables: list[dict[str, Any]], field: str
    ) -> None:
        with pytest.raises(ConfigurationError) as caught:
            load_methods(tables, accounts=self.accounts())

        assert caught.value.field == f"payport.toml: {field}"


class TestSEC07OtherWaysOutOfAKey:
    def test_SEC_07_no_text_of_an_account_holds_it(self, caplog: pytest.LogCaptureFixture) -> None:
        account = an_account()
        context = a_context(account=account)

        with caplog.at_level(logging.DEBUG):
            logging.getLogger("host").debug("%r %s %r %r", account, account, context, account.keyring)

        assert SAMPLE_SECRET not in caplog.text

    def test_SEC_07_an_account_is_never_pickled(self) -> None:
        with pytest.raises(TypeError, match="never serialised"):
            pickle.dumps(an_account())
