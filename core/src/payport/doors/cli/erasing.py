"""`payport erase`: takes away who a buyer is, and leaves what happened to the money."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from payport.doors.cli.printing import instant, record
from payport.doors.cli.usage import Config

__all__ = ["erase"]


def erase(
    account: str,
    /,
    *,
    by: Annotated[str, Parameter(help="Who does it, as an auditor should read it.")],
    reason: Annotated[str, Parameter(help="Why; kept, so it names no buyer.")],
    config: Config = None,
) -> None:
    """Erase a buyer's personal data; amounts, states and times stay. It cannot be undone.

    Refused while money of the account is on its way.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        done = shop.erase_buyer(account, actor=by, reason=reason)
    rows: list[tuple[str, object]] = [("account", done.account), ("erased at", instant(done.at))]
    record([*rows, *((name.replace("_", " "), count) for name, count in done.rows.items())])
