"""Looking things up: lists with filters, a page at a time, and one search for everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payport.doors.base import Host
from payport.rules.entitlement import Grant
from payport.rules.errand import Errand
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.refund import Refund
from payport.service import (
    errands,
    finding,
    listing_callbacks,
    listing_journal,
    listing_orders,
    listing_payments,
)
from payport.service.found import Found
from payport.service.listing_callbacks import CallbackRow, CallbackView, CallRow
from payport.service.listing_journal import JournalRow, StatementLineRow
from payport.service.listing_orders import OrderRow
from payport.service.paging import Page
from payport.storage.account_records import grants_of
from payport.storage.rows import is_kept

__all__ = ["Listing"]


class Listing(Host):
    """Lists are newest first; a filter that is not given asks for nothing. They change nothing.

    Each takes `after`, the `next` of the page before, and `limit`, from 1 to 200; `…_from` counts from that
    instant on, `…_until` before it. Each raises RequestRefused, naming the field, for what it cannot read.
    """

    def find(self, text: str, *, limit: int = 20) -> tuple[Found, ...]:
        """Orders and money by whatever a person has at hand; what fits best comes first.

        By order number, the link of the order's page, buyer account; the buyer's name, company, tax code,
        phone, e-mail address or its part before the @; merchant, gateway, refund and bank reference; amount;
        memo of a transfer. Names are found by their words, without regard to case and marks.

        Args:
            limit: 1 to 100.
        """
        return self._see(lambda connection: finding.find(connection, self.seller, text, limit=limit))

    def orders(
        self,
        *,
        states: Sequence[str] = (),
        account: str | None = None,
        method: str | None = None,
        placed_from: datetime | None = None,
        placed_until: datetime | None = None,
        amount: Money | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[OrderRow]:
        """Orders by when they were placed. `method`: it was tried; `amount`: the total."""
        return self._see(
            lambda connection: listing_orders.list_orders(
                connection,
                states=states,
                account=account,
                method=method,
                placed_from=placed_from,
                placed_until=placed_until,
                amount=amount,
                after=after,
                limit=limit,
            )
        )

    def payments(
        self,
        *,
        states: Sequence[str] = (),
        order_number: str | None = None,
        account: str | None = None,
        gateway_account: str | None = None,
        method: str | None = None,
        flags: Sequence[str] = (),
        handed_over_from: datetime | None = None,
        handed_over_until: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Payment]:
        """Payments by when they were handed over. `flags`: those with one of them, such as "surplus"."""
        return self._see(
            lambda connection: listing_payments.list_payments(
                connection,
                states=states,
                order_number=order_number,
                account=account,
                gateway_account=gateway_account,
                method=method,
                flags=flags,
                handed_over_from=handed_over_from,
                handed_over_until=handed_over_until,
                after=after,
                limit=limit,
            )
        )

    def refunds(
        self,
        order_number: str | None = None,
        *,
        states: Sequence[str] = (),
        merchant_reference: str | None = None,
        gateway_account: str | None = None,
        amount: Money | None = None,
        requested_from: datetime | None = None,
        requested_until: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Refund]:
        """Refunds by when they were requested. Raises NotFound for an order that is not there."""
        return self._see(
            lambda connection: listing_payments.list_refunds(
                connection,
                order_number,
                states=states,
                merchant_reference=merchant_reference,
                gateway_account=gateway_account,
                amount=amount,
                requested_from=requested_from,
                requested_until=requested_until,
                after=after,
                limit=limit,
            )
        )

    def callbacks(
        self,
        *,
        gateway_account: str | None = None,
        verdict: str | None = None,
        decision: str | None = None,
        merchant_reference: str | None = None,
        order_number: str | None = None,
        received_from: datetime | None = None,
        received_until: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[CallbackRow]:
        """What gateways sent, by when it came. `verdict`: proof, hint, rejected or unjudged."""
        return self._see(
            lambda connection: listing_callbacks.list_callbacks(
                connection,
                gateway_account=gateway_account,
                verdict=verdict,
                decision=decision,
                merchant_reference=merchant_reference,
                order_number=order_number,
                received_from=received_from,
                received_until=received_until,
                after=after,
                limit=limit,
            )
        )

    def callback(self, callback_id: int) -> CallbackView:
        """One callback with its request as it is kept. Raises NotFound."""
        return self._see(lambda connection: listing_callbacks.callback_view(connection, callback_id))

    def calls(self, merchant_reference: str) -> tuple[CallRow, ...]:
        """What we asked the gateway about a payment and its refunds, redacted, oldest first."""
        return self._see(lambda connection: listing_callbacks.calls_of(connection, merchant_reference))

    def journal(
        self,
        *,
        order_number: str | None = None,
        account: str | None = None,
        kinds: Sequence[str] = (),
        at_from: datetime | None = None,
        at_until: datetime | None = None,
        number: int | None = None,
        event: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[JournalRow]:
        """Entries of the journal. `kinds`: such as "order.paid"; `number`, `event`: that entry alone."""
        return self._see(
            lambda connection: listing_journal.list_journal(
                connection,
                order_number=order_number,
                account=account,
                kinds=kinds,
                at_from=at_from,
                at_until=at_until,
                number=number,
                event=event,
                after=after,
                limit=limit,
            )
        )

    def statement_lines(
        self,
        *,
        fates: Sequence[str] = (),
        gateway_account: str | None = None,
        order_number: str | None = None,
        amount: Money | None = None,
        is_dismissed: bool | None = None,
        booked_from: datetime | None = None,
        booked_until: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[StatementLineRow]:
        """Lines of bank statements that were imported, by when they were booked.

        Args:
            is_dismissed: whether a person said that nothing more is to be done about them; None: either.
        """
        return self._see(
            lambda connection: listing_journal.list_statement_lines(
                connection,
                fates=fates,
                gateway_account=gateway_account,
                order_number=order_number,
                amount=amount,
                is_dismissed=is_dismissed,
                booked_from=booked_from,
                booked_until=booked_until,
                after=after,
                limit=limit,
            )
        )

    def errands(
        self,
        *,
        kinds: Sequence[str] = (),
        actor: str | None = None,
        about: str | None = None,
        order_number: str | None = None,
        at_from: datetime | None = None,
        at_until: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Errand]:
        """Who did what that moves no money, as `note_errand` kept it."""
        return self._see(
            lambda connection: errands.list_errands(
                connection,
                kinds=kinds,
                actor=actor,
                about=about,
                order_number=order_number,
                at_from=at_from,
                at_until=at_until,
                after=after,
                limit=limit,
            )
        )

    def grants(self, account: str) -> tuple[Grant, ...]:
        """All that an account was given and what was taken from it, oldest first; none for one unknown."""
        return self._see(lambda connection: grants_of(connection, account) if is_kept(account) else ())
