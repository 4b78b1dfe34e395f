"""What the back office lists, and finds orders by"""

from __future__ import annotations

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

from payport.rules.search_terms import buyer_terms
from payport.storage import tables as t
from payport.storage.tables import SCHEMA

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES: Final = (
    ("quotes", ["expires_at", "id"]),
    ("orders", ["account", "placed_at", "number"]),
    ("orders", ["state", "placed_at", "number"]),
    ("orders", ["total_minor", "state", "placed_at", "number"]),
    ("payments", ["account", "handed_over_at", "merchant_reference"]),
    ("payments", ["state", "handed_over_at", "merchant_reference"]),
    ("receipts", ["amount_minor", "id"]),
    ("receipts", ["gateway_account", "paid_at"]),
    ("callbacks", ["gateway_account", "key_id", "received_at"]),
    ("refunds", ["closed_at"]),
    ("quotes", ["catalog_version"]),
    ("refunds", ["state", "requested_at", "reference"]),
    ("refunds", ["amount_minor", "requested_at", "reference"]),
    ("statement_lines", ["fate", "booked_at", "gateway_account", "reference"]),
    ("statement_lines", ["amount_minor", "booked_at"]),
    ("journal", ["at"]),
    ("journal", ["kind", "at"]),
)
_OF_A_PART: Final = (  # what waits for a person is little, however much there is
    ("ix_orders_parked", "orders", "parked_at", "parked_at IS NOT NULL"),
    ("ix_payments_parked", "payments", "parked_at", "parked_at IS NOT NULL"),
    ("ix_payments_flagged", "payments", "handed_over_at", "flags <> '[]'"),
    ("ix_refunds_parked", "refunds", "parked_at", "parked_at IS NOT NULL"),
    ("ix_confirmations_waiting", "confirmations", "first_at", "state = 'waiting'"),
    ("ix_chargebacks_open", "chargebacks", "opened_at", "state = 'opened'"),
)
_TOGETHER: Final = 1_000  # orders whose terms are made at once


def upgrade() -> None:
    op.create_table(
        "search_terms",
        sa.Column(
            "term",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_search_terms_order_number")
        ),
        sa.PrimaryKeyConstraint("term", "placed_at", "order_number", name=op.f("pk_search_terms")),
        comment="What an order is found by, of its buyer: words, address, digits. Erased with the buyer.",
        sqlite_with_rowid=False,
    )
    _fill_search_terms()
    _create_what_people_do()
    op.create_index(op.f("ix_search_terms_order_number"), "search_terms", ["order_number"])
    _name_catalog_of_quotes()
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    for name, table, column, condition in _OF_A_PART:
        where = sa.text(condition)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
    op.drop_index(op.f("ix_orders_account"), table_name="orders")
    _create_indexes_of_parts()
    op.drop_index(op.f("ix_orders_due_at"), table_name="orders")


def _create_indexes_of_parts() -> None:
    """A state is as good as an instant to begin with: without both, work would look through all orders."""
    for name, table, columns, condition in (
        ("ix_orders_due", "orders", ["state", "due_at"], "due_at IS NOT NULL"),
        (
            "ix_callbacks_odd",
            "callbacks",
            ["decision", "received_at"],
            "decision IN ('to_review', 'wrong_amount', 'unknown_reference')",
        ),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _name_catalog_of_quotes() -> None:
    """The version that priced a quote stands in its document; as a column, its quotes can be counted."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column(
        "quotes", sa.Column("catalog_version", sa.String(length=64)), schema=None if sqlite else SCHEMA
    )
    quotes = sa.table(
        "quotes", sa.column("document"), sa.column("catalog_version"), schema=None if sqlite else SCHEMA
    )
    told: sa.ColumnElement[str] = sa.func.json_extract(quotes.c.document, "$.catalog_version")
    if not sqlite:
        told = sa.cast(quotes.c.document, sa.JSON)["catalog_version"].as_string()
    op.execute(sa.update(quotes).values(catalog_version=told))


def _fill_search_terms() -> None:
    """For the orders that are there: of buyers that were erased, nothing is left to find them by."""
    connection, orders, after = op.get_bind(), t.orders.c, ""
    while True:
        rows = connection.execute(
            sa.select(orders.number, orders.placed_at, orders.buyer, orders.erased_at)
            .where(orders.number > after)
            .order_by(orders.number)
            .limit(_TOGETHER)
        ).all()
        if not rows:
            return
        found = [
            {"term": term, "placed_at": row.placed_at, "order_number": row.number}
            for row in rows
            if row.erased_at is None
            for term in sorted(buyer_terms(json.loads(row.buyer)))
        ]
        if found:
            connection.execute(sa.insert(t.search_terms), found)
        after = rows[-1].number


def _create_what_people_do() -> None:
    op.create_table(
        "dismissals",
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "subject IN ('statement_line', 'callback')", name=op.f("ck_dismissals_subject_known")
        ),
        sa.PrimaryKeyConstraint("gateway_account", "reference", name=op.f("pk_dismissals")),
        comment="Money of no order that a person looked at: a bank's line, or a gateway's transaction.",
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("result", sa.String(length=255), nullable=True),
        sa.CheckConstraint(
            "amount_minor >= 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_proposals_amount_minor_bounds"),
        ),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (currency IS NULL)", name=op.f("ck_proposals_amount_whole")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'declined')", name=op.f("ck_proposals_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (closed_at IS NULL)", name=op.f("ck_proposals_closed_has_instant")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_proposals_closed_has_actor")
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR closed_by <> proposed_by", name=op.f("ck_proposals_four_eyes")
        ),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_proposals_account")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_proposals_order_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        comment="What one person wants done, and a second one must approve before it is. Done once.",
    )
    for columns in (["account"], ["order_number"], ["state", "proposed_at", "id"]):
        op.create_index(op.f(f"ix_proposals_{'_'.join(columns)}"), "proposals", columns)
