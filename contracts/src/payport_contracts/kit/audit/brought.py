"""What an auditor brings along, read from the command line. The value of a secret is in no message."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from payport.doors.cli.usage import UsageError
from payport_contracts.kit.audit.lists import read_lists
from payport_contracts.kit.audit.sampling import Trusted

__all__ = ["trusted"]

_FORM: Final = "Write it as ACCOUNT=@FILE or ACCOUNT=env:NAME"


def trusted(
    secrets: Iterable[str],
    *,
    key: tuple[str, ...],
    heads: Path | None,
    script: Path | None,
    approved: Iterable[Path],
) -> Trusted:
    """Raises: UsageError, naming the option alone; ConfigurationError for a list that is none."""
    found: dict[tuple[str, str | None], SecretStr] = {}
    for text in secrets:
        name, mark, source = text.partition("=")
        account, _, key_id = name.partition(":")
        if not mark or not account:
            raise UsageError(field="--secret", problem="is no account with its secret", remedy=_FORM)
        found[account, key_id or None] = _secret(source)
    for option, path in (("--heads", heads), ("--script", script)):
        if path is not None and not path.is_file():
            raise UsageError(field=option, problem="is no file", remedy="Correct the path")
    return Trusted(secrets=found, keys=key, heads=heads, approved=read_lists(approved), script=script)


def _secret(source: str) -> SecretStr:
    if source.startswith("env:"):
        value = os.environ.get(source.removeprefix("env:"))
        if not value:
            raise UsageError(
                field="--secret", problem="names a variable that is not set", remedy="Set it, or give a file"
            )
        return SecretStr(value.strip())
    if not source.startswith("@"):
        raise UsageError(field="--secret", problem="is the value itself, which others see", remedy=_FORM)
    try:
        return SecretStr(Path(source[1:]).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            field="--secret",
            problem=f"the file cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}",
            remedy="Correct the path, or let this user read it",
        ) from None
