"""What `payport doctor` says of events: who is told late, who is told no more, and who is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from payport.doors.cli.doctor import Finding, Grade
from payport.doors.cli.printing import instant

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from payport.doors.host import Payport

__all__ = ["event_findings"]

_LATE: Final = timedelta(minutes=1)


def event_findings(shop: Payport, connection: Connection) -> Iterator[Finding]:
    """Nothing at all where nobody subscribes and nothing waits."""
    from payport.service.told_events import queues  # noqa: PLC0415

    names, now = shop.seller.subscribers.names, shop.seller.clock()
    found = {queue.subscriber: queue for queue in queues(connection)}
    for name in sorted(names | found.keys()):
        subject, queue = f"events to {name}", found.get(name)
        if queue is None:
            yield Finding(Grade.OK, subject, "none wait")
            continue
        if queue.stopped is not None:
            words = (
                f"stopped since {instant(queue.stopped.at)}: {queue.stopped.because}. Accounts wait for "
                f"{queue.due} of them. Once its receiver takes them, `payport events resume {name}`"
            )
            yield Finding(Grade.LOOK, subject, words)
        elif name not in names:
            words = "some wait, and it is not configured: give it back, or nobody is told"
            yield Finding(Grade.LOOK, subject, words)
        elif queue.due_since is not None and now - queue.due_since > _LATE:
            words = (
                f"accounts wait for {queue.due} of them, since {instant(queue.due_since)}: nobody sends "
                "them. Is a worker running, with its function?"
            )
            yield Finding(Grade.LOOK, subject, words)
        elif queue.due:
            yield Finding(Grade.OK, subject, f"{queue.due} on their way")
        if queue.parked:
            words = (
                f"{queue.parked} parked, the oldest since {instant(queue.parked_since)}. See `payport events "
                "parked`, then `payport events replay`"
            )
            yield Finding(Grade.LOOK, subject, words)
