"""Giving money back: of which payment, which lines, how much, through the gateway or by hand."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from starlette.requests import Request

from payport import Act, GiveBack, Refund, Refundable, SettleRefund, vnd
from payport_backoffice.pages.acts.drafts import (
    REASON,
    Choice,
    Draft,
    Field,
    Option,
    Typed,
    Unreadable,
    Way,
    pick,
)
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["GivingBack", "Settling"]

_OF = Field(
    "of",
    msg("Of which money"),
    "choice",
    options=(
        Option("order", msg("The order's own: what it gave may be taken back with it")),
        Option("surplus", msg("Surplus: beyond what the order costs; nothing is taken back")),
    ),
)


class GivingBack(ActPage):
    """The key is made with the form, so that one form is one refund, for ever, whoever sends it how often."""

    path = "/orders/{number}/refund"
    elsewhere: ClassVar = {"merchant_reference": "payment", "gateway_account": "by_hand"}
    told: ClassVar = {
        **ActPage.told,
        "refund_succeeded": msg("The money went back."),
        "refund_failed": msg(
            "The gateway said no: the money did not go back. Look at the refund for its reason."
        ),
        "refund_unknown": msg(
            "The gateway has not said anything sure yet. It is asked again; do not repeat it."
        ),
    }
    no_success: ClassVar = frozenset({"refund_failed", "refund_unknown"})

    async def draft(self, request: Request) -> Draft | Choice:
        number: str = request.path_params["number"]
        order = await self.desk.shop.order(number)
        can = [await self.desk.shop.refundable(one.merchant_reference) for one in order.payments]
        ways = tuple(
            Way(msg("Payment"), one.merchant_reference, one.left, {"payment": one.merchant_reference})
            for one in can
            if one.left.minor
        )
        way = pick(ways, request.query_params, problem="nothing of it can be given back now")
        if way is None:
            return Choice(msg("Give money back"), order.number, f"/orders/{order.number}", ways)
        return _draft(order.number, next(one for one in can if one.merchant_reference == way.reference))

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        fields = {each.name: each for each in draft.fields}
        by_hand = typed.flag("by_hand") if "by_hand" in fields else True
        reference = typed.text_or_none("gateway_reference")
        if by_hand and reference is None:
            raise Unreadable("gateway_reference", msg("By hand: give the name that the refund has there."))
        if not by_hand and reference is not None:
            raise Unreadable(
                "gateway_reference", msg("Leave this blank, or say that it was given back by hand.")
            )
        return GiveBack(
            merchant_reference=draft.query["payment"],
            key=typed.text("key"),
            reason=typed.reason(),
            amount=typed.amount_or_none("amount"),
            lines=tuple(int(line) for line in typed.checked(fields["lines"])) if "lines" in fields else (),
            of=typed.one_of(fields["of"]) if "of" in fields else None,
            by_hand=by_hand,
            gateway_reference=reference if by_hand else None,
            seen_left=vnd(typed.number("seen_left")),
        )

    def outcome(self, result: Any) -> str:
        state = result.state if isinstance(result, Refund) else ""
        return {"succeeded": "refund_succeeded", "failed": "refund_failed"}.get(state, "refund_unknown")


def _draft(number: str, can: Refundable) -> Draft:
    both = bool(can.own.minor and can.surplus.minor)
    fields = [
        Field(
            "amount",
            msg("Amount"),
            "amount",
            required=False,
            hint=msg("At most %(most)s. Blank: the price of the lines, or else all that is left."),
            most=can.left if both else (can.surplus if can.of == "surplus" else can.own),
        ),
    ]
    if both:
        fields.insert(0, Field(_OF.name, _OF.label, "choice", value=str(can.of), options=_OF.options))
    if can.lines:
        fields.insert(
            len(fields) - 1,
            Field(
                "lines",
                msg("Take back from the account"),
                "checks",
                required=False,
                hint=msg("None: only money goes back, unless all of the order's own money does."),
                options=tuple(
                    Option(str(line.number), text=line.what, money=line.price) for line in can.lines
                ),
            ),
        )
    if can.by_gateway:
        fields.append(
            Field(
                "by_hand",
                msg("It was given back by hand: by transfer, or in the gateway's portal"),
                "flag",
                required=False,
                hint=msg("Else the gateway is asked to give it back, now."),
            )
        )
    fields += [
        Field(
            "gateway_reference",
            msg("Reference of a refund by hand"),
            required=not can.by_gateway,
            hint=msg("Its name at the bank, or in the gateway's portal."),
            longest=64,
        ),
        REASON,
    ]
    return Draft(
        title=msg("Give money back"),
        about=number,
        back=f"/orders/{number}",
        button=msg("Give the money back"),
        lead=""
        if can.by_gateway
        else msg("The gateway cannot be asked: give it back by hand first, then record it."),
        facts=(
            (msg("Payment"), can.merchant_reference),
            (msg("Left of the payment"), can.left),
            *(((msg("Of it the order's own"), can.own), (msg("Of it surplus"), can.surplus)) if both else ()),
        ),
        fields=tuple(fields),
        query={"payment": can.merchant_reference},
        hidden={"key": f"desk-{secrets.token_urlsafe(18)}", "seen_left": str(can.left.minor)},
        kept=("key",),
    )


class Settling(ActPage):
    """A refund of which the gateway says nothing sure."""

    path = "/orders/{number}/settle"
    told: ClassVar = {
        **ActPage.told,
        "settled": msg("How the refund ended is kept."),
    }

    async def draft(self, request: Request) -> Draft | Choice:
        order = await self.desk.shop.order(request.path_params["number"])
        ways = tuple(
            Way(msg("Refund"), one.reference, one.amount, {"refund": one.reference})
            for one in order.refunds
            if one.state not in {"succeeded", "failed"}
        )
        way = pick(ways, request.query_params, problem="no such refund of it is in doubt")
        if way is None:
            return Choice(msg("End a refund in doubt"), order.number, f"/orders/{order.number}", ways)
        refund = next(one for one in order.refunds if one.reference == way.reference)
        return Draft(
            title=msg("End a refund in doubt"),
            about=order.number,
            back=f"/orders/{order.number}",
            button=msg("End the refund"),
            lead=msg("Look in the gateway's portal first, and say what you found there."),
            facts=(
                (msg("Refund"), refund.reference),
                (msg("Amount"), refund.amount),
                (msg("Asked for by"), refund.requested_by),
            ),
            fields=(
                _OUTCOME,
                Field(
                    "amount",
                    msg("Amount that went back"),
                    "amount",
                    required=False,
                    hint=msg("Blank: %(most)s, as it was asked for."),
                    most=refund.amount,
                ),
                Field("gateway_reference", msg("Reference there"), required=False, longest=64),
                REASON,
            ),
            query={"refund": refund.reference},
            done="settled",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        return SettleRefund(
            reference=draft.query["refund"],
            outcome=typed.one_of(_OUTCOME),
            reason=typed.reason(),
            amount=typed.amount_or_none("amount"),
            gateway_reference=typed.text_or_none("gateway_reference"),
        )


_OUTCOME = Field(
    "outcome",
    msg("What you found"),
    "choice",
    options=(
        Option("succeeded", msg("The money went back to the buyer")),
        Option("failed", msg("The money did not go back: it stays with us")),
    ),
)
