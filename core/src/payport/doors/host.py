"""What a host application holds: one `Payport` is one seller. Use cases are written once, as
`use(connection, …)`; an async host has the same verbs, see async_host.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from tenacity import Retrying, retry_if_exception_type

from payport.doors.base import WAIT_FOR_THE_OTHER
from payport.doors.buying import Buying
from payport.doors.configuration import load_catalogs
from payport.doors.holding import Holding
from payport.doors.opening import Opened
from payport.doors.operating import Operating
from payport.doors.within import Within
from payport.errors import PaymentInProgress
from payport.gateways.flow import drive
from payport.gateways.types import Callback, Checkout
from payport.rules.catalog import Catalog
from payport.service import (
    floods,
    paying,
    receiving,
    sealing,
    work_list,
    working,
)
from payport.service.receiving import Receipt
from payport.service.sealing import Sealed
from payport.service.work_list import WorkItem
from payport.service.working import WorkReport
from payport.storage.joined import Joined

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from starlette.types import ASGIApp

__all__ = ["Payport"]


class Payport(Buying, Holding, Operating, Opened):
    """One seller, for sync hosts. Safe to share between threads; make it after a fork, not before."""

    def pay(
        self,
        order_number: str,
        method: str,
        choice: str | None = None,
        *,
        buyer_ip: str,
        language: str = "vi",
    ) -> Checkout:
        """Begin to pay; the same order, method and choice give the open payment again.

        Where the first account of the method surely heard nothing, its next one is asked, by a payment of its
        own; a choice that is not known there is left to the buyer.

        Args:
            choice: a bank or card type of the method's choices; None: the buyer chooses at the gateway.
        Returns: where the buyer goes, or NoCheckout with what became of the attempt.
        Raises: NotFound, RequestRefused, PaymentInProgress.
        """
        tried: set[str] = set()
        while True:
            for attempt in Retrying(retry=retry_if_exception_type(PaymentInProgress), **WAIT_FOR_THE_OTHER):
                with attempt:
                    begun = self._change(
                        paying.prepare,
                        order_number,
                        method,
                        choice,
                        buyer_ip=buyer_ip,
                        language=language,
                        tried=tried,
                    )
            if begun.checkout is not None:
                return begun.checkout
            assert begun.flow is not None
            called = drive(
                begun.flow,
                client=self._client,
                account=begun.account,
                kind="initiate",
                observers=self.seller.observers,
            )
            checkout = self._change(paying.conclude, begun, called)
            paying.tell_handed_over(self.seller, begun, checkout)
            tried.add(begun.account.name)
            if not paying.has_another(self.seller, begun, checkout, tried):
                return checkout

    def receive(self, callback: Callback) -> Receipt:
        """Take a gateway's callback as it came. Raises NotFound for an account that is not configured."""
        return receiving.receive(self.seller, callback)

    def reload_catalogs(self) -> tuple[Catalog, ...]:
        """Read the files of payport.toml's [catalog] again; in force for this process from now on.

        Returns: the versions that are listed now, by the instant from which each is in force.
        Raises: CatalogError, or ConfigurationError where a file is not there; the old ones stay in force.
        """
        listed = load_catalogs(self.configuration.path)
        shelf, now = self.seller.shelf, self.seller.clock()
        self._see(lambda connection: shelf.replace(connection, listed, at=now))
        return listed.versions

    def work(self, limit: int = 100, *, stopping: Callable[[], bool] = lambda: False) -> WorkReport:
        """Do the work that is due: for cron, a task queue or `payport worker`; any number at once.

        Args:
            limit: how many units of each kind, at most.
            stopping: asked before each unit; once it says yes, none begins.
        """
        return working.work(self.seller, self._client, limit=limit, stopping=stopping)

    def seal(self) -> Sealed:
        """Seal all that the journal has, now. `work` does so by itself, `[journal] every` apart.

        Raises: Defect, where something sealed, or an entry, is not what was written; ConfigurationError for
        a file of heads that cannot be used.
        """
        return sealing.seal(self.seller)

    def work_items(self, limit: int = 100) -> tuple[WorkItem, ...]:
        """What is parked, leased or due, and why: at most `limit` of each kind."""
        return self._see(lambda connection: work_list.work_items(connection, self.seller, limit=limit))

    def unpark(self, reference: str) -> str:
        """Let a parked payment, refund or order be worked on again, from now; its kind. Raises NotFound."""
        return self._change(work_list.unpark, reference)

    def within(self, connection: Connection) -> Within:
        """The verbs that need the database alone, in a transaction of the host's own.

        Args:
            connection: SQLAlchemy's, of the database that [database] names, in a transaction; the host
                commits. Of an AsyncConnection by `await connection.run_sync(lambda sync: …)`.
        Raises: ConfigurationError for a connection that cannot serve. See docs/hosts/embedding.md.
        """
        joined = Joined(connection, self.seller.database)
        seller = replace(self.seller, database=joined, shelf=self.seller.shelf.forgetting())
        return Within(seller, self.configuration)

    def asgi(self) -> ASGIApp:
        """The doors for callbacks, to mount at `seller.public_url`: /{account}/ipn and /{account}/return."""
        from payport.doors.asgi import doors  # noqa: PLC0415 - a sync host needs no web framework

        return doors(self.seller)

    def wsgi(self) -> WSGIApplication:
        """The same for a WSGI host, such as Flask or Django on WSGI."""
        from payport.doors.wsgi import doors  # noqa: PLC0415 - whoever mounts them there

        return doors(self.seller)

    def close(self) -> None:
        try:
            floods.store_counts(self.seller, now=True)
        finally:
            self._client.close()
            self.seller.database.close()
