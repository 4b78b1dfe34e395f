"""Giving or taking by hand what an account holds."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request

from payport import Act, CatalogError
from payport import Adjust as Adjusting
from payport_backoffice.pages.acts.drafts import REASON, Draft, Field, Option, Typed
from payport_backoffice.pages.acts.flow import ActPage
from payport_web.languages import msg

__all__ = ["Adjust"]


class Adjust(ActPage):
    """The version of what was held goes with the form: on any other, it is refused."""

    path = "/accounts/{account:path}/adjust"
    told: ClassVar = {**ActPage.told, "adjusted": msg("What the account holds is adjusted.")}

    async def draft(self, request: Request) -> Draft:
        account: str = request.path_params["account"]
        shop = self.desk.shop
        held = await shop.entitlement(account)
        try:
            packages = shop.seller.catalogs.in_force(shop.seller.clock()).packages
        except CatalogError:  # none has begun yet
            packages = ()
        return Draft(
            title=msg("Adjust what an account holds"),
            about=account,
            back=f"/accounts/{quote(account)}",
            button=msg("Adjust it"),
            lead=msg(
                "Without a payment. Below zero takes away. What is given so gives no credit at a switch."
            ),
            fields=(
                Field(
                    "gb",
                    msg("GB"),
                    "number",
                    value="0",
                    hint=msg("On the running term, until its end."),
                    longest=8,
                ),
                Field(
                    "days",
                    msg("Days"),
                    "number",
                    value="0",
                    hint=msg("At the end of the last term."),
                    longest=8,
                ),
                Field(
                    "package",
                    msg("A term of a package"),
                    "choice",
                    required=False,
                    options=(
                        Option("", msg("None")),
                        *(Option(package.id, text=package.names) for package in packages),
                    ),
                ),
                Field(
                    "months",
                    msg("Months of that term"),
                    "number",
                    required=False,
                    hint=msg("GB and days given with it are the new term's."),
                    longest=3,
                ),
                REASON,
            ),
            hidden={"seen_version": str(held.version)},
            tone="",
            done="adjusted",
        )

    def wanted(self, draft: Draft, typed: Typed) -> Act:
        package = next(each for each in draft.fields if each.name == "package")
        return Adjusting(
            account=draft.about,
            reason=typed.reason(),
            gb=typed.number("gb"),
            days=typed.number("days"),
            package=typed.one_of(package) or None,
            months=typed.number("months") or None,
            seen_version=typed.number("seen_version"),
        )
