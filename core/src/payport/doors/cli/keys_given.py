"""The auditor's own keys and settings, from the command line. A value is never repeated, in no message."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from payport.doors.cli.usage import UsageError
from payport.errors import ConfigurationError
from payport.gateways.sources import read_secret
from payport.gateways.types import Environment
from payport.signing.contract import Contract
from payport.signing.keys import Key, Keyring

__all__ = ["read_keys", "read_settings"]

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = "role=VALUE, role=@file or role=env:NAME"


def read_keys(given: Iterable[str], contract: Contract) -> Keyring:
    """Keys for a contract: "role=source", or "role:id=source" to tell several of one role apart.

    Raises: UsageError, which names the option alone, since what it holds may be the secret.
    """
    keys: list[Key] = []
    for number, text in enumerate(given, start=1):
        name, mark, source = text.partition("=")
        role, _, key_id = name.partition(":")
        if not mark:
            raise _wrong("is not a role with its value", f"Write it as {_FORM}")
        if role != contract.key_role:
            continue
        begun = _LONG_AGO + timedelta(seconds=number)  # a keyring wants to know which is newer
        try:
            value = SecretStr(_read(source))
            secret = read_secret(
                value.get_secret_value(),
                where="--key",
                environment=Environment.SANDBOX,
                environ={},
                folder=Path(),
            )
            keys.append(Key(role, key_id or str(number), secret, "sandbox", begun))
        except ConfigurationError as error:
            raise _wrong(error.problem, error.remedy) from None
    if contract.key_role is not None and not keys:
        raise _wrong(
            f"none is given for the role {contract.key_role}, which {contract.id} needs",
            f"Write it as {_FORM}, with that role",
        )
    try:
        keyring = Keyring(keys)
        for key in keyring.keys:
            if contract.scheme is not None:
                contract.scheme.secret(key)
    except ConfigurationError as error:
        raise _wrong(error.problem, error.remedy) from None
    return keyring


def read_settings(given: Iterable[str]) -> Mapping[str, str]:
    """Settings that a contract may name as `setting.x`, from "name=value"."""
    settings = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not name.isidentifier():
            raise UsageError(
                field="--setting", problem="is not a name with its value", remedy="Write it as name=value"
            )
        settings[name] = value
    return settings


def _read(source: str) -> str:
    if source.startswith("env:"):
        value = os.environ.get(source.removeprefix("env:"))
        if value is None:
            raise _wrong("names an environment variable that is not set", "Set it, and give its name")
        return value
    if source.startswith("@"):
        try:
            return Path(source[1:]).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise _wrong(
                f"names a file that cannot be read: {reason}", "Write @ and the file's path"
            ) from None
    return source


def _wrong(problem: str, remedy: str) -> UsageError:
    return UsageError(field="--key", problem=problem, remedy=remedy)
