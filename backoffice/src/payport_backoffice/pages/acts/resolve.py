"""Ending a review: of an order, or of a payment, as a person decides."""

from __future__ import annotations

from typing import ClassVar, Final

from starlette.requests import Request

from payport import Act, OrderView, ResolveOrder, ResolvePayment
from payport_backoffice.pages.acts.drafts import REASON, Choice, Draft, Field, Option, Typed, Way, pick
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["Resolve"]

_ORDER: Final = Field(
    "outcome",
    msg("How it ends"),
    "choice",
    options=(
        Option("paid", msg("Paid: it takes its effect now")),
        Option("cancelled", msg("Cancelled: its money is to be given back")),
    ),
)
_PAYMENT: Final = Field(
    "outcome",
    msg("What you found at the gateway"),
    "choice",
    options=(
        Option("succeeded", msg("The money came in")),
        Option("failed", msg("No money came in")),
    ),
)


class Resolve(ActPage):
    """`?payment=` is one of its payments; `?payment=-` the order itself."""

    path = "/orders/{number}/resolve"
    told: ClassVar = {**ActPage.told, "resolved": msg("The review is ended, as you decided.")}

    async def draft(self, request: Request) -> Draft | Choice:
        order = await self.desk.shop.order(request.path_params["number"])
        ways = [
            Way(msg("Payment"), one.merchant_reference, one.amount, {"payment": one.merchant_reference})
            for one in order.payments
            if one.state == "review"
        ]
        if order.state == "review":
            ways.insert(0, Way(msg("Order"), order.number, order.total, {"payment": "-"}))
        way = pick(ways, request.query_params, problem="neither it nor a payment of it is in review")
        if way is None:
            return Choice(msg("End a review"), order.number, f"/orders/{order.number}", tuple(ways))
        if way.query["payment"] == "-":
            return _of_order(order)
        return _of_payment(order, way.reference)

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        if draft.query["payment"] == "-":
            return ResolveOrder(order_number=draft.about, outcome=typed.one_of(_ORDER), reason=typed.reason())
        return ResolvePayment(
            merchant_reference=draft.query["payment"],
            outcome=typed.one_of(_PAYMENT),
            reason=typed.reason(),
            amount=typed.amount_or_none("amount"),
            gateway_reference=typed.text_or_none("gateway_reference"),
        )


def _of_order(order: OrderView) -> Draft:
    return Draft(
        title=msg("End an order's review"),
        about=order.number,
        back=f"/orders/{order.number}",
        button=msg("End the review"),
        facts=(
            (msg("Total"), order.total),
            (msg("Received"), order.received),
            *(((msg("Why it is in review"), order.review_reason),) if order.review_reason else ()),
        ),
        fields=(_ORDER, REASON),
        query={"payment": "-"},
        tone="",
        done="resolved",
    )


def _of_payment(order: OrderView, reference: str) -> Draft:
    payment = next(one for one in order.payments if one.merchant_reference == reference)
    return Draft(
        title=msg("End a payment's review"),
        about=order.number,
        back=f"/orders/{order.number}",
        button=msg("End the review"),
        lead=msg("Look in the gateway's portal first, and say what you found there."),
        facts=(
            (msg("Payment"), payment.merchant_reference),
            (msg("Asked for"), payment.amount),
            (msg("Received"), payment.received),
            (msg("Gateway account"), payment.gateway_account),
        ),
        fields=(
            _PAYMENT,
            Field(
                "amount",
                msg("Amount that came in"),
                "amount",
                required=False,
                hint=msg("Blank: what is known of it. Never less than %(most)s."),
                most=max(payment.amount, payment.received),
            ),
            Field(
                "gateway_reference",
                msg("Reference there"),
                required=False,
                hint=msg("The transaction's name at the gateway, where it is not known yet."),
                longest=64,
            ),
            REASON,
        ),
        query={"payment": payment.merchant_reference},
        tone="",
        done="resolved",
    )
