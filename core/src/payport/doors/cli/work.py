"""`payport work`: what is due, who works on what, and what is parked and why; and letting it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from payport.doors.cli.named import Who, Why, keep
from payport.doors.cli.printing import as_json, instant, table
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.service.work_list import WorkItem

__all__ = ["list_work", "unpark", "work"]

work = App(name="work", help="List the work that is due, leased or parked, and why.", version_flags=())

_Limit = Annotated[int, Parameter(help="At most so many of each kind; 100 if not given.")]


@work.default
@work.command(name="list")
def list_work(*, config: Config = None, limit: _Limit = 100, json: AsJson = False) -> None:
    """List work: parked first, then what somebody has, then what is due; the oldest first.

    Parked work failed, or ended its process, several times: it waits for `payport work unpark`.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    if not 1 <= limit <= 10_000:
        raise UsageError(field="--limit", problem="is not between 1 and 10000", remedy="Say --limit 100")
    with opened(config) as shop:
        items = shop.work_items(limit)
    if json:
        as_json([_object(item) for item in items])
    elif not items:
        print("nothing is due, and nothing is parked")
    else:
        table(
            ("state", "kind", "reference", "since", "tries", "why"),
            [
                (
                    item.state,
                    item.kind,
                    item.reference,
                    instant(item.since),
                    str(item.tries),
                    item.why or item.owner,
                )
                for item in items
            ],
        )


@work.command
def unpark(reference: str, /, *, by: Who = None, reason: Why = None, config: Config = None) -> None:
    """Let a parked payment, refund or order be worked on again, from now."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        keep(shop, "unpark", reference, by, reason)
        kind = shop.unpark(reference)
        print(f"{kind} {reference} is due again")


def _object(item: WorkItem) -> dict[str, object]:
    return {
        "state": item.state,
        "kind": item.kind,
        "reference": item.reference,
        "since": item.since.isoformat(),
        "tries": item.tries,
        "owner": item.owner,
        "why": item.why,
    }
