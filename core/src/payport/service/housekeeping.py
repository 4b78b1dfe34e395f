"""What is done from time to time, once for all workers: sealing the journal, deleting old callbacks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from payport.errors import PayportError
from payport.gateways.guard import describe_error
from payport.service import floods
from payport.service.pacing import is_at_rest, take_period
from payport.service.sealing import seal_if_due
from payport.service.seller import Seller

__all__ = ["House", "keep_house"]

_PRUNING: Final = ("pruning refused callbacks", timedelta(minutes=10))
_log = logging.getLogger("payport.work")


@dataclass(frozen=True, slots=True)
class House:
    """Whether the journal was sealed, how many callbacks were deleted, and how much of this failed."""

    sealed: int = 0
    pruned: int = 0
    failed: int = 0


def keep_house(seller: Seller) -> House:
    """Do what is due of it. A fault stops nothing else, and is in the log; a database that is away raises."""
    sealed = _tried("sealing the journal", lambda: int(seal_if_due(seller)))
    pruned = _tried(_PRUNING[0], lambda: _prune(seller))
    return House(sealed or 0, pruned or 0, (sealed is None) + (pruned is None))


def _prune(seller: Seller) -> int:
    name, every = _PRUNING
    if seller.database.seeing(lambda connection: is_at_rest(connection, name, every, at=seller.clock())):
        return 0
    first = seller.database.transaction(
        lambda connection: take_period(connection, name, every, at=seller.clock())
    )
    return floods.prune(seller) if first else 0


def _tried(name: str, work: Callable[[], int]) -> int | None:
    try:
        return work()
    except (OperationalError, InterfaceError, PoolExhausted):
        raise
    except PayportError as error:
        _log.error("%s failed: %s", name, error)
    except Exception as error:
        _log.error("%s failed: %s", name, describe_error(error))
    return None
