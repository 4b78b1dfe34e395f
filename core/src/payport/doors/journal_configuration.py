"""The table `[journal]` of payport.toml: the key that seals, and the file that keeps heads outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from payport.doors.journal_key import KEY_ID
from payport.errors import ConfigurationError
from payport.gateways.sources import read_secret
from payport.gateways.types import Environment
from payport.logs import keep_out
from payport.service.sealing import Sealing

__all__ = ["FormerKeyTable", "JournalTable", "sealing_of"]

_KeyId = Annotated[str, Field(pattern=rf"^{KEY_ID}\z")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class FormerKeyTable(_Table):
    id: _KeyId
    public: str


class JournalTable(_Table):
    key: Any = Field(default=None, repr=False)
    key_id: _KeyId | None = None
    heads: Annotated[str, Field(min_length=1)] | None = None
    every: Annotated[int, Field(ge=1, le=86_400)] = 5
    former_keys: list[FormerKeyTable] = []


def sealing_of(table: JournalTable, *, source: str, folder: Path, environ: Mapping[str, str]) -> Sealing:
    """How the journal is sealed. A key never stands in the file itself.

    Raises: ConfigurationError, naming file and key, never a value.
    """
    where = f"{source}: journal"
    if (table.key is None) != (table.key_id is None):
        raise ConfigurationError(
            field=f"{where}.key_id", problem="key and key_id belong together", remedy="Give both, or neither"
        )
    known = {former.id: former.public for former in table.former_keys}
    if len(known) != len(table.former_keys) or table.key_id in known:
        raise ConfigurationError(
            field=f"{where}.former_keys",
            problem="one id names two keys",
            remedy="Give each key an id of its own",
        )
    heads = None if table.heads is None else folder / table.heads
    every = timedelta(seconds=table.every)
    if table.key is None and not known:
        return Sealing(heads=heads, every=every)
    from payport.journal.sealing_key import SealingKey, public_keys  # noqa: PLC0415 - only where one is used

    try:
        public_keys(known)
        if table.key is None or table.key_id is None:
            return Sealing(heads=heads, every=every, known=known)
        private = read_secret(
            table.key, where=f"{where}.key", environment=Environment.LIVE, environ=environ, folder=folder
        )
        keep_out(line for line in private.get_secret_value().splitlines() if not line.startswith("-"))
        key = SealingKey(table.key_id, private)
    except ConfigurationError as error:
        if error.field.startswith(where):
            raise
        raise ConfigurationError(
            field=f"{source}: {error.field}", problem=error.problem, remedy=error.remedy
        ) from None
    return Sealing(key=key, heads=heads, every=every, known={**known, key.id: key.public})
