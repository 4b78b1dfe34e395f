"""`payport evidence`: one callback, and all that shows what it was and what it did, as one document."""

from __future__ import annotations

from payport.doors.cli.printing import as_json
from payport.doors.cli.usage import Config

__all__ = ["evidence"]


def evidence(callback: int, /, *, config: Config = None) -> None:
    """Write all that is kept about one callback, for whoever must prove it: docs/check_evidence.py checks it.

    The message as it came, its contract, the text that was signed, how it was judged, and the journal's
    entries with their places in it. It holds no secret.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        as_json(shop.evidence(callback))
