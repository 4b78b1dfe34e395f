"""Catalog versions kept for good, and chargebacks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogs",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_catalogs")),
        comment="Each catalog version that priced a quote, as it was then. Kept for good, never changed.",
    )
    op.create_table(
        "chargebacks",
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "(state = 'opened') = (closed_at IS NULL)", name=op.f("ck_chargebacks_closed_has_instant")
        ),
        sa.CheckConstraint("state IN ('opened', 'won', 'lost')", name=op.f("ck_chargebacks_state_known")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_chargebacks_closed_has_actor")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_chargebacks_amount_minor_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_reference"],
            ["payments.merchant_reference"],
            name=op.f("fk_chargebacks_merchant_reference"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_chargebacks_order_number")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_chargebacks")),
        comment="Money that an issuer claims back from a payment, as a person recorded it.",
    )
    op.create_index(op.f("ix_chargebacks_merchant_reference"), "chargebacks", ["merchant_reference"])
    op.create_index(op.f("ix_chargebacks_order_number"), "chargebacks", ["order_number"])


def downgrade() -> None:
    op.drop_table("chargebacks")
    op.drop_table("catalogs")
