"""Money of no order: saying why nothing more is to be done about it."""

from __future__ import annotations

from typing import ClassVar

from starlette.requests import Request

from payport import Act, NotFound
from payport import Dismiss as Dismissing
from payport_backoffice.pages.acts.drafts import REASON, Draft, Typed
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["Dismiss"]


class Dismiss(ActPage):
    """`?account=` and `?reference=` name a line of a statement, or a gateway's transaction."""

    path = "/unmatched/dismiss"
    told: ClassVar = {**ActPage.told, "dismissed": msg("It is dismissed, and asked for no more.")}

    async def draft(self, request: Request) -> Draft:
        account = request.query_params.get("account", "")
        reference = request.query_params.get("reference", "")
        if not account or not reference:
            raise NotFound(field="reference", problem="no money is named", remedy="Open it from its list")
        return Draft(
            title=msg("Dismiss money of no order"),
            about=reference,
            back="/statement-lines",
            button=msg("Dismiss it"),
            lead=msg(
                "Nothing is counted by it. A line that is imported again, and matches then, is counted still."
            ),
            facts=((msg("Gateway account"), account), (msg("Reference"), reference)),
            fields=(REASON,),
            query={"account": account, "reference": reference},
            done="dismissed",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        return Dismissing(
            gateway_account=draft.query["account"], reference=draft.query["reference"], reason=typed.reason()
        )
