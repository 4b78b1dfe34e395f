"""Money's CHECKs bite, and the migrations give the tables that the code knows: on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from payport.errors import ConfigurationError
from payport.rules.acts import Adjust
from payport.rules.confirmation import Confirmation, State
from payport.rules.money import vnd
from payport.rules.payment import Payment
from payport.storage import tables as t
from payport.storage.confirmation_records import add_confirmation, record_confirmation
from payport.storage.database import Database
from payport.storage.migrations import VERSION_TABLE, current_and_head, migrate, require_current
from tests.support.shop import NOON, Shop


@pytest.fixture
def paid(shop: Shop) -> Shop:
    """One order, paid, its money claimed back and won, a little of it refunded; and what people and a bank
    said: rows in every table that money touches."""
    payment = shop.pay(shop.order())
    shop.ipn(payment)
    shop.payport.refund(
        payment.merchant_reference,
        vnd(1_000),
        key="form-a",
        actor="Lan",
        reason="goodwill",
        by_hand=True,
        gateway_reference="FT1",
    )
    shop.payport.seller.database.transaction(lambda connection: _say(connection, payment))
    opened = shop.payport.chargeback(
        payment.merchant_reference, vnd(1_000_000), actor="Lan", reason="not recognised"
    )
    shop.payport.chargeback_won(opened.reference, actor="Lan")
    shop.payport.propose(Adjust(account=payment.account, days=1, reason="?"), actor="Lan")
    return shop


def _say(connection: Connection, payment: Payment) -> None:
    """A confirmation and a statement's line, as bare rows."""
    said = Confirmation(
        gateway_account="order-only",
        bank_reference="FT2",
        merchant_reference=payment.merchant_reference,
        order_number=payment.order_number,
        state=State.WITHDRAWN,
        amount=vnd(1),
        booked_on=NOON.date(),
        note="",
        first_by="Lan",
        first_at=NOON,
    )
    add_confirmation(connection, said)
    record_confirmation(connection, None, said, at=NOON, because="for a test")
    of_it = {"gateway_account": "order-only", "amount_minor": 1, "currency": "VND"}
    connection.execute(
        insert(t.statement_lines).values(
            **of_it,
            reference="FT3",
            fingerprint="f",
            booked_at=NOON,
            text="?",
            fate="unmatched",
            imported_at=NOON,
            imported_by="Lan",
        )
    )
    entry = connection.execute(select(t.journal).limit(1)).one()
    connection.execute(insert(t.journal_heads).values(size=1, at=NOON, text="{}"))
    connection.execute(
        insert(t.deliveries).values(
            subscriber="host",
            entry_id=entry.id,
            account=entry.account,
            account_sequence=entry.account_sequence,
            state="waiting",
            due_at=NOON,
        )
    )
    connection.execute(insert(t.refused_callbacks).values(gateway_account="vnpay-main", hour=NOON, count=1))
    connection.execute(
        insert(t.dismissals).values(
            gateway_account="order-only",
            reference="FT3",
            subject="statement_line",
            at=NOON,
            dismissed_by="Lan",
            reason="?",
        )
    )
    connection.execute(insert(t.errands).values(at=NOON, actor="Lan", kind="ask", about="SV1", reason="?"))


def refused(shop: Shop, table: Any, **values: Any) -> str:
    """The name of the constraint that refuses this change of the table's one row."""
    with pytest.raises(IntegrityError) as error:
        shop.payport.seller.database.transaction(lambda c: c.execute(update(table).values(**values)))
    return str(error.value.orig)


def test_a_statement_that_fails_does_not_show_its_values(shop: Shop) -> None:
    """Among them are buyers, and the tokens that open their orders."""
    wrong = text("SELECT nothing FROM orders WHERE token = :token")

    with pytest.raises(DBAPIError) as error, shop.payport.seller.database.reading() as connection:
        connection.execute(wrong, {"token": "opens-an-order"})

    assert "opens-an-order" not in str(error.value)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (t.quotes, {"total_minor": -1}, "total_minor_bounds"),
    (t.quotes, {"total_minor": 2**53}, "total_minor_bounds"),
    (t.orders, {"total_minor": -1}, "total_minor_bounds"),
    (t.orders, {"received_minor": -1, "state": "placed"}, "received_minor_bounds"),
    (t.orders, {"received_minor": 0}, "paid_is_covered"),
    (t.orders, {"state": "paid", "paid_at": None}, "paid_has_instant"),
    (t.orders, {"state": "payed"}, "state_known"),
    (t.payments, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.payments, {"received_minor": 2**53}, "received_minor_bounds"),
    (t.payments, {"received_minor": 1}, "succeeded_is_covered"),
    (t.payments, {"state": "failed"}, "unpaid_received_nothing"),
    (t.payments, {"state": "done"}, "state_known"),
    (t.receipts, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.chargebacks, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.chargebacks, {"amount_minor": 2**53}, "amount_minor_bounds"),
    (t.chargebacks, {"state": "disputed"}, "state_known"),
    (t.chargebacks, {"state": "opened"}, "closed_has_instant"),
    (t.chargebacks, {"closed_at": None, "closed_by": None}, "closed_has_instant"),
    (t.chargebacks, {"closed_by": None}, "closed_has_actor"),
    (t.refunds, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.refunds, {"amount_minor": 2**53}, "amount_minor_bounds"),
    (t.refunds, {"reported_minor": 0}, "reported_minor_bounds"),
    (t.refunds, {"state": "done", "closed_at": None, "closed_by": None}, "state_known"),
    (t.refunds, {"of_what": "both"}, "of_what_known"),
    (t.refunds, {"way": "by_post"}, "way_known"),
    (t.refunds, {"state": "unknown"}, "closed_has_instant"),
    (t.refunds, {"closed_at": None, "closed_by": None}, "closed_has_instant"),
    (t.refunds, {"closed_by": None}, "closed_has_actor"),
    (t.confirmations, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.confirmations, {"state": "seen"}, "state_known"),
    (t.confirmations, {"second_by": "Minh"}, "second_whole"),
    (t.confirmations, {"second_by": "Lan", "second_at": NOON}, "four_eyes"),
    (t.statement_lines, {"amount_minor": 0}, "amount_minor_bounds"),
    (t.statement_lines, {"fate": "lost"}, "fate_known"),
    (t.statement_lines, {"fate": "matched", "order_number": None}, "matched_has_order"),
    (t.grants, {"order_number": None}, "order_named"),
    (t.accounts, {"used_bytes": -1, "used_at": NOON}, "used_bytes_bounds"),
    (t.accounts, {"used_bytes": 1}, "usage_whole"),
    (t.callbacks, {"verdict": "fine"}, "verdict_known"),
    (t.journal, {"number": 0}, "number_bounds"),
    (t.journal_heads, {"size": 0}, "size_bounds"),
    (t.journal_heads, {"key_id": "2026"}, "signature_whole"),
    (t.deliveries, {"state": "sent"}, "state_known"),
    (t.deliveries, {"state": "delivered"}, "delivered_has_instant"),
    (t.deliveries, {"state": "parked"}, "parked_has_instant"),
    (t.refused_callbacks, {"count": 0}, "count_bounds"),
    (t.dismissals, {"subject": "whim"}, "subject_known"),
    (t.errands, {"kind": "whim"}, "kind_known"),
    (t.proposals, {"amount_minor": -1, "currency": "VND"}, "amount_minor_bounds"),
    (t.proposals, {"amount_minor": 1}, "amount_whole"),
    (t.proposals, {"state": "done", "closed_at": NOON, "closed_by": "Minh"}, "state_known"),
    (t.proposals, {"state": "approved"}, "closed_has_instant"),
    (t.proposals, {"closed_by": "Minh"}, "closed_has_actor"),
    (t.proposals, {"state": "approved", "closed_at": NOON, "closed_by": "Lan"}, "four_eyes"),
]


class TestMoneysChecks:
    def test_refuse_what_must_not_be(self, paid: Shop) -> None:
        for table, values, constraint in REFUSED:
            assert constraint in refused(paid, table, **values), (table.name, values)

    def test_are_all_named_here(self) -> None:
        """A CHECK that no row above makes bite would prove nothing; count them."""
        named = [
            c.name
            for table in t.metadata.tables.values()
            for c in table.constraints
            if isinstance(c, CheckConstraint)
        ]

        assert len(named) == 49
        assert all(name is not None for name in named)


class TestReferences:
    def test_of_one_transaction_belong_to_one_payment(self, paid: Shop) -> None:
        other = paid.pay(paid.order("hai"))

        with pytest.raises(IntegrityError):
            paid.payport.seller.database.transaction(
                lambda c: c.execute(
                    update(t.payments)
                    .where(t.payments.c.merchant_reference == other.merchant_reference)
                    .values(gateway_reference="15000001")
                )
            )

    def test_of_one_receipt_are_counted_once(self, paid: Shop) -> None:
        order = paid.payport.order(paid.payport.seller.database.transaction(_first_order))

        with pytest.raises(IntegrityError):
            paid.payport.seller.database.transaction(
                lambda c: c.execute(
                    insert(t.receipts).values(
                        gateway_account="vnpay-main",
                        gateway_reference="15000001",
                        merchant_reference=order.payments[0].merchant_reference,
                        amount_minor=1,
                        currency="VND",
                        paid_at=NOON,
                        received_at=NOON,
                        proof="query",
                    )
                )
            )


class TestMigrations:
    def test_give_the_tables_that_the_code_knows(self, database_url: str) -> None:
        database = Database(database_url)
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "version_table": VERSION_TABLE,
                },
            )
            if not database.is_sqlite:
                connection.exec_driver_sql(f"SET search_path TO {t.SCHEMA}")
            differences = compare_metadata(context, t.metadata)
        database.close()

        assert differences == []

    def test_run_again_change_nothing(self, database_url: str) -> None:
        database = Database(database_url)

        migrate(database)

        current, head = current_and_head(database)
        database.close()
        assert current == head

    def test_a_database_without_tables_is_refused_with_the_remedy(self, tmp_path: Any) -> None:
        database = Database(f"sqlite:///{tmp_path}/empty.sqlite")

        with pytest.raises(ConfigurationError, match="Run `payport migrate`"):
            require_current(database)
        database.close()


class TestSQLite:
    @pytest.mark.usefixtures("durable")
    def test_keeps_what_it_has_committed(self, tmp_path: Any) -> None:
        database = Database(f"sqlite:///{tmp_path}/durable.sqlite")
        with database.reading() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        database.close()

        assert pragmas == ["wal", 2, 1]

    @pytest.mark.parametrize(
        "url", ["sqlite://", "sqlite:///:memory:", "mysql://root:pw@host/db", "nonsense"]
    )
    def test_an_address_that_cannot_hold_money_is_refused_without_showing_it(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as error:
            Database(url)

        assert error.value.field == "database.url"
        assert "pw" not in str(error.value)


def _first_order(connection: Any) -> str:
    number: str = connection.execute(t.orders.select()).first().number
    return number
