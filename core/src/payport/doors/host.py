"""What a host application holds: one `Payport` is one seller; `AsyncPayport` has the same verbs.

Use cases are written once, as `use(connection, …)`. The async host runs them in a thread, and drives
gateways' flows on its own loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from tenacity import AsyncRetrying, Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from payport.doors.configuration import Configuration, load_catalogs, load_configuration
from payport.errors import NotFound, PaymentInProgress
from payport.gateways.exchange import new_async_client, new_client
from payport.gateways.flow import adrive, drive
from payport.gateways.observers import Observer, Observers, PaymentHandedOver
from payport.gateways.types import Callback, Checkout, NoCheckout
from payport.rules.catalog import Catalog
from payport.rules.chargeback import Chargeback
from payport.rules.chargeback import State as ChargebackState
from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.rules.openness import Offer
from payport.rules.payment import Payment
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.rules.step import Step
from payport.service import (
    adjusting,
    cancelling,
    chargebacks,
    explaining,
    foreseeing,
    holding,
    methods,
    paying,
    placing,
    receiving,
    viewing,
    working,
)
from payport.service.catalogs import CatalogShelf
from payport.service.methods import MethodOffer
from payport.service.paying import Attempt
from payport.service.placing import BuyerDetails
from payport.service.receiving import Receipt
from payport.service.seller import Refusal, Seller, utc_now
from payport.service.viewing import Move, OrderView
from payport.service.working import WorkReport
from payport.storage import migrations
from payport.storage.database import Database

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["AsyncPayport", "Payport"]

_Value = TypeVar("_Value")
_Arguments = ParamSpec("_Arguments")
_WAIT_FOR_THE_OTHER: Final[dict[str, Any]] = {
    "stop": stop_after_attempt(20),
    "wait": wait_fixed(0.1),
    "reraise": True,
}
"""A double click: the second request waits for the first one's page."""


@dataclass(frozen=True)
class _Host:
    """What both hosts share: the seller, its configuration, and how a use case is run."""

    seller: Seller
    configuration: Configuration

    @classmethod
    def from_config(
        cls,
        path: str | Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        observers: Iterable[Observer] = (),
        may_initiate: Callable[[Payment], Refusal | None] | None = None,
    ) -> Self:
        """Read payport.toml and all that it names; opens no database and calls no gateway.

        Args:
            clock: gives aware instants; a demo or a test may move it.
            observers: told facts after they happened.
            may_initiate: the host's one veto, asked before a payment is handed over.
        Raises: ConfigurationError, naming file, key and remedy.
        """
        read = load_configuration(path)
        seller = Seller(
            name=read.seller_name,
            reference_prefix=read.reference_prefix,
            public_url=read.public_url,
            result_url=read.result_url,
            database=Database(read.database_url),
            shelf=CatalogShelf(read.catalogs),
            accounts=read.accounts,
            methods=read.methods,
            clock=clock,
            observers=Observers(observers),
            may_initiate=may_initiate,
        )
        return cls(seller, read)

    def migrate(self) -> None:
        """Bring the database to this version's tables."""
        migrations.migrate(self.seller.database)

    def require_current(self) -> None:
        """Raises ConfigurationError where the tables are of another version."""
        migrations.require_current(self.seller.database)

    def _change(
        self,
        use: Callable[Concatenate[Connection, Seller, _Arguments], _Value],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Value:
        return self.seller.database.transaction(
            lambda connection: use(connection, self.seller, *arguments, **named)
        )

    def _see(self, use: Callable[[Connection], _Value]) -> _Value:
        with self.seller.database.reading() as connection:
            return use(connection)


class Payport(_Host):
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

        Args:
            choice: a bank or card type of the method's choices; None: the buyer chooses at the gateway.
        Returns: where the buyer goes, or NoCheckout with what became of the attempt.
        Raises: NotFound, RequestRefused, PaymentInProgress.
        """
        for attempt in Retrying(retry=retry_if_exception_type(PaymentInProgress), **_WAIT_FOR_THE_OTHER):
            with attempt:
                begun = self._change(
                    paying.prepare, order_number, method, choice, buyer_ip=buyer_ip, language=language
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
        _tell(self.seller, begun, checkout)
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

    def history(self, order_number: str) -> tuple[Move, ...]:
        """How the order and its payments came to where they are, oldest first. Raises NotFound."""
        return self._see(
            lambda connection: viewing.history(connection, viewing.order(connection, number=order_number))
        )

    def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        """End an order that is placed or in review; its money is flagged to be given back.

        Args:
            actor: who does it, as an auditor should read it; the host has seen who it is.
            reason: kept in the order's history.
        Raises: NotFound, RequestRefused.
        """
        self._change(cancelling.cancel, order_number, actor=actor, reason=reason)
        return self.order(order_number)

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

    def adjust(
        self,
        account: str,
        *,
        actor: str,
        reason: str,
        gb: int = 0,
        days: int = 0,
        package: str | None = None,
        months: int | None = None,
        seen_version: int | None = None,
    ) -> Entitlement:
        """Give or take by hand, without a payment: one grant, which gives no credit at a switch.

        Each call is an adjustment of its own, so a double click makes two. A form that sends the
        `Entitlement.version` that it showed as `seen_version` makes one: the second click is refused.

        Args:
            actor, reason: who does it and why, as an auditor should read it.
            gb: on the running term until its end; below zero takes extra capacity away.
            days: on the last term's end; below zero shortens it, at most so that it ends today.
            package, months: a term of it, after the running one, or else from now; `gb` and `days` given
                with it are the new term's.
        Returns: what the account holds then.
        Raises: RequestRefused, naming the field, also for an account that is suspended; NotFound.
        """
        return self._change(
            adjusting.adjust,
            account,
            actor=actor,
            reason=reason,
            gb=gb,
            days=days,
            package=package,
            months=months,
            seen_version=seen_version,
        )

    def explain(self, account: str) -> tuple[Step, ...]:
        """Why the account holds what it holds: all that changed it or did not, oldest first, then now.

        Raises: NotFound for an account of which nothing is known.
        """
        return self._see(lambda connection: explaining.explain(connection, account, at=self.seller.clock()))

    def chargeback(self, merchant_reference: str, amount: Money, *, actor: str, reason: str) -> Chargeback:
        """Record that an issuer claims money of a payment back: the order's grant is suspended.

        It stays where other money that came in for the order covers its total. Each call is a chargeback of
        its own; those that are open or lost never pass what the payment received.
        Raises: NotFound; RequestRefused, naming the field.
        """
        return self._change(
            chargebacks.open_chargeback, merchant_reference, amount, actor=actor, reason=reason
        )

    def chargeback_won(self, reference: str, *, actor: str) -> Chargeback:
        """The money stays ours: the grant is restored, once no other chargeback holds it.

        Raises: NotFound; RequestRefused for one that is closed.
        """
        return self._change(chargebacks.close_chargeback, reference, ChargebackState.WON, actor=actor)

    def chargeback_lost(self, reference: str, *, actor: str) -> Chargeback:
        """The money is gone: all that still stands of the order's grant is reversed.

        Raises: NotFound; RequestRefused for one that is closed.
        """
        return self._change(chargebacks.close_chargeback, reference, ChargebackState.LOST, actor=actor)

    def reload_catalogs(self) -> tuple[Catalog, ...]:
        """Read the files of payport.toml's [catalog] again; in force for this process from now on.

        Returns: the versions that are listed now, by the instant from which each is in force.
        Raises: CatalogError, or ConfigurationError where a file is not there; the old ones stay in force.
        """
        listed = load_catalogs(self.configuration.path)
        shelf, now = self.seller.shelf, self.seller.clock()
        self._see(lambda connection: shelf.replace(connection, listed, at=now))
        return listed.versions

    def ask(self, merchant_reference: str) -> bool:
        """Ask the gateway about a payment now. False: nothing to ask, or it was asked just now."""
        return working.ask_now(self.seller, self._client, merchant_reference)

    def work(self, limit: int = 100) -> WorkReport:
        """Do the work that is due: for cron, a task queue or `payport worker`; any number at once."""
        return working.work(self.seller, self._client, limit=limit)

    def asgi(self) -> ASGIApp:
        """The doors for callbacks, to mount at `seller.public_url`: /{account}/ipn and /{account}/return."""
        from payport.doors.asgi import doors  # noqa: PLC0415 - a sync host needs no web framework

        return doors(self.seller)

    def close(self) -> None:
        self._client.close()
        self.seller.database.close()

    @cached_property
    def _client(self) -> Any:
        return new_client()


class AsyncPayport(_Host):
    """The same verbs for async hosts. Database work runs in a thread, flows on the host's loop."""

    async def offers(self, account: str) -> tuple[Offer, ...]:
        return await asyncio.to_thread(self._sync.offers, account)

    async def quote(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        return await asyncio.to_thread(self._sync.quote, account, purchase)

    async def preview(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        return await asyncio.to_thread(self._sync.preview, account, purchase)

    async def expected(self, quote: Quote) -> Entitlement | None:
        return await asyncio.to_thread(self._sync.expected, quote)

    async def find_quote(self, account: str, quote_id: str) -> Quote:
        return await asyncio.to_thread(self._sync.find_quote, account, quote_id)

    async def place(
        self, quote: Quote | str, buyer: BuyerDetails, *, account: str | None = None, locale: str = "vi"
    ) -> OrderView:
        return await asyncio.to_thread(self._sync.place, quote, buyer, account=account, locale=locale)

    async def methods(self, order_number: str) -> tuple[MethodOffer, ...]:
        return await asyncio.to_thread(self._sync.methods, order_number)

    async def pay(
        self,
        order_number: str,
        method: str,
        choice: str | None = None,
        *,
        buyer_ip: str,
        language: str = "vi",
    ) -> Checkout:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(PaymentInProgress), **_WAIT_FOR_THE_OTHER
        ):
            with attempt:
                begun = await asyncio.to_thread(
                    self._change,
                    paying.prepare,
                    order_number,
                    method,
                    choice,
                    buyer_ip=buyer_ip,
                    language=language,
                )
        if begun.checkout is not None:
            return begun.checkout
        assert begun.flow is not None
        async with new_async_client() as client:
            called = await adrive(
                begun.flow,
                client=client,
                account=begun.account,
                kind="initiate",
                observers=self.seller.observers,
            )
        checkout = await asyncio.to_thread(self._change, paying.conclude, begun, called)
        _tell(self.seller, begun, checkout)
        return checkout

    async def receive(self, callback: Callback) -> Receipt:
        return await asyncio.to_thread(self._sync.receive, callback)

    async def order(self, number: str) -> OrderView:
        return await asyncio.to_thread(self._sync.order, number)

    async def order_by_token(self, token: str) -> OrderView:
        return await asyncio.to_thread(self._sync.order_by_token, token)

    async def history(self, order_number: str) -> tuple[Move, ...]:
        return await asyncio.to_thread(self._sync.history, order_number)

    async def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        return await asyncio.to_thread(self._sync.cancel, order_number, actor=actor, reason=reason)

    async def entitlement(self, account: str) -> Entitlement:
        return await asyncio.to_thread(self._sync.entitlement, account)

    async def report_usage(self, account: str, used_bytes: int, at: datetime) -> None:
        await asyncio.to_thread(self._sync.report_usage, account, used_bytes, at)

    async def start_trial(
        self, account: str, *, package: str | None = None, days: int | None = None
    ) -> Entitlement:
        return await asyncio.to_thread(self._sync.start_trial, account, package=package, days=days)

    async def adjust(
        self,
        account: str,
        *,
        actor: str,
        reason: str,
        gb: int = 0,
        days: int = 0,
        package: str | None = None,
        months: int | None = None,
        seen_version: int | None = None,
    ) -> Entitlement:
        return await asyncio.to_thread(
            self._sync.adjust,
            account,
            actor=actor,
            reason=reason,
            gb=gb,
            days=days,
            package=package,
            months=months,
            seen_version=seen_version,
        )

    async def explain(self, account: str) -> tuple[Step, ...]:
        return await asyncio.to_thread(self._sync.explain, account)

    async def chargeback(
        self, merchant_reference: str, amount: Money, *, actor: str, reason: str
    ) -> Chargeback:
        return await asyncio.to_thread(
            self._sync.chargeback, merchant_reference, amount, actor=actor, reason=reason
        )

    async def chargeback_won(self, reference: str, *, actor: str) -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_won, reference, actor=actor)

    async def chargeback_lost(self, reference: str, *, actor: str) -> Chargeback:
        return await asyncio.to_thread(self._sync.chargeback_lost, reference, actor=actor)

    async def reload_catalogs(self) -> tuple[Catalog, ...]:
        return await asyncio.to_thread(self._sync.reload_catalogs)

    async def ask(self, merchant_reference: str) -> bool:
        return await asyncio.to_thread(self._sync.ask, merchant_reference)

    async def work(self, limit: int = 100) -> WorkReport:
        return await asyncio.to_thread(self._sync.work, limit)

    def asgi(self) -> ASGIApp:
        return self._sync.asgi()

    async def close(self) -> None:
        await asyncio.to_thread(self._sync.close)

    @cached_property
    def _sync(self) -> Payport:
        return Payport(self.seller, self.configuration)


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


def _tell(seller: Seller, attempt: Attempt, checkout: Checkout) -> None:
    if isinstance(checkout, NoCheckout):
        return
    payment = attempt.payment
    seller.observers.tell(
        PaymentHandedOver(
            merchant_reference=payment.merchant_reference,
            account=payment.gateway_account,
            gateway=payment.gateway,
            at=payment.handed_over_at,
        )
    )
