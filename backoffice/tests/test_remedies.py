"""Every kind of thing that needs a person leads to pages that are there, for who may act and who may not."""

from __future__ import annotations

from starlette.routing import Match, Mount, Router

from backoffice.tests.office import Office
from payport import NeedKind, Pointer
from payport_backoffice.remedies import REMEDIES

POINTER = Pointer("a b?", order_number="SV-1", gateway_account="vnpay-main")


def test_every_kind_leads_to_a_page_that_is_there(office: Office) -> None:
    assert set(REMEDIES) == set(NeedKind)
    (mount,) = (route for route in office.app.routes if isinstance(route, Mount))  # type: ignore[attr-defined]
    desk = mount.app.router  # type: ignore[attr-defined]
    assert isinstance(desk, Router)

    for kind, place in REMEDIES.items():
        for path in (place.every, place.one(POINTER, True), place.one(POINTER, False)):
            assert path is not None
            address = path.partition("?")[0]
            scope = {"type": "http", "method": "GET", "path": address, "root_path": ""}
            assert any(route.matches(scope)[0] is Match.FULL for route in desk.routes), (kind, path)
            assert " " not in path
