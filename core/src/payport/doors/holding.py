"""What a buyer account holds, and why."""

from __future__ import annotations

from datetime import datetime

from payport.doors.base import Host
from payport.rules.entitlement import Entitlement
from payport.rules.step import Step
from payport.service import explaining, holding

__all__ = ["Holding"]


class Holding(Host):
    """Verbs of an account's life that call no gateway."""

    def entitlement(self, account: str) -> Entitlement:
        """What the account holds now."""
        return self._see(lambda connection: holding.entitlement(connection, account, at=self.seller.clock()))

    def report_usage(self, account: str, used_bytes: int, at: datetime) -> None:
        """Say how much capacity is in use, and when that was measured. Raises RequestRefused."""
        self._change(holding.report_usage, account, used_bytes, at)

    def start_trial(
        self, account: str, *, package: str | None = None, days: int | None = None
    ) -> Entitlement:
        """Let a new account try a package. Raises PurchaseNotOpen."""
        return self._change(holding.start_trial, account, package=package, days=days)

    def explain(self, account: str) -> tuple[Step, ...]:
        """Why the account holds what it holds: all that changed it or did not, oldest first, then now.

        Raises: NotFound for an account of which nothing is known.
        """
        return self._see(lambda connection: explaining.explain(connection, account, at=self.seller.clock()))
