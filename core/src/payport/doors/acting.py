"""Acts of the back office as values: looked at, proposed, approved, done; and how a review is ended."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from payport.doors.base import Host
from payport.gateways.exchange import new_client
from payport.gateways.flow import drive
from payport.rules.acts import Act, Dismiss, ResolveOrder, ResolvePayment
from payport.rules.four_eyes import Proposal, State
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.what_if import WhatIf
from payport.service import acting, proposing, refunding, rehearsing, repricing, viewing
from payport.service.performed import Performed, Result, as_if_done, tell_performed
from payport.service.rehearsing import Effect, perform_as_shown
from payport.service.viewing import OrderView
from payport.storage.dismissal_records import Dismissed

__all__ = ["Acting"]


class Acting(Host):
    """Each act is a use case of its own; here is the one way in which all of them are done."""

    def resolve_order(self, order_number: str, outcome: str, *, actor: str, reason: str) -> OrderView:
        """End the review of an order, as a person decides.

        Args:
            outcome: "paid": it takes its effect now, and its payments in review whose money is all there
                succeed with it; or "cancelled": its money is flagged to be given back.
            actor, reason: who decides, and why, as an auditor should read it; never the buyer.
        Raises: NotFound; RequestRefused where it is not in review, its money does not cover it, or what its
            account holds does not allow it; SecondPersonNeeded.
        """
        self._act(ResolveOrder(order_number=order_number, outcome=outcome, reason=reason), actor)
        return self._see(lambda connection: viewing.order(connection, number=order_number))

    def resolve_payment(
        self,
        merchant_reference: str,
        outcome: str,
        *,
        actor: str,
        reason: str,
        amount: Money | None = None,
        gateway_reference: str | None = None,
    ) -> Payment:
        """End the review of a payment, as a person found it at the gateway.

        Money that is not counted yet counts at this moment, and its order takes its effect where it waits and
        is covered. An order that is in review stays there: end it by `resolve_order`.

        Args:
            outcome: "succeeded" or "failed"; failed only where no money of it is proven.
            amount: all that came in for it, where that is not what is known: never less than is counted, or
                than was asked for.
            gateway_reference: the transaction's name, where money is to be counted and the name is not known.
        Raises: NotFound; RequestRefused, naming the field; SecondPersonNeeded.
        """
        done = self._act(
            ResolvePayment(
                merchant_reference=merchant_reference,
                outcome=outcome,
                reason=reason,
                amount=amount,
                gateway_reference=gateway_reference,
            ),
            actor,
        )
        assert isinstance(done.result, Payment)
        return done.result

    def dismiss(self, gateway_account: str, reference: str, *, actor: str, reason: str) -> Dismissed:
        """Say that nothing more is to be done about money of no order: it is asked for no more.

        Args:
            reference: of a line of an imported statement, or of a gateway's transaction without a payment.
        Raises: NotFound; RequestRefused for money that was counted, or is dismissed; SecondPersonNeeded.
        """
        done = self._act(Dismiss(gateway_account=gateway_account, reference=reference, reason=reason), actor)
        assert isinstance(done.result, Dismissed)
        return done.result

    def rehearse(self, act: Act, *, actor: str) -> Effect:
        """What an act would do now, found by doing it and undoing it: nothing is kept, sent or told.

        A refund is taken as if its gateway had said yes.
        Raises: what the act itself raises, but for needing a second person: that is said in the effect.
        """
        return self.seller.database.rehearsing(
            lambda connection: rehearsing.rehearse(connection, self.seller, act, actor=actor)
        )

    def perform(self, act: Act, *, actor: str, shown: str | None = None) -> Result:
        """Do an act, as its own verb does, if it still does what its reader saw.

        Args:
            shown: `Effect.digest` of what `rehearse` said; None: nothing was looked at.
        Returns: what it is about, as it stands now.
        Raises: what the act itself raises; EffectChanged, and nothing was done, where it would do something
            else by now; SecondPersonNeeded. A refund whose key is known is given as it is.
        """
        return self._finish(self._claim(perform_as_shown, act, actor=actor, shown=shown)).result

    def propose(self, act: Act, *, actor: str) -> Proposal:
        """Ask for a second person: nothing is done, and no money reserved, until another one approves.

        What the act would come to now is pinned: what is approved is what was shown, or it is refused. The
        same again, while it waits, gives the same one.
        Raises: what the act itself raises; RequestRefused for `Confirm`, which has its own second person.
        """
        draft = self.seller.database.rehearsing(
            lambda connection: proposing.draft(connection, self.seller, act, actor=actor)
        )
        return self._claim(proposing.keep, draft)

    def approve(self, proposal_id: str, *, actor: str, shown: str | None = None) -> Proposal:
        """Do what was proposed, now, and once. The same person's second click changes nothing.

        Args:
            actor: the second person: never who proposed it, and never the buyer.
            shown: `Effect.digest` of what that person saw, by `rehearse` in the name of who proposed it.
        Raises: NotFound; RequestRefused for one that is closed, and where the act is refused now: then it
            waits on.
        """
        proposal, done = self._claim(proposing.approve, proposal_id, actor=actor, shown=shown)
        if done is not None:
            self._finish(done)
        return proposal

    def decline(self, proposal_id: str, *, actor: str, reason: str) -> Proposal:
        """Close a proposal, and do nothing: by anybody, its maker too. Raises NotFound, RequestRefused."""
        return self._claim(proposing.decline, proposal_id, actor=actor, reason=reason)

    def proposal(self, proposal_id: str) -> Proposal:
        """What waits for a second person, or did. Raises NotFound."""
        return self._see(lambda connection: proposing.named(connection, proposal_id))

    def proposals(
        self,
        states: Iterable[State | str] = (State.WAITING,),
        *,
        order_number: str | None = None,
        limit: int = 100,
    ) -> tuple[Proposal, ...]:
        """What waits for a second person, or did, the newest first; `states` empty: all.

        Raises: RequestRefused.
        """
        wanted = tuple(states)
        return self._see(
            lambda connection: proposing.listed(connection, wanted, order_number=order_number, limit=limit)
        )

    def what_if(self, catalog_text: str, *, limit: int = 1_000) -> WhatIf:
        """What another catalog would have done to the last quotes, each as its account stood then.

        Args:
            catalog_text: the TOML document. limit: of quotes, 1 to 10,000.
        Raises: CatalogError, naming what is wrong with it; RequestRefused for another currency.
        """
        return self._see(
            lambda connection: repricing.what_if(connection, self.seller, catalog_text, limit=limit)
        )

    def _act(self, act: Act, actor: str) -> Performed:
        return self._finish(self._claim(acting.perform, act, actor=actor))

    def _finish(self, done: Performed) -> Performed:
        """After the commit: send the refund that was reserved, keep what became of it, and tell observers."""
        begun = done.begun
        if begun is not None:
            assert begun.flow is not None
            assert begun.account is not None
            called = drive(
                begun.flow,
                client=self._client,
                account=begun.account,
                kind="refund",
                limits=refunding.LIMITS,
                observers=self.seller.observers,
            )
            done = as_if_done(done, self._claim(refunding.conclude, begun, called))
        tell_performed(self.seller, done)
        return done

    @cached_property
    def _client(self) -> Any:
        return new_client()
