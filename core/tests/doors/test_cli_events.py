"""`payport events`: what was told to whom, what is parked, and telling it again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport import Payport
from payport.doors.cli.doctor import examine
from payport.service.delivering import deliver_due
from tests.support.receivers import Answer, receiving, telling, webhook
from tests.support.shop import NOON


@pytest.fixture
def parked_id(tmp_path: Path, migrated_sqlite: Path) -> str:
    """An order of which a receiver wants to hear nothing, and one of which it has not heard yet."""
    (tmp_path / "payport.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with receiving() as receiver:
        receiver.usual = Answer(500)
        shop = telling(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite", webhook(receiver.url))
        shop.order("binh-minh")
        deliver_due(shop.payport.seller, 1)
        shop.clock.forward(days=3)
        deliver_due(shop.payport.seller, 1)
        shop.order("hoa-mai")
        (found,) = shop.payport.events("binh-minh")
        shop.payport.close()
    return found.event.id


def test_are_listed_with_what_became_of_each(cli: Any, parked_id: str) -> None:
    shown = cli("events", "list")
    one = cli("events", "list", "--account", "binh-minh", "--json")
    (read,) = json.loads(one.out)

    assert shown.status == 0
    assert [line.split()[1] for line in shown.lines("evt_")] == ["order.placed"] * 2
    assert "crm waiting after 0 tries" in shown.out
    assert (read["event"]["id"], read["event"]["number"]) == (parked_id, 1)
    assert read["deliveries"][0]["error"] == "HTTP 500"
    assert read["deliveries"][0]["parked_at"] == (NOON + timedelta(days=3)).isoformat()
    assert read["deliveries"][0]["due_at"] is None


def test_that_are_parked_are_shown_and_told_again_by_id_or_all_at_once(cli: Any, parked_id: str) -> None:
    stuck = cli("events", "parked")
    again = cli("events", "replay", parked_id)
    none = cli("events", "parked")
    rest = cli("events", "replay", "--all-parked", "--subscriber", "crm")

    assert (stuck.status, len(stuck.lines("evt_"))) == (1, 1)
    assert "crm parked after 2 tries: HTTP 500" in stuck.out
    assert (again.status, again.out) == (0, f"{parked_id} is due again: crm\n")
    assert (none.status, none.lines("evt_")) == (0, [])
    assert rest.out == "0 events of crm are due again\n"


def test_told_again_by_a_person_keep_who_and_why_and_by_a_script_nothing(cli: Any, parked_id: str) -> None:
    person = ("--by", "huy", "--reason", "crm was down")
    assert cli("events", "replay", parked_id).status == 0
    assert cli("events", "replay", parked_id, *person).status == 0
    assert cli("events", "replay", "--all-parked", "--subscriber", "crm", *person).status == 0
    assert cli("events", "resume", "crm", *person).status == 1
    half = cli("events", "replay", parked_id, "--by", "huy")
    blank = cli("events", "replay", parked_id, "--by", " ", "--reason", "x")

    assert (half.status, half.err.startswith("--reason: is not given. ")) == (2, True)
    assert (blank.status, blank.err.startswith("actor: ")) == (1, True)
    shop = Payport.from_config("payport.toml")
    kept = [(each.kind, each.about, each.actor) for each in shop.errands()]
    order = shop.event(parked_id).event.order
    shop.close()
    assert kept == [("resume", "crm", "huy"), ("replay_parked", "crm", "huy"), ("replay", parked_id, "huy")]
    assert [line.split()[2:5] for line in cli("errands").lines("20")] == [
        ["huy", "resume", "crm"],
        ["huy", "replay_parked", "crm"],
        ["huy", "replay", parked_id],
    ]
    (one,) = json.loads(cli("errands", "--kind", "replay", "--by", "huy", "--json").out)
    assert (one["about"], one["order"], one["reason"]) == (parked_id, order, "crm was down")
    assert cli("errands", "--by", "lan").out == "nobody did such a thing\n"
    assert cli("errands", "--kind", "steal").err.startswith("kinds")


def test_of_a_receiver_that_is_gone_wait_as_every_command_says_until_it_is_resumed(
    cli: Any, tmp_path: Path, migrated_sqlite: Path
) -> None:
    (tmp_path / "payport.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with receiving() as receiver:
        receiver.usual = Answer(410)
        shop = telling(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite", webhook(receiver.url))
        shop.order()
        deliver_due(shop.payport.seller, 1)
        shop.clock.forward(minutes=5)
        (finding,) = (one for one in examine(shop.payport) if one.subject == "events to crm")
        (item,) = (one for one in shop.payport.work_items() if one.kind == "delivery")
        shop.payport.close()

    notice = "crm is stopped since 2026-11-24 05:00:00+00:00: HTTP 410. `payport events resume crm`"
    assert finding.words.startswith("stopped since 2026-11-24 05:00:00+00:00: HTTP 410. Accounts wait for 1")
    assert (item.state, item.why) == ("due", "crm is stopped: HTTP 410")
    assert all(cli("events", command).err.startswith(notice) for command in ("list", "parked"))
    assert cli("events", "resume", "crm").out == "crm is told again, first what waited\n"
    assert cli("events", "list").err == ""
    again = cli("events", "resume", "crm")
    assert (again.status, again.err[:40]) == (1, "subscriber: no such one is stopped. `pay")


def test_that_wait_are_what_the_doctor_sees(tmp_path: Path, parked_id: str) -> None:
    shop = telling(tmp_path, f"sqlite:///{tmp_path}/payport.sqlite", '[[subscribers]]\nname = "ledger"\n')
    shop.order("minh-khai")
    shop.clock.forward(minutes=2)

    found = [(one.grade, one.subject, one.words) for one in examine(shop.payport) if "events" in one.subject]
    shop.payport.close()

    assert [(grade, subject, words[:16]) for grade, subject, words in found] == [
        ("look", "events to crm", "some wait, and i"),
        ("look", "events to crm", "1 parked, the ol"),
        ("look", "events to ledger", "accounts wait fo"),
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("replay",), 2, "EVENT: is needed, or else --all-parked. "),
        (("replay", "--all-parked"), 2, "--subscriber: is not given. "),
        (("replay", "evt_1", "--all-parked"), 2, "EVENT: "),
        (("replay", "evt_1"), 1, "event: no such event. "),
        (("list", "--limit", "0"), 1, "limit: not 1 to 1000. "),
    ],
)
def test_that_are_named_wrongly_are_refused(
    cli: Any, parked_id: str, arguments: tuple[str, ...], status: int, words: str
) -> None:
    ran = cli("events", *arguments)

    assert (ran.status, ran.out, ran.err[: len(words)]) == (status, "", words)
