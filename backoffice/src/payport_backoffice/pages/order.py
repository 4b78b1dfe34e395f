"""One order: how it stands, what it cost and why, what was paid, and everything that happened to it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import Moment, Money, OrderView, Refundable, method_words
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_backoffice.possible import possible
from payport_backoffice.story import PARTS, by_day

__all__ = ["Order"]

_ERASED: Final = "account.erased"
_OPEN_PAYMENTS: Final = ("created", "pending", "review")
_OPEN_REFUNDS: Final = ("submitted", "unknown")


class Order(Page):
    def routes(self) -> list[BaseRoute]:
        return [self.look("/orders/{number}", self._order, right=Right.READ)]

    async def _order(self, request: Request) -> Response:
        shop, number = self.desk.shop, request.path_params["number"]
        order = await shop.order(number)
        moments, confirmations, chargebacks, held, waiting, refundable = await asyncio.gather(
            shop.timeline(number),
            shop.confirmations(number),
            shop.chargebacks(number),
            shop.entitlement(order.account),
            shop.proposals(order_number=number),
            self._refundable(order),
        )
        can, acts = await self._can(order), self.desk.may(request, Right.ACT)
        by_hand = [account for account, what in can.items() if "by_hand" in what]
        asked = request.query_params.get("show", "")
        part = asked if asked in PARTS else "all"
        return self.desk.page(
            request,
            "order.html",
            order=order,
            held=held,
            now=self.desk.clock(),
            given_back=_given_back(order),
            to_be_given_back=[each for each in refundable if each.surplus.minor],
            seen_by_one=[each for each in confirmations if each.state == "waiting"],
            confirmations=confirmations,
            chargebacks=chargebacks,
            waiting=[each for each in moments if _waits(each, {proposal.id for proposal in waiting})],
            is_erased=any(each.name == _ERASED for each in moments),
            days=by_day(moments, self.desk.zone, part=part),
            parts=PARTS,
            part=part,
            methods=method_words(shop.seller),
            acts=possible(order, refundable, chargebacks, by_hand) if acts else (),
            may_ask=_may_ask(order, can) if acts else (),
        )

    async def _refundable(self, order: OrderView) -> list[Refundable]:
        """Of each payment that received anything."""
        paid = [each.merchant_reference for each in order.payments if each.received.minor]
        return list(await asyncio.gather(*(self.desk.shop.refundable(each) for each in paid)))

    async def _can(self, order: OrderView) -> dict[str, frozenset[str]]:
        """What each gateway account that took part can be asked; of one that is gone nothing."""
        shop = self.desk.shop
        accounts = {each.gateway_account for each in order.payments} & set(shop.seller.accounts)
        return {each: await shop.capabilities(each) for each in accounts}


def _waits(moment: Moment, proposals: Collection[str]) -> bool:
    """Whether a second person is still asked for what was proposed then."""
    return moment.state == "waiting" and moment.links.proposal in proposals


def _may_ask(order: OrderView, can: Mapping[str, frozenset[str]]) -> list[str]:
    """References of payments and refunds whose gateway could say more than is known."""
    payments = [
        each.merchant_reference
        for each in order.payments
        if each.state in _OPEN_PAYMENTS and "query" in can.get(each.gateway_account, ())
    ]
    refunds = [
        each.reference
        for each in order.refunds
        if each.state in _OPEN_REFUNDS and "query_refund" in can.get(each.gateway_account, ())
    ]
    return payments + refunds


def _given_back(order: OrderView) -> Money:
    """What has gone back, for good."""
    gone = [each.spent.minor for each in order.refunds if each.state == "succeeded"]
    return Money(sum(gone), order.total.currency)
