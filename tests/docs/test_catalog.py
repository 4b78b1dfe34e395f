"""docs/catalog.md: every key and policy with its default, and an example priced by hand and by code."""

from __future__ import annotations

import inspect
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from payport import Payport
from payport.rules import catalog
from payport.rules.catalog_file import load_catalog
from payport.rules.document import Document
from tests.docs.pages import blocks, page, rows, section
from tests.support.shop import write_configuration

PAGE = page("catalog.md")
(EXAMPLE,) = blocks(PAGE, "toml")
(BY_CODE,) = blocks(PAGE, "python")
MODELS: dict[str, type[BaseModel]] = {
    "The file": catalog.Catalog,
    "`[[taxes]]`": catalog.TaxClass,
    "`[[taxes.reduced]]`": catalog.ReducedRate,
    "`[[packages]]`": catalog.Package,
    "`[[packages.terms]]`": catalog.PackageTerm,
    "`[extra_capacity]`": catalog.ExtraCapacity,
    "`[extra_capacity.price]`": catalog.ExtraPrice,
    "`[[promotions]]`": catalog.Promotion,
    "Policies": catalog.Policies,
}
WORDS_FOR_NOTHING = {"none", "all", "no limit", "none is sold", "each its own", "the lowest tier"}


@pytest.mark.parametrize("heading", MODELS)
class TestATable:
    def test_describes_every_key(self, heading: str) -> None:
        described = [row[0].strip("`") for row in rows(section(PAGE, heading))]

        assert described == list(MODELS[heading].model_fields)

    def test_says_the_defaults_that_hold(self, heading: str) -> None:
        fields = MODELS[heading].model_fields

        for name, _, default in rows(section(PAGE, heading)):
            field = fields[name.strip("`")]
            assert (default == "") is field.is_required(), name
            if default.startswith("`"):
                assert _value(default.strip("`")) == field.default, name
            elif default:
                assert default in WORDS_FOR_NOTHING, name
                assert field.default in {None, ()} or isinstance(field.default, Document), name


def test_no_part_of_a_catalog_is_without_its_table() -> None:
    parts = {
        value
        for _, value in inspect.getmembers(catalog, inspect.isclass)
        if issubclass(value, Document) and value.__module__ == catalog.__name__
    }

    assert parts == set(MODELS.values())


class TestTheExample:
    def test_is_a_catalog(self) -> None:
        assert load_catalog(EXAMPLE, source="catalog.toml").version == "2026-autumn"

    def test_costs_by_code_what_it_costs_by_hand(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        _open(tmp_path)
        by_hand = [
            int(row[2].replace(",", "").replace("−", "-"))
            for row in rows(section(PAGE, "The example, priced"))
        ]

        names: dict[str, Any] = {}
        exec(compile(_on_the_pages_day(BY_CODE), "<docs/catalog.md>", "exec"), names)

        quote = names["quote"]
        names["shop"].close()
        assert [line.amount.minor for line in quote.lines] == by_hand[:3]
        assert [quote.net.minor, quote.tax.minor, quote.total.minor] == by_hand[3:]
        assert "40,285,000 VND 3,222,800 VND 43,507,800 VND" in capsys.readouterr().out


def _open(folder: Path) -> None:
    """A seller of the page's catalog, with its tables."""
    shop = Payport.from_config(write_configuration(folder, "sqlite:///payport.sqlite", catalog=EXAMPLE))
    shop.migrate()
    shop.close()


def _on_the_pages_day(block: str) -> str:
    """The clock of the page: its reduced rate does not hold for ever."""
    day = datetime(2026, 11, 25, 3, tzinfo=UTC)
    opened = 'Payport.from_config("payport.toml"'
    assert opened in block
    moved = f"import datetime\n{block}"
    return moved.replace(opened, f"{opened}, clock=lambda: {day!r}")


def _value(text: str) -> Any:
    """A default as TOML has it, in the model's own type."""
    value = tomllib.loads(f"x = {text}")["x"]
    if isinstance(value, dict):
        return timedelta(**value)
    return tuple(value) if isinstance(value, list) else value
