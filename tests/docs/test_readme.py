"""README.md: what it lets the three people taste is what they would be served."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from starlette.applications import Starlette

import payport.plugin
from payport import BuyerDetails, New, Payport
from payport.gateways.registry import discover
from payport.plugin import Outcome, Verified, vnd
from payport.testing import SAMPLE_SECRET, a_callback, offered, sample_library, sample_plugin, sample_query
from payport_contracts.kit.conformance import Subject
from tests.docs.pages import ROOT, blocks, page
from tests.support.shop import Shop

README = (ROOT / "README.md").read_text(encoding="utf-8")
BILLING, HOST = blocks(README, "python")
(CONTRACT,) = blocks(README, "toml")


def test_the_billing_teams_hook_gives_the_facts_of_a_message() -> None:
    names: dict[str, Any] = {**vars(payport.plugin), "OUTCOMES": {"00": Outcome.DONE}}
    exec(BILLING, names)
    plugin = sample_plugin(parse_callback=names["parse_callback"])
    found = discover(contracts=sample_library(), entry_points=offered(plugin))
    account = Subject("sample", keys={"sample_secret": SAMPLE_SECRET}, registry=found).account

    verified = account.verify(a_callback(sample_query(), account="conformance"))
    assert isinstance(verified, Verified)
    report = account.parse(verified)

    assert (report.outcome, report.amount) == (Outcome.DONE, vnd(150_000))


def test_the_hosts_lines_sell_a_package(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    selling, by_people = HOST.split("\n\n")
    monkeypatch.setattr(Payport, "from_config", lambda _: shop.payport)
    names: dict[str, Any] = {"Payport": Payport, "New": New, "BuyerDetails": BuyerDetails, "app": Starlette()}

    exec(selling, names)

    assert "vnp_SecureHash=" in names["checkout"].url
    assert names["app"].routes
    assert re.findall(r"shop\.(\w+)\(", by_people) == ["confirm", "refund"]  # bound in test_blocks


def test_the_auditors_lines_stand_in_the_contract() -> None:
    named, _, excerpt = CONTRACT.partition("\n")
    contract = tomllib.loads((ROOT / named.removeprefix("# ")).read_text(encoding="utf-8"))
    shown = tomllib.loads(excerpt.replace(", …", ""))

    assert shown["grade"] == contract["grade"]
    assert shown["message"].items() <= contract["message"].items()
    assert shown["signature"] == contract["signature"]


@pytest.mark.parametrize("code", blocks(page("logs.md"), "python"))
def test_the_lines_on_logs_clean_what_is_written(code: str) -> None:
    card = "4111 1111 1111 1111"
    writes = "\nimport logging\n" + (
        f"logging.getLogger('payport').warning('card {card}')"
        if "set_up" in code
        else f"import sys; handler.setStream(sys.stderr); logging.getLogger('mine').addHandler(handler)\n"
        f"logging.getLogger('mine').warning('card {card}')"
    )

    ran = subprocess.run([sys.executable, "-c", code + writes], capture_output=True, text=True, check=True)

    assert "card " in ran.stderr + ran.stdout
    assert card not in ran.stderr + ran.stdout
