"""`payport check`: what it shows of a right configuration, and how it names what is wrong with another."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from payport.gateways import library, registry
from payport.rules.catalog_file import load_catalog
from payport.service.catalogs import digest
from tests.support.receivers import SECRET as HOOK_SECRET
from tests.support.receivers import webhook
from tests.support.shop import CATALOG, write_configuration
from tests.support.sign import SECRET


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_configuration(tmp_path, "sqlite:///payport.sqlite")


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


class TestARightConfiguration:
    def test_is_shown_whole_and_without_a_secret(self, cli: Any, file: Path, tmp_path: Path) -> None:
        ran = cli("check")

        assert (ran.status, ran.err) == (0, "")
        assert ran.lines("hash_secret")[0].split() == ["hash_secret", "2026-a", "always", "signs", "now"]
        assert ran.lines("merchant account") == ["merchant account  TESTTMN1"]
        assert ran.lines("IPN") == ["IPN               http://127.0.0.1:9/pay/vnpay-main/ipn"]
        assert ran.lines("vnpay-ipn ")[0].split()[:3] == ["vnpay-ipn", "1.0.0", "proof"]
        assert ran.lines("test-2026")[0].endswith("in force")
        catalog = load_catalog(CATALOG.read_text(encoding="utf-8"), source="catalog.toml")
        assert digest(catalog.model_dump_json())[:12] in ran.lines("test-2026")[0]
        assert ran.lines("domestic_card")[0].endswith("vnpay-main")
        assert ran.out.endswith("payport.toml and all that it names is right.\n")
        assert SECRET not in ran.out
        assert not (tmp_path / "payport.sqlite").exists()

    def test_shows_who_is_told_of_events_and_no_secret(self, cli: Any, tmp_path: Path) -> None:
        write_configuration(
            tmp_path,
            "sqlite:///payport.sqlite",
            accounts=webhook("https://8.8.8.8:8443/hook?token=1", more='kinds = ["order.*", "refund.*"]')
            + '[[subscribers]]\nname = "ledger"\n',
        )

        ran = cli("check")

        assert ran.lines("crm")[0].split() == ["crm", "8.8.8.8:8443", "order.*,", "refund.*", "2026-a"]
        assert ran.lines("ledger")[0].split() == ["ledger", "a", "function", "*", "-"]
        assert HOOK_SECRET.removeprefix("whsec_") not in ran.out
        assert "hook?" not in ran.out

    def test_a_web_hook_that_nothing_signs_for_now_is_a_problem(self, cli: Any, tmp_path: Path) -> None:
        tables = webhook("https://8.8.8.8/hook").replace('" }', '", not_after = 2000-01-01T00:00:00Z }')
        write_configuration(tmp_path, "sqlite:///payport.sqlite", accounts=tables)

        ran = cli("check")

        assert ran.status == 1
        assert "web hook crm: no secret is valid now. Add one, or correct its dates." in ran.out

    def test_may_be_named_by_option_or_environment(
        self, cli: Any, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file.rename(file.with_name("other.toml"))

        named = cli("check", "--config", "other.toml")
        monkeypatch.setenv("PAYPORT_CONFIG", "other.toml")

        assert named.status == cli("check").status == 0

    def test_shows_which_key_signs_and_which_only_verifies(self, cli: Any, file: Path) -> None:
        change(
            file,
            f'value = "{SECRET}" }}]',
            f'value = "{SECRET}", not_after = 2100-01-01T00:00:00Z }},\n'
            '{ role = "hash_secret", id = "new", value = "2ND-SECRET", not_before = 2026-01-01T00:00:00Z },\n'
            '{ role = "hash_secret", id = "next", value = "3-SECRET", not_before = 2099-01-01T00:00:00Z },\n'
            '{ role = "hash_secret", id = "gone", value = "4TH-SECRET", not_before = 2019-01-01T00:00:00Z,'
            " not_after = 2020-01-01T00:00:00Z }]",
        )

        ran = cli("check")

        standing = {line.split()[1]: line.rpartition("  ")[2] for line in ran.lines("hash_secret")}
        assert standing == {"2026-a": "verifies", "new": "signs now", "next": "not yet", "gone": "ended"}
        assert "SECRET" not in ran.out


class TestAWrongConfiguration:
    @pytest.mark.parametrize(
        ("before", "after", "place"),
        [
            ('name = "Sao Việt Software"', 'nome = "Sao Việt Software"', "payport.toml: seller."),
            ('"http://127.0.0.1:9/pay"', '"http://shop.example/pay"', "payport.toml: seller.public_url"),
            ('files = ["catalog.toml"]', 'files = ["nowhere.toml"]', "payport.toml: catalog.files[0]"),
            ("tmn_code", "tmn_kode", "payport.toml: accounts[0].settings."),
            ('role = "hash_secret"', 'role = "hush_secret"', "payport.toml: accounts[0].keys"),
            (
                'accounts = ["vnpay-main"]',
                'accounts = ["vnpay-mian"]',
                "payport.toml: methods[0].accounts[0]",
            ),
            ("sqlite:///payport.sqlite", "mysql://x/y", "database.url"),
            ("[seller]", "[seller", "payport.toml: not TOML"),
        ],
    )
    def test_is_named_by_file_key_and_remedy(
        self, cli: Any, file: Path, before: str, after: str, place: str
    ) -> None:
        change(file, before, after)

        ran = cli("check")

        assert ran.status == 1
        assert len(ran.lines(place)) == 1
        assert ran.lines(place)[0].endswith(".")

    def test_that_is_not_there_is_said_so(self, cli: Any) -> None:
        ran = cli("check")

        assert ran.status == 1
        assert "payport.toml: payport.toml cannot be read: No such file or directory" in ran.out

    def test_with_a_second_faulty_catalog_names_both(self, cli: Any, file: Path, tmp_path: Path) -> None:
        change(file, 'files = ["catalog.toml"]', 'files = ["catalog.toml", "next.toml"]')
        (tmp_path / "catalog.toml").write_text('version = "a"\n')
        (tmp_path / "next.toml").write_text('version = "b"\n')

        ran = cli("check")

        assert "2 problems:" in ran.out
        assert (len(ran.lines("catalog.toml: ")), len(ran.lines("next.toml: "))) == (1, 1)

    def test_of_whose_key_none_is_valid_now(self, cli: Any, file: Path) -> None:
        change(file, f'value = "{SECRET}" }}', f'value = "{SECRET}", not_after = 2020-01-01T00:00:00Z }}')

        ran = cli("check")

        assert ran.status == 1
        assert "account vnpay-main: keys.hash_secret: no key of this role is valid now." in ran.out

    def test_whose_plugin_is_gone(self, cli: Any, file: Path) -> None:
        change(file, 'plugin = "vnpay"', 'plugin = "onepay"')

        ran = cli("check")

        assert ran.status == 1
        assert "account vnpay-main: plugin onepay is not in use: not installed." in ran.out

    def test_does_not_hide_a_refused_plugin(
        self, cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        found = registry.installed
        fault = EntryPoint("broken", "payport_not_there", "payport.gateways")
        monkeypatch.setattr(registry, "installed", lambda group: (*found(group), fault))

        ran = cli("check", "--config", str(tmp_path / "nowhere.toml"))

        assert ran.status == 1
        assert len(ran.lines("nowhere.toml: ")) == 1
        assert len(ran.lines("plugin broken of unknown unknown: its import raised")) == 1

    def test_names_the_line_of_a_plugin_and_of_a_contract_that_are_to_be_mended(
        self, cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        package = tmp_path / "payport_broken"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "broken.py").write_text(
            "from payport.plugin import hookimpl\n\n\n@hookimpl\ndef parse_calback(): ...\n"
        )
        text = 'id = "broken-ipn"\nversion = "1.0.0"\nsource = "a sheet"\nfields = "query"\ngrade = "prof"\n'
        (package / "ipn.toml").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        plugins, contracts = registry.installed, library.installed
        plugin = EntryPoint("broken", "payport_broken.broken", "payport.gateways")
        contract = EntryPoint("broken", "payport_broken", "payport.contracts")
        monkeypatch.setattr(registry, "installed", lambda group: (*plugins(group), plugin))
        monkeypatch.setattr(library, "installed", lambda group: (*contracts(group), contract))

        ran = cli("check")

        where = "plugin broken of unknown unknown, payport_broken/broken.py:4: "
        assert len(ran.lines(f"{where}parse_calback is no hook of this payport. The hooks are ")) == 1
        assert len(ran.lines("contract file of unknown unknown, ipn.toml:5: ")) == 1
        assert "where   payport_broken/broken.py:4\n" in cli("gateways").out
