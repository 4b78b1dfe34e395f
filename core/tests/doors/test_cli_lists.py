"""`payport gateways` and `payport contracts`: what is installed, what is refused and why, what changed."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import payport_contracts
from payport.gateways import library, registry
from tests.support.shop import write_configuration

CONTRACTS = Path(next(iter(payport_contracts.__path__)))
IPN = (CONTRACTS / "vnpay" / "ipn.toml").read_text(encoding="utf-8")


@pytest.fixture
def faulty_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point whose module is not there, beside those that are installed."""
    found = registry.installed
    fault = EntryPoint("broken", "payport_not_there.module", "payport.gateways")
    monkeypatch.setattr(registry, "installed", lambda group: (*found(group), fault))


INSTALLED = ("nganluong", "onepay_domestic", "onepay_international", "order_only", "vnpay")


class TestGateways:
    def test_are_listed_without_any_configuration(self, cli: Any) -> None:
        ran = cli("gateways")

        assert (ran.status, ran.err) == (0, "")
        assert set(INSTALLED) <= {line.split()[0] for line in ran.out.splitlines() if line[:1].strip()}
        assert ran.lines("distribution")[-1].startswith("distribution  payport-domestic-card ")
        assert ran.lines("method")[-1] == "method        domestic_card"
        assert "verify_signature" in ran.lines("capabilities")[-1]
        assert ran.lines("limits")[-1] == "limits        5,000 VND to 999,999,999 VND"
        assert ran.lines("vnpay-ipn")[0].split() == ["vnpay-ipn", "1.0.0", "callback", "proof"]
        assert "accounts" not in ran.out

    def test_say_which_accounts_use_them_where_there_is_a_configuration(
        self, cli: Any, tmp_path: Path
    ) -> None:
        write_configuration(tmp_path, "sqlite:///payport.sqlite")

        assert cli("gateways").lines("accounts")[-1] == "accounts      vnpay-main"

    def test_are_listed_though_the_configuration_is_wrong(self, cli: Any, tmp_path: Path) -> None:
        (tmp_path / "other.toml").write_text("[seller]\n")

        ran = cli("gateways", "--config", "other.toml")

        assert ran.status == 1
        assert "\nvnpay  " in ran.out
        assert ran.err.startswith("other.toml: seller.name: ")

    @pytest.mark.usefixtures("faulty_plugin")
    def test_that_are_refused_stay_visible_with_their_reason(self, cli: Any) -> None:
        ran, machine = cli("gateways"), cli("gateways", "--json")

        (refused,) = json.loads(machine.out)["refused"]
        assert ran.status == 0
        assert "Refused, and not used:\n\nbroken  unknown unknown\n  reason  its import raised " in ran.out
        assert (refused["name"], refused["remedy"]) == ("broken", "Try `import payport_not_there.module`")

    def test_are_there_for_machines(self, cli: Any) -> None:
        gateways = json.loads(cli("gateways", "--json").out)["gateways"]

        assert [gateway["id"] for gateway in gateways] == list(INSTALLED)
        vnpay = gateways[-1]
        assert (vnpay["id"], vnpay["method"], vnpay["accounts"]) == ("vnpay", "domestic_card", None)
        assert vnpay["limits"][0]["least"] == {"minor": 5000, "currency": "VND"}
        assert "vnpay-ipn" in [contract["id"] for contract in vnpay["contracts"]]


class TestContracts:
    def test_are_listed_with_grade_digest_and_owner(self, cli: Any) -> None:
        ran = cli("contracts")

        line = ran.lines("vnpay-ipn ")[0]
        assert ran.status == 0
        assert line.split()[:4] == ["vnpay-ipn", "1.0.0", "proof", "callback"]
        assert hashlib.sha256(IPN.encode()).hexdigest()[:12] in line
        assert "payport-contracts" in line
        assert "hint (could be proof)" in ran.lines("vnpay-return ")[0]
        assert (
            "a bare digest with a secret in the text is no MAC" in ran.lines("nganluong-classic-return 1")[0]
        )

    def test_are_the_same_by_the_name_list(self, cli: Any) -> None:
        assert cli("contracts", "list").out == cli("contracts").out

    def test_are_approved_by_a_list_of_the_auditors(self, cli: Any, tmp_path: Path) -> None:
        digest = hashlib.sha256(IPN.encode()).hexdigest()
        (tmp_path / "approved.toml").write_text(
            f'[[approved]]\nid = "vnpay-ipn"\nversion = "1.0.0"\nsha256 = "{digest}"\n'
            'who = "Trần Thị B"\nwhen = 2026-11-20\n',
            encoding="utf-8",
        )

        given = cli("contracts", "--approved", "approved.toml")
        (tmp_path / "payport.toml").write_text('[contracts]\napproved = ["approved.toml"]\n')
        configured = json.loads(cli("contracts", "--json").out)["contracts"]

        assert given.lines("vnpay-ipn ")[0].endswith("by Trần Thị B, 2026-11-20")
        assert given.lines("vnpay-return ")[0].endswith("no")
        assert {one["id"]: one["approved_by"] for one in configured if one["approved"]} == {
            "vnpay-ipn": "Trần Thị B"
        }

    def test_that_cannot_be_loaded_are_listed_with_file_and_reason(
        self, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path / "their_contracts"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "ipn.toml").write_text(IPN.replace("HMAC-SHA512", "MD5"), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        point = EntryPoint("theirs", "their_contracts", "payport.contracts")
        monkeypatch.setattr("payport.gateways.library.installed", lambda _group: (point,))

        ran = cli("contracts")

        assert "Refused, and not used:" in ran.out
        assert ran.lines("unknown unknown, ipn.toml")[0].endswith("Say which it is.")

    def test_two_of_one_version_are_both_refused(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        points = library.installed("payport.contracts")
        monkeypatch.setattr("payport.gateways.library.installed", lambda _group: points * 2)

        ran = cli("contracts")

        assert ran.out.startswith("No contract is installed.")
        assert "vnpay-ipn 1.0.0 is claimed by payport-contracts" in ran.out


class TestWhatChangedBetweenTwoContracts:
    @pytest.fixture
    def changed(self, cli: Any, tmp_path: Path) -> Any:
        def compare(*replacements: tuple[str, str]) -> Any:
            text = IPN
            for before, after in replacements:
                assert before in text
                text = text.replace(before, after)
            (tmp_path / "new.toml").write_text(text, encoding="utf-8")
            return cli("contracts", "diff", "vnpay-ipn", "new.toml")

        return compare

    def test_is_nothing_where_only_comments_and_order_did(self, changed: Any) -> None:
        ran = changed(("# VNPAY calls our server", "# Our server is called"), ('empty = "keep"\n', ""))

        assert (ran.status, ran.out) == (
            0,
            "vnpay-ipn 1.0.0 and vnpay-ipn 1.0.0 say the same (the files differ in their text alone).\n",
        )

    def test_is_nothing_where_a_default_is_written_out(self, cli: Any, tmp_path: Path) -> None:
        text = (CONTRACTS / "onepay" / "callback.toml").read_text(encoding="utf-8")
        assert 'values = "raw"' in text
        written_out = text.replace('values = "raw"', 'values = ["raw"]\nabsent = "refuse"')
        (tmp_path / "new.toml").write_text(written_out, encoding="utf-8")

        assert cli("contracts", "diff", "onepay-callback", "new.toml").status == 0

    def test_is_nothing_where_a_set_is_written_in_another_order(self, changed: Any) -> None:
        ran = changed(
            ('["vnp_SecureHash", "vnp_SecureHashType"]', '["vnp_SecureHashType", "vnp_SecureHash"]')
        )

        assert ran.status == 0

    def test_is_named_key_by_key(self, changed: Any) -> None:
        ran = changed(
            ('version = "1.0.0"', 'version = "2.0.0"'),
            ('empty = "keep"', 'empty = "skip"'),
            ('values = ["php form", "as received"]', 'values = "raw"'),
        )

        words, _, keys = ran.out.partition("\n\n")
        assert ran.status == 1
        assert "- Before: An empty value is kept. Now: An empty value is left out." in words.splitlines()
        assert [line.split(maxsplit=1)[0] for line in keys.splitlines()[1:]] == [
            "version",
            "message.values",
            "message.empty",
        ]
        assert '"php form", "as received"' in ran.lines("message.values")[0]

    def test_wants_a_new_major_version_but_for_what_accepts_more(self, changed: Any) -> None:
        """As docs/versioning.md has it; which of the two it is, the one who reads the sentences judges."""
        ran = changed(("HMAC-SHA512", "HMAC-SHA256"))

        assert ran.lines("signature.algorithm")[0].split() == [
            "signature.algorithm",
            '"HMAC-SHA512"',
            '"HMAC-SHA256"',
        ]
        assert ran.lines("The new one") == [
            "The new one needs a major version of its own, unless it accepts every message that the old one"
            " did, in the same meaning: then a new second number will do."
        ]

    @pytest.mark.parametrize(
        "change",
        [(('version = "1.0.0"', 'version = "2.0.0"'), ("HMAC-SHA512", "HMAC-SHA256")),
         (('version = "1.0.0"', 'version = "1.0.1"'), ("4 and 4.1", "4"))],
        ids=["a new major", "words alone"],
    )  # fmt: skip
    def test_wants_none_where_there_is_one_or_nothing_of_meaning_changed(
        self, changed: Any, change: tuple[tuple[str, str], ...]
    ) -> None:
        ran = changed(*change)

        assert ran.status == 1
        assert ran.lines("The new one") == []

    def test_may_be_asked_between_two_ids(self, cli: Any) -> None:
        ran = cli("contracts", "diff", "vnpay-ipn@1", "vnpay-return@1.0.0")

        assert ran.status == 1
        assert ran.lines("grade")[0].split() == ["grade", '"proof"', '"hint"']
        assert ran.lines("locate.merchant_reference")[0].split()[1:] == ["-", '"vnp_TxnRef"']

    def test_is_refused_for_a_file_that_is_no_contract(self, cli: Any, tmp_path: Path) -> None:
        (tmp_path / "bad.toml").write_text('id = "x"\n')

        ran = cli("contracts", "diff", "vnpay-ipn", "bad.toml")

        assert ran.status == 2
        assert ran.err.startswith("bad.toml: ")
