"""Who did what that moves no money: asked a gateway, told a host again, took a list away."""

from __future__ import annotations

from typing import Any, ClassVar

from payport import Errand
from payport_backoffice.asked import Asked
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.listing import Column, Listing, Verb
from payport_backoffice.states import STATES
from payport_web.languages import msg

__all__ = ["ErrandList"]


class ErrandList(Listing[Errand]):
    entry = Entry(
        "errands", "/errands", msg("Who did what"), icon="users", right=Right.AUDIT, group=msg("Proof")
    )
    path, name, template, right = "/errands", "errands", "errands.html", Right.AUDIT
    title = msg("Who did what")
    lead = msg(
        "What people did that moves no money, kept before it was done. What moves money is in the journal."
    )
    words: ClassVar = {"kind": "errand"}
    columns = (
        Column(msg("At"), "at"),
        Column(msg("Who"), "actor"),
        Column(msg("What"), "kind", of="errand"),
        Column(msg("About"), "about"),
        Column(msg("Order"), "order_number"),
        Column(msg("Why"), "reason"),
    )

    @property
    def verb(self) -> Verb:
        return self.desk.shop.errands

    def filters(self, asked: Asked) -> dict[str, Any]:
        return {
            "kinds": asked.some_of("kind", STATES["errand"]),
            "actor": asked.text("actor"),
            "about": asked.text("about"),
            "order_number": asked.text("order"),
            "at_from": asked.begin_of("from"),
            "at_until": asked.end_of("until"),
        }
