"""docs/errors.md: every class with its code and its parent, every reason of a rejection, and its example."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payport import New, errors
from payport.doors import base
from payport.errors import CallbackRejected, PayportError
from tests.docs.pages import blocks, page, rows, section
from tests.support.shop import BUYER, open_shop

PAGE = page("errors.md")
CLASSES = {name: getattr(errors, name) for name in errors.__all__}
TABLE = rows(section(PAGE, "Every class"))


def _name(cell: str) -> str:
    return cell.strip("·` ")


class TestEveryClass:
    def test_is_described_once(self) -> None:
        assert sorted(_name(row[0]) for row in TABLE) == sorted(CLASSES)

    def test_has_a_code_of_its_own_that_the_page_says(self) -> None:
        codes = [error.code for error in CLASSES.values()]

        assert len(set(codes)) == len(codes)
        assert {_name(row[0]): row[1].strip("`") for row in TABLE} == {n: e.code for n, e in CLASSES.items()}

    def test_stands_below_the_class_that_it_is_a_kind_of(self) -> None:
        above: list[type[PayportError]] = []
        for row in TABLE:
            depth, error = row[0].count("·"), CLASSES[_name(row[0])]
            assert not depth or error.__bases__ == (above[depth - 1],)
            above = [*above[:depth], error]

    def test_says_when_and_what_to_do(self) -> None:
        assert all(when and remedy for _, _, when, remedy in TABLE)


def test_every_reason_of_a_rejection_is_described() -> None:
    said = [
        (error.__name__, reason)
        for error in CLASSES.values()
        if issubclass(error, CallbackRejected) and error is not CallbackRejected
        for reason in re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", _reasons(error.__doc__ or ""))
    ]

    described = [
        (row[0].strip("`"), row[1].strip("`")) for row in rows(section(PAGE, "Why a callback is rejected"))
    ]
    assert sorted(described) == sorted(said)


def _reasons(text: str) -> str:
    """What follows "Reason:" in a docstring, without what stands in brackets."""
    return re.sub(r"\(.*?\)", "", re.split(r"Reasons?:", text)[1], flags=re.DOTALL)


class TestTheExample:
    @pytest.fixture
    def place_order(self) -> Any:
        names: dict[str, Any] = {}
        exec(compile(blocks(PAGE, "python")[0], "<docs/errors.md>", "exec"), names)
        return names["place_order"]

    def test_makes_a_new_quote_where_the_old_one_is_over(self, place_order: Any, tmp_path: Path) -> None:
        shop = open_shop(tmp_path, "sqlite:///payport.sqlite")
        shop.payport.migrate()
        quote = shop.payport.quote("binh-minh", New(package="standard", months=12))
        shop.clock.forward(hours=25)

        order = place_order(shop.payport, quote, BUYER)

        assert order.state == "placed"
        assert order.quote.id != quote.id
        shop.payport.close()


def test_a_double_click_is_waited_for_as_long_as_the_page_says() -> None:
    waits = base.WAIT_FOR_THE_OTHER

    assert waits["stop"].max_attempt_number * timedelta(seconds=waits["wait"].wait_fixed) == timedelta(
        seconds=2
    )
