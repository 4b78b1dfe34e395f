"""DUR-09: the next version changes the tables while this one serves, and is then taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from payport import Payport
from payport.errors import ConfigurationError
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, State
from payport.storage.migrations import VERSION_TABLE
from tests.support.oracle import check_invariants
from tests.support.shop import Shop
from tests.support.sign import ipn_query

NEXT = "9999"


def run(shop: Shop, *statements: str) -> None:
    """As the next version's migration would, in one transaction."""
    schema = "" if shop.payport.seller.database.is_sqlite else "payport."

    def change(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("{}", schema))

    shop.payport.seller.database.transaction(change)


def version_is(number: str) -> str:
    return f"UPDATE {{}}{VERSION_TABLE} SET version_num = '{number}'"


def version(shop: Shop) -> str:
    schema = "" if shop.payport.seller.database.is_sqlite else "payport."
    with shop.payport.seller.database.reading() as connection:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {schema}{VERSION_TABLE}").scalar_one()
    return str(found)


def query_of(payment: Payment, number: int) -> bytes:
    return ipn_query(payment.merchant_reference, payment.amount.minor, transaction=f"1500{number}")


def test_DUR_09_tables_that_only_grew_are_served_and_a_start_says_that_it_does_not_fit(shop: Shop) -> None:
    before, ours = shop.pay(shop.order("truoc")), version(shop)

    run(shop, "ALTER TABLE {}payments ADD COLUMN of_the_next TEXT", version_is(NEXT))
    during = shop.pay(shop.order("trong"))
    answers = [shop.deliver(query_of(payment, number)) for number, payment in enumerate((before, during))]
    restarted = Payport.from_config(shop.folder / "payport.toml")
    with pytest.raises(ConfigurationError, match=f"tables of version {NEXT}, not {ours}"):
        restarted.require_current()
    restarted.close()
    run(shop, "ALTER TABLE {}payments DROP COLUMN of_the_next", version_is(ours))

    shop.payport.require_current()
    assert [str(answer.decision) for answer in answers] == ["recorded"] * 2
    for payment in (before, during):
        assert shop.payport.order(payment.order_number).state is OrderState.PAID
    check_invariants(shop.payport)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (
            "ALTER TABLE {}receipts RENAME COLUMN proof TO evidence",
            "ALTER TABLE {}receipts RENAME COLUMN evidence TO proof",
        ),
        ("ALTER TABLE {}grants RENAME TO entries", "ALTER TABLE {}entries RENAME TO grants"),
        ("ALTER TABLE {}callbacks RENAME TO messages", "ALTER TABLE {}messages RENAME TO callbacks"),
    ],
)
def test_DUR_09_tables_that_do_not_fit_are_left_alone_and_the_gateway_calls_again(
    shop: Shop, change: str, back: str
) -> None:
    payment, ours = shop.pay(shop.order()), version(shop)

    run(shop, change, version_is(NEXT))
    refused = shop.deliver(query_of(payment, 1))
    run(shop, back, version_is(ours))

    assert str(refused.decision) == "try_again"
    assert shop.payment(payment).state is State.PENDING
    check_invariants(shop.payport)
    answers = [str(shop.deliver(query_of(payment, 1)).decision) for _ in range(2)]
    assert answers == ["recorded", "already_known"]
