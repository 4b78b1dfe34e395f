"""The demo's controls, plainly no part of the shop: a new customer, the gateway's faults and its log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport_simulators.vnpay import ApiFault, Delivery, Faults, Hash, Ipn, Simulator
from payport_storefront.demo.customers import newcomer
from payport_storefront.i18n import msg
from payport_storefront.settings import Customer
from payport_storefront.site import Site

__all__ = ["PATH", "Panel"]

PATH: Final = "/demo"
_MOST_CALLS: Final = 20


@dataclass(frozen=True, slots=True)
class _Preset:
    """One way for the gateway to misbehave, in words for whoever watches."""

    meaning: str
    outcome: str
    faults: Faults


_PRESETS: Final[Mapping[str, _Preset]] = {
    "none": _Preset(msg("Everything works"), msg("The message comes first, then the buyer."), Faults()),
    "no-ipn": _Preset(
        msg("The gateway's message never comes"),
        msg("Only the buyer comes back. Payport then asks the gateway itself."),
        Faults(delivery=Delivery.RETURN_ONLY),
    ),
    "late-ipn": _Preset(
        msg("The message comes 10 seconds late, and the gateway answers no questions"),
        msg("The result page waits, refreshes itself, and then says paid."),
        Faults(ipn=Ipn.LATE, late_by=timedelta(seconds=10), api=ApiFault.SERVER_ERROR),
    ),
    "silent": _Preset(
        msg("No message, and no answer to questions"),
        msg("The payment stays unconfirmed; nothing is granted and nothing is lost."),
        Faults(delivery=Delivery.RETURN_ONLY, api=ApiFault.SERVER_ERROR),
    ),
    "twice": _Preset(
        msg("The message comes four times at once"),
        msg("Granted once."),
        Faults(ipn=Ipn.PARALLEL),
    ),
    "closed": _Preset(
        msg("The buyer closes the window after paying"),
        msg("The message alone completes the order."),
        Faults(delivery=Delivery.IPN_ONLY),
    ),
    "short": _Preset(
        msg("The amount is one đồng short"),
        msg("The order goes to review; nothing is granted."),
        Faults(amount_off_by=-1),
    ),
    "forged": _Preset(
        msg("The signature is wrong"),
        msg("The message is refused, and moves nothing."),
        Faults(callback_hash=Hash.WRONG),
    ),
}


class Panel:
    """Args: welcome: makes the new customer's account, on trial."""

    def __init__(
        self, site: Site, simulator: Simulator, welcome: Callable[[Customer], Awaitable[None]]
    ) -> None:
        self._site, self._simulator, self._welcome = site, simulator, welcome
        self._preset = "none"

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self._controls),
            Route(f"{PATH}/customer", self._new_customer, methods=["POST"]),
            Route(f"{PATH}/faults", self._set_faults, methods=["POST"]),
        ]

    async def _controls(self, request: Request) -> Response:
        return self._site.views.page(
            request,
            "demo.html",
            customer=self._site.visitor(request),
            presets=_PRESETS,
            chosen=self._preset,
            calls=self._simulator.ipn_calls[-_MOST_CALLS:][::-1],
            waiting=self._simulator.ipn_waiting,
        )

    async def _new_customer(self, request: Request) -> Response:
        await self._site.form(request, ())
        customer = newcomer()
        await self._welcome(customer)
        session = self._site.session(request)
        session.account, session.order = customer.account, None
        return RedirectResponse("/", 303)

    async def _set_faults(self, request: Request) -> Response:
        form = await self._site.form(request, ("preset",))
        if form["preset"] in _PRESETS:
            self._preset = form["preset"]
            self._simulator.set_faults(_PRESETS[self._preset].faults)
        return RedirectResponse(PATH, 303)
