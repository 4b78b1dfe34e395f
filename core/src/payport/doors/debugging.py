"""A process that is told to debug shows more than it should: with keys of real money it does not start."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Final

from payport.errors import ConfigurationError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.types import Environment

__all__ = ["check_debugging"]

_VARIABLES: Final = ("PYTHONDEVMODE", "PYTHONASYNCIODEBUG")


def check_debugging(accounts: Iterable[GatewayAccount], *, environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError where an account is live and Python, or its event loop, is in its debug mode:
    both write whatever they hold into logs and warnings."""
    live = [account.name for account in accounts if account.environment is Environment.LIVE]
    if not live:
        return
    switched_on = [name for name in _VARIABLES if environ.get(name)]
    if sys.flags.dev_mode and not switched_on:
        switched_on = ["python -X dev"]
    if switched_on:
        raise ConfigurationError(
            field=switched_on[0],
            problem=f"debugging is switched on, and account {live[0]} is live",
            remedy="Start without it, or take the sandbox",
        )
