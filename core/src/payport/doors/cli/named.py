"""Who runs a command that moves no money, and why: kept before it runs, where a person says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from payport.doors.cli.usage import UsageError

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.errand import ErrandKind

__all__ = ["Who", "Why", "keep"]

Who: TypeAlias = Annotated[
    str | None, Parameter(name="--by", help="Who wants it, to be kept; a script says nobody, and nothing is.")
]
Why: TypeAlias = Annotated[str | None, Parameter(name="--reason", help="Why; kept with --by.")]


def keep(shop: Payport, kind: ErrandKind | str, about: str, by: str | None, reason: str | None) -> None:
    """Keep it, where somebody is named. Raises UsageError for one without the other; RequestRefused."""
    if (by is None) != (reason is None):
        raise UsageError(
            field="--by" if by is None else "--reason", problem="is not given", remedy="Say both, or neither"
        )
    if by is not None and reason is not None:
        shop.note_errand(kind, about, actor=by, reason=reason)
