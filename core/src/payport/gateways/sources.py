"""Where a key's value comes from: the environment, a file, or (in the sandbox) the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from payport.errors import ConfigurationError
from payport.gateways.types import Environment

__all__ = ["read_secret"]

_MOST_BYTES: Final = 65_536  # a PEM chain is some thousand
_REMEDY: Final = 'Write { env = "…" } or { file = "…" }'


def read_secret(
    given: object, *, where: str, environment: Environment, environ: Mapping[str, str], folder: Path
) -> SecretStr:
    """The value behind `given`: text, `{ env = "NAME" }` or `{ file = "path" }`, seen from `folder`.

    Args:
        where: file and key path, for errors, as in "payport.toml: accounts[0].keys[1].value".
    Raises: ConfigurationError, naming the place and never the value.
    """
    if isinstance(given, str):
        if environment is not Environment.SANDBOX:
            raise _wrong(where, "stands in the configuration of a live account", _REMEDY)
        text = given
    elif isinstance(given, Mapping) and len(given) == 1:
        ((kind, name),) = given.items()
        if not isinstance(name, str) or not name:
            raise _wrong(f"{where}.{kind}", "is no name", _REMEDY)
        if kind == "env":
            text = _from_environment(name, where, environ)
        elif kind == "file":
            text = _from_file(folder / name, where)
        else:
            raise _wrong(where, f"has an unknown source {kind}", _REMEDY)
    else:
        raise _wrong(where, "is neither text nor one source", _REMEDY)
    if not text.strip():
        raise _wrong(
            where, "is empty: anybody could sign with it", "Give the value that the gateway handed out"
        )
    if text != text.strip():
        raise _wrong(where, "begins or ends with a blank", "Take the blank away; a key is used byte for byte")
    return SecretStr(text)


def _from_environment(name: str, where: str, environ: Mapping[str, str]) -> str:
    try:
        return environ[name]
    except KeyError:
        raise _wrong(
            where, f"environment variable {name} is not set", "Set it where the process starts"
        ) from None


def _from_file(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _wrong(
                where, f"{path.name} is larger than {_MOST_BYTES} bytes", "Name the file of the key alone"
            )
        return content.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _wrong(
            where, f"{path} cannot be read: {reason}", "Mount it, and let this user read it"
        ) from None
    except UnicodeDecodeError:
        raise _wrong(where, f"{path.name} is not UTF-8 text", "Write the key as text") from None


def _wrong(where: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=where, problem=problem, remedy=remedy)
