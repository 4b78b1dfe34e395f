"""Tables that say what the journal does not, and rows that want to be worked: others than us wrote them.

The attacker can write the database, and cannot run code. Each row of money is told of by its entries, so that
replaying them shows what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update

from payport.journal.replay import Difference
from payport.rules.acts import OpenChargeback
from payport.rules.confirmation import Confirmation, State
from payport.rules.money import vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment
from payport.rules.purchase import New
from payport.service.judge import Decision
from payport.service.replaying import compare
from payport.service.sealing import seal
from payport.storage import tables as t
from payport.storage.changes import SUBJECTS
from payport.storage.confirmation_records import add_confirmation, record_confirmation
from payport.storage.migrations import VERSION_TABLE, migrate
from tests.support.oracle import check_invariants
from tests.support.shop import NOON, Shop
from tests.support.stored import Stored

STATES: Final = {
    "orders": ("review", "cancelled", "expired", "refunded"),
    "payments": ("review", "pending", "succeeded"),
    "refunds": ("failed", "succeeded"),
    "chargebacks": ("lost", "won"),
    "confirmations": ("counted", "waiting"),
    "proposals": ("approved", "declined"),
}
REFUSED: Final = {  # a change of this column alone
    ("confirmations", "second_by"),
    ("confirmations", "second_at"),
    ("grants", "kind"),
    ("orders", "number"),
    ("payments", "merchant_reference"),
}


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Two buyers, and rows of each subject: nobody yet did anything but through Payport."""
    payment = shop.pay(shop.order())
    shop.ipn(payment)
    reference = payment.merchant_reference
    shop.payport.refund(
        reference,
        vnd(1_000),
        key="form-a",
        actor="Lan",
        reason="goodwill",
        by_hand=True,
        gateway_reference="F1",
    )
    opened = shop.payport.chargeback(reference, vnd(1_000_000), actor="Lan", reason="not recognised")
    shop.payport.chargeback_won(opened.reference, actor="Lan")
    claim = OpenChargeback(merchant_reference=reference, amount=vnd(5_000), reason="again")
    shop.payport.decline(shop.payport.propose(claim, actor="Lan").id, actor="Minh", reason="the same one")
    shop.pay(shop.order("hai"))
    shop.payport.quote("hai", New(package="standard", months=1))

    def confirm(connection: Connection) -> None:
        seen = Confirmation(
            gateway_account="order-only",
            bank_reference="FT2",
            merchant_reference=reference,
            order_number=payment.order_number,
            state=State.WITHDRAWN,
            amount=vnd(1),
            booked_on=NOON.date(),
            note="",
            first_by="Lan",
            first_at=NOON,
        )
        add_confirmation(connection, seen)
        record_confirmation(connection, None, seen, at=NOON, because="seen, and withdrawn")

    shop.payport.seller.database.transaction(confirm)
    return shop


@contextmanager
def meddling(shop: Shop) -> Iterator[Connection]:
    """A connection that may write whatever the database itself allows; undone afterwards."""
    with shop.payport.seller.database.engine.connect() as connection, connection.begin() as all_of_it:
        yield connection
        all_of_it.rollback()


def changes_of(connection: Connection, table: Table, column: str, row: Any) -> Iterator[Any]:
    """Other values for a column, the first of which may be refused by a CHECK or a reference."""
    value = row._mapping[column]
    for reference in table.c[column].foreign_keys:
        yield from connection.execute(select(reference.column)).scalars().all()
    if column == "state":
        yield from (state for state in STATES[table.name] if state != value)
    elif column == "kind":
        yield "trial"
    elif isinstance(value, datetime):
        yield value + timedelta(microseconds=1)
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        yield from (value[:-1] + ("0" if value[-1:] != "0" else "1"), f"{value}x", "USD", "order", "surplus")
        yield from ("by_hand", "gateway")
    elif value is None:
        yield from ("x", 1, NOON)
    else:
        yield value + timedelta(days=1)


class TestEntriesThatWereReorderedBySQL:
    def test_JNL_04_what_stands_last_is_said_by_the_journals_numbers(self, shop: Shop) -> None:
        """Ids of rows are in no text. Whoever exchanges them makes no older amount the last one."""
        payment = shop.pay(shop.order())
        for place in range(3):
            shop.clock.forward(seconds=1)
            shop.ipn(payment, vnd(100), transaction=f"1500000{place}")
        seal(shop.payport.seller)

        with meddling(shop) as connection:
            entries, table = t.journal.c, t.journal
            told = select(entries.id).where(entries.kind == "order.updated").order_by(entries.id.desc())
            last, before = connection.execute(told.limit(2)).scalars()
            for old, new in ((last, 0), (before, last), (0, before)):
                connection.execute(update(table).where(entries.id == old).values(id=new))
            connection.execute(update(t.orders).values(received_minor=200))
            (found,) = compare(connection)

        assert (found.table, found.column) == ("orders", "received_minor")
        assert "the table has 200, the journal says 300" in found.problem


class TestARowThatWasChangedBySQL:
    def test_JNL_06_each_column_that_is_told_of_is_compared(self, busy: Shop) -> None:
        refused: set[tuple[str, str]] = set()
        with meddling(busy) as connection:
            assert compare(connection) == ()
            for subject in SUBJECTS.values():
                table = subject.table
                row = connection.execute(select(table).limit(1)).one()
                told = [column.name for column in table.c if column.name not in subject.left_out]
                for column in told:
                    found = self._changed(connection, table, column, row)
                    if found is None:
                        refused.add((table.name, column))
                    else:
                        assert (table.name, column) in found or (table.name, None) in found, (
                            table.name,
                            column,
                            found,
                        )

        assert refused == REFUSED

    def _changed(
        self, connection: Connection, table: Table, column: str, row: Any
    ) -> set[tuple[str, str | None]] | None:
        """What is said of the change; None where the database itself refuses each value."""
        key = [each == row._mapping[each.name] for each in table.primary_key]
        for value in changes_of(connection, table, column, row):
            if value == row._mapping[column]:
                continue
            savepoint = connection.begin_nested()
            try:
                connection.execute(update(table).where(*key).values({column: value}))
            except Exception:  # whichever way the driver refuses it
                savepoint.rollback()
                continue
            found = {(each.table, each.column) for each in compare(connection)}
            savepoint.rollback()
            return found
        return None

    def test_JNL_06_is_named_with_both_values_and_its_entry(self, busy: Shop) -> None:
        with meddling(busy) as connection:
            connection.execute(update(t.refunds).values(amount_minor=999_999))
            (found,) = compare(connection)
            refund = connection.execute(select(t.refunds)).one()

        assert str(found) == (
            f"refunds {refund.reference}, amount_minor: the table has 999999, the journal says 1000"
            f" (entry {found.entry})"
        )
        assert found.entry is not None
        assert found.entry.startswith(f"{refund.order_number} ")

    def test_JNL_06_what_a_grant_gives_is_compared_inside_its_document(self, busy: Shop) -> None:
        with meddling(busy) as connection:
            grant = connection.execute(select(t.grants).order_by(t.grants.c.sequence)).first()
            assert grant is not None
            for more in (grant.document.replace('"months":12', '"months":99'), "{}", "[]", "no JSON"):
                assert more != grant.document
                with connection.begin_nested() as savepoint:
                    connection.execute(
                        update(t.grants).where(t.grants.c.id == grant.id).values(document=more)
                    )
                    (found,) = compare(connection)
                    savepoint.rollback()
                assert (found.table, found.column) == ("grants", "grant")


class TestARowThatCameOrWentBySQL:
    def test_JNL_06_a_grant_that_nobody_paid_for_is_told_of_by_no_entry(self, busy: Shop) -> None:
        with meddling(busy) as connection:
            grant = dict(connection.execute(select(t.grants)).first()._mapping)  # type: ignore[union-attr]
            forged = {"account": "hai", "sequence": 1, "id": "forged", "kind": "trial", "order_number": None}
            connection.execute(insert(t.grants).values(grant | forged))
            found = compare(connection)

        assert [str(each) for each in found] == ["grants forged: the table has it, no entry tells of it"]

    def test_JNL_06_what_is_gone_is_missed(self, busy: Shop) -> None:
        for table in (t.grants, t.receipts, t.refunds, t.chargebacks, t.confirmations):
            with meddling(busy) as connection:
                gone = connection.execute(delete(table)).rowcount
                found = compare(connection)

            assert [(each.table, each.column) for each in found] == [(table.name, None)] * gone
            assert all("no such row" in each.problem for each in found)

    def test_JNL_06_an_order_is_missed_with_all_that_hung_on_it(self, busy: Shop) -> None:
        with meddling(busy) as connection:
            number = connection.execute(
                select(t.orders.c.number).where(t.orders.c.account == "hai")
            ).scalar_one()
            connection.execute(
                delete(t.gateway_calls).where(
                    t.gateway_calls.c.merchant_reference.in_(
                        select(t.payments.c.merchant_reference).where(t.payments.c.order_number == number)
                    )
                )
            )
            connection.execute(delete(t.payments).where(t.payments.c.order_number == number))
            connection.execute(delete(t.search_terms).where(t.search_terms.c.order_number == number))
            connection.execute(delete(t.orders).where(t.orders.c.number == number))
            connection.execute(delete(t.quotes).where(t.quotes.c.account == "hai"))
            connection.execute(delete(t.accounts).where(t.accounts.c.id == "hai"))
            found = compare(connection)

        assert sorted(each.table for each in found) == ["orders", "payments", "quotes"]

    def test_JNL_06_a_change_with_an_entry_that_says_it_only_in_its_columns_is_found(
        self, busy: Shop
    ) -> None:
        with meddling(busy) as connection:
            connection.execute(update(t.orders).values(received_minor=t.orders.c.received_minor + 1))
            connection.execute(update(t.journal).values(to_state="paid", because="as it should be"))
            found = {(each.table, each.column) for each in compare(connection)}

        assert found == {("orders", "received_minor")}


class TestAHostileDueRow:
    def test_JOB_06_runs_nothing_grants_nothing_and_is_named(self, busy: Shop) -> None:
        pending = next(
            payment
            for payment in busy.payport.order(_order_of(busy, "hai")).payments
            if payment.received.minor == 0
        )
        theirs = busy.order("attacker")
        grants = _grants(busy)
        self._rewrite(busy, pending, theirs.number)

        told = busy.ipn(pending, transaction="15000002")
        for _ in range(3):
            busy.payport.work()
            busy.clock.forward(hours=1)

        assert told.decision is Decision.TRY_AGAIN
        assert busy.payport.order(theirs.number).state is not OrderState.PAID
        assert _grants(busy) == grants
        found = _compared(busy)
        assert ("payments", pending.merchant_reference, "order_number") in {
            (each.table, each.key, each.column) for each in found
        }
        _put_back(busy, pending)

    def _rewrite(self, shop: Shop, payment: Payment, order_number: str) -> None:
        """Due since long ago, held by names that are code elsewhere, and paying another's order."""
        hostile = "'; DROP TABLE payport.grants; -- $(reboot) {{7*7}} os:system"
        with shop.payport.seller.database.engine.begin() as connection:
            for table in (t.orders, t.payments, t.refunds):
                connection.execute(
                    update(table).values(
                        due_at=NOON - timedelta(days=9_000), lease_owner=hostile, last_error=hostile
                    )
                )
            connection.execute(
                update(t.payments)
                .where(t.payments.c.merchant_reference == payment.merchant_reference)
                .values(order_number=order_number, account="attacker")
            )

    def test_JOB_06_an_order_of_another_buyer_is_not_paid_for_him(self, busy: Shop) -> None:
        number = _order_of(busy, "hai")
        (pending,) = busy.payport.order(number).payments
        grants = _grants(busy)
        with busy.payport.seller.database.engine.begin() as connection:
            connection.execute(insert(t.accounts).values(id="attacker"))
            connection.execute(update(t.orders).where(t.orders.c.number == number).values(account="attacker"))
            connection.execute(
                update(t.payments).where(t.payments.c.order_number == number).values(account="attacker")
            )

        told = busy.ipn(pending, transaction="15000002")

        assert told.decision is Decision.TRY_AGAIN
        assert _grants(busy) == grants
        assert {(each.table, each.column) for each in _compared(busy)} == {
            ("orders", "account"),
            ("payments", "account"),
        }
        _put_back(busy, pending)


class TestTablesOfTheTimeBeforeTheJournal:
    def test_are_taken_over_as_they_stand(self, busy: Shop) -> None:
        database = busy.payport.seller.database
        with database.reading() as connection:
            before = Stored.read(connection)
        with database.engine.begin() as connection:
            t.metadata.drop_all(connection)
            schema = "" if database.is_sqlite else f"{t.SCHEMA}."
            connection.execute(text(f"DROP TABLE {schema}{VERSION_TABLE}"))
        migrate(database, to="0003")
        _fill(busy, before)

        migrate(database)

        assert _compared(busy) == ()
        check_invariants(busy.payport)
        with database.reading() as connection:
            after = Stored.read(connection)
        assert set(after.rows["orders"]) == set(before.rows["orders"])
        assert {entry.kind for entry in after.rows["journal"]} == {
            f"{name}.taken_over" for name in SUBJECTS if name != "proposal"
        }
        assert after.rows["deliveries"] == []
        (payment,) = busy.payport.order(_order_of(busy, "hai")).payments
        busy.ipn(payment, transaction="15000002")  # and their chains go on: the oracle looks again at the end
        assert busy.payport.order(payment.order_number).state is OrderState.PAID


def _order_of(shop: Shop, account: str) -> str:
    with shop.payport.seller.database.reading() as connection:
        return str(
            connection.execute(select(t.orders.c.number).where(t.orders.c.account == account)).scalar_one()
        )


def _grants(shop: Shop) -> list[Any]:
    with shop.payport.seller.database.reading() as connection:
        return list(connection.execute(select(t.grants)))


def _compared(shop: Shop) -> tuple[Difference, ...]:
    with shop.payport.seller.database.reading() as connection:
        return compare(connection)


def _put_back(shop: Shop, payment: Payment) -> None:
    """As it was, so that the oracle can judge the rest."""
    with shop.payport.seller.database.engine.begin() as connection:
        connection.execute(
            update(t.orders).where(t.orders.c.number == payment.order_number).values(account=payment.account)
        )
        connection.execute(
            update(t.payments)
            .where(t.payments.c.merchant_reference == payment.merchant_reference)
            .values(order_number=payment.order_number, account=payment.account)
        )


def _fill(shop: Shop, stored: Stored) -> None:
    """The rows that a program of that time would have, by the columns of that time."""
    with shop.payport.seller.database.engine.begin() as connection:
        then = t.MetaData()
        then.reflect(connection, schema=None if shop.payport.seller.database.is_sqlite else t.SCHEMA)
        names = {table.name: {column.name for column in table.c} for table in then.sorted_tables}
        for table in t.metadata.sorted_tables:
            rows = [
                {name: value for name, value in row._mapping.items() if name in names[table.name]}
                for row in stored.rows[table.name]
                if table.name in names
            ]
            if rows:
                connection.execute(insert(table), rows)
        if not shop.payport.seller.database.is_sqlite:  # whose numbers go on after those of the rows anyway
            for name in ("callbacks", "receipts", "confirmations", "gateway_calls"):
                sequence = f"pg_get_serial_sequence('{t.SCHEMA}.{name}', 'id')"
                connection.execute(text(f"SELECT setval({sequence}, 1000)"))
