"""Money that people saw: confirming it, and taking back a confirmation that waits for a second person."""

from __future__ import annotations

from typing import Any, ClassVar

from starlette.requests import Request

from payport import Act, Confirmation, OrderView, RequestRefused
from payport import Confirm as Confirming
from payport import Withdraw as Withdrawing
from payport_backoffice.pages.acts.drafts import REASON, Draft, Field, Option, Typed
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["Confirm", "Withdraw"]


class Confirm(ActPage):
    """`?second=` is the bank's reference of one that waits: all but the amount stands there then."""

    path = "/orders/{number}/confirm"
    told: ClassVar = {
        **ActPage.told,
        "confirmed": msg("The money is counted."),
        "confirmed_once": msg(
            "Your word is kept. A second person must confirm the same; then the money counts."
        ),
    }

    async def draft(self, request: Request) -> Draft:
        shop = self.desk.shop
        order = await shop.order(request.path_params["number"])
        waiting = [one for one in await shop.confirmations(order.number) if one.state == "waiting"]
        second = next(
            (one for one in waiting if one.bank_reference == request.query_params.get("second")), None
        )
        today = shop.seller.clock().astimezone(self.desk.zone).date()
        return Draft(
            title=msg("Confirm money"),
            about=order.number,
            back=f"/orders/{order.number}",
            button=msg("Confirm the money"),
            lead=msg("Say what you saw at the bank or in the till. One reference is one transfer, for ever."),
            facts=(
                (msg("Total"), order.total),
                (msg("Received"), order.received),
                *(
                    (msg("Waits for a second person"), f"{one.bank_reference} · {one.first_by}")
                    for one in waiting
                ),
            ),
            fields=(
                Field("amount", msg("Amount"), "amount", hint=msg("What came in, to the last đồng.")),
                Field(
                    "booked_on",
                    msg("Day at the bank"),
                    "date",
                    value=(second.booked_on if second else today).isoformat(),
                ),
                Field(
                    "bank_reference",
                    msg("Bank's reference"),
                    value=second.bank_reference if second else "",
                    hint=msg("The transfer's number on the statement, or that of the cash receipt."),
                    longest=64,
                ),
                *_accounts(order),
                Field(
                    "note",
                    msg("How it was seen"),
                    hint=msg("Kept in the journal, with your name."),
                ),
            ),
            query={"second": second.bank_reference} if second else {},
            also=tuple(
                link
                for one in waiting
                for link in (
                    (
                        msg("Confirm as the second person"),
                        self.path_of(order),
                        {"second": one.bank_reference},
                    ),
                    (
                        msg("Withdraw"),
                        f"/orders/{order.number}/withdraw",
                        {"reference": one.bank_reference, "account": one.gateway_account},
                    ),
                )
            ),
            tone="",
            done="confirmed",
        )

    def path_of(self, order: OrderView) -> str:
        return f"/orders/{order.number}/confirm"

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        return Confirming(
            order_number=draft.about,
            amount=typed.amount("amount"),
            booked_on=typed.day("booked_on"),
            bank_reference=typed.text("bank_reference"),
            note=typed.text("note"),
            gateway_account=typed.text_or_none("gateway_account")
            if "gateway_account" in draft.names
            else None,
        )

    def outcome(self, result: Any) -> str | None:
        is_waiting = isinstance(result, Confirmation) and result.state == "waiting"
        return "confirmed_once" if is_waiting else None


class Withdraw(ActPage):
    path = "/orders/{number}/withdraw"
    told: ClassVar = {
        **ActPage.told,
        "withdrawn": msg("The confirmation is withdrawn. Its reference may be confirmed anew."),
    }

    async def draft(self, request: Request) -> Draft:
        shop, asked = self.desk.shop, request.query_params
        order = await shop.order(request.path_params["number"])
        for one in await shop.confirmations(order.number):
            if one.bank_reference == asked.get("reference") and one.gateway_account == asked.get("account"):
                return Draft(
                    title=msg("Withdraw a confirmation"),
                    about=order.number,
                    back=f"/orders/{order.number}",
                    button=msg("Withdraw it"),
                    lead=msg("For a slip, before a second person has confirmed the same."),
                    facts=(
                        (msg("Amount"), one.amount),
                        (msg("Day at the bank"), one.booked_on),
                        (msg("Bank's reference"), one.bank_reference),
                        (msg("Confirmed by"), one.people),
                    ),
                    fields=(REASON,),
                    query={"reference": one.bank_reference, "account": one.gateway_account},
                    done="withdrawn",
                )
        raise RequestRefused(
            field="bank_reference",
            problem="no confirmation of this order has it",
            remedy="Look at the order's confirmations",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        return Withdrawing(
            order_number=draft.about,
            bank_reference=draft.query["reference"],
            gateway_account=draft.query["account"],
            reason=typed.reason(),
        )


def _accounts(order: OrderView) -> tuple[Field, ...]:
    """Where the money may have come to, if that must be said."""
    names = sorted({payment.gateway_account for payment in order.payments})
    if len(names) < 2:
        return ()
    return (
        Field(
            "gateway_account",
            msg("Gateway account"),
            "choice",
            required=False,
            options=tuple(Option(name, name=name) for name in names),
        ),
    )
