"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(used_bytes IS NULL) = (used_at IS NULL)", name=op.f("ck_accounts_usage_whole")),
        sa.CheckConstraint("used_bytes >= 0", name=op.f("ck_accounts_used_bytes_bounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        comment="Buyer accounts. This row is the one lock: taken first, by every change of what hangs on it.",
    )
    op.create_table(
        "callbacks",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.String(length=120), nullable=True),
        sa.Column("key_id", sa.String(length=120), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("merchant_reference", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('proof', 'hint', 'rejected', 'unjudged')", name=op.f("ck_callbacks_verdict_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_callbacks_merchant_reference"), ["merchant_reference"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_callbacks_received_at"), ["received_at"], unique=False)

    op.create_table(
        "codes",
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_codes")),
        comment="One lock for each promotion code.",
    )
    op.create_table(
        "moves",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moves")),
        comment="How an order or a payment came to its state, and what made it move.",
    )
    with op.batch_alter_table("moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moves_reference"), ["reference"], unique=False)

    op.create_table(
        "quotes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "total_minor >= 0 AND total_minor <= 9007199254740991", name=op.f("ck_quotes_total_minor_bounds")
        ),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_quotes_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    with op.batch_alter_table("quotes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quotes_account"), ["account"], unique=False)

    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("quote_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("state <> 'paid' OR paid_at IS NOT NULL", name=op.f("ck_orders_paid_has_instant")),
        sa.CheckConstraint(
            "state IN ('placed', 'paid', 'cancelled', 'expired', 'review', 'partly_refunded', 'refunded')",
            name=op.f("ck_orders_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('paid', 'partly_refunded', 'refunded') OR received_minor >= total_minor",
            name=op.f("ck_orders_paid_is_covered"),
        ),
        sa.CheckConstraint(
            "received_minor >= 0 AND received_minor <= 9007199254740991",
            name=op.f("ck_orders_received_minor_bounds"),
        ),
        sa.CheckConstraint(
            "total_minor >= 0 AND total_minor <= 9007199254740991", name=op.f("ck_orders_total_minor_bounds")
        ),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_orders_account")),
        sa.ForeignKeyConstraint(["quote_id"], ["quotes.id"], name=op.f("fk_orders_quote_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_orders")),
        sa.UniqueConstraint("quote_id", name=op.f("uq_orders_quote_id")),
        sa.UniqueConstraint("token", name=op.f("uq_orders_token")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_due_at"), ["due_at"], unique=False)

    op.create_table(
        "code_uses",
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["codes.code"], name=op.f("fk_code_uses_code")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_code_uses_order_number")),
        sa.PrimaryKeyConstraint("order_number", name=op.f("pk_code_uses")),
    )
    with op.batch_alter_table("code_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_uses_code"), ["code"], unique=False)

    op.create_table(
        "grants",
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'order') = (order_number IS NOT NULL)", name=op.f("ck_grants_order_named")
        ),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_grants_account")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_grants_order_number")),
        sa.PrimaryKeyConstraint("account", "sequence", name=op.f("pk_grants")),
        sa.UniqueConstraint("id", name=op.f("uq_grants_id")),
        sa.UniqueConstraint("order_number", name=op.f("uq_grants_order_number")),
    )
    op.create_table(
        "payments",
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("gateway", sa.String(length=120), nullable=False),
        sa.Column("environment", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=120), nullable=False),
        sa.Column("choice", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("buyer_ip", sa.String(length=45), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("gateway_reference", sa.String(length=255), nullable=True),
        sa.Column("checkout_reference", sa.String(length=255), nullable=True),
        sa.Column("checkout", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_with", sa.String(length=120), server_default="", nullable=False),
        sa.Column("flags", sa.Text(), server_default="[]", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state <> 'succeeded' OR received_minor >= amount_minor",
            name=op.f("ck_payments_succeeded_is_covered"),
        ),
        sa.CheckConstraint(
            "state IN ('created', 'pending', 'succeeded', 'failed', 'expired', 'review')",
            name=op.f("ck_payments_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('created', 'failed', 'expired') OR received_minor = 0",
            name=op.f("ck_payments_unpaid_received_nothing"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_payments_amount_minor_bounds"),
        ),
        sa.CheckConstraint(
            "received_minor >= 0 AND received_minor <= 9007199254740991",
            name=op.f("ck_payments_received_minor_bounds"),
        ),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_payments_account")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_payments_order_number")),
        sa.PrimaryKeyConstraint("merchant_reference", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "gateway_account",
            "checkout_reference",
            name=op.f("uq_payments_gateway_account_checkout_reference"),
        ),
        sa.UniqueConstraint(
            "gateway_account", "gateway_reference", name=op.f("uq_payments_gateway_account_gateway_reference")
        ),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_order_number"), ["order_number"], unique=False)

    op.create_table(
        "gateway_calls",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("gateway_code", sa.String(length=120), nullable=False),
        sa.Column("transcript", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_reference"],
            ["payments.merchant_reference"],
            name=op.f("fk_gateway_calls_merchant_reference"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_calls")),
    )
    with op.batch_alter_table("gateway_calls", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gateway_calls_merchant_reference"), ["merchant_reference"], unique=False
        )

    op.create_table(
        "receipts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("gateway_account", sa.String(length=120), nullable=False),
        sa.Column("gateway_reference", sa.String(length=255), nullable=False),
        sa.Column("merchant_reference", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 9007199254740991",
            name=op.f("ck_receipts_amount_minor_bounds"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_reference"],
            ["payments.merchant_reference"],
            name=op.f("fk_receipts_merchant_reference"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint(
            "gateway_account", "gateway_reference", name=op.f("uq_receipts_gateway_account_gateway_reference")
        ),
        comment="Proven money: one row for each transaction that a gateway proved. Nothing else is received.",
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_receipts_merchant_reference"), ["merchant_reference"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipts_merchant_reference"))

    op.drop_table("receipts")
    with op.batch_alter_table("gateway_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gateway_calls_merchant_reference"))

    op.drop_table("gateway_calls")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_order_number"))
        batch_op.drop_index(batch_op.f("ix_payments_due_at"))

    op.drop_table("payments")
    op.drop_table("grants")
    with op.batch_alter_table("code_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_code_uses_code"))

    op.drop_table("code_uses")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_due_at"))
        batch_op.drop_index(batch_op.f("ix_orders_account"))

    op.drop_table("orders")
    with op.batch_alter_table("quotes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quotes_account"))

    op.drop_table("quotes")
    with op.batch_alter_table("moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moves_reference"))

    op.drop_table("moves")
    op.drop_table("codes")
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_callbacks_received_at"))
        batch_op.drop_index(batch_op.f("ix_callbacks_merchant_reference"))

    op.drop_table("callbacks")
    op.drop_table("accounts")
