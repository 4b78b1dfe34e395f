"""What people do for a seller: end an order, give and take by hand, record what issuers and gateways did."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from payport.doors.base import Host
from payport.gateways.exchange import new_client
from payport.rules.chargeback import Chargeback
from payport.rules.chargeback import State as ChargebackState
from payport.rules.entitlement import Entitlement
from payport.rules.money import Money
from payport.service import adjusting, cancelling, chargebacks, viewing, working
from payport.service.viewing import OrderView

__all__ = ["Operating"]


class Operating(Host):
    """The verbs of the back office. Each names who does it, and why, where a person decides."""

    def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        """End an order that is placed or in review; its money is flagged to be given back.

        Args:
            actor: who does it, as an auditor should read it; the host has seen who it is.
            reason: kept in the order's history.
        Raises: NotFound, RequestRefused.
        """
        self._change(cancelling.cancel, order_number, actor=actor, reason=reason)
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

    def ask(self, merchant_reference: str) -> bool:
        """Ask the gateway about a payment now. False: nothing to ask, or it was asked just now."""
        return working.ask_now(self.seller, self._client, merchant_reference)

    @cached_property
    def _client(self) -> Any:
        return new_client()
