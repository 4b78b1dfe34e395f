"""Small errands that decide nothing: ask a gateway now, tell of an event again, let work go on.

A page that says what will happen and asks why, a button, and back. Who and why is kept before it is done.
Done twice, they do no harm: the core sees to that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import AsyncPayport, ErrandKind, RequestRefused
from payport_backoffice.browser import path_of
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Form, Page
from payport_web.languages import msg

__all__ = ["Errands"]

_Run: TypeAlias = Callable[[AsyncPayport, Mapping[str, str]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class _Errand:
    """Args:
    kind: as it is kept. path: below the mount, with what it is about. asks: what else its address must say.
    about: the name of that, in path or address. back: the page that it leads to, in the names of the path.
    run: gives the code of what is said then.
    """

    kind: ErrandKind
    path: str
    title: str
    text: str
    button: str
    back: str
    run: _Run
    about: str
    asks: tuple[str, ...] = ()


async def _ask(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    return "asked" if await shop.ask(of["payment"]) else "not_asked"


async def _ask_refund(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    return "asked" if await shop.ask_refund(of["refund"]) else "not_asked"


async def _replay(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    await shop.replay(of["event"], subscriber=of.get("subscriber") or None)
    return "told_again"


async def _replay_all(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    await shop.replay_parked(of["subscriber"])
    return "told_again"


async def _resume(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    await shop.resume(of["subscriber"])
    return "resumed"


async def _unpark(shop: AsyncPayport, of: Mapping[str, str]) -> str:
    await shop.unpark(of["reference"])
    return "unparked"


_ERRANDS: Final = (
    _Errand(
        ErrandKind.ASK,
        "/orders/{number}/ask",
        msg("Ask the gateway now"),
        msg("The gateway is asked what became of this payment, and its answer counts as ever."),
        msg("Ask it"),
        "/orders/{number}",
        _ask,
        "payment",
        ("payment",),
    ),
    _Errand(
        ErrandKind.ASK_REFUND,
        "/orders/{number}/ask-refund",
        msg("Ask the gateway about a refund"),
        msg("The gateway is asked what became of this refund. It is never sent again."),
        msg("Ask it"),
        "/orders/{number}",
        _ask_refund,
        "refund",
        ("refund",),
    ),
    _Errand(
        ErrandKind.REPLAY,
        "/events/{event}/replay",
        msg("Tell of an event again"),
        msg("It goes out again, in its place: to whom it is parked with, or else to all who want it."),
        msg("Tell it again"),
        "/events/{event}",
        _replay,
        "event",
    ),
    _Errand(
        ErrandKind.REPLAY_PARKED,
        "/subscribers/{subscriber}/replay",
        msg("Tell all that is parked"),
        msg("Everything that is parked with this subscriber goes out again, in order."),
        msg("Tell it all"),
        "/work",
        _replay_all,
        "subscriber",
    ),
    _Errand(
        ErrandKind.RESUME,
        "/subscribers/{subscriber}/resume",
        msg("Resume a stopped web hook"),
        msg("It said that it wants nothing more. All that waited for it goes out, in order."),
        msg("Resume it"),
        "/work",
        _resume,
        "subscriber",
    ),
    _Errand(
        ErrandKind.UNPARK,
        "/work/{reference}/unpark",
        msg("Let parked work go on"),
        msg("It failed several times, and waits for a person. It is due again from now."),
        msg("Let it go on"),
        "/work",
        _unpark,
        "reference",
    ),
)


class Errands(Page):
    told: ClassVar = {
        "asked": msg("The gateway has answered."),
        "not_asked": msg("There was nothing to ask, or it was asked just now."),
        "told_again": msg("It is told again."),
        "resumed": msg("It is told all that waited for it."),
        "unparked": msg("It is due again."),
    }
    no_success: ClassVar = frozenset({"not_asked"})

    def routes(self) -> list[BaseRoute]:
        return [route for errand in _ERRANDS for route in self._routes(errand)]

    def _routes(self, errand: _Errand) -> list[BaseRoute]:
        async def show(request: Request) -> Response:
            return self._page(request, errand)

        async def run(request: Request, form: Form) -> Response:
            of = _about(errand, request)
            actor = self.desk.operator(request).name
            about = of.get(errand.about, "")
            try:
                await self.desk.shop.note_errand(errand.kind, about, actor=actor, reason=form["reason"])
            except RequestRefused as refusal:
                return self._page(request, errand, refusal=refusal, typed=form["reason"])
            code = await errand.run(self.desk.shop, of)
            return self.desk.done(request, _back(errand, request), code)

        return [
            self.look(errand.path, show, right=Right.ACT),
            self.act(errand.path, run, right=Right.ACT, fields=("reason",)),
        ]

    def _page(
        self, request: Request, errand: _Errand, *, refusal: RequestRefused | None = None, typed: str = ""
    ) -> Response:
        of = _about(errand, request)
        return self.desk.page(
            request,
            "errand.html",
            status=422 if refusal else 200,
            errand=errand,
            action=path_of(request),
            of=of,
            asked={name: text for name, text in of.items() if name not in request.path_params},
            back=_back(errand, request),
            refusal=refusal,
            typed=typed,
        )


def _about(errand: _Errand, request: Request) -> dict[str, str]:
    asked = {name: request.query_params.get(name, "") for name in (*errand.asks, "subscriber")}
    return {
        name: text
        for name, text in (asked | dict(request.path_params)).items()
        if text or name in errand.asks
    }


def _back(errand: _Errand, request: Request) -> str:
    return errand.back.format(
        **{name: quote(str(text), safe="") for name, text in request.path_params.items()}
    )
