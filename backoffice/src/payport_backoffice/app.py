"""The back office as an ASGI application: its pages, and what stands around each of them.

How a page is added stands in the docstring of payport_backoffice.pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from payport import AsyncPayport, CatalogError, NotFound, RequestRefused
from payport_backoffice.desk import Desk
from payport_backoffice.door import Door
from payport_backoffice.pages.account import Account
from payport_backoffice.pages.acts import ACTS, Proposals
from payport_backoffice.pages.callback import Callback
from payport_backoffice.pages.callback_list import CallbackList
from payport_backoffice.pages.calls import Calls
from payport_backoffice.pages.entry import JournalEntry
from payport_backoffice.pages.errand_list import ErrandList
from payport_backoffice.pages.find import Find
from payport_backoffice.pages.house import House
from payport_backoffice.pages.journal_list import JournalList
from payport_backoffice.pages.line_list import LineList
from payport_backoffice.pages.order import Order
from payport_backoffice.pages.order_list import OrderList
from payport_backoffice.pages.page import Page
from payport_backoffice.pages.payment_list import PaymentList
from payport_backoffice.pages.refund_list import RefundList
from payport_backoffice.pages.today import Today
from payport_backoffice.pages.what_if import WhatIf
from payport_backoffice.pages.work import Work
from payport_backoffice.settings import Settings
from payport_web.around import around
from payport_web.formatting import VIET_NAM
from payport_web.languages import msg
from payport_web.renderer import Renderer
from payport_web.static import static

__all__ = ["PAGES", "create_app"]

PAGES: Final[tuple[type[Page], ...]] = (
    Today,
    Find,
    OrderList,
    PaymentList,
    RefundList,
    LineList,
    Proposals,
    CallbackList,
    JournalList,
    ErrandList,
    Work,
    House,
    WhatIf,
    *ACTS,
    Order,
    Calls,
    Callback,
    JournalEntry,
    Account,  # stands last: see there
)
"""In the order in which the navigation shows those that have an entry."""

_THEMES: Final = ("system", "light", "dark")
_ERRORS: Final = {
    401: (msg("Please sign in"), msg("These pages are for the people who look after payments.")),
    403: (
        msg("This form is no longer valid"),
        msg("It was open for too long, or another person signed in since. Nothing was done: open it again."),
    ),
    404: (msg("There is nothing here"), msg("The link is wrong, or what it led to is no longer there.")),
    414: (msg("This address is too long"), msg("Nothing was done. Please begin at Today.")),
    405: (msg("This page cannot be opened like that"), msg("Nothing was done. Please begin at Today.")),
    409: (msg("This was refused"), msg("Nothing was done.")),
    500: (
        msg("Something went wrong on our side"),
        msg("It is written down. Look again before you repeat what you did: it may have been done."),
    ),
}
_NOT_YOURS: Final = (
    msg("Your role may not do this"),
    msg("Nothing was done. Ask somebody whose role allows it."),
)
_UNREADABLE: Final = (
    msg("This could not be read"),
    msg("Nothing was done. Please go back and send the form again."),
)


def create_app(
    shop: AsyncPayport,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    also: Sequence[type[Page]] = (),
    templates: BaseLoader | None = None,
) -> Starlette:
    """The back office of one seller, at whatever path a host mounts it.

    Args:
        also: further pages, after those of PAGES; with the same guard, frame and headers.
        templates: theirs.
    Raises: ValueError where two pages tell different things by one code.
    """
    kinds = (*PAGES, *also)
    zone = _zone(shop, clock())
    desk = Desk(
        shop,
        settings,
        clock,
        zone,
        Renderer(
            "payport_backoffice",
            cookies="payport_desk",
            secure=settings.secure,
            choices={"theme": _THEMES},
            zone=zone,
            more=templates,
        ),
        tuple(kind.entry for kind in kinds if kind.entry),
        _told(kinds),
        frozenset[str]().union(*(kind.no_success for kind in kinds)),
    )
    pages = [kind(desk) for kind in kinds]

    def error(request: Request, raised: Exception) -> Response:
        status, title, text, refusal = _explained(raised)
        return desk.page(request, "message.html", status=status, title=title, text=text, refusal=refusal)

    def arrival(request: Request) -> Response:
        return desk.page(request, "arrival.html", again=f"?{request.url.query}")

    return Starlette(
        routes=[*(route for page in pages for route in page.routes()), *static("payport_backoffice")],
        middleware=[
            *around(hosts=settings.hosts, secure=settings.secure, error=error),
            Middleware(Door, settings=settings, arrival=arrival, error=error),
        ],
        exception_handlers={HTTPException: error, RequestRefused: error},
    )


def _explained(raised: Exception) -> tuple[int, str, str, RequestRefused | None]:
    """Status, title, text, and what the core itself says to it."""
    match raised:
        case NotFound():
            return 404, *_ERRORS[404], None
        case RequestRefused():
            return 409, *_ERRORS[409], raised
        case HTTPException(status_code=403, detail="role"):
            return 403, *_NOT_YOURS, None
        case HTTPException(status_code=status):
            return status, *_ERRORS.get(status, _UNREADABLE), None
        case _:
            return 500, *_ERRORS[500], None


def _told(kinds: Sequence[type[Page]]) -> dict[str, str]:
    told: dict[str, str] = {}
    for kind in kinds:
        for code, text in kind.told.items():
            if told.setdefault(code, text) != text:
                raise ValueError(f"{code}: told twice, and not the same")
    return told


def _zone(shop: AsyncPayport, now: datetime) -> ZoneInfo:
    """In which the merchant's days begin."""
    try:
        return ZoneInfo(shop.seller.catalogs.in_force(now).zone)
    except CatalogError:  # none has begun yet
        return VIET_NAM
