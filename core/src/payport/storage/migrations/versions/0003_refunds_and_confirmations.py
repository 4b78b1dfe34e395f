"""Refunds, money confirmed by people, and the lines of bank statements"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement_lines",
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fate", sa.String(length=20), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "fate <> 'matched' OR order_number IS NOT NULL", name=op.f("ck_statement_lines_matched_has_order")
        ),
        sa.CheckConstraint(
            "fate IN ('matched', 'unmatched', 'wrong_amount', 'already_used', 'ambiguous')",
            name=op.f("ck_statement_lines_fate_known"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_statement_lines_amount_minor_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_statement_lines_order_number")
        ),
        sa.PrimaryKeyConstraint("gateway_account", "reference", name=op.f("pk_statement_lines")),
        comment="Lines of the seller's bank statements that were imported: each is used once, for ever.",
    )
    op.create_index(
        op.f("ix_statement_lines_gateway_account_fingerprint"),
        "statement_lines",
        ["gateway_account", "fingerprint"],
    )
    op.create_table(
        "confirmations",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("bank_reference", sa.String(length=255), nullable=False),
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("first_by", sa.String(length=120), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_by", sa.String(length=120), nullable=True),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'counted', 'withdrawn')", name=op.f("ck_confirmations_state_known")
        ),
        sa.CheckConstraint(
            "(second_by IS NULL) = (second_at IS NULL)", name=op.f("ck_confirmations_second_whole")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_confirmations_amount_minor_bounds"),
        ),
        sa.CheckConstraint(
            "second_by IS NULL OR second_by <> first_by", name=op.f("ck_confirmations_four_eyes")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_reference"],
            ["payments.merchant_reference"],
            name=op.f("fk_confirmations_merchant_reference"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_confirmations_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint(
            "gateway_account", "bank_reference", name=op.f("uq_confirmations_gateway_account_bank_reference")
        ),
        comment="Money that named people saw. Above a policy's amount it counts once a second one saw it.",
    )
    op.create_index(op.f("ix_confirmations_order_number"), "confirmations", ["order_number"])
    op.create_table(
        "refunds",
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=20), nullable=False),
        sa.Column("request_key", sa.String(length=120), nullable=False),
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("of_what", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.Text(), server_default="[]", nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("gateway_reference", sa.String(length=255), nullable=True),
        sa.Column("gateway_code", sa.String(length=120), server_default="", nullable=False),
        sa.Column("reported_minor", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "(state IN ('succeeded', 'failed')) = (closed_at IS NOT NULL)",
            name=op.f("ck_refunds_closed_has_instant"),
        ),
        sa.CheckConstraint("of_what IN ('order', 'surplus')", name=op.f("ck_refunds_of_what_known")),
        sa.CheckConstraint(
            "state IN ('requested', 'submitted', 'unknown', 'succeeded', 'failed')",
            name=op.f("ck_refunds_state_known"),
        ),
        sa.CheckConstraint("way IN ('gateway', 'by_hand')", name=op.f("ck_refunds_way_known")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_refunds_closed_has_actor")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_refunds_amount_minor_bounds"),
        ),
        sa.CheckConstraint(
            "reported_minor > 0 AND reported_minor <= 9007199254740991",
            name=op.f("ck_refunds_reported_minor_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_reference"],
            ["payments.merchant_reference"],
            name=op.f("fk_refunds_merchant_reference"),
        ),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_refunds_order_number")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_refunds")),
        sa.UniqueConstraint(
            "gateway_account", "gateway_reference", name=op.f("uq_refunds_gateway_account_gateway_reference")
        ),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refunds_idempotency_key")),
        sa.UniqueConstraint("request_key", name=op.f("uq_refunds_request_key")),
        comment="Money that is given back. Committed before anything is sent; it reserves its amount.",
    )
    op.create_index(op.f("ix_refunds_due_at"), "refunds", ["due_at"])
    op.create_index(op.f("ix_refunds_merchant_reference"), "refunds", ["merchant_reference"])
    op.create_index(op.f("ix_refunds_order_number"), "refunds", ["order_number"])


def downgrade() -> None:
    op.drop_table("refunds")
    op.drop_table("confirmations")
    op.drop_table("statement_lines")
