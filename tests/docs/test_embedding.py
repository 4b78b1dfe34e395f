"""docs/hosts/embedding.md: its verbs are those that are there, and its example runs on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine

from payport import BuyerDetails, New
from payport.doors.within import Within
from tests.docs.pages import blocks, page
from tests.support.shop import Shop

PAGE = page("hosts/embedding.md")


@pytest.fixture
def engine(shop: Shop) -> Iterator[Engine]:
    made = create_engine(shop.payport.seller.database.engine.url)
    if made.dialect.name == "sqlite":
        exec(blocks(PAGE, "python")[1], {"event": event, "engine": made})
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE leads (order_number VARCHAR(64))"))
    yield made
    with made.begin() as connection:
        connection.execute(text("DROP TABLE leads"))
    made.dispose()


def test_the_example_runs(shop: Shop, engine: Engine) -> None:
    code = blocks(PAGE, "python")[0].replace("months=12", "months=1")
    names = {
        "engine": engine, "payport": shop.payport, "New": New, "text": text, "account": "hoa-sua",
        "buyer": BuyerDetails(name="Hà", email="ha@example.vn"), "ip": "203.0.113.9",
    }  # fmt: skip

    exec(code, names)

    assert "vpcpay" in names["checkout"].url  # type: ignore[attr-defined]


def test_the_verbs_are_those_that_are_there() -> None:
    (said,) = re.findall(r"\*\*What is there\*\*: (.*?)\. What", PAGE, re.DOTALL)
    there = {name for name in dir(Within) if not name.startswith("_")}
    host = {"configuration", "from_config", "migrate", "require_current", "seller"}

    assert set(re.findall(r"`(\w+)`", said)) == there - host
