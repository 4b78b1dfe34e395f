"""The people at the seller's desk, one of each role, and the demo's stand-in for a host's own staff login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payport_backoffice import Operator, Role
from payport_storefront.site import Site
from payport_web.signing import SignedCookie

__all__ = ["DESK", "PEOPLE", "SIGN_IN", "StaffLogin"]

DESK: Final = "/backoffice"
SIGN_IN: Final = "/demo/operators"
PEOPLE: Final[Mapping[str, Operator]] = {
    "anh": Operator("Lê Minh Anh", Role.VIEWER),
    "huy": Operator("Phạm Quốc Huy", Role.OPERATOR),
    "lan": Operator("Vũ Thị Lan", Role.APPROVER),
    "bao": Operator("Đỗ Gia Bảo", Role.AUDITOR),
}
_COOKIE: Final = "suite_operator"
_WORKING_DAY_SECONDS: Final = 10 * 3600


class StaffLogin:
    """Whoever chooses a name is let in as that person: it is a demo. A real host asks for more."""

    def __init__(self, *, key: bytes, secure: bool) -> None:
        self._cookie = SignedCookie(_COOKIE, key=key, lifetime_seconds=_WORKING_DAY_SECONDS, secure=secure)

    def who(self, request: Request) -> Operator | None:
        """For the back office."""
        given = self._cookie.read(request.cookies.get(_COOKIE, ""))
        return PEOPLE.get(given[0]) if given else None

    def routes(self, site: Site) -> list[BaseRoute]:
        """A page of the demo, in the shop's application."""

        async def show(request: Request) -> Response:
            return site.views.page(
                request,
                "operators.html",
                customer=site.visitor(request),
                people=PEOPLE,
                signed_in=self.who(request),
                desk=f"{DESK}/",
            )

        async def enter(request: Request) -> Response:
            name = (await site.form(request, ("name",)))["name"]
            answer = RedirectResponse(f"{DESK}/" if name in PEOPLE else SIGN_IN, 303)
            cookie = self._cookie.header(name) if name in PEOPLE else self._cookie.ended()
            answer.headers.append("set-cookie", cookie)
            return answer

        return [Route(SIGN_IN, show), Route(SIGN_IN, enter, methods=["POST"])]
