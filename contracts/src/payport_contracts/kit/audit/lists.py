"""The approved lists that an auditor names: what was signed off, by the digest of each file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from payport.doors.cli.usage import UsageError
from payport.gateways.library import Approved, load_approved

__all__ = ["read_lists"]


def read_lists(paths: Iterable[Path]) -> Mapping[str, Approved]:
    """By digest. Raises: UsageError for one that cannot be read; ConfigurationError for one that is none."""
    found: dict[str, Approved] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                field="--approved",
                problem=f"{path.name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}",
                remedy="Correct the path, or let this user read it",
            ) from None
        found |= load_approved(text, source=path.name)
    return found
