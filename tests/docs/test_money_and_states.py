"""docs/money-and-states.md: its diagrams and tables are what the code says, drawn anew."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest
from sqlalchemy import create_mock_engine
from sqlalchemy.engine.mock import MockConnection

from payport.gateways.types import Outcome
from payport.rules import chargeback, order, payment, refund
from payport.storage.tables import metadata
from tests.docs.drawn import contradictions, diagram, judgements
from tests.docs.pages import blocks, code_names, page, rows, section

PAGE = page("money-and-states.md")


class TestTheDiagrams:
    def test_of_an_order_is_drawn_from_its_moves(self) -> None:
        assert blocks(section(PAGE, "States of an order"), "mermaid") == [
            diagram(order.MOVES, begin=order.State.PLACED)
        ]

    def test_of_a_payment_is_drawn_from_its_moves(self) -> None:
        assert blocks(section(PAGE, "States of a payment"), "mermaid") == [
            diagram(payment.MOVES, begin=payment.State.CREATED)
        ]

    def test_of_a_refund_is_drawn_from_its_moves(self) -> None:
        assert blocks(section(PAGE, "States of a refund"), "mermaid") == [
            diagram(refund.MOVES, begin=refund.State.REQUESTED)
        ]

    def test_of_a_chargeback_is_drawn_from_its_moves(self) -> None:
        assert blocks(section(PAGE, "States of a chargeback"), "mermaid") == [
            diagram(chargeback.MOVES, begin=chargeback.State.OPENED)
        ]


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("States of an order", order.State),
        ("States of a payment", payment.State),
        ("States of a chargeback", chargeback.State),
        ("Six outcomes", Outcome),
    ],
)
def test_every_state_and_outcome_is_described(heading: str, values: type[StrEnum]) -> None:
    assert code_names(section(PAGE, heading)) == [str(value) for value in values]


class TestTheJudgesTables:
    def test_say_what_a_report_that_agrees_makes_of_a_payment(self) -> None:
        assert rows(section(PAGE, "What a report makes of a payment")) == list(judgements())

    def test_say_what_a_contradiction_makes_of_one(self) -> None:
        assert rows(section(PAGE, "What a contradiction makes of a payment")) == list(contradictions())


def test_the_constraints_are_the_databases_own() -> None:
    written: list[str] = []
    engine: MockConnection = create_mock_engine(
        "postgresql+psycopg://",
        lambda ddl, *_, **__: written.append(str(ddl.compile(dialect=engine.dialect))),
    )

    metadata.create_all(engine, checkfirst=False)

    there = set(re.findall(r"CONSTRAINT (\w+)", "\n".join(written)))
    assert set(code_names(section(PAGE, "What always holds"), column=1)) <= there
