"""docs/configuration.md: every key that the models take, and files and doors that work."""

from __future__ import annotations

import asyncio
import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from payport import ConfigurationError, New, Payport
from payport.doors import configuration, journal_configuration
from payport.doors.configuration import load_configuration
from payport.gateways import accounts_file
from payport.gateways.http import http
from payport.service import subscribers_file
from payport.service.leasing import LEASE
from tests.docs.pages import blocks, code_names, page, rows, section
from tests.support.shop import BUYER, write_configuration
from tests.support.sign import ipn_query

PAGE = page("configuration.md")
WHOLE, ROTATION = blocks(PAGE, "toml")
(ASGI,) = blocks(PAGE, "python")
MODELS: dict[str, type[BaseModel]] = {
    "[seller]": configuration._SellerTable,
    "[database]": configuration._DatabaseTable,
    "[catalog]": configuration._CatalogTable,
    "[contracts]": configuration._ContractsTable,
    "[journal]": journal_configuration.JournalTable,
    "[[journal.former_keys]]": journal_configuration.FormerKeyTable,
    "[callbacks]": configuration._CallbacksTable,
    "[four_eyes]": configuration._FourEyesTable,
    "[[accounts]]": accounts_file._AccountTable,
    "[[accounts.keys]]": accounts_file._KeyTable,
    "[accounts.limits]": accounts_file._LimitsTable,
    "[accounts.pace]": accounts_file._PaceTable,
    "[accounts.statement]": accounts_file._StatementTable,
    "[[methods]]": accounts_file._MethodTable,
    "[[webhooks]]": subscribers_file.WebhookTable,
    "[[webhooks.secrets]]": subscribers_file.SecretTable,
    "[[subscribers]]": subscribers_file.SubscriberTable,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds all that the page's own file names."""
    catalog = (Path(__file__).parents[1] / "support" / "catalog.toml").read_text(encoding="utf-8")
    (tmp_path / "catalog-2026.toml").write_text(catalog, encoding="utf-8")
    later = catalog.replace("test-2026", "test-2027").replace("2026-01-01T", "2027-01-01T")
    (tmp_path / "catalog-2027.toml").write_text(later, encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "vnpay-2026-11").write_text("a key of this test alone, 32 letters\n")
    contracts = Path(__file__).parents[2] / "contracts/src/payport_contracts/approved.toml"
    (tmp_path / "approved.toml").write_bytes(contracts.read_bytes())
    (tmp_path / "payport.toml").write_text(WHOLE, encoding="utf-8")
    return tmp_path


class TestEveryKey:
    @pytest.mark.parametrize("heading", MODELS)
    def test_of_a_table_is_described(self, heading: str) -> None:
        assert code_names(section(PAGE, f"`{heading}`")) == list(MODELS[heading].model_fields)

    def test_has_its_table_on_the_page(self) -> None:
        tables = {name.strip("[]") for name in MODELS if "." not in name}

        assert set(configuration._File.model_fields) == tables
        assert set(re.findall(r"^### `(.*)`$", PAGE, re.MULTILINE)) == set(MODELS)


class TestTheWholeFile:
    def test_is_a_live_one_that_loads(self, folder: Path) -> None:
        read = load_configuration(folder / "payport.toml", environ={"PAYPORT_DATABASE": "sqlite:///x.sqlite"})

        account = read.accounts["vnpay-main"]
        assert (account.environment, account.gateway is None) == ("live", False)
        assert len(read.approved) >= 7

    def test_without_its_key_is_refused_in_the_words_of_the_page(self, folder: Path) -> None:
        whole = tomllib.loads(WHOLE)
        text = WHOLE.replace(WHOLE[WHOLE.index("[[accounts.keys]]") : WHOLE.index("[[methods]]")], "")
        (folder / "payport.toml").write_text(text, encoding="utf-8")

        with pytest.raises(ConfigurationError) as refused:
            load_configuration(folder / "payport.toml", environ={"PAYPORT_DATABASE": "sqlite:///x.sqlite"})

        assert whole["accounts"][0]["keys"]
        assert str(refused.value) == blocks(PAGE, "text")[0].strip()


class TestTheChangeOfAKey:
    @pytest.mark.parametrize(
        ("at", "signing", "verifying"),
        [
            ("2027-01-03T12:00:00+07:00", "2026-11", {"2026-11"}),
            ("2027-01-04T00:00:00+07:00", "2027-01", {"2026-11", "2027-01"}),
            ("2027-01-05T00:00:00+07:00", "2027-01", {"2027-01"}),
        ],
    )
    def test_goes_by_the_steps_of_the_page(
        self, folder: Path, at: str, signing: str, verifying: set[str]
    ) -> None:
        begin, end = WHOLE.index("[[accounts.keys]]"), WHOLE.index("[[methods]]")
        (folder / "payport.toml").write_text(WHOLE[:begin] + ROTATION + WHOLE[end:], encoding="utf-8")
        environ = {
            "PAYPORT_DATABASE": "sqlite:///x.sqlite",
            "VNPAY_2026_11": "the old key of this test, 32 letters",
            "VNPAY_2027_01": "the new key of this test, 32 letters",
        }

        keys = load_configuration(folder / "payport.toml", environ=environ).accounts["vnpay-main"].keyring

        moment = datetime.fromisoformat(at)
        assert keys.signing("hash_secret", moment).id == signing
        assert {key.id for key in keys.verifying("hash_secret", moment)} == verifying


class TestTheDoors:
    @pytest.fixture
    def reference(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        """A payment that waits for its callback, in the folder where the blocks are run."""
        monkeypatch.chdir(tmp_path)
        shop = Payport.from_config(write_configuration(tmp_path, "sqlite:///payport.sqlite"))
        shop.migrate()
        order = shop.place(shop.quote("binh-minh", New(package="standard", months=12)), BUYER)
        shop.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        (payment,) = shop.order(order.number).payments
        shop.close()
        return payment.merchant_reference

    def test_are_mounted_in_starlette(self, reference: str) -> None:
        names = _run(ASGI)
        address = f"/pay/vnpay-main/ipn?{ipn_query(reference, 1_100_000).decode()}"

        async def get() -> Any:
            transport = http.ASGITransport(names["app"])
            async with http.AsyncClient(transport=transport, base_url="https://shop.example.vn") as client:
                return await client.get(address)

        assert asyncio.run(get()).content == b'{"RspCode":"00","Message":"Confirm Success"}'
        names["shop"].close()


def test_a_lease_is_taken_over_in_the_time_that_the_page_says() -> None:
    assert timedelta(seconds=30) > LEASE


def test_the_sources_of_a_key_are_three() -> None:
    assert len(rows(section(PAGE, "Where a key comes from"))) == 3


def _run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(block, "<docs/configuration.md>", "exec"), names)
    return names
