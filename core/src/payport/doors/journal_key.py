"""A new key that seals the journal, in a file of its own: what hosts and `payport journal new-key` make."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["KEY_ID", "new_journal_key"]

KEY_ID: Final = r"[A-Za-z0-9._-]{1,64}"  # what a key may be named


def new_journal_key(file: Path) -> str:
    """Make a key that signs heads of the journal, in a new file that nobody but this user may read.

    Returns: its public half, base64, for whoever checks.
    Raises: OSError, also where the file is there already.
    """
    from payport.journal.sealing_key import SealingKey, new_private_key  # noqa: PLC0415 - only where one is made

    private = new_private_key()
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as written:
        written.write(private.get_secret_value())
    return SealingKey("new", private).public
