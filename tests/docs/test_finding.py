"""docs/finding.md: its examples run, and its tables name what there is."""

from __future__ import annotations

import inspect
import re

from payport.doors.listing import Listing
from payport.service.paging import Page
from tests.docs.pages import blocks, page, rows, section
from tests.support.shop import Shop

PAGE = page("finding.md")


def test_each_list_has_the_filters_that_the_page_says() -> None:
    told = {
        verb.strip("`"): set(re.findall(r"`(\w+)`", filters))
        for verb, _, filters in rows(section(PAGE, "Lists"))
    }
    there = {
        name: set(inspect.signature(verb).parameters) - {"self", "after", "limit"}
        for name, verb in vars(Listing).items()
        if inspect.isfunction(verb) and str(verb.__annotations__["return"]).startswith(Page.__name__)
    }

    assert told == there


def test_the_examples_run(shop: Shop) -> None:
    order = shop.order()
    shop.ipn(shop.pay(order))
    examples = blocks(PAGE, "python")
    names = {"shop": shop.payport}

    for code in examples:
        exec(code, names)

    assert len(examples) == 3
    assert names["row"].number == order.number  # type: ignore[attr-defined]
