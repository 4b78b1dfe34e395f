"""The journal with its heads, what subscribers are told, and what work says of itself"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from payport.storage.tables import SCHEMA

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WORK = ("orders", "payments", "refunds")


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("account_sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column(
            "hash",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_journal_number_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("account", "account_sequence", name=op.f("uq_journal_account_account_sequence")),
        sa.UniqueConstraint("chain", "sequence", name=op.f("uq_journal_chain_sequence")),
        sa.UniqueConstraint("number", name=op.f("uq_journal_number")),
        comment="What happened to money, in chains; hosts are told it. Numbers are set, and words erased.",
    )
    op.create_index(op.f("ix_journal_hash"), "journal", ["hash"])
    op.create_index(
        "ix_journal_unsealed",
        "journal",
        ["id"],
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "journal_heads",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(length=120), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(key_id IS NULL) = (signature IS NULL)", name=op.f("ck_journal_heads_signature_whole")
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_journal_heads_size_bounds")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_journal_heads")),
        comment="The journal's signed heads: each seals the first `size` entries.",
    )
    op.create_table(
        "stopped_subscribers",
        sa.Column("subscriber", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber", name=op.f("pk_stopped_subscribers")),
        comment="Subscribers that wanted nothing more. What they are owed waits until a person resumes.",
    )
    op.create_table(
        "pace",
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gateway_account", name=op.f("pk_pace")),
        comment="When a gateway account may be called next, for all workers together.",
    )
    op.create_table(
        "refused_callbacks",
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_refused_callbacks_count_bounds")),
        sa.PrimaryKeyConstraint("gateway_account", "hour", name=op.f("pk_refused_callbacks")),
        comment="Callbacks of an hour that prove nothing, kept or not: counted.",
    )
    proves_nothing = sa.text("verdict <> 'proof'")
    op.create_index(
        "ix_callbacks_refused",
        "callbacks",
        ["received_at"],
        sqlite_where=proves_nothing,
        postgresql_where=proves_nothing,
    )
    op.create_table(
        "deliveries",
        sa.Column("subscriber", sa.String(length=120), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("account_sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)",
            name=op.f("ck_deliveries_delivered_has_instant"),
        ),
        sa.CheckConstraint(
            "(state = 'parked') = (parked_at IS NOT NULL)", name=op.f("ck_deliveries_parked_has_instant")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'parked')", name=op.f("ck_deliveries_state_known")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["journal.id"], name=op.f("fk_deliveries_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "subscriber", name=op.f("pk_deliveries")),
        comment="What each subscriber is still to be told, committed with the entry that it is told of.",
    )
    for name, columns, condition in (
        ("ix_deliveries_waiting", ["subscriber", "account", "account_sequence"], "state = 'waiting'"),
        ("ix_deliveries_due", ["subscriber", "due_at", "entry_id"], "due_at IS NOT NULL"),
        ("ix_deliveries_parked", ["parked_at"], "parked_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
    op.drop_index(op.f("ix_moves_reference"), table_name="moves")
    op.drop_table("moves")
    schema = None if op.get_bind().dialect.name == "sqlite" else SCHEMA  # ALTER alone knows of no translation
    op.add_column("orders", sa.Column("erased_at", sa.DateTime(timezone=True)), schema=schema)
    orders = sa.table("orders", sa.column("state"), sa.column("due_at"), schema=schema)
    op.execute(sa.update(orders).where(orders.c.state != "placed").values(due_at=None))  # none is due again
    for table in _WORK:
        op.add_column(table, sa.Column("last_error", sa.Text()), schema=schema)
        op.add_column(table, sa.Column("parked_at", sa.DateTime(timezone=True)), schema=schema)
    is_due = sa.text("due_at IS NOT NULL")
    for table in ("payments", "refunds"):
        op.create_index(
            f"ix_{table}_due",
            table,
            ["gateway_account", "due_at"],
            sqlite_where=is_due,
            postgresql_where=is_due,
        )
    op.drop_index(op.f("ix_payments_due_at"), table_name="payments")
