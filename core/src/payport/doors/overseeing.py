"""What people look at before they act: the day, an order's time line, the house."""

from __future__ import annotations

from datetime import date

from payport.doors.base import Host
from payport.service import auditing, comparing_catalogs, house, timeline, today
from payport.service.auditing import JournalCheck
from payport.service.comparing_catalogs import CatalogChanges, CatalogFault
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

    def catalog_faults(self, catalog_text: str) -> tuple[CatalogFault, ...]:
        """All that is wrong with a catalog's TOML document; empty where nothing is."""
        return comparing_catalogs.catalog_faults(catalog_text)

    def catalog_changes(
        self, before: str, after: str | None = None, *, catalog_text: str | None = None
    ) -> CatalogChanges:
        """What a version changes for buyers against another one, on the day on which it comes into force.

        Args:
            after: a version; or None, and `catalog_text` is a TOML document that is none yet.
        Raises: NotFound; CatalogError, naming what is wrong with the document; RequestRefused.
        """
        return self._see(
            lambda connection: comparing_catalogs.catalog_changes(
                connection, self.seller, before, after, text=catalog_text
            )
        )

    def check_journal(self) -> JournalCheck:
        """Whether the journal is whole, and the tables are what it says. It reads all: minutes for millions.

        Raises: ConfigurationError for a file of heads that cannot be read.
        """
        return auditing.check_now(self.seller)
