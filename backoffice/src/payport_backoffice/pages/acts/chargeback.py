"""Chargebacks: an issuer claims money back, and how that ended."""

from __future__ import annotations

from typing import ClassVar, Final

from starlette.requests import Request

from payport import Act, CloseChargeback, OpenChargeback
from payport_backoffice.pages.acts.drafts import REASON, Choice, Draft, Field, Option, Typed, Way, pick
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["ClaimedBack"]

_OUTCOME: Final = Field(
    "outcome",
    msg("How it ended"),
    "choice",
    options=(
        Option("won", msg("Won: the money stays, and what was suspended is restored")),
        Option("lost", msg("Lost: the money is gone, and what it paid for is taken back")),
    ),
)


class ClaimedBack(ActPage):
    """`?payment=` opens one; `?close=` ends the one with that reference."""

    path = "/orders/{number}/chargeback"
    elsewhere: ClassVar = {"chargeback": "close", "merchant_reference": "payment"}
    told: ClassVar = {
        **ActPage.told,
        "claimed": msg("The chargeback is recorded."),
        "claim_ended": msg("How the chargeback ended is recorded."),
    }

    async def draft(self, request: Request) -> Draft | Choice:
        order = await self.desk.shop.order(request.path_params["number"])
        open_ = [one for one in await self.desk.shop.chargebacks(order.number) if one.state == "opened"]
        paid = [one for one in order.payments if one.received.minor]
        back = f"/orders/{order.number}"
        ways = [
            *(
                Way(msg("End chargeback"), one.reference, one.amount, {"close": one.reference})
                for one in open_
            ),
            *(
                Way(
                    msg("A chargeback of payment"),
                    one.merchant_reference,
                    one.received,
                    {"payment": one.merchant_reference},
                )
                for one in paid
            ),
        ]
        way = pick(ways, request.query_params, problem="no such payment with money, and no such chargeback")
        if way is None:
            return Choice(msg("Chargebacks"), order.number, back, tuple(ways))
        reference, query = way.reference, way.query
        if "close" in query:
            claim = next(one for one in open_ if one.reference == reference)
            return Draft(
                title=msg("End a chargeback"),
                about=order.number,
                back=back,
                button=msg("Record how it ended"),
                facts=(
                    (msg("Chargeback"), claim.reference),
                    (msg("Payment"), claim.merchant_reference),
                    (msg("Amount"), claim.amount),
                    (msg("Recorded by"), claim.opened_by),
                    (msg("Reason"), claim.reason),
                ),
                fields=(_OUTCOME, REASON),
                query=query,
                done="claim_ended",
            )
        return Draft(
            title=msg("Record a chargeback"),
            about=order.number,
            back=back,
            button=msg("Record it"),
            lead=msg("The buyer's bank claims money back. What it paid for is suspended until that ends."),
            facts=((msg("Payment"), reference), (msg("Received"), way.amount)),
            fields=(
                Field("amount", msg("Amount claimed"), "amount", hint=msg("As the issuer says it.")),
                REASON,
            ),
            query=query,
            done="claimed",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        if "close" in draft.query:
            return CloseChargeback(
                reference=draft.query["close"], outcome=typed.one_of(_OUTCOME), reason=typed.reason()
            )
        return OpenChargeback(
            merchant_reference=draft.query["payment"], amount=typed.amount("amount"), reason=typed.reason()
        )
