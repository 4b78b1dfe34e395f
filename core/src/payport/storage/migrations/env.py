"""How Alembic runs our scripts: on the connection that `migrate` hands in, never on one of its own."""

from __future__ import annotations

from alembic import context

from payport.storage.migrations import VERSION_TABLE
from payport.storage.tables import SCHEMA, metadata

connection = context.config.attributes["connection"]
schema = None if connection.dialect.name == "sqlite" else SCHEMA
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    version_table_schema=schema,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
