"""docs/back-office-acts.md: its examples run, and its tables name what there is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from payport import Payport
from payport.rules import acts, four_eyes
from tests.docs.pages import blocks, page, rows, section
from tests.support.shop import Shop

PAGE = page("back-office-acts.md")


def test_every_act_is_in_the_table_with_its_verbs() -> None:
    table = {row[0].strip("`"): row[1] for row in rows(PAGE.partition("## What it would do")[0])}

    assert set(table) == {each.__name__ for each in acts.ACTS}
    for verbs in table.values():
        assert all(hasattr(Payport, verb) for verb in re.findall(r"`(\w+)`", verbs))


def test_every_state_of_a_proposal_is_in_the_table() -> None:
    assert [row[0].strip("`") for row in rows(section(PAGE, "Two people"))] == list(four_eyes.State)


def test_the_examples_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bought = shop.order()
    shop.ipn(shop.pay(bought))
    (payment,) = shop.payport.order(bought.number).payments
    monkeypatch.setattr(Payport, "from_config", lambda _: shop.payport)
    names: dict[str, Any] = {"payment": payment}

    looked, proposed = blocks(PAGE, "python")
    exec(looked, names)
    exec(proposed, names)

    assert "paid → refunded" in capsys.readouterr().out
    assert shop.payport.order(bought.number).refunds
