"""Who did what that moves no money"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from payport.storage.tables import SCHEMA

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """For some days 0005 made this table, too: a database of then has it."""
    connection = op.get_bind()
    schema = None if connection.dialect.name == "sqlite" else SCHEMA
    if sa.inspect(connection).has_table("errands", schema=schema):
        return
    op.create_table(
        "errands",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("order_number", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ask', 'ask_refund', 'replay', 'replay_parked', 'resume', 'unpark', 'export',"
            " 'evidence', 'what_if')",
            name=op.f("ck_errands_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
        comment="Who did what that moves no money: kept before it was done, and never changed.",
    )
    op.create_index(op.f("ix_errands_order_number"), "errands", ["order_number"])
