"""The verbs that a host may put into a transaction of its own: those that need the database, and no gateway.

What calls a gateway is not among them: it must be kept before the first byte leaves, or a callback would find
no payment, and a transaction that is undone would take back what a bank has done.
"""

from __future__ import annotations

from typing import Final, NoReturn

from payport.doors.buying import Buying
from payport.doors.holding import Holding
from payport.errors import RequestRefused
from payport.rules.acts import Act, Adjust, Cancel
from payport.rules.entitlement import Entitlement
from payport.service import acting, viewing
from payport.service.performed import Performed
from payport.service.viewing import OrderView

__all__ = ["Within"]

_KEPT_FIRST: Final = frozenset(
    {"pay", "receive", "ask", "refund", "ask_refund", "settle_refund", "work", "seal", "asgi", "wsgi"}
)


class Within(Buying, Holding):
    """Made by `Payport.within`, for one transaction; see there. Events go out once the host has committed.

    Observers hear nothing of it: nobody knows here whether the host will commit. Subscribers do.
    """

    def cancel(self, order_number: str, *, actor: str, reason: str) -> OrderView:
        """As `Payport.cancel`."""
        self._act(Cancel(order_number=order_number, reason=reason), actor)
        return self._see(lambda connection: viewing.order(connection, number=order_number))

    def adjust(
        self,
        account: str,
        *,
        actor: str,
        reason: str,
        gb: int = 0,
        days: int = 0,
        package: str | None = None,
        months: int | None = None,
        seen_version: int | None = None,
    ) -> Entitlement:
        """As `Payport.adjust`."""
        asked = Adjust(
            account=account,
            reason=reason,
            gb=gb,
            days=days,
            package=package,
            months=months,
            seen_version=seen_version,
        )
        held = self._act(asked, actor).result
        assert isinstance(held, Entitlement)
        return held

    def __getattr__(self, name: str) -> NoReturn:
        if name in _KEPT_FIRST:
            raise RequestRefused(
                field=name,
                problem="does not go into a host's transaction: it is kept before a gateway hears of it",
                remedy="Commit first, then call it on Payport itself",
            )
        raise AttributeError(name)

    def _act(self, act: Act, actor: str) -> Performed:
        return self._claim(acting.perform, act, actor=actor)
