"""What a host application holds: one `Payport` is one seller. Use cases are written once, as
`use(connection, …)`; an async host has the same verbs, see async_host.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type

from payport.doors.base import WAIT_FOR_THE_OTHER
from payport.doors.configuration import load_catalogs
from payport.doors.operating import Operating
from payport.errors import NotFound, PaymentInProgress
from payport.gateways.flow import drive
from payport.gateways.types import Callback, Checkout
from payport.rules.catalog import Catalog
from payport.rules.entitlement import Entitlement
from payport.rules.openness import Offer
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.rules.step import Step
from payport.service import (
    explaining,
    floods,
    foreseeing,
    holding,
    methods,
    paying,
    placing,
    receiving,
    sealing,
    telling,
    viewing,
    work_list,
    working,
)
from payport.service.methods import MethodOffer
from payport.service.placing import BuyerDetails
from payport.service.receiving import Receipt
from payport.service.sealing import Sealed
from payport.service.telling import Told
from payport.service.viewing import Move, OrderView
from payport.service.work_list import WorkItem
from payport.service.working import WorkReport

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["Payport"]


class Payport(Operating):
    """One seller, for sync hosts. Safe to share between threads; make it after a fork, not before."""

    def offers(self, account: str) -> tuple[Offer, ...]:
        """Every kind of purchase for a buyer account: open with prices, or closed with the reason."""
        return self._see(lambda connection: placing.offer(connection, self.seller, account))

    def quote(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        """Price a purchase. Raises PurchaseNotOpen, RequestRefused."""
        return self._change(placing.quote, account, purchase)

    def preview(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        """What `quote` would say now; nothing is stored, so nothing can be placed. Raises as `quote`."""
        return self._see(lambda connection: placing.preview(connection, self.seller, account, purchase))

    def expected(self, quote: Quote) -> Entitlement | None:
        """What the account would hold if this quote were paid now: when its term begins and ends.

        Returns: None where its order would go to review.
        """
        foreseen = self._see(lambda connection: foreseeing.foresee(connection, self.seller, quote))
        return None if foreseen is None else foreseen.held

    def find_quote(self, account: str, quote_id: str) -> Quote:
        """A quote that was made for the account. Raises NotFound, the same for another's as for none."""
        return self._see(lambda connection: placing.quoted(connection, account, quote_id))

    def place(
        self, quote: Quote | str, buyer: BuyerDetails, *, account: str | None = None, locale: str = "vi"
    ) -> OrderView:
        """Make the order of a quote, once: again gives the same order.

        Args:
            quote: the quote, or its id together with the account that it was made for.
        Raises: NotFound, QuoteExpired, QuoteOutdated, PurchaseNotOpen, RequestRefused.
        """
        quote_id, owner = _quote(quote, account)
        placed = self._change(placing.place, quote_id, buyer, account=owner, locale=locale)
        return self.order(placed.number)

    def methods(self, order_number: str) -> tuple[MethodOffer, ...]:
        """The ways of paying this order, in the order of payport.toml."""
        return methods.offered(self.seller, self.order(order_number).total)

    def capabilities(self, gateway_account: str) -> frozenset[str]:
        """What can be asked of an account of payport.toml: ask it before you offer anything.

        Returns: the names of its plugin's hooks (`query`, `refund`, `query_refund` …), `partial_refund` and
        `by_hand` where that is so, without what the account's settings rule out; nothing while its plugin is
        missing.
        Raises: NotFound.
        """
        return methods.capabilities(self.seller, gateway_account)

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

    def order(self, number: str) -> OrderView:
        """Raises NotFound."""
        return self._see(lambda connection: viewing.order(connection, number=number))

    def order_by_token(self, token: str) -> OrderView:
        """By the link's unguessable part. Raises NotFound."""
        return self._see(lambda connection: viewing.order(connection, token=token))

    def instructions(self, order_number: str) -> Told | None:
        """What the buyer was told to do, to show it again while the order waits: account and memo, or a QR.

        Returns: None where the order is paid or over, or is to be paid at a gateway's page.
        """
        now = self.seller.clock()
        return self._see(lambda connection: telling.told(connection, order_number, at=now))

    def history(self, order_number: str) -> tuple[Move, ...]:
        """How the order and its payments came to where they are, oldest first. Raises NotFound."""
        return self._see(
            lambda connection: viewing.history(connection, viewing.order(connection, number=order_number))
        )

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

    def asgi(self) -> ASGIApp:
        """The doors for callbacks, to mount at `seller.public_url`: /{account}/ipn and /{account}/return."""
        from payport.doors.asgi import doors  # noqa: PLC0415 - a sync host needs no web framework

        return doors(self.seller)

    def close(self) -> None:
        floods.store_counts(self.seller, now=True)
        self._client.close()
        self.seller.database.close()


def _quote(quote: Quote | str, account: str | None) -> tuple[str, str]:
    if isinstance(quote, Quote):
        return quote.id, quote.account if account is None else account
    if account is None:
        raise NotFound(
            field="account",
            problem="not given with the quote's id",
            remedy="Name the account it was made for",
        )
    return quote, account
