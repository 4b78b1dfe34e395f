"""The tables, for SQLite and PostgreSQL alike. Money's bounds are CHECKs, written on the table and named.

Alembic neither sees nor compares CHECKs, so a test makes each of them bite on both databases.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from payport.storage.columns import (
    Currency,
    Hash,
    Identity,
    Instant,
    Name,
    Reference,
    Term,
    leased,
    minor,
    not_negative,
    positive,
    where,
)

__all__ = [
    "SCHEMA", "accounts", "callbacks", "catalogs", "chargebacks", "code_uses", "codes",
    "confirmations", "deliveries", "dismissals", "errands", "gateway_calls", "grants", "journal",
    "journal_heads", "metadata", "orders", "pace", "payments", "proposals", "quotes", "receipts", "refunds",
    "refused_callbacks", "search_terms", "statement_lines", "stopped_subscribers",
]  # fmt: skip

SCHEMA: Final = "payport"  # on PostgreSQL; on SQLite the file is ours alone

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("used_bytes", BigInteger),
    Column("used_at", Instant),
    CheckConstraint("used_bytes >= 0", name="used_bytes_bounds"),
    CheckConstraint("(used_bytes IS NULL) = (used_at IS NULL)", name="usage_whole"),
    comment="Buyer accounts. This row is the one lock: taken first, by every change of what hangs on it.",
)

catalogs = Table(
    "catalogs",
    metadata,
    Column("version", Reference, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Column("first_used_at", Instant, nullable=False),
    comment="Each catalog version that priced a quote, as it was then. Kept for good, never changed.",
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", Reference, primary_key=True),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False),
    Column("document", Text, nullable=False),
    minor("total_minor"),
    Column("currency", Currency, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("catalog_version", Reference),
    not_negative("total_minor"),
    Index(None, "account"),
    Index(None, "catalog_version"),
    Index(None, "expires_at", "id"),
)

orders = Table(
    "orders",
    metadata,
    Column("number", Reference, primary_key=True),
    Column("token", Reference, nullable=False, unique=True),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False),
    Column("quote_id", Reference, ForeignKey("quotes.id"), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    minor("total_minor"),
    minor("received_minor"),
    Column("currency", Currency, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("locale", String(2), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("paid_at", Instant),
    Column("review_reason", Text),
    Column("erased_at", Instant),
    *leased(),
    not_negative("total_minor"),
    not_negative("received_minor"),
    CheckConstraint(
        "state IN ('placed', 'paid', 'cancelled', 'expired', 'review', 'partly_refunded', 'refunded')",
        name="state_known",
    ),
    CheckConstraint(
        "state NOT IN ('paid', 'partly_refunded', 'refunded') OR received_minor >= total_minor",
        name="paid_is_covered",
    ),
    CheckConstraint("state <> 'paid' OR paid_at IS NOT NULL", name="paid_has_instant"),
    Index(None, "account", "placed_at", "number"),
    Index(None, "state", "placed_at", "number"),
    Index(None, "total_minor", "state", "placed_at", "number"),
    Index("ix_orders_due", "state", "due_at", **where("due_at IS NOT NULL")),
    Index("ix_orders_parked", "parked_at", **where("parked_at IS NOT NULL")),
)

search_terms = Table(
    "search_terms",
    metadata,
    Column("term", Term, primary_key=True),
    Column("placed_at", Instant, primary_key=True),
    Column("order_number", Reference, ForeignKey("orders.number"), primary_key=True),
    Index(None, "order_number"),
    comment="What an order is found by, of its buyer: words, address, digits. Erased with the buyer.",
    sqlite_with_rowid=False,
)

payments = Table(
    "payments",
    metadata,
    Column("merchant_reference", Reference, primary_key=True),
    Column("order_number", Reference, ForeignKey("orders.number"), nullable=False),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False),
    Column("gateway_account", Name, nullable=False),
    Column("gateway", Name, nullable=False),
    Column("environment", String(10), nullable=False),
    Column("method", Name, nullable=False),
    Column("choice", Name),
    Column("state", String(20), nullable=False),
    minor("amount_minor"),
    minor("received_minor"),
    Column("currency", Currency, nullable=False),
    Column("handed_over_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("buyer_ip", String(45), nullable=False),
    Column("language", String(2), nullable=False),
    Column("gateway_reference", String(255)),
    Column("checkout_reference", String(255)),
    Column("checkout", Text),
    Column("paid_at", Instant),
    Column("paid_with", Name, nullable=False, server_default=""),
    Column("flags", Text, nullable=False, server_default="[]"),
    Column("asked_at", Instant),
    Column("asks", Integer, nullable=False, server_default="0"),
    *leased(),
    positive("amount_minor"),
    not_negative("received_minor"),
    CheckConstraint(
        "state IN ('created', 'pending', 'succeeded', 'failed', 'expired', 'review')", name="state_known"
    ),
    CheckConstraint("state <> 'succeeded' OR received_minor >= amount_minor", name="succeeded_is_covered"),
    CheckConstraint(
        "state NOT IN ('created', 'failed', 'expired') OR received_minor = 0", name="unpaid_received_nothing"
    ),
    UniqueConstraint("gateway_account", "gateway_reference"),
    UniqueConstraint("gateway_account", "checkout_reference"),
    Index(None, "order_number"),
    Index("ix_payments_due", "gateway_account", "due_at", **where("due_at IS NOT NULL")),
    Index("ix_payments_parked", "parked_at", **where("parked_at IS NOT NULL")),
    Index("ix_payments_flagged", "handed_over_at", **where("flags <> '[]'")),
    Index(None, "account", "handed_over_at", "merchant_reference"),
    Index(None, "state", "handed_over_at", "merchant_reference"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("gateway_account", Name, nullable=False),
    Column("gateway_reference", String(255), nullable=False),
    Column("merchant_reference", Reference, ForeignKey("payments.merchant_reference"), nullable=False),
    minor("amount_minor"),
    Column("currency", Currency, nullable=False),
    Column("paid_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("proof", Text, nullable=False),
    positive("amount_minor"),
    UniqueConstraint("gateway_account", "gateway_reference"),
    Index(None, "merchant_reference"),
    Index(None, "amount_minor", "id"),
    Index(None, "gateway_account", "paid_at"),
    comment="Proven money: one row for each transaction that a gateway proved. Nothing else is received.",
)

chargebacks = Table(
    "chargebacks",
    metadata,
    Column("reference", Reference, primary_key=True),
    Column("merchant_reference", Reference, ForeignKey("payments.merchant_reference"), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number"), nullable=False),
    Column("state", String(10), nullable=False),
    minor("amount_minor"),
    Column("currency", Currency, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("reason", Text, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Name),
    positive("amount_minor"),
    CheckConstraint("state IN ('opened', 'won', 'lost')", name="state_known"),
    CheckConstraint("(state = 'opened') = (closed_at IS NULL)", name="closed_has_instant"),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_has_actor"),
    Index(None, "merchant_reference"),
    Index(None, "order_number"),
    Index("ix_chargebacks_open", "opened_at", **where("state = 'opened'")),
    comment="Money that an issuer claims back from a payment, as a person recorded it.",
)

refunds = Table(
    "refunds",
    metadata,
    Column("reference", Reference, primary_key=True),
    Column("idempotency_key", String(20), nullable=False, unique=True),
    Column("request_key", Name, nullable=False, unique=True),
    Column("merchant_reference", Reference, ForeignKey("payments.merchant_reference"), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number"), nullable=False),
    Column("gateway_account", Name, nullable=False),
    Column("of_what", String(10), nullable=False),
    Column("way", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    minor("amount_minor"),
    Column("currency", Currency, nullable=False),
    Column("lines", Text, nullable=False, server_default="[]"),
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", Name, nullable=False),
    Column("reason", Text, nullable=False),
    Column("gateway_reference", String(255)),
    Column("gateway_code", Name, nullable=False, server_default=""),
    Column("reported_minor", BigInteger),
    Column("problem", Text),
    Column("closed_at", Instant),
    Column("closed_by", Name),
    Column("asked_at", Instant),
    Column("asks", Integer, nullable=False, server_default="0"),
    *leased(),
    positive("amount_minor"),
    positive("reported_minor"),
    CheckConstraint(
        "state IN ('requested', 'submitted', 'unknown', 'succeeded', 'failed')", name="state_known"
    ),
    CheckConstraint("of_what IN ('order', 'surplus')", name="of_what_known"),
    CheckConstraint("way IN ('gateway', 'by_hand')", name="way_known"),
    CheckConstraint(
        "(state IN ('succeeded', 'failed')) = (closed_at IS NOT NULL)", name="closed_has_instant"
    ),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_has_actor"),
    UniqueConstraint("gateway_account", "gateway_reference"),
    Index(None, "merchant_reference"),
    Index(None, "order_number"),
    Index(None, "due_at"),
    Index("ix_refunds_due", "gateway_account", "due_at", **where("due_at IS NOT NULL")),
    Index("ix_refunds_parked", "parked_at", **where("parked_at IS NOT NULL")),
    Index(None, "closed_at"),
    Index(None, "state", "requested_at", "reference"),
    Index(None, "amount_minor", "requested_at", "reference"),
    comment="Money that is given back. Committed before anything is sent; it reserves its amount.",
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("gateway_account", Name, nullable=False),
    Column("bank_reference", String(255), nullable=False),
    Column("merchant_reference", Reference, ForeignKey("payments.merchant_reference"), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number"), nullable=False),
    Column("state", String(10), nullable=False),
    minor("amount_minor"),
    Column("currency", Currency, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("first_by", Name, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("second_by", Name),
    Column("second_at", Instant),
    positive("amount_minor"),
    CheckConstraint("state IN ('waiting', 'counted', 'withdrawn')", name="state_known"),
    CheckConstraint("(second_by IS NULL) = (second_at IS NULL)", name="second_whole"),
    CheckConstraint("second_by IS NULL OR second_by <> first_by", name="four_eyes"),
    UniqueConstraint("gateway_account", "bank_reference"),
    Index(None, "order_number"),
    Index("ix_confirmations_waiting", "first_at", **where("state = 'waiting'")),
    comment="Money that named people saw. Above a policy's amount it counts once a second one saw it.",
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("gateway_account", Name, primary_key=True),
    Column("reference", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("booked_at", Instant, nullable=False),
    minor("amount_minor"),
    Column("currency", Currency, nullable=False),
    Column("text", Text, nullable=False),
    Column("fate", String(20), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number")),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Name, nullable=False),
    positive("amount_minor"),
    CheckConstraint(
        "fate IN ('matched', 'unmatched', 'wrong_amount', 'already_used', 'ambiguous')", name="fate_known"
    ),
    CheckConstraint("fate <> 'matched' OR order_number IS NOT NULL", name="matched_has_order"),
    Index(None, "gateway_account", "fingerprint"),
    Index(None, "fate", "booked_at", "gateway_account", "reference"),
    Index(None, "amount_minor", "booked_at"),
    comment="Lines of the seller's bank statements that were imported: each is used once, for ever.",
)

dismissals = Table(
    "dismissals",
    metadata,
    Column("gateway_account", Name, primary_key=True),
    Column("reference", String(255), primary_key=True),
    Column("subject", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("dismissed_by", Name, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("subject IN ('statement_line', 'callback')", name="subject_known"),
    comment="Money of no order that a person looked at: a bank's line, or a gateway's transaction.",
)

errands = Table(
    "errands",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", Name, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("about", String(255), nullable=False),
    Column("order_number", String(255)),
    Column("reason", Text, nullable=False),
    CheckConstraint(
        "kind IN ('ask', 'ask_refund', 'replay', 'replay_parked', 'resume', 'unpark', 'export',"
        " 'evidence', 'what_if')",
        name="kind_known",
    ),
    Index(None, "order_number"),
    comment="Who did what that moves no money: kept before it was done, and never changed.",
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Reference, primary_key=True),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number")),
    Column("act", String(20), nullable=False),
    Column("document", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", Currency),
    Column("proposed_at", Instant, nullable=False),
    Column("proposed_by", Name, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Name),
    Column("reason", Text),
    Column("result", String(255)),
    not_negative("amount_minor"),
    CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="amount_whole"),
    CheckConstraint("state IN ('waiting', 'approved', 'declined')", name="state_known"),
    CheckConstraint("(state = 'waiting') = (closed_at IS NULL)", name="closed_has_instant"),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_has_actor"),
    CheckConstraint("state <> 'approved' OR closed_by <> proposed_by", name="four_eyes"),
    Index(None, "account"),
    Index(None, "order_number"),
    Index(None, "state", "proposed_at", "id"),
    comment="What one person wants done, and a second one must approve before it is. Done once.",
)

grants = Table(
    "grants",
    metadata,
    Column("account", Name, ForeignKey("accounts.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("id", Reference, nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("order_number", Reference, ForeignKey("orders.number")),
    Column("effective_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    CheckConstraint("(kind = 'order') = (order_number IS NOT NULL)", name="order_named"),
    UniqueConstraint("order_number"),  # one grant for each paid order; reversals name theirs inside
)

codes = Table(
    "codes", metadata, Column("code", Name, primary_key=True), comment="One lock for each promotion code."
)

code_uses = Table(
    "code_uses",
    metadata,
    Column("order_number", Reference, ForeignKey("orders.number"), primary_key=True),
    Column("code", Name, ForeignKey("codes.code"), nullable=False),
    Column("freed_at", Instant),
    Index(None, "code"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("received_at", Instant, nullable=False),
    Column("gateway_account", Name, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("method", String(10), nullable=False),
    Column("query", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("contract", Name),
    Column("key_id", Name),
    Column("verdict", String(20), nullable=False),
    Column("reason", Text),
    Column("decision", String(20), nullable=False),
    Column("merchant_reference", Reference),
    CheckConstraint("verdict IN ('proof', 'hint', 'rejected', 'unjudged')", name="verdict_known"),
    Index(None, "merchant_reference"),
    Index(None, "received_at"),
    Index("ix_callbacks_refused", "received_at", **where("verdict <> 'proof'")),
    Index(
        "ix_callbacks_odd",
        "decision",
        "received_at",
        **where("decision IN ('to_review', 'wrong_amount', 'unknown_reference')"),
    ),
    Index(None, "gateway_account", "key_id", "received_at"),
)

gateway_calls = Table(
    "gateway_calls",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("merchant_reference", Reference, ForeignKey("payments.merchant_reference"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("gateway_code", Name, nullable=False),
    Column("transcript", Text, nullable=False),
    Index(None, "merchant_reference"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("number", BigInteger, unique=True),
    Column("chain", String(200), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("account", Name, nullable=False),
    Column("account_sequence", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("reference", String(255), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20)),
    Column("because", Text),
    Column("hash", Hash, nullable=False),
    Column("text", Text, nullable=False),
    CheckConstraint("number > 0", name="number_bounds"),
    UniqueConstraint("chain", "sequence"),
    UniqueConstraint("account", "account_sequence"),
    Index(None, "hash"),
    Index(None, "at"),
    Index(None, "kind", "at"),
    Index("ix_journal_unsealed", "id", **where("number IS NULL")),
    comment="What happened to money, in chains; hosts are told it. Numbers are set, and words erased.",
)

journal_heads = Table(
    "journal_heads",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("key_id", Name),
    Column("text", Text, nullable=False),
    Column("signature", Text),
    CheckConstraint("size > 0", name="size_bounds"),
    CheckConstraint("(key_id IS NULL) = (signature IS NULL)", name="signature_whole"),
    comment="The journal's signed heads: each seals the first `size` entries.",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("entry_id", ForeignKey("journal.id"), primary_key=True),
    Column("subscriber", Name, primary_key=True),
    Column("account", Name, nullable=False),
    Column("account_sequence", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("delivered_at", Instant),
    Column("first_tried_at", Instant),
    *leased(),
    CheckConstraint("state IN ('waiting', 'delivered', 'parked')", name="state_known"),
    CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_has_instant"),
    CheckConstraint("(state = 'parked') = (parked_at IS NOT NULL)", name="parked_has_instant"),
    Index("ix_deliveries_waiting", "subscriber", "account", "account_sequence", **where("state = 'waiting'")),
    Index("ix_deliveries_due", "subscriber", "due_at", "entry_id", **where("due_at IS NOT NULL")),
    Index("ix_deliveries_parked", "parked_at", **where("parked_at IS NOT NULL")),
    comment="What each subscriber is still to be told, committed with the entry that it is told of.",
)

stopped_subscribers = Table(
    "stopped_subscribers",
    metadata,
    Column("subscriber", Name, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("because", Text, nullable=False),
    comment="Subscribers that wanted nothing more. What they are owed waits until a person resumes.",
)

pace = Table(
    "pace",
    metadata,
    Column("gateway_account", Name, primary_key=True),
    Column("next_at", Instant, nullable=False),
    comment="When a gateway account may be called next, for all workers together.",
)

refused_callbacks = Table(
    "refused_callbacks",
    metadata,
    Column("gateway_account", Name, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("count", BigInteger, nullable=False),
    CheckConstraint("count > 0", name="count_bounds"),
    comment="Callbacks of an hour that prove nothing, kept or not: counted.",
)
