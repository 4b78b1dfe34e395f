"""What all doors share: the seller, its configuration, and how a use case is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection
from tenacity import stop_after_attempt, wait_fixed

from payport.doors.configuration import Configuration
from payport.service.seller import Seller

__all__ = ["WAIT_FOR_THE_OTHER", "Host"]

_Value = TypeVar("_Value")
_Arguments = ParamSpec("_Arguments")
WAIT_FOR_THE_OTHER: Final[dict[str, Any]] = {
    "stop": stop_after_attempt(20),
    "wait": wait_fixed(0.1),
    "reraise": True,
}
"""A double click: the second request waits for the first one's page. For tenacity."""


@dataclass(frozen=True)
class Host:
    """One seller, and how its use cases are run."""

    seller: Seller
    configuration: Configuration

    def _change(
        self,
        use: Callable[Concatenate[Connection, Seller, _Arguments], _Value],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Value:
        return self.seller.database.transaction(
            lambda connection: use(connection, self.seller, *arguments, **named)
        )

    def _claim(
        self,
        use: Callable[Concatenate[Connection, Seller, _Arguments], _Value],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Value:
        """As `_change`, for a use that takes a name which another may take at the same moment."""
        return self.seller.database.claiming(
            lambda connection: use(connection, self.seller, *arguments, **named)
        )

    def _see(self, use: Callable[[Connection], _Value]) -> _Value:
        return self.seller.database.seeing(use)
