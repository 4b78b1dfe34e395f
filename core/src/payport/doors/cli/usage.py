"""What all commands share: the error of being called wrongly, and which payport.toml is meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter

from payport.doors.cli.hosting import host_of_commands
from payport.errors import RequestRefused

__all__ = ["AsJson", "Config", "UsageError", "config_file", "found_config"]

_VARIABLE: Final = "PAYPORT_CONFIG"
_DEFAULT: Final = Path("payport.toml")

Config: TypeAlias = Annotated[
    Path | None,
    Parameter(name="--config", help=f"The configuration; else ${_VARIABLE}, else ./{_DEFAULT}."),
]
AsJson: TypeAlias = Annotated[bool, Parameter(name="--json", help="For machines: one JSON document.")]


class UsageError(RequestRefused):
    """The command was not called as it can be. `field` names the option, never what was given for it."""


def config_file(given: Path | None) -> Path:
    """The file to read, whether it is there or not."""
    host = host_of_commands()
    return given or (Path(os.environ.get(_VARIABLE) or _DEFAULT) if host is None else host.config)


def found_config(given: Path | None) -> Path | None:
    """The file to read, for a command that can do without: None where nobody named one and none is here."""
    named = given is not None or host_of_commands() is not None or bool(os.environ.get(_VARIABLE))
    if not named and not _DEFAULT.exists():
        return None
    return config_file(given)
