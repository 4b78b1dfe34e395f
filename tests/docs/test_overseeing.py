"""docs/overseeing.md: its examples run, and its tables name what there is."""

from __future__ import annotations

from dataclasses import fields

from payport.rules.money import vnd
from payport.rules.needs import NeedKind
from payport.service.house import House
from tests.docs.pages import blocks, code_names, page, section
from tests.support.shop import Shop

PAGE = page("overseeing.md")


def test_every_kind_of_need_is_in_the_table_in_the_order_in_which_a_person_should_look() -> None:
    first = [name for name in code_names(section(PAGE, "Today")) if name in set(NeedKind)]

    assert first == list(NeedKind)


def test_every_part_of_the_house_is_in_the_table() -> None:
    parts = {each.name for each in fields(House)} - {"at", "journal_key", "journal_keys"}

    assert set(code_names(section(PAGE, "The house"))) == parts


def test_the_examples_run(shop: Shop) -> None:
    order = shop.order()
    shop.ipn(shop.pay(order), vnd(1_000))
    examples = blocks(PAGE, "python")
    names = {"shop": shop.payport, "number": order.number}

    for code in examples:
        exec(code, names)

    assert len(examples) == 3
    assert names["need"].kind is NeedKind.PAYMENTS_IN_REVIEW  # type: ignore[attr-defined]
