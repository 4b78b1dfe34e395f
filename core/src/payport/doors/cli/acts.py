"""One way for every command that acts: shown by --dry-run, asked for by --propose, or done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter

from payport.doors.cli.usage import UsageError
from payport.errors import SecondPersonNeeded

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.acts import Act

__all__ = ["AtGateway", "By", "DryRun", "How", "Reason", "Shown", "carry_out"]

By: TypeAlias = Annotated[str, Parameter(help="Who decides it, as an auditor should read it.")]
Reason: TypeAlias = Annotated[str, Parameter(help="Why; kept with it.")]
AtGateway: TypeAlias = Annotated[
    str | None, Parameter(help="The transaction's own name in the gateway's portal or at the bank.")
]
DryRun: TypeAlias = Annotated[bool, Parameter(help="Say what it would do now, and do nothing.")]
Shown: TypeAlias = Annotated[
    str | None,
    Parameter(help="What a dry run gave: do it only if it still does exactly that."),
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """Whether it is looked at, asked for, or done; at most one of these is said."""

    dry_run: DryRun = False
    propose: Annotated[
        bool, Parameter(help="Do nothing yet: another person does it by `payport proposals approve`.")
    ] = False
    shown: Shown = None

    def check(self) -> None:
        """Raises UsageError."""
        if self.dry_run + self.propose + (self.shown is not None) > 1:
            raise UsageError(
                field="--dry-run, --propose, --shown",
                problem="do not go together",
                remedy="Look first; then do it, or propose it",
            )


def carry_out(shop: Payport, act: Act, *, by: str, how: How | None, tell: Callable[[Any], int | None]) -> int:
    """Show, propose or do it, and say what came of it.

    Args:
        tell: prints what the act is about, as it stands then, and may give the exit status.
    Raises: what the act raises; SecondPersonNeeded, naming the option that asks for one.
    """
    from payport.doors.cli.effects import print_effect  # noqa: PLC0415
    from payport.doors.cli.proposals import print_proposal  # noqa: PLC0415

    how = how or How()
    how.check()
    if how.dry_run:
        print_effect(shop.rehearse(act, actor=by))
        return 0
    if how.propose:
        print_proposal(shop.propose(act, actor=by))
        return 0
    try:
        result = shop.perform(act, actor=by, shown=how.shown)
    except SecondPersonNeeded as needed:
        raise SecondPersonNeeded(
            field=needed.field,
            problem=needed.problem,
            remedy="Say the same with --propose; another person then does it by `payport proposals approve`",
        ) from None
    return tell(result) or 0
