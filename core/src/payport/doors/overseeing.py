"""What people look at before they act: the day, an order's time line, the house."""

from __future__ import annotations

from datetime import date

from payport.doors.base import Host
from payport.service import house, timeline, today
from payport.service.house import House
from payport.service.moments import Moment
from payport.service.today import Today

__all__ = ["Overseeing"]


class Overseeing(Host):
    """The verbs that show how things stand. They change nothing."""

    def today(self, *, day: date | None = None, days: int = 14) -> Today:
        """Money by method and day, up to the day, and all that needs a person now.

        Args:
            day: of the merchant's calendar; None: today. `days`: how many, 1 to 92.
        Raises: RequestRefused.
        """
        refused = self.configuration.registry.refused
        return self._see(lambda connection: today.today(connection, self.seller, refused, day=day, days=days))

    def timeline(self, order_number: str) -> tuple[Moment, ...]:
        """Everything that happened to an order, oldest first, each in a sentence. Raises NotFound."""
        return self._see(lambda connection: timeline.timeline(connection, self.seller, order_number))

    def house(self) -> House:
        """Gateway accounts, plugins, contracts, keys without values, catalogs, journal and subscribers."""
        read = self.configuration
        return self._see(
            lambda connection: house.house(
                connection,
                self.seller,
                registry=read.registry,
                library=read.library,
                approved=read.approved,
            )
        )

    def contract_text(self, label: str) -> str:
        """The file of an installed contract, to the byte what an auditor approves. Raises NotFound.

        Args:
            label: "id version", as `house` and callbacks name it.
        """
        return house.contract_text(self.configuration.library, label)
