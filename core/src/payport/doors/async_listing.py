"""Looking things up, for async hosts; the work runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from payport.doors.base import Host
from payport.doors.listing import Listing

__all__ = ["AsyncListing"]

_Value = TypeVar("_Value")
_Arguments = ParamSpec("_Arguments")


def _in_thread(
    verb: Callable[Concatenate[Listing, _Arguments], _Value],
) -> Callable[Concatenate[AsyncListing, _Arguments], Coroutine[Any, Any, _Value]]:
    """The same verb, with the same arguments and words."""

    @wraps(verb)
    async def run(self: AsyncListing, /, *arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Value:
        return await asyncio.to_thread(verb, self._sync, *arguments, **named)

    return run


class AsyncListing(Host):
    """See `Listing`: the same verbs."""

    find = _in_thread(Listing.find)
    orders = _in_thread(Listing.orders)
    payments = _in_thread(Listing.payments)
    refunds = _in_thread(Listing.refunds)
    callbacks = _in_thread(Listing.callbacks)
    callback = _in_thread(Listing.callback)
    calls = _in_thread(Listing.calls)
    journal = _in_thread(Listing.journal)
    statement_lines = _in_thread(Listing.statement_lines)
    errands = _in_thread(Listing.errands)
    grants = _in_thread(Listing.grants)

    @cached_property
    def _sync(self) -> Listing:
        return Listing(self.seller, self.configuration)
