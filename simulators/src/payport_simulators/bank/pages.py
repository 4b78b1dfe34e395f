"""The bank app, page by page: scan, check, send, receipt. Books nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_simulators.bank import texts
from payport_simulators.bank.bank import Bank
from payport_simulators.bank.panel import GROUPS
from payport_simulators.bank.qr import read
from payport_simulators.bank.records import GMT7, Refused, Scanned
from payport_simulators.bodies import read_form
from payport_simulators.look import money, mount_path, redirect, templates
from payport_simulators.switches import MARK, read_switches, shown

__all__ = ["APP", "RECEIPT", "STYLE", "TINT", "Pages"]

APP: Final = "/bank/app"
RECEIPT: Final = "/bank/app/sent"
STYLE: Final = "/bank/assets/simulator.css"
TINT: Final = """
:root { --accent: #1b6b3a; --accent-dark: #124d29; --accent-pale: #e6f3ea; --paper: #f2f5f1; }
textarea { font: .92rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; color: inherit; width: 100%;
  padding: .6rem .7rem; margin: .25rem 0; border: 1px solid #8b949d; border-radius: 8px;
  background: var(--surface); resize: vertical; }
.field + .field { margin-top: 1rem; }
.recent { margin-top: 1.25rem; padding: 0; list-style: none; display: grid; gap: .5rem; }
.recent a { display: block; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 9px;
  overflow-wrap: anywhere; }
@media (max-width: 52rem) { .columns > .summary { order: 1; } .columns > .panel { order: 2; } }
.language { float: right; margin: 0; }
"""

_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,14}")
_TEMPLATES: Final = templates("payport_simulators.bank")
_SHOWN: Final = 5  # scans that may be chosen again


class Pages:
    """The endpoints of the app."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    async def show(self, request: Request) -> Response:
        """The scanner; with a QR text, what it says, ready to be sent."""
        return self._app(request, request.query_params.get("qr", "").strip(), _lang(request.query_params))

    async def act(self, request: Request) -> Response:
        form = await read_form(request)
        if form is None:
            return Response(status_code=413)
        qr, lang = form.get("qr", "").strip(), _lang(form)
        noise = read_switches(form, self._bank.noise, GROUPS)
        self._bank.set_noise(noise)
        if form.get("action") != "send":
            return redirect(_path(request, APP, qr=qr, lang=lang, saved="1"))
        scanned = self._bank.scan(qr)
        if isinstance(scanned, Refused):
            return self._app(request, qr, lang, status=422)
        text = form.get("amount", "").strip()
        asked = scanned.amount is None
        amount = int(text) if asked and _AMOUNT.fullmatch(text) else None
        try:
            lines = self._bank.send(scanned, amount=amount, memo=form.get("memo", ""))
        except ValueError:
            return self._app(request, qr, lang, status=422, filled=form, wrong_amount=True)
        return redirect(_path(request, RECEIPT, line=lines[-1].id, lang=lang))

    async def receipt(self, request: Request) -> Response:
        lang = _lang(request.query_params)
        try:
            line = self._bank.line(request.query_params.get("line", ""))
        except KeyError:
            return _page(request, "unknown.html", lang, status=404)
        return _page(
            request,
            "receipt.html",
            lang,
            line=line,
            account=self._bank.accounts[line.account],
            at=line.time.astimezone(GMT7).strftime("%H:%M:%S %d/%m/%Y"),
            is_later=line.time > self._bank.clock(),
            again=_path(request, APP, lang=lang),
            statement=_path(request, f"/statements/{line.account}.csv"),
        )

    def _app(
        self,
        request: Request,
        qr: str,
        lang: str,
        *,
        status: int = 200,
        filled: Mapping[str, str] | None = None,
        wrong_amount: bool = False,
    ) -> Response:
        scanned = self._bank.scan(qr) if qr else None
        refused = texts.problem_text(scanned.problem, lang) if isinstance(scanned, Refused) else ""
        return _page(
            request,
            "app.html",
            lang,
            status=status,
            here=f"{mount_path(request)}{APP}",
            other_language=_path(request, APP, qr=qr, lang="vi" if lang == "en" else "en"),
            qr=qr,
            scanned=scanned if isinstance(scanned, Scanned) else None,
            refused=refused,
            recent=[
                (read(each), _path(request, APP, qr=each, lang=lang)) for each in self._bank.scans[:_SHOWN]
            ],
            statements=[(n, _path(request, f"/statements/{n}.csv")) for n in self._bank.accounts],
            filled=filled or {},
            wrong_amount=wrong_amount,
            saved="saved" in request.query_params,
            groups=GROUPS,
            faults=shown(self._bank.noise),
            mark=MARK,
        )


def _lang(fields: Mapping[str, str]) -> str:
    return "en" if fields.get("lang") == "en" else "vi"


def _path(request: Request, path: str, **query: str) -> str:
    wanted = {name: value for name, value in query.items() if value}
    return f"{mount_path(request)}{path}" + (f"?{urlencode(wanted)}" if wanted else "")


def _page(request: Request, template: str, lang: str, *, status: int = 200, **values: Any) -> Response:
    page = _TEMPLATES.get_template(template).render(
        lang=lang,
        other=int(lang == "en"),  # the place of this language in a pair of names
        t=texts.texts(lang),
        money=money,
        style=f"{mount_path(request)}{STYLE}",
        **values,
    )
    return HTMLResponse(page, status)
