"""What waits for a second person: with what it would do now, to be approved by another, or declined."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import Effect, EffectChanged, Proposal, RequestRefused
from payport_backoffice.desk import Desk
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.acts.once import Once
from payport_backoffice.pages.acts.words import NAMES, asked
from payport_backoffice.pages.page import Form, Page
from payport_web.languages import msg

__all__ = ["Proposals"]

_STATES: Final = ("waiting", "approved", "declined")


class Proposals(Page):
    entry = Entry("proposals", "/proposals", msg("Approvals"), icon="users")
    told: ClassVar = {
        "approved": msg("It is approved, and done."),
        "declined": msg("It is declined. Nothing was done."),
    }

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._once: Once[Proposal] = Once()

    def routes(self) -> list[BaseRoute]:
        return [
            self.look("/proposals", self._list, right=Right.READ),
            self.look("/proposals/{id}", self._one, right=Right.READ),
            self.act("/proposals/{id}/approve", self._approve, right=Right.APPROVE, fields=("shown", "once")),
            self.act("/proposals/{id}/decline", self._decline, right=Right.ACT, fields=("reason",)),
        ]

    async def _list(self, request: Request) -> Response:
        state = request.query_params.get("state", "waiting")
        state = state if state in _STATES else "waiting"
        found = await self.desk.shop.proposals((state,))
        return self.desk.page(
            request, "proposals.html", proposals=found, names=NAMES, state=state, states=_STATES
        )

    async def _one(self, request: Request) -> Response:
        return await self._page(request, await self.desk.shop.proposal(request.path_params["id"]))

    async def _approve(self, request: Request, form: Form) -> Response:
        actor, id_ = self.desk.operator(request).name, request.path_params["id"]
        proposal = await self.desk.shop.proposal(id_)
        if not form["shown"]:  # nothing was seen: it is shown first
            return await self._page(request, proposal)
        try:
            done = await self._once.do(
                (actor, id_, form["once"]),
                lambda: self.desk.shop.approve(id_, actor=actor, shown=form["shown"]),
            )
        except EffectChanged:
            return await self._page(request, proposal, status=409, changed=True)
        except RequestRefused as refusal:
            now = await self.desk.shop.proposal(id_)
            return await self._page(request, now, status=422, refusal=refusal)
        return self.desk.done(request, _place(done), "approved")

    async def _decline(self, request: Request, form: Form) -> Response:
        id_ = request.path_params["id"]
        try:
            await self.desk.shop.decline(
                id_, actor=self.desk.operator(request).name, reason=form["reason"].strip()
            )
        except RequestRefused as refusal:
            now = await self.desk.shop.proposal(id_)
            return await self._page(request, now, status=422, refusal=refusal, reason=form["reason"])
        return self.desk.done(request, "/proposals", "declined")

    async def _page(
        self, request: Request, proposal: Proposal, *, status: int = 200, **more: Any
    ) -> Response:
        effect, stuck = await self._effect(proposal)
        mine = proposal.proposed_by.strip().casefold() == self.desk.operator(request).name.strip().casefold()
        values = {"changed": False, "refusal": None, "reason": ""} | more
        return self.desk.page(
            request,
            "proposal.html",
            status=status,
            proposal=proposal,
            name=NAMES[proposal.act.act],
            asked=tuple(asked(proposal.act)),
            effect=effect,
            stuck=stuck,
            once=secrets.token_urlsafe(12),
            mine=mine,
            **values,
        )

    async def _effect(self, proposal: Proposal) -> tuple[Effect | None, RequestRefused | None]:
        """What it would do now; or why it is refused now."""
        if proposal.state != "waiting":
            return None, None
        try:
            return await self.desk.shop.rehearse(proposal.act, actor=proposal.proposed_by), None
        except RequestRefused as refusal:
            return None, refusal


def _place(proposal: Proposal) -> str:
    return f"/orders/{proposal.order_number}" if proposal.order_number else f"/proposals/{proposal.id}"
