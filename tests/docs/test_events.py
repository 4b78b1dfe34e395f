"""docs/events.md: every type that is told, the example as it is told, and its blocks run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport import Event, Payport
from payport.rules import chargeback, confirmation, four_eyes, order, payment, refund
from payport.service.delivering import PARKED_AFTER, delay_after
from payport.storage.changes import SUBJECTS
from tests.docs.pages import ROOT, blocks, page, rows, section
from tests.support.shop import Shop, write_configuration

PAGE = page("events.md")
TYPES = {
    name for row in rows(section(PAGE, "What an event says")) for name in re.findall(r"`([^`]+)`", row[0])
}
STATES = {
    "order": order.State,
    "payment": payment.State,
    "refund": refund.State,
    "chargeback": chargeback.State,
    "confirmation": confirmation.State,
    "proposal": four_eyes.State,
}


def test_every_state_that_is_told_has_its_type() -> None:
    told = {SUBJECTS[name].kind(None, str(state)) for name, states in STATES.items() for state in states}

    assert told <= TYPES


def test_every_type_that_is_named_in_the_code_is_on_the_page() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "core/src/payport").rglob("*.py"))
    subjects = "|".join((*SUBJECTS, "money", "entitlement", "account", "callbacks"))
    named = set(re.findall(rf'kind="((?:{subjects})\.[a-z_]+)"', source))

    assert len(named) >= 5
    assert named <= TYPES


def test_an_event_is_told_as_the_example_is(shop: Shop) -> None:
    (example,) = map(json.loads, blocks(PAGE, "json"))
    shop.ipn(shop.pay(shop.order()))

    (event,) = [each.event for each in shop.payport.events("binh-minh") if each.event.type == "order.paid"]
    body = json.loads(event.body)

    assert body.keys() == example.keys()
    assert body["data"].keys() == example["data"].keys()
    assert body["data"]["facts"].keys() >= example["data"]["facts"].keys()
    assert event.body == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


class TestSubscribers:
    @pytest.fixture
    def folder(self, tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        (tmp_path / "payport.sqlite").write_bytes(migrated_sqlite.read_bytes())
        write_configuration(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_a_function_is_told_as_the_page_shows(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (code,) = blocks(PAGE, "python")
        names: dict[str, Any] = {}
        exec(code, names)
        shop: Payport = names["shop"]
        shop.start_trial("binh-minh")

        shop.work()
        shop.close()

        assert capsys.readouterr().out == "look at binh-minh 1\n"

    def test_the_files_parts_are_taken(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        function, hook = blocks(PAGE, "toml")
        (code,) = blocks(PAGE, "sh")
        argument = re.search(r"python -c '(.*)'", code)
        assert argument is not None
        made = subprocess.run(
            [sys.executable, "-c", argument[1]], capture_output=True, text=True, check=True
        ).stdout.strip()
        monkeypatch.setenv("PAYPORT_CRM_SECRET", made)
        file = folder / "payport.toml"
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{function}\n{hook}", encoding="utf-8")
        told: list[Event] = []

        with closing(Payport.from_config("payport.toml", subscribers={"provisioning": told.append})) as shop:
            shop.start_trial("binh-minh")
            shop.work()

        assert [event.type for event in told] == ["entitlement.changed"]


def test_a_try_is_repeated_as_the_page_says() -> None:
    away = section(PAGE, "When a receiver is away")
    fifth = timedelta(seconds=1)

    assert "after 5 seconds, then after four times as long" in away
    assert abs(delay_after(1) - timedelta(seconds=5)) <= fifth
    assert abs(delay_after(2) - timedelta(seconds=20)) <= 4 * fifth
    assert "up to 4 hours, each delay spread by a fifth" in away
    assert abs(delay_after(30) - timedelta(hours=4)) <= timedelta(hours=4) / 5
    assert "After three days of failing" in away
    assert timedelta(days=3) == PARKED_AFTER
