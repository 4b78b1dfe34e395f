"""What people do for a seller: end an order, give and take by hand, record what issuers and gateways did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from payport.doors.acting import Acting
from payport.doors.listing import Listing
from payport.doors.overseeing import Overseeing
from payport.rules.acts import (
    Adjust,
    Cancel,
    CloseChargeback,
    Confirm,
    GiveBack,
    OpenChargeback,
    SettleRefund,
    Withdraw,
)
from payport.rules.chargeback import Chargeback
from payport.rules.confirmation import Confirmation
from payport.rules.entitlement import Entitlement
from payport.rules.errand import ErrandKind
from payport.rules.money import Money
from payport.rules.refund import Of, Refund
from payport.service import (
    erasing,
    errands,
    evidence,
    statements,
    told_events,
    viewing,
    working,
)
from payport.service.erasing import Erased
from payport.service.refundable import Refundable, refundable
from payport.service.statements import Statement
from payport.service.told_events import ToldEvent
from payport.service.viewing import OrderView
from payport.storage.chargeback_records import chargebacks_of
from payport.storage.confirmation_records import confirmations_of
from payport.storage.stop_records import StoppedSubscriber, stopped

__all__ = ["Operating"]


class Operating(Acting, Listing, Overseeing):
    """The verbs of the back office. Each names who does it, and why, where a person decides."""

    def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        """End an order that is placed or in review; its money is flagged to be given back.

        Args:
            actor: who does it, as an auditor should read it; the host has seen who it is.
            reason: kept in the order's history.
        Raises: NotFound, RequestRefused.
        """
        self._act(Cancel(order_number=order_number, reason=reason), actor)
        return self._see(lambda connection: viewing.order(connection, number=order_number))

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
        asked = Adjust(
            account=account,
            reason=reason,
            gb=gb,
            days=days,
            package=package,
            months=months,
            seen_version=seen_version,
        )
        held = self._act(asked, actor).result
        assert isinstance(held, Entitlement)
        return held

    def chargeback(self, merchant_reference: str, amount: Money, *, actor: str, reason: str) -> Chargeback:
        """Record that an issuer claims money of a payment back: the order's grant is suspended.

        It stays where other money that came in for the order covers its total. Each call is a chargeback of
        its own; those that are open or lost never pass what the payment received.
        Raises: NotFound; RequestRefused, naming the field.
        """
        asked = OpenChargeback(merchant_reference=merchant_reference, amount=amount, reason=reason)
        opened = self._act(asked, actor).result
        assert isinstance(opened, Chargeback)
        return opened

    def chargeback_won(self, reference: str, *, actor: str, reason: str = "") -> Chargeback:
        """The money stays ours: the grant is restored, once no other chargeback holds it.

        Raises: NotFound; RequestRefused for one that is closed.
        """
        return self._close_chargeback(reference, "won", actor, reason)

    def chargeback_lost(self, reference: str, *, actor: str, reason: str = "") -> Chargeback:
        """The money is gone: all that still stands of the order's grant is reversed.

        Raises: NotFound; RequestRefused for one that is closed.
        """
        return self._close_chargeback(reference, "lost", actor, reason)

    def chargebacks(self, order_number: str) -> tuple[Chargeback, ...]:
        """Of all payments of an order, in the order in which they were opened. Raises NotFound."""
        number = self._see(lambda connection: viewing.order(connection, number=order_number)).number
        return self._see(lambda connection: chargebacks_of(connection, number))

    def _close_chargeback(self, reference: str, outcome: str, actor: str, reason: str) -> Chargeback:
        asked = CloseChargeback(reference=reference, outcome=outcome, reason=reason)
        closed = self._act(asked, actor).result
        assert isinstance(closed, Chargeback)
        return closed

    def ask(self, merchant_reference: str) -> bool:
        """Ask the gateway about a payment now. False: nothing to ask, or it was asked just now."""
        return working.ask_now(self.seller, self._client, merchant_reference)

    def refund(
        self,
        merchant_reference: str,
        amount: Money | None = None,
        *,
        key: str,
        actor: str,
        reason: str,
        lines: Sequence[int] = (),
        of: Of | str | None = None,
        by_hand: bool = False,
        gateway_reference: str | None = None,
        seen_left: Money | None = None,
    ) -> Refund:
        """Give money of a payment back through its gateway, or record that a person gave it back.

        Args:
            amount: None: the price of the named lines, or else all that is left of that kind of money; with a
                key that is known, whatever that refund's is.
            key: yours, of the form that asks, so that the same click twice is one refund, for ever.
            actor, reason: who does it and why, as an auditor should read it.
            lines: of the order's grant, counted from 0, that are taken from the account; none: only money
                goes back, unless all of the order's own money does.
            of: "order" (its own money) or "surplus"; None: surplus where the payment is flagged so.
            by_hand: the money went back by transfer or in the gateway's portal; `gateway_reference` is the
                refund's own name there.
            seen_left: what the form showed as `Refundable.left`: refused where that has changed since.
        Returns: the refund with what became of it. One that is unknown reserves its money, is asked about,
            and is never sent again.
        Raises: NotFound; RefundTooLarge; RequestRefused, naming the field. Nothing was sent then.
        """
        asked = GiveBack(
            merchant_reference=merchant_reference,
            amount=amount,
            key=key,
            reason=reason,
            lines=tuple(lines),
            of=of,
            by_hand=by_hand,
            gateway_reference=gateway_reference,
            seen_left=seen_left,
        )
        refund = self._act(asked, actor).result
        assert isinstance(refund, Refund)
        return refund

    def refundable(self, merchant_reference: str) -> Refundable:
        """What of a payment can be given back, of which lines, and how. Raises NotFound."""
        return self._see(lambda connection: refundable(connection, self.seller, merchant_reference))

    def settle_refund(
        self,
        reference: str,
        outcome: str,
        *,
        actor: str,
        reason: str,
        amount: Money | None = None,
        gateway_reference: str | None = None,
    ) -> Refund:
        """End a refund of which the gateway said nothing sure, as a named person found it there.

        Args:
            outcome: "succeeded" or "failed".
            amount: what really went back, where it is not what was asked for.
            gateway_reference: the gateway's name for the refund, if it is known.
        Raises: NotFound; RequestRefused for one that is finished or is being sent, naming the field.
        """
        asked = SettleRefund(
            reference=reference,
            outcome=outcome,
            reason=reason,
            amount=amount,
            gateway_reference=gateway_reference,
        )
        refund = self._act(asked, actor).result
        assert isinstance(refund, Refund)
        return refund

    def ask_refund(self, reference: str) -> bool:
        """Ask the gateway about a refund now. False: nothing to ask, or it was asked just now."""
        return working.ask_refund_now(self.seller, self._client, reference)

    def confirm(
        self,
        order_number: str,
        amount: Money,
        *,
        actor: str,
        booked_on: date,
        bank_reference: str,
        note: str = "",
        gateway_account: str | None = None,
    ) -> Confirmation:
        """Say that money for an order that is paid by transfer or in cash was seen: it counts at this moment.

        Above the policy `four_eyes_above` it waits, until a second person confirms the same. Part payments
        add up. The same again gives the same one: one bank reference is one transfer, for ever.

        Args:
            actor: who saw it, as an auditor should read it; never the buyer.
            booked_on: the bank's day; kept, and never counts as the day of payment.
            bank_reference: the transfer's number, or that of the cash receipt: 1 to 64 signs.
            gateway_account: where it came to, if the order may be paid through several such accounts.
        Raises: NotFound; RequestRefused, naming the field.
        """
        asked = Confirm(
            order_number=order_number,
            amount=amount,
            booked_on=booked_on,
            bank_reference=bank_reference,
            note=note,
            gateway_account=gateway_account,
        )
        confirmation = self._act(asked, actor).result
        assert isinstance(confirmation, Confirmation)
        return confirmation

    def withdraw_confirmation(
        self,
        order_number: str,
        bank_reference: str,
        *,
        actor: str,
        reason: str,
        gateway_account: str | None = None,
    ) -> Confirmation:
        """Take back a confirmation that waits for a second person; its reference may be confirmed anew.

        Raises: NotFound; RequestRefused for one whose money is counted.
        """
        asked = Withdraw(
            order_number=order_number,
            bank_reference=bank_reference,
            reason=reason,
            gateway_account=gateway_account,
        )
        withdrawn = self._act(asked, actor).result
        assert isinstance(withdrawn, Confirmation)
        return withdrawn

    def confirmations(self, order_number: str) -> tuple[Confirmation, ...]:
        """Money that people confirmed for an order, oldest first, withdrawn ones too. Raises NotFound."""
        number = self._see(lambda connection: viewing.order(connection, number=order_number)).number
        return self._see(lambda connection: confirmations_of(connection, number))

    def import_statement(
        self, content: bytes, *, gateway_account: str, actor: str, dry_run: bool = True
    ) -> Statement:
        """Compare a bank statement with the orders that wait for transfers.

        A dry run says each line's fate, and stores nothing. For real, each line whose memo names one order,
        and whose amount is what is due for it, is counted in a transaction of its own; every line is kept.

        Args:
            content: the file, as `[accounts.statement]` of payport.toml says that it is written.
            actor: who imports it, as an auditor should read it.
        Raises: NotFound; RequestRefused, naming line and column: nothing of the file is imported.
        """
        return statements.import_statement(
            self.seller, content, gateway_account=gateway_account, actor=actor, dry_run=dry_run
        )

    def events(
        self, account: str | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[ToldEvent, ...]:
        """Events, and what became of each with each subscriber.

        Args:
            account: of one buyer account, oldest first, those behind number `after`; None: of all, the newest
                first.
            limit: 1 to 1000.
        """
        return self._see(
            lambda connection: told_events.told_events(connection, account, after=after, limit=limit)
        )

    def event(self, event_id: str) -> ToldEvent:
        """One event, and what became of it with each subscriber. Raises NotFound."""
        return self._see(lambda connection: told_events.told_event(connection, event_id))

    def parked_events(self, *, limit: int = 100) -> tuple[ToldEvent, ...]:
        """Those that a subscriber is told no more, until they are replayed; the longest parked first."""
        return self._see(lambda connection: told_events.parked(connection, limit=limit))

    def replay(self, event_id: str, *, subscriber: str | None = None) -> tuple[str, ...]:
        """Tell of an event again: one subscriber; or those with whom it is parked, or else all that want it.

        Returns: whom. Raises: NotFound; RequestRefused for a subscriber that is none.
        """
        return self._change(told_events.replay, event_id, subscriber=subscriber)

    def replay_parked(self, subscriber: str) -> int:
        """Tell a subscriber of all that is parked with it, in order: how many. Raises RequestRefused."""
        return told_events.replay_parked(self.seller, subscriber)

    def stopped_subscribers(self) -> tuple[StoppedSubscriber, ...]:
        """Those that said they want nothing more (410), by name: what they are to be told waits."""
        return self._see(stopped)

    def resume(self, subscriber: str) -> None:
        """Tell a stopped subscriber all that waited for it, in order. Raises NotFound for one that is not."""
        self._change(told_events.resume, subscriber)

    def note_errand(
        self,
        kind: ErrandKind | str,
        about: str,
        *,
        actor: str,
        reason: str = "",
    ) -> None:
        """Keep who does what that moves no money, before it is done; files need no reason.

        Args:
            about: what it is about, by its reference, which tells of which order it is; of a list that is
                taken away, its name and the names of its filters: never what a buyer could be known by.
            actor, reason: who and why, as an auditor should read it.
        Raises: RequestRefused, naming the field.
        """
        self._change(errands.note, kind, about, actor=actor, reason=reason)

    def erase_buyer(self, account: str, *, actor: str, reason: str) -> Erased:
        """Take away who the buyer of an account is: details, addresses, words. It cannot be undone.

        Amounts, states, times and references stay, and the journal still verifies. What you know of the buyer
        yourself, and your backups, are yours to erase.
        Raises: NotFound; RequestRefused while money of the account is on its way.
        """
        return self._change(erasing.erase_buyer, account, actor=actor, reason=reason)

    def evidence(self, callback_id: int) -> dict[str, Any]:
        """One callback with its contract, what was signed, how it was judged, and the entries that it made.

        Returns: what `payport evidence` writes: docs/check_evidence.py checks it alone.
        Raises: NotFound.
        """
        return self._see(lambda connection: evidence.evidence(connection, self.seller, callback_id))
