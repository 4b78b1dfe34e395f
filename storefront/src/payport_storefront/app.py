"""The shop as an ASGI application: its pages, and what stands around each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import AsyncPayport
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
from payport_web.around import around
from payport_web.languages import msg
from payport_web.static import static

__all__ = ["create_app"]

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
        say = partial(site.views.gettext, request)
        customer = site.visitor(request)
        return site.views.page(
            request, "message.html", customer=customer, status=status, title=say(title), text=say(text)
        )

    return Starlette(
        routes=[
            *(route for page in pages for route in page.routes()),
            *also(site),
            *static("payport_storefront"),
        ],
        middleware=around(
            hosts=settings.hosts,
            secure=settings.secure,
            error=error,
            known_by=[Middleware(SessionMiddleware, key=settings.session_key, secure=settings.secure)],
        ),
        exception_handlers={HTTPException: error},
    )
