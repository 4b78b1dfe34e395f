"""What a plugin's settings may be besides plain: secrets, and rules about what an account can do."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.library import Approved
from payport.gateways.registry import discover
from payport.plugin import Field, HttpUrl, PaymentReport, SecretStr, Verified
from payport.testing import (
    NOW,
    SAMPLE_SECRET,
    SampleSettings,
    a_callback,
    offered,
    sample_info,
    sample_library,
    sample_plugin,
    sample_query,
)

PASSWORD = "a-password-of-no-bank"


class Settings(SampleSettings):
    password: SecretStr
    page: str = "new"
    url: HttpUrl = HttpUrl("https://pay.sample.example/v2")

    @property
    def ruled_out(self) -> frozenset[str]:
        return frozenset({"query"}) if self.page == "old" else frozenset()


class WithAnOptionalOne(SampleSettings):
    password: SecretStr | None = None
    banks: tuple[Annotated[str, Field(max_length=8)], ...] = ()


class Broken(SampleSettings):
    @property
    def ruled_out(self) -> Any:
        return ["query"]


def load(
    *,
    environment: str = "sandbox",
    model: type[SampleSettings] = Settings,
    folder: Path = Path(),
    published: frozenset[str] = frozenset(),
    hooks: Mapping[str, Any] | None = None,
    **settings: Any,
) -> GatewayAccount:
    plugin = sample_plugin(describe=lambda: replace(sample_info(), settings=model), **(hooks or {}))
    key = SAMPLE_SECRET if environment == "sandbox" else {"env": "LIVE"}
    table = {
        "name": "sample-main",
        "plugin": "sample",
        "environment": environment,
        "settings": settings,
        "keys": [{"role": "sample_secret", "id": "1", "value": key}],
    }
    library = sample_library()
    approved = {
        each.digest: Approved(
            id=each.id, version=each.version, sha256=each.digest, who="Lan", when=NOW.date()
        )
        for each in library.all
    }
    return load_accounts(
        [table],
        registry=discover(contracts=library, entry_points=offered(plugin)),
        approved=approved,
        folder=folder,
        environ={"LIVE": "a-live-key-of-no-bank", "PASSWORD": PASSWORD},
        published=published,
    )["sample-main"]


class TestASecretSetting:
    def test_is_given_as_a_key_is(self, tmp_path: Path) -> None:
        (tmp_path / "password").write_text(PASSWORD + "\n")
        given: tuple[Any, ...] = (PASSWORD, {"env": "PASSWORD"}, {"file": "password"})

        accounts = [load(password=value, folder=tmp_path) for value in given]

        for account in accounts:
            assert isinstance(account.settings, Settings)
            assert account.settings.password.get_secret_value() == PASSWORD

    def test_SEC_07_counts_as_a_secret_of_the_account(self, caplog: pytest.LogCaptureFixture) -> None:
        account = load(password=PASSWORD)

        logging.getLogger("host").error("%s %r", account, account.settings)

        assert account.holds_secret(f"a={PASSWORD}")
        assert PASSWORD not in caplog.text
        assert PASSWORD not in account.signing_settings.values()

    def test_stands_in_no_live_configuration(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"settings\.password: stands in the configuration"
        ) as it:
            load(environment="live", password=PASSWORD)

        assert PASSWORD not in str(it.value)

    def test_is_taken_from_elsewhere_in_live(self) -> None:
        assert load(environment="live", password={"env": "PASSWORD"}).holds_secret(PASSWORD)

    @pytest.mark.parametrize("given", ["", "  ", f"{PASSWORD} ", {"env": "NOWHERE"}, {"vault": "x"}, 7, None])
    def test_that_is_not_right_is_refused_by_its_name(self, given: Any) -> None:
        with pytest.raises(ConfigurationError, match="password") as refusal:
            load(password=given)

        assert PASSWORD not in str(refusal.value)

    def test_left_out_is_missed_by_its_name(self) -> None:
        with pytest.raises(ConfigurationError, match=r"settings\.password"):
            load()

    def test_that_is_optional_is_given_as_a_key_is_too(self) -> None:
        account = load(model=WithAnOptionalOne, environment="live", password={"env": "PASSWORD"})

        assert account.holds_secret(PASSWORD)
        assert not load(model=WithAnOptionalOne).holds_secret(PASSWORD)
        with pytest.raises(ConfigurationError, match=r"settings\.password: stands in the configuration"):
            load(model=WithAnOptionalOne, environment="live", password=PASSWORD)

    def test_KEY_08_that_everybody_knows_is_refused_in_live(self) -> None:
        known = frozenset({hashlib.sha256(PASSWORD.encode()).hexdigest()})

        with pytest.raises(ConfigurationError, match=r"settings\.password: is printed in a public sample"):
            load(environment="live", password={"env": "PASSWORD"}, published=known)


class TestCapabilitiesOfAnAccount:
    def test_are_the_plugins_but_for_what_its_settings_rule_out(self) -> None:
        new, old = load(password=PASSWORD), load(password=PASSWORD, page="old")

        assert new.capabilities == new.ready.capabilities
        assert new.capabilities - old.capabilities == {"query"}

    def test_are_none_while_the_plugin_is_gone(self) -> None:
        gone = load_accounts(
            [{"name": "a", "plugin": "nowhere", "environment": "sandbox"}],
            registry=discover(contracts=sample_library(), entry_points=()),
            approved={},
        )["a"]

        assert gone.capabilities == frozenset()

    def test_ruled_out_as_no_set_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="rules out what is no set of hooks"):
            load(model=Broken)


def test_a_gateway_may_read_a_callback_by_the_accounts_settings() -> None:
    seen: list[Any] = []

    def reading(verified: Verified, settings: Settings) -> PaymentReport:
        seen.append(settings.page)
        return default(verified)

    default: Any = sample_plugin().parse_callback
    account = load(password=PASSWORD, page="old", hooks={"parse_callback": reading})

    proven = account.verify(a_callback(sample_query()))
    assert isinstance(proven, Verified)
    report = account.parse(proven)

    assert (report.merchant_reference, seen) == ("PP23456789AB", ["old"])
