"""The shop as an ASGI application: its pages, and what stands around each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payport import AsyncPayport
from payport_storefront.headers import SecurityHeaders
from payport_storefront.i18n import language_of, msg, translations
from payport_storefront.pages.cancelling import Cancelling
from payport_storefront.pages.choosing import Choosing
from payport_storefront.pages.confirming import Confirming
from payport_storefront.pages.payment import Paying
from payport_storefront.pages.result import Results
from payport_storefront.pages.wall import Home
from payport_storefront.session import SessionMiddleware
from payport_storefront.settings import Settings
from payport_storefront.site import Site
from payport_storefront.views import Views
from payport_storefront.visits import VisitLog

__all__ = ["create_app"]

_log = structlog.get_logger()
_ERRORS: Final = {
    401: (msg("Please sign in"), msg("Your session is over, or you are not signed in yet.")),
    403: (
        msg("This form is no longer valid"),
        msg("It was open for too long, or is another page's. Nothing was done: reload and try again."),
    ),
    404: (msg("There is nothing here"), msg("The link is wrong, or what it led to is not yours to see.")),
    405: (msg("This page cannot be opened like that"), msg("Nothing was done. Please start from the Wall.")),
    500: (
        msg("Something went wrong on our side"),
        msg("It is written down and we look at it. Nothing was paid by this."),
    ),
}
_REFUSED: Final = (
    msg("This could not be read"),
    msg("Nothing was done. Please go back and send the form again."),
)


def create_app(
    shop: AsyncPayport,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    also: Callable[[Site], Sequence[BaseRoute]] = lambda _: (),
) -> Starlette:
    """The shop of one seller. Payport's own doors are mounted beside it, by the host: `shop.asgi()`.

    Args:
        also: further pages of the host, with the shop's session, templates and headers.
    """
    site = Site(shop, settings, Views(settings), clock)
    choosing = Choosing(site)
    pages = (
        Home(site),
        choosing,
        Confirming(site, choosing),
        Paying(site),
        Cancelling(site),
        Results(site),
    )

    def error(request: Request, raised: Exception) -> Response:
        status = raised.status_code if isinstance(raised, HTTPException) else 500
        title, text = _ERRORS.get(status, _REFUSED)
        say = translations(language_of(request)).gettext
        customer = site.visitor(request)
        return site.views.page(
            request, "message.html", customer=customer, status=status, title=say(title), text=say(text)
        )

    return Starlette(
        routes=[
            *(route for page in pages for route in page.routes()),
            *also(site),
            Mount(
                "/static", StaticFiles(directory=str(files("payport_storefront") / "static")), name="static"
            ),
        ],
        middleware=[
            Middleware(VisitLog),
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts), www_redirect=False),
            Middleware(SessionMiddleware, key=settings.session_key, secure=settings.secure),
            Middleware(_Failsafe, page=error),
        ],
        exception_handlers={HTTPException: error},
    )


class _Failsafe:
    """Turns what nobody expected into a log entry and a page that gives nothing away, headers and all."""

    def __init__(self, app: ASGIApp, *, page: Callable[[Request, Exception], Response]) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as raised:
            _log.exception("failed")
            if started:
                raise
            await self._page(Request(scope), raised)(scope, receive, send)
