"""`payport proposals`: what waits for a second person; approving it, which does it, or declining it."""

from __future__ import annotations

import json as json_text
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from payport.doors.cli.acts import By, DryRun, Reason, Shown
from payport.doors.cli.printing import as_json, instant, money_json, plain, record, table
from payport.doors.cli.usage import AsJson, Config, UsageError
from payport.errors import RequestRefused

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.acts import Act
    from payport.rules.four_eyes import Proposal
    from payport.service.rehearsing import Effect

__all__ = ["approve", "decline", "list_proposals", "print_proposal", "proposals", "show"]

proposals = App(
    name="proposals",
    help="List what waits for a second person; show, approve or decline it.",
    version_flags=(),
)
_LABELS: Final = {"merchant_reference": "payment", "order_number": "order", "of": "money of"}
_UNSAID: Final = frozenset({"act", "reason", "key", "seen_left", "seen_version"})


@proposals.default
@proposals.command(name="list")
def list_proposals(
    *,
    config: Config = None,
    every: Annotated[bool, Parameter(name="--all", help="Also those that are approved or declined.")] = False,
    order: Annotated[str | None, Parameter(help="Of this order alone.")] = None,
    limit: Annotated[int, Parameter(help="How many, 1 to 1000; 100 if not given.")] = 100,
    json: AsJson = False,
) -> None:
    """List what waits for a second person, the newest first."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        found = shop.proposals(() if every else ("waiting",), order_number=order, limit=limit)
    if json:
        as_json([_object(each) for each in found])
    elif not found:
        print("nothing was proposed" if every else "nothing waits for a second person")
    else:
        table(
            ("proposal", "state", "proposed at", "by", "act", "what", "amount", "reason"),
            [
                (
                    each.id,
                    _state(each),
                    instant(each.proposed_at),
                    each.proposed_by,
                    _name(each.act),
                    _asked(each.act),
                    "-" if each.amount is None else each.amount,
                    each.act.reason,  # type: ignore[union-attr] # money is never confirmed by a proposal
                )
                for each in found
            ],
        )


@proposals.command
def show(proposal: str, /, *, config: Config = None, json: AsJson = False) -> None:
    """Show one: who proposed what, when and why, what became of it; and while it waits, what it would do.

    What it would do now is what was proposed: what changed since is refused, and is said so.
    """
    from payport.doors.cli.effects import effect_sentences, print_effect  # noqa: PLC0415
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    effect: Effect | None = None
    refused: RequestRefused | None = None
    with opened(config) as shop:
        found = shop.proposal(proposal)
        if found.state == "waiting":
            try:
                effect = shop.rehearse(found.act, actor=found.proposed_by)
            except RequestRefused as refusal:
                refused = refusal
    if json:
        said = None if effect is None else [*effect_sentences(effect, is_second=True)]
        why = None if refused is None else str(refused)
        as_json(_object(found) | {"effect": said, "refused_now": why})
        return
    print_proposal(found)
    if effect is not None:
        print_effect(effect, is_second=True)
    elif refused is not None:
        print(f"it would be refused now: {plain(refused)}")


@proposals.command
def approve(
    proposal: str,
    /,
    *,
    by: By,
    dry_run: DryRun = False,
    shown: Shown = None,
    config: Config = None,
) -> int:
    """Do what another person proposed, now and once. Nobody approves what is their own.

    Exit status 1: it was refused, and waits on; or it is a refund that failed, or is not known yet.
    """
    from payport.doors.cli.effects import print_effect  # noqa: PLC0415
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    if dry_run and shown is not None:
        raise UsageError(
            field="--shown", problem="does not go with --dry-run", remedy="Look first; then approve it"
        )
    with opened(config) as shop:
        if dry_run:
            wanted = shop.proposal(proposal)
            print_proposal(wanted)
            print_effect(shop.rehearse(wanted.act, actor=wanted.proposed_by), is_second=True)
            return 0
        done = shop.approve(proposal, actor=by, shown=shown)
        print_proposal(done)
        return _tell_refund(shop, done)


@proposals.command
def decline(proposal: str, /, *, by: By, reason: Reason, config: Config = None) -> None:
    """Close a proposal, and do nothing. Its maker may, too."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        print_proposal(shop.decline(proposal, actor=by, reason=reason))


def print_proposal(each: Proposal) -> None:
    """With what to do, while it waits."""
    waits = each.state == "waiting"
    record(
        [
            ("proposal", each.id),
            ("state", "waiting; nothing is done yet" if waits else each.state),
            ("to", _name(each.act)),
            ("what", _asked(each.act)),
            ("amount", each.amount),
            ("proposed by", each.proposed_by),
            ("proposed at", instant(each.proposed_at)),
            ("reason", getattr(each.act, "reason", None)),
            (f"{each.state} by", each.closed_by),
            (f"{each.state} at", None if each.closed_at is None else instant(each.closed_at)),
            ("because", each.reason),
            ("came of it", each.result),
            ("what to do", f"another person: payport proposals approve {each.id} --by …" if waits else None),
        ]
    )


def _tell_refund(shop: Payport, done: Proposal) -> int:
    """A refund is sent after the approval: what its gateway said is news of its own."""
    if done.act.act != "refund" or done.result is None:
        return 0
    from payport.doors.cli.refunds import print_refund, refund_named  # noqa: PLC0415

    return print_refund(refund_named(shop, done.result))


def _name(act: Act) -> str:
    return act.act.replace("_", " ")


def _asked(act: Act) -> str:
    """All that it says, but for why."""
    said = ((each.name, getattr(act, each.name)) for each in fields(act) if each.name not in _UNSAID)
    return ", ".join(
        f"{_LABELS.get(name, name.replace('_', ' '))} {_written(value)}"
        for name, value in said
        if value not in (None, "", (), 0, False)
    )


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "yes" if value is True else str(value)


def _state(each: Proposal) -> str:
    return each.state if each.closed_by is None else f"{each.state} by {each.closed_by}"


def _object(each: Proposal) -> dict[str, Any]:
    from payport.rules.acts import act_to_json  # noqa: PLC0415

    act = json_text.loads(act_to_json(each.act))
    return {
        "id": each.id,
        "state": each.state,
        "act": {name: value for name, value in act.items() if name != "key"},
        "account": each.account or None,
        "order_number": each.order_number,
        "amount": None if each.amount is None else money_json(each.amount),
        "proposed_at": each.proposed_at.isoformat(),
        "proposed_by": each.proposed_by,
        "closed_at": None if each.closed_at is None else each.closed_at.isoformat(),
        "closed_by": each.closed_by,
        "reason": each.reason,
        "result": each.result,
    }
