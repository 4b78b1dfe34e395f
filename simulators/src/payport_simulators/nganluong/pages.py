"""The payment page: what is shown, and what a pressed button does. Decides no payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_simulators.bodies import read_form
from payport_simulators.look import money, mount_path, redirect, templates
from payport_simulators.nganluong import texts
from payport_simulators.nganluong.api import PAGE
from payport_simulators.nganluong.banks import BANKS, CARDS, CHOICES, WALLETS, is_bank
from payport_simulators.nganluong.faults import Delivery
from payport_simulators.nganluong.panel import GROUPS
from payport_simulators.nganluong.records import Order, Refused, State
from payport_simulators.nganluong.simulator import Simulator
from payport_simulators.switches import MARK, read_switches, shown

__all__ = ["STYLE", "TINT", "Pages"]

STYLE: Final = "/version31/assets/simulator.css"
TINT: Final = """
:root { --accent: #0b5394; --accent-dark: #083b6b; --accent-pale: #e7f0f9; --paper: #f1f4f8; }
.brand { color: #b34700; }
.ways { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; margin: .5rem 0 1rem; }
.ways label { display: flex; gap: .7rem; align-items: flex-start; padding: .8rem;
  border: 1px solid var(--line); border-radius: 9px; cursor: pointer; font-weight: 600; }
.ways label:hover { border-color: var(--accent); background: var(--accent-pale); }
.ways label:has(:checked) { border-color: var(--accent); background: var(--accent-pale); }
.ways small { display: block; font-weight: 400; }
input[type="radio"] { width: 1.2rem; height: 1.2rem; min-height: 0; margin: .15rem 0 0; flex: none;
  accent-color: var(--accent); }
form:not(:has([value="ATM_ONLINE"]:checked, [value="IB_ONLINE"]:checked)) .for-bank,
form:not(:has([value="VISA"]:checked)) .for-card { display: none; }
@media (max-width: 52rem) { .ways, .fields { grid-template-columns: 1fr; } }
"""

_GMT7: Final = timezone(timedelta(hours=7))
_ENDINGS: Final = {"pay": State.PAID, "stay": State.PAID, "hold": State.HELD, "fail": State.FAILED}
_UNTOLD: Final = (Delivery.RETURN_ONLY, Delivery.NEITHER)
_TEMPLATES: Final = templates("payport_simulators.nganluong")


class Pages:
    """The endpoints of the payment page. A pressed button is answered by a redirect or a page."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def arrive(self, request: Request) -> Response:
        """checkout.php: the classic product's way in."""
        opened = self._simulator.open(request.scope["query_string"])
        if isinstance(opened, Refused):
            meaning = texts.code_text(opened.code, opened.lang)
            return _page(request, "error.html", opened.lang, status=400, error=opened, meaning=meaning)
        return redirect(_path(request, opened))

    async def show(self, request: Request) -> Response:
        order = self._simulator.by_token(request.path_params["token"])
        if order is None:
            return _page(request, "unknown.html", "vi", status=404)
        if order.state is not State.OPEN:
            return self._plain(request, order, "done")
        asked = order.fields["payment_method"]
        return _page(
            request,
            "pay.html",
            order.lang,
            order=order,
            here=_path(request, order),
            expires_at=order.expires_at.astimezone(_GMT7),
            expired=self._simulator.clock() >= order.expires_at,
            ways=CHOICES if asked in WALLETS else (),
            asked=asked,
            ways_named=texts.METHODS,
            banks=BANKS,
            schemes=CARDS,
            saved="saved" in request.query_params,
            groups=GROUPS,
            faults=shown(self._simulator.faults(order)),
            mark=MARK,
            fail_codes=texts.FAIL_CODES,
        )

    async def act(self, request: Request) -> Response:
        form = await read_form(request)
        order = self._simulator.by_token(request.path_params["token"])
        if order is None or form is None:
            return _page(request, "unknown.html", "vi", status=404 if form is not None else 413)
        if order.state is not State.OPEN:
            return self._end(request, order)
        before = self._simulator.faults(order)
        faults = read_switches(form, before, GROUPS)
        if form.get("action") == "stay":
            untold = faults.delivery in _UNTOLD
            faults = replace(faults, delivery=Delivery.NEITHER if untold else Delivery.IPN_ONLY)
        if faults != before:
            self._simulator.set_faults(faults, token=order.token)
        return await self._press(request, order, form)

    async def _press(self, request: Request, order: Order, form: Mapping[str, str]) -> Response:
        action = form.get("action", "")
        if action == "leave":
            return self._plain(request, order, "left")
        if action in _ENDINGS:
            return await self._settle(request, order, _ENDINGS[action], form)
        if action == "cancel":
            return await self._settle(request, order, State.CANCELLED, form)
        return redirect(_path(request, order) + ("?saved=1" if action == "save" else ""))

    async def _settle(
        self, request: Request, order: Order, state: State, form: Mapping[str, str]
    ) -> Response:
        way, bank = _chosen(order, form)
        failure = form.get("fail_code", "")
        settled = await run_in_threadpool(
            self._simulator.settle,
            order.token,
            state,
            failure=failure if failure in texts.FAIL_CODES else texts.FAIL_CODES[0],
            paid_with=way,
            bank=bank,
            tell=False,
        )
        if settled.told_with.delivery is Delivery.TOGETHER:
            self._simulator.tell_soon(settled)
        else:
            await run_in_threadpool(self._simulator.tell, settled)
        return self._end(request, settled)

    def _end(self, request: Request, order: Order) -> Response:
        url = self._simulator.return_url(order.token)
        if url is None:
            return self._plain(request, order, "closed")
        return Response(status_code=302, headers={"location": url})

    def _plain(self, request: Request, order: Order, kind: str) -> Response:
        shop = urlsplit(order.fields["return_url"])
        return _page(
            request,
            "plain.html",
            order.lang,
            kind=kind,
            order=order,
            again=_path(request, order),
            back=self._simulator.return_url(order.token),
            shop=f"{shop.scheme}://{shop.netloc}/",
        )


def _chosen(order: Order, form: Mapping[str, str]) -> tuple[str, str]:
    """How the buyer pays: as the shop asked, or within a wallet payment as the page was filled in."""
    asked = order.fields["payment_method"]
    if asked not in WALLETS:
        return asked, order.fields.get("bank_code", "")
    way = form.get("way", "")
    if way not in CHOICES or way == "NL":
        return asked, ""
    bank = form.get("scheme" if way == "VISA" else "bank", "")
    return way, bank if is_bank(way, bank) else (CARDS if way == "VISA" else BANKS)[0]


def _path(request: Request, order: Order) -> str:
    return f"{mount_path(request)}{PAGE}{order.token}"


def _page(request: Request, template: str, lang: str, *, status: int = 200, **values: Any) -> Response:
    page = _TEMPLATES.get_template(template).render(
        lang=lang,
        other=int(lang == "en"),  # the place of this language in a pair of names
        t=texts.texts(lang),
        money=money,
        meaning_of=texts.code_text,
        style=f"{mount_path(request)}{STYLE}",
        **values,
    )
    return HTMLResponse(page, status)
