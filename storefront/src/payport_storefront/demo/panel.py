"""The demo's controls, plainly no part of the shop: customers, usage, clock, gateways, the seller's desk."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport import NotFound, OrderView
from payport_storefront.demo.clock import CannotMove, DemoClock
from payport_storefront.demo.customers import newcomer
from payport_storefront.demo.desk import FATES, REFUND_STATES, CannotDo, Desk
from payport_storefront.demo.edges import Edge, edges
from payport_storefront.demo.gateways import Gateways
from payport_storefront.demo.presets import PRESETS
from payport_storefront.demo.scenarios import SCENARIOS
from payport_storefront.demo.stage import CannotPlay, Stage
from payport_storefront.settings import Customer
from payport_storefront.site import Site
from payport_web.languages import msg

__all__ = ["PATH", "Panel"]

PATH: Final = "/demo"
_MOST_CALLS: Final = 20
_GB: Final = 2**30
_DAYS: Final = re.compile(r"[0-9]{1,4}")
_MOST_DAYS: Final = 3660
_AMOUNT: Final = re.compile(r"[0-9]{1,6}([.,][0-9]{1,2})?")  # not 1.000, which Vietnamese reads as a thousand
_MOST: Final = {"percent": 1000, "gb": 100_000}

_WRONG_DAYS: Final = msg("Enter a whole number of days from 1 to 3660. Time does not run back.")
_WRONG_AMOUNT: Final = msg("Enter 0 or more, at most 1000 percent or 100000 GB, with two decimals.")
_NOT_AHEAD: Final = msg("This moment is not ahead of this customer.")


class Panel:
    """Everything that is done here is done to Payport as a host or a buyer would do it.

    What buys and what moves the clock wait for each other: a price would not outlive somebody else's year.
    """

    def __init__(self, site: Site, gateways: Gateways, clock: DemoClock, stage: Stage) -> None:
        self._site, self._gateways, self._clock, self._stage = site, gateways, clock, stage
        self._desk = Desk(site, gateways)
        self._preset = "none"
        self._in_turn = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self._show),
            Route(f"{PATH}/scenario", self._play, methods=["POST"]),
            Route(f"{PATH}/customer", self._welcome, methods=["POST"]),
            Route(f"{PATH}/holder", self._settle_in, methods=["POST"]),
            Route(f"{PATH}/usage", self._use, methods=["POST"]),
            Route(f"{PATH}/clock", self._move_clock, methods=["POST"]),
            Route(f"{PATH}/faults", self._set_faults, methods=["POST"]),
            Route(f"{PATH}/desk", self._work_at_desk, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return await self._page(request)

    async def _play(self, request: Request) -> Response:
        form = await self._site.form(request, ("scenario",))
        scenario = SCENARIOS.get(form["scenario"])
        if scenario is None:
            return await self._page(request, scenario=msg("Choose one of the situations."))
        try:
            async with self._in_turn:
                customer, order = await self._stage.play(scenario)
        except (CannotPlay, CannotMove) as cannot:
            return await self._page(request, scenario=str(cannot))
        return self._be(request, customer, order)

    async def _welcome(self, request: Request) -> Response:
        await self._site.form(request, ())
        customer = newcomer()
        await self._stage.welcome(customer)
        return self._be(request, customer, None)

    async def _settle_in(self, request: Request) -> Response:
        form = await self._site.form(request, ("package",))
        customer = newcomer()
        if form["package"] not in {package.id for package in (await self._stage.sold()).packages}:
            return await self._page(request, customer=msg("Choose one of the packages."))
        try:
            async with self._in_turn:
                order = await self._stage.settle_in(customer, form["package"])
        except CannotPlay as cannot:
            return await self._page(request, customer=str(cannot))
        return self._be(request, customer, order)

    async def _use(self, request: Request) -> Response:
        form = await self._site.form(request, ("amount", "unit"))
        customer, text, unit = self._site.customer(request), form["amount"].strip(), form["unit"]
        amount = Decimal(text.replace(",", ".")) if _AMOUNT.fullmatch(text) else None
        if amount is None or unit not in _MOST or amount > _MOST[unit]:
            return await self._page(request, usage=_WRONG_AMOUNT)
        try:
            if unit == "percent":
                await self._stage.use_percent(customer, amount)
            else:
                await self._stage.use(customer, int(amount * _GB))
        except CannotPlay as cannot:
            return await self._page(request, usage=str(cannot))
        return RedirectResponse(f"{PATH}#usage", 303)

    async def _move_clock(self, request: Request) -> Response:
        """By days, or to one of the moments that the page showed."""
        form = await self._site.form(request, ("days", "edge"))
        days = form["days"].strip()
        try:
            async with self._in_turn:
                if form["edge"]:
                    name, _, when = form["edge"].partition(":")
                    self._clock.move_to(await self._instant(request, name, when))
                elif _DAYS.fullmatch(days) and 1 <= int(days) <= _MOST_DAYS:
                    self._clock.move_on(int(days))
                else:
                    raise CannotMove(_WRONG_DAYS)
        except CannotMove as cannot:
            return await self._page(request, clock=str(cannot))
        return RedirectResponse(f"{PATH}#clock", 303)

    async def _set_faults(self, request: Request) -> Response:
        form = await self._site.form(request, ("preset",))
        if form["preset"] in PRESETS:
            self._preset = form["preset"]
            self._gateways.behave(PRESETS[self._preset])
        return RedirectResponse(f"{PATH}#gateway", 303)

    async def _work_at_desk(self, request: Request) -> Response:
        form = await self._site.form(request, ("work",))
        order = await self._order(request)
        try:
            match form["work"]:
                case "statement-dry":
                    await self._desk.read_statement(for_real=False)
                case "statement":
                    await self._desk.read_statement(for_real=True)
                case "cash":
                    await self._desk.take_cash(order)
                case "refund":
                    await self._desk.give_back(order)
        except CannotDo as cannot:
            return await self._page(request, desk=str(cannot))
        return RedirectResponse(f"{PATH}#desk", 303)

    async def _instant(self, request: Request, name: str, when: str) -> datetime:
        now = self._clock()
        for edge in await self._edges(request, now):
            if edge.name == name and when in edge.instants(now):
                return edge.instants(now)[when]
        raise CannotMove(_NOT_AHEAD)

    async def _edges(self, request: Request, now: datetime) -> tuple[Edge, ...]:
        shop, account = self._site.shop, self._site.customer(request).account
        catalog = shop.seller.catalogs.in_force(now)
        offers = await shop.offers(account)
        return edges(
            now,
            await shop.entitlement(account),
            next(offer for offer in offers if offer.kind == "renew"),
            await self._order(request),
            zone=ZoneInfo(catalog.zone),
            tax=lambda day: max(tax.rate(day) for tax in catalog.taxes),
        )

    async def _order(self, request: Request) -> OrderView | None:
        """The one placed last in this browser."""
        token = self._site.session(request).order
        try:
            return await self._site.shop.order_by_token(token) if token else None
        except NotFound:
            return None

    def _be(self, request: Request, customer: Customer, order: OrderView | None) -> Response:
        """From now on this browser is the customer's."""
        session = self._site.session(request)
        session.account, session.order = customer.account, order.token if order else None
        return RedirectResponse("/", 303)

    async def _page(self, request: Request, **problems: str) -> Response:
        """Args: problems: what could not be done, by the part of the page that asked for it."""
        now, customer = self._clock(), self._site.customer(request)
        held, order = await self._site.held(customer.account), await self._order(request)
        return self._site.views.page(
            request,
            "demo.html",
            customer=customer,
            status=422 if problems else 200,
            problems=problems,
            held=held,
            offers=await self._site.shop.offers(customer.account),
            scenarios=SCENARIOS,
            packages=(await self._stage.sold()).packages,
            now=now,
            ahead=self._clock.ahead,
            edges=await self._edges(request, now),
            presets=PRESETS,
            chosen=self._preset,
            told=self._gateways.told[-_MOST_CALLS:][::-1],
            to_tell=self._gateways.waiting,
            matter=await self._desk.matter(order, self._site.views.language_of(request)),
            statement=self._desk.statement,
            fates=FATES,
            refund_states=REFUND_STATES,
        )
