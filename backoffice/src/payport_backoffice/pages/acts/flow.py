"""The one way of every act: a form, then what it would do, then the act, then the page that it came from.

Nothing is done that was not shown: the page that shows the effect sends back its digest, and the core does
the act only if it still comes to that, in the same transaction. So a stale page, a second operator or a
second click does nothing that its reader has not seen. What needs a second person becomes a proposal.
"""

from __future__ import annotations

import secrets
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import (
    Act,
    Confirmation,
    EffectChanged,
    NotFound,
    Refund,
    RequestRefused,
    SecondPersonNeeded,
)
from payport_backoffice.browser import path_of
from payport_backoffice.desk import Desk
from payport_backoffice.operator import Right
from payport_backoffice.pages.acts.drafts import Choice, Draft, Typed, Unreadable
from payport_backoffice.pages.acts.once import Once
from payport_backoffice.pages.acts.words import asked
from payport_backoffice.pages.page import Form, Page
from payport_web.languages import msg

__all__ = ["DO", "ActPage"]

DO: Final = "do"
_CHANGE: Final = "change"
_STEPS: Final = ("step", "shown", "once")
_Done: TypeAlias = tuple[str, str]  # the page that it leads to, and the code of what is said there


async def _nothing() -> _Done:
    raise AssertionError("the form is known to have been sent")


class ActPage(Page):
    """One act. `path`: of its form, below the mount.

    `elsewhere`: names of fields as the core's refusals say them, where the form calls them otherwise.
    """

    path: ClassVar[str]
    elsewhere: ClassVar[Mapping[str, str]] = {}
    told: ClassVar[Mapping[str, str]] = {
        "proposed": msg("Another person must approve this. Until then, nothing is done."),
    }

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._once: Once[_Done] = Once()

    def routes(self) -> list[BaseRoute]:
        return [
            self.look(self.path, self._open, right=Right.ACT),
            self.act(self.path, self._sent, right=Right.ACT, fields=self._fields),
        ]

    @abstractmethod
    async def draft(self, request: Request) -> Draft | Choice:
        """The form as it is now; or what there is to choose from.

        Raises: NotFound; RequestRefused where there is nothing to do.
        """

    @abstractmethod
    def wanted(self, draft: Draft, typed: Typed) -> Act:
        """What was typed, as an act. Raises Unreadable, naming the field."""

    def outcome(self, result: Any) -> str | None:  # noqa: ARG002 - for those whose end is not always the same
        """The code of what is said afterwards, one of `told`, where the draft's own is not it."""
        return None

    async def _fields(self, request: Request) -> tuple[str, ...]:
        try:
            draft = await self.draft(request)
        except NotFound:
            raise
        except RequestRefused:  # there is nothing to do any more, perhaps since this form was sent before
            return _STEPS
        return _STEPS if isinstance(draft, Choice) else (*_STEPS, *draft.names)

    async def _open(self, request: Request) -> Response:
        draft = await self.draft(request)
        if isinstance(draft, Choice):
            return self.desk.page(request, "act_choice.html", choice=draft, action=path_of(request))
        return self._form(request, draft, {})

    async def _sent(self, request: Request, form: Form) -> Response:  # noqa: PLR0911 - one for each step
        if form["step"] == DO and self._once.known(self._named(request, form)):
            with suppress(RequestRefused):  # what was refused is looked at anew
                return self.desk.done(request, *await self._once.do(self._named(request, form), _nothing))
        draft = await self.draft(request)
        if isinstance(draft, Choice):
            return self.desk.lead(request, path_of(request))
        if form["step"] == _CHANGE:
            return self._form(request, draft, form)
        try:
            act = self.wanted(draft, Typed(form))
            if form["step"] == DO and form["shown"]:
                return await self._do(request, draft, form, act)
            return await self._effect(request, draft, form, act)
        except Unreadable as unreadable:
            return self._form(request, draft, form, {unreadable.name: unreadable.problem})
        except RequestRefused as refusal:
            return self._form(request, draft, form, refusal=refusal)

    def _named(self, request: Request, form: Form) -> tuple[str, ...]:
        """This sending of this form, by this person."""
        return self.desk.operator(request).name, path_of(request), form["once"]

    async def _do(self, request: Request, draft: Draft, form: Form, act: Act) -> Response:
        actor = self.desk.operator(request).name

        async def done() -> _Done:
            try:
                result = await self.desk.shop.perform(act, actor=actor, shown=form["shown"])
            except SecondPersonNeeded:
                proposal = await self.desk.shop.propose(act, actor=actor)
                return f"/proposals/{proposal.id}", "proposed"
            return draft.back, self.outcome(result) or draft.done

        try:
            path, code = await self._once.do(self._named(request, form), done)
        except EffectChanged:
            return await self._effect(request, draft, form, act, changed=True)
        return self.desk.done(request, path, code)

    async def _effect(
        self, request: Request, draft: Draft, form: Form, act: Act, *, changed: bool = False
    ) -> Response:
        effect = await self.desk.shop.rehearse(act, actor=self.desk.operator(request).name)
        kept = {name: form[name] for name in draft.names}
        return self.desk.page(
            request,
            "act_effect.html",
            status=409 if changed else 200,
            draft=draft,
            action=path_of(request),
            effect=effect,
            asked=tuple(asked(act)),
            kept=kept,
            once=secrets.token_urlsafe(12),
            changed=changed,
            waits=isinstance(effect.result, Confirmation),
            in_doubt=isinstance(effect.result, Refund),
        )

    def _form(
        self,
        request: Request,
        draft: Draft,
        typed: Form,
        problems: Mapping[str, str] | None = None,
        *,
        refusal: RequestRefused | None = None,
    ) -> Response:
        hidden = {
            name: typed.get(name) or value if name in draft.kept else value
            for name, value in draft.hidden.items()
        }
        where = refusal and self.elsewhere.get(refusal.field, refusal.field)
        return self.desk.page(
            request,
            "act_form.html",
            status=422 if problems or refusal else 200,
            draft=replace(draft, hidden=hidden),
            action=path_of(request),
            typed=typed,
            problems=problems or {},
            refusal=refusal,
            refused_at=where if where in {each.name for each in draft.fields} else None,
        )
