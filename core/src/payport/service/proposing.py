"""What needs two people: one proposes an act, exactly so, and another approves it, which does it, once.

Nothing is reserved meanwhile. What changed since is refused by the act's own rules when it is approved: the
proposal has pinned what its maker saw. The buyer account's lock lets one approval through; the second finds
it closed. Attacks REF-07, REF-10.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from payport.errors import Defect, NotFound, RequestRefused
from payport.rules.acts import Act, Adjust, Confirm, GiveBack, OpenChargeback, ResolvePayment
from payport.rules.confirmation import is_one_person
from payport.rules.four_eyes import Proposal, State
from payport.rules.payment import Payment
from payport.rules.refund import Refund
from payport.service.acting import perform
from payport.service.books import books_of, payment_named
from payport.service.by_hand import check_by_hand
from payport.service.holding import entitlement
from payport.service.own_orders import refuse_own
from payport.service.performed import Performed
from payport.service.references import new_id
from payport.service.rehearsing import perform_as_shown
from payport.service.seller import Seller
from payport.service.targets import Target, locked_target
from payport.storage.account_records import lock_account
from payport.storage.proposal_records import (
    add_proposal,
    find_proposal,
    find_same,
    list_proposals,
    save_proposal,
    untrue,
)

__all__ = ["approve", "decline", "draft", "keep", "listed", "named"]

_MOST: Final = 1_000


def draft(connection: Connection, seller: Seller, act: Act, *, actor: str) -> Proposal:
    """The proposal that `act` makes, on a connection whose transaction is undone: it is done for that.

    Raises: what the act itself raises; RequestRefused for one that was done before, or confirms money.
    """
    check_by_hand(actor=actor, reason="proposes")
    if isinstance(act, Confirm):
        raise RequestRefused(
            field="act",
            problem="confirming money has its own second person",
            remedy="Confirm it: where the policy asks for two, it waits for the other one",
        )
    target = locked_target(connection, act)
    seen = _seen(connection, seller, act)
    done = perform(connection, seller, act, actor=actor, approved=True)
    if not done.is_news:
        raise RequestRefused(
            field="act", problem=f"it was done before: {done.reference}", remedy="Look at what came of it"
        )
    return Proposal(
        id=new_id(),
        act=_pinned(seen, done),
        state=State.WAITING,
        account=target.account or "",
        order_number=target.order_number,
        amount=done.amount,
        proposed_at=seller.clock(),
        proposed_by=actor,
    )


def keep(connection: Connection, seller: Seller, proposal: Proposal) -> Proposal:  # noqa: ARG001 - a use case
    """Keep it; the same again by the same person gives the one that waits."""
    lock_account(connection, proposal.account)
    same = find_same(connection, proposal)
    if same is not None:
        return same
    add_proposal(connection, proposal)
    return proposal


def approve(
    connection: Connection, seller: Seller, proposal_id: str, *, actor: str, shown: str | None = None
) -> tuple[Proposal, Performed | None]:
    """Do what was proposed, now. The same person's second click changes nothing.

    Args:
        shown: `Effect.digest` of what this person saw that it would do.
    Returns: the proposal, and what was done; None where it had been approved before, by this person.
    Raises: NotFound; RequestRefused for one that is closed, for its own maker, for the buyer whose order it
        is, and where the act is refused, or would do something else than was shown: it waits on; Defect for
        one that somebody changed in the database since it was proposed.
    """
    check_by_hand(actor=actor, reason="approved")
    proposal = _locked(connection, proposal_id)
    if proposal.state is State.APPROVED and is_one_person(actor, proposal.closed_by or ""):
        return proposal, None
    _check_waits(proposal)
    if is_one_person(actor, proposal.proposed_by):
        raise RequestRefused(
            field="actor",
            problem=f"{proposal.proposed_by} proposed it",
            remedy="Let another person approve it, or decline it",
        )
    refuse_own(connection, Target(proposal.account or None, proposal.order_number), actor)
    now = seller.clock()
    done = perform_as_shown(
        connection, seller, proposal.act, actor=proposal.proposed_by, shown=shown, approved=True
    )
    if not done.is_news:
        raise RequestRefused(
            field="proposal",
            problem=f"it was done meanwhile: {done.reference}",
            remedy="Look at what came of it, and decline this",
        )
    approved = replace(proposal, state=State.APPROVED, closed_at=now, closed_by=actor, result=done.reference)
    because = f"{proposal.act.act} proposed by {proposal.proposed_by}, approved by {actor}"
    save_proposal(connection, proposal, approved, because=because)
    return approved, done


def decline(connection: Connection, seller: Seller, proposal_id: str, *, actor: str, reason: str) -> Proposal:
    """Close it, and do nothing: by anybody, whoever proposed it too.

    Raises: NotFound; RequestRefused for one that is closed.
    """
    check_by_hand(actor=actor, reason=reason)
    proposal = _locked(connection, proposal_id)
    _check_waits(proposal)
    declined = replace(
        proposal, state=State.DECLINED, closed_at=seller.clock(), closed_by=actor, reason=reason
    )
    because = f"{proposal.act.act} proposed by {proposal.proposed_by}, declined by {actor}: {reason}"
    save_proposal(connection, proposal, declined, because=because)
    return declined


def listed(
    connection: Connection, states: Collection[State | str], *, order_number: str | None, limit: int
) -> tuple[Proposal, ...]:
    """The newest first. Raises RequestRefused for a state that is none, and a limit out of bounds."""
    if type(limit) is not int or not 1 <= limit <= _MOST:
        raise RequestRefused(field="limit", problem="out of bounds", remedy=f"Take 1 to {_MOST}")
    try:
        wanted = [State(state) for state in states]
    except ValueError:
        known = ", ".join(State)
        raise RequestRefused(field="states", problem="not known", remedy=f"Take of {known}") from None
    return list_proposals(connection, wanted or list(State), order_number=order_number, limit=limit)


def named(connection: Connection, proposal_id: str) -> Proposal:
    """Raises NotFound."""
    found = find_proposal(connection, proposal_id)
    if found is None:
        raise NotFound(field="proposal", problem="no such proposal", remedy="`proposals` lists them")
    return found


def _locked(connection: Connection, proposal_id: str) -> Proposal:
    """As it stands while its account is ours.

    Raises: NotFound; Defect for one that waits and is not what the journal says was proposed.
    """
    lock_account(connection, named(connection, proposal_id).account)
    proposal = named(connection, proposal_id)
    differs = untrue(connection, proposal_id) if proposal.state is State.WAITING else ()
    if differs:
        raise Defect(
            field="proposal",
            problem=f"its {', '.join(differs)} are not what the journal says was proposed",
            remedy="Do not approve it: see `payport journal check`, and who can write the database",
        )
    return proposal


def _check_waits(proposal: Proposal) -> None:
    if proposal.state is not State.WAITING:
        raise RequestRefused(
            field="proposal",
            problem=f"it was {proposal.state} by {proposal.closed_by}",
            remedy="Propose it anew if that is still needed",
        )


def _seen(connection: Connection, seller: Seller, act: Act) -> Act:
    """The act with what its maker could see, where the form did not send it."""
    match act:
        case GiveBack(seen_left=None) | OpenChargeback(seen_left=None):
            return replace(
                act, seen_left=books_of(connection, payment_named(connection, act.merchant_reference)).left
            )
        case Adjust(seen_version=None):
            held = entitlement(connection, act.account, at=seller.clock())
            return replace(act, seen_version=held.version)
        case _:
            return act


def _pinned(act: Act, done: Performed) -> Act:
    """The act with the figures that it came to: what is approved is what was shown, or nothing."""
    result = done.result
    if isinstance(act, GiveBack) and isinstance(result, Refund):
        return replace(act, amount=result.amount, of=str(result.of), lines=tuple(result.lines))
    if isinstance(act, ResolvePayment) and isinstance(result, Payment) and act.outcome == "succeeded":
        return replace(act, amount=result.received)
    return act
