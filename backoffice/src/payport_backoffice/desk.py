"""What every page of the back office needs: the seller, who is there, templates, tokens, addresses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from payport import AsyncPayport, BuyerDetails
from payport_backoffice.browser import mount_of, path_of, query_of
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Operator, Right
from payport_backoffice.privacy import masked
from payport_backoffice.refusals import in_vietnamese
from payport_backoffice.settings import Settings
from payport_backoffice.states import stands
from payport_web.forms import TOKEN_FIELD, read_form
from payport_web.renderer import Renderer
from payport_web.signing import mac

__all__ = ["DONE", "SEARCH_PATH", "Desk"]

DONE: Final = "done"
"""The parameter that carries the code of what was just done. Its words are ours, by that code."""
SEARCH_PATH: Final = "/find"


@dataclass(frozen=True, slots=True)
class Desk:
    """Args:
    told: what an act says once it is done, by its code. `no_success`: codes of what did not come out well.
    zone: the merchant's.
    """

    shop: AsyncPayport
    settings: Settings
    clock: Callable[[], datetime]
    zone: ZoneInfo
    renderer: Renderer
    entries: tuple[Entry, ...]
    told: Mapping[str, str]
    no_success: frozenset[str]

    def operator(self, request: Request) -> Operator:
        """Who is there; the guard of each page has made sure that somebody is."""
        operator: Operator = request.state.operator
        return operator

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """A template with its values, and with what templates/base.html says that every one has."""
        operator: Operator | None = getattr(request.state, "operator", None)
        mount, done = mount_of(request), request.query_params.get(DONE, "")
        query = [(name, text) for name, text in query_of(request) if name != DONE]
        here = "" if request.method in ("GET", "HEAD") else f"{mount}/"  # what was posted is not shown again
        return self.renderer.page(
            request,
            template,
            status=status,
            headers=headers,
            address=f"{here}?{urlencode(query)}",
            cookie_path=mount or "/",
            operator=operator,
            seller=self.shop.seller.name,
            entries=[entry for entry in self.entries if operator and operator.may(entry.right)],
            at=partial(_at, mount),
            query={name: text for name, text in query if text},  # a form sends what was left blank, too
            flash=self.told.get(done),
            flash_tone="warn" if done in self.no_success else "good",
            theme=self.renderer.choice(request, "theme") or "system",
            search_path=SEARCH_PATH,
            sign_in=self.settings.sign_in,
            stands=stands,
            buyer_of=partial(self.buyer_of, request),
            in_vietnamese=in_vietnamese if self.renderer.language_of(request) == "vi" else _in_english,
            token_field=TOKEN_FIELD,
            token_for=partial(self._token, request),
            **values,
        )

    def done(self, request: Request, path: str, code: str, **query: str) -> Response:
        """After an act: 303 to a page below the mount, which then says what was done.

        Args:
            code: one of those that the pages tell; anything else is our mistake (KeyError).
        """
        assert self.told[code]
        return self.lead(request, path, **query, **{DONE: code})

    def lead(self, request: Request, path: str, /, **query: str) -> Response:
        """303 to another page. Args: path: below the mount, quoted where it holds what others wrote."""
        return RedirectResponse(_at(mount_of(request), path, **query), 303)

    async def form(
        self, request: Request, declared: Collection[str], *, most_bytes: int, files: Collection[str] = ()
    ) -> dict[str, str]:
        """See read_form; the token is checked there. `Page.act` calls it: no page has to."""
        token = self._token(request, path_of(request))
        return await read_form(request, declared, token=token, most_bytes=most_bytes, files=files)

    def _token(self, request: Request, path: str) -> str:
        """Good for this person, in this browser, for the form that posts to this path below the mount."""
        operator = self.operator(request)
        nonce: str = request.state.browser.nonce
        return mac(self.settings.form_key, "form", operator.name, operator.role, nonce, path)

    def may(self, request: Request, right: Right) -> bool:
        return self.operator(request).may(right)

    def buyer_of(self, request: Request, buyer: BuyerDetails) -> BuyerDetails:
        """As much of it as whoever is there may know; every page and file shows this and never the other."""
        return buyer if self.may(request, Right.BUYER) else masked(buyer)


def _in_english(text: str, *, context: str = "") -> None:
    """What the core says in English is left as it is."""


def _at(mount: str, path: str, /, **query: object) -> str:
    """An address below the mount. Parameters that are None or blank are left out; any name may be one."""
    asked = urlencode({name: str(value) for name, value in query.items() if value not in (None, "")})
    return f"{mount}{path}{'?' if asked else ''}{asked}"
