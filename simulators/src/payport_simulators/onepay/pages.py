"""The payment page and the portal's list of refunds: what is shown, and what a pressed button does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_simulators.bodies import read_form
from payport_simulators.delivery import Delivery
from payport_simulators.look import money, mount_path, redirect, templates
from payport_simulators.onepay import texts
from payport_simulators.onepay.cards import (
    BANKS,
    SCHEMES,
    TEST_CARDS,
    Card,
    Method,
    judge,
    typed_test_card,
    used,
)
from payport_simulators.onepay.panel import GROUPS
from payport_simulators.onepay.products import Product
from payport_simulators.onepay.records import GMT7, TRIES, Payment, Reason, Refused
from payport_simulators.onepay.simulator import Simulator
from payport_simulators.switches import MARK, read_switches, shown

__all__ = ["Pages"]

_ENDINGS: Final = {"cancel": "99", "expire": "253"}  # action → vpc_TxnResponseCode
_TEMPLATES: Final = templates("payport_simulators.onepay")
_Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """The endpoints of the pages. A pressed button is answered by a redirect or a page."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def arrive(self, product: Product) -> _Endpoint:
        """Where a shop sends its buyers, for one of the three pages."""

        async def endpoint(request: Request) -> Response:
            opened = self._simulator.open(product, request.scope["query_string"])
            if isinstance(opened, Refused):
                return _refused(request, opened)
            if not opened.open:
                return self._end(request, opened)
            return redirect(_path(request, opened))

        return endpoint

    async def show(self, request: Request) -> Response:
        payment = self._simulator.by_token(request.path_params["token"])
        if payment is None:
            return _page(request, "unknown.html", "vi", status=404)
        if not payment.open:
            return self._plain(request, payment, "done")
        method = _method(payment, request.query_params.get("method", ""))
        number = request.query_params.get("card", "")
        filled = typed_test_card(method, number) if number in TEST_CARDS[method] else None
        return self._step(request, payment, method, filled)

    async def act(self, request: Request) -> Response:
        form = await read_form(request)
        payment = self._simulator.by_token(request.path_params["token"])
        if payment is None or form is None:
            return _page(request, "unknown.html", "vi", status=404 if form is not None else 413)
        if not payment.open:
            return self._end(request, payment)
        before = self._simulator.faults(payment)
        faults = read_switches(form, before, GROUPS)
        if faults != before:
            self._simulator.set_faults(faults, token=payment.token)
        return await self._press(request, payment, form)

    async def refunds(self, request: Request) -> Response:
        lang = texts.language(request.query_params.get("locale", "vn"))
        rows = [(payment, each) for payment in self._simulator.payments for each in payment.refunds]
        return _page(
            request, "refunds.html", lang, rows=rows[::-1], here=f"{mount_path(request)}/portal/refunds"
        )

    async def decide(self, request: Request) -> Response:
        form = await read_form(request) or {}
        decide = {"approve": self._simulator.approve_refund, "reject": self._simulator.reject_refund}
        action, _, reference = form.get("action", "").partition(":")
        try:
            decide[action](reference)
        except (KeyError, ValueError):
            return _page(request, "unknown.html", "vi", status=404)
        locale = "en" if form.get("locale") == "en" else "vn"
        return redirect(f"{mount_path(request)}/portal/refunds?locale={locale}")

    async def _press(self, request: Request, payment: Payment, form: Mapping[str, str]) -> Response:
        method = _method(payment, form.get("method", ""))
        kind = form.get("bank") or form.get("scheme", "")
        action, _, choice = form.get("action", "").partition(":")
        code = _ending(action, payment.request.product, form)
        if code is not None:
            return await self._settle(request, payment, code)
        if action in ("pay", "quick"):
            card = _typed(form) if action == "pay" else typed_test_card(method)
            return await self._pay(request, payment, method, card=card, kind=kind)
        if action == "stay":
            trace = used(method, typed_test_card(method), kind=kind)
            settled = await run_in_threadpool(self._simulator.settle, payment.token, "0", card=trace)
            return self._plain(request, settled, "closed")
        if action == "leave":
            return self._plain(request, payment, "left")
        shown_next = {
            "method": _path(request, payment, method=choice),
            "card": _path(request, payment, method=method, card=choice) + "#card",
            "save": _path(request, payment, method=method, saved="1"),
        }
        return redirect(shown_next.get(action, _path(request, payment, method=method)))

    async def _pay(
        self, request: Request, payment: Payment, method: Method, *, card: Card, kind: str
    ) -> Response:
        product, today = payment.request.product, self._simulator.clock().astimezone(GMT7).date()
        code = "0" if method is Method.APP else judge(product, method, card, today=today)
        trace = used(method, card, kind=kind)
        after = await run_in_threadpool(self._simulator.attempt, payment.token, code, card=trace)
        if after.open:
            return self._step(request, after, method, card, declined=code, status=422)
        return self._end(request, after)

    async def _settle(self, request: Request, payment: Payment, code: str) -> Response:
        settled = await run_in_threadpool(self._simulator.settle, payment.token, code)
        return self._end(request, settled)

    def _end(self, request: Request, payment: Payment) -> Response:
        url = self._simulator.return_url(payment.token)
        if url is None:
            return self._plain(request, payment, "closed")
        return Response(status_code=302, headers={"location": url})

    def _plain(self, request: Request, payment: Payment, kind: str) -> Response:
        shop = urlsplit(payment.request.return_url)
        tells = payment.told_with.delivery is not Delivery.IPN_ONLY
        return _page(
            request,
            "plain.html",
            texts.language(payment.request.locale),
            kind=kind,
            payment=payment,
            again=_path(request, payment),
            back=self._simulator.return_url(payment.token) if tells else None,
            shop=payment.request.again_link or f"{shop.scheme}://{shop.netloc}/",
            result=payment.results[0] if payment.results else None,
        )

    def _step(
        self,
        request: Request,
        payment: Payment,
        method: Method,
        filled: Card | None,
        *,
        declined: str = "",
        status: int = 200,
    ) -> Response:
        """The page as it stands, for a payment that is open."""
        return _page(
            request,
            "pay.html",
            texts.language(payment.request.locale),
            status=status,
            payment=payment,
            here=_path(request, payment),
            expires_at=payment.expires_at.astimezone(GMT7),
            expired=self._simulator.clock() >= payment.expires_at,
            method=method,
            methods=payment.request.methods,
            banks=BANKS,
            schemes=SCHEMES,
            cards=TEST_CARDS[method],
            filled=filled,
            declined=declined,
            tries_left=TRIES - len(payment.tries),
            saved="saved" in request.query_params,
            groups=GROUPS,
            faults=shown(self._simulator.faults(payment)),
            mark=MARK,
            fail_codes=texts.fail_codes(payment.request.product),
        )


def _refused(request: Request, refused: Refused) -> Response:
    if refused.location is not None:
        return Response(status_code=302, headers={"location": refused.location})
    lang = texts.language(refused.locale)
    status = 400 if refused.reason is Reason.MALFORMED else 200
    meaning = texts.reason_text(refused.reason, lang)
    return _page(request, "error.html", lang, status=status, refused=refused, meaning=meaning)


def _ending(action: str, product: Product, form: Mapping[str, str]) -> str | None:
    """The code with which a button ends the payment as it stands; None for a button that does not."""
    if action == "fail" and form.get("fail_code") in texts.fail_codes(product):
        return form["fail_code"]
    return _ENDINGS.get(action)


def _method(payment: Payment, chosen: str) -> Method:
    """What the buyer chose, if the request allows it; else the first that it allows."""
    allowed = payment.request.methods
    return next((method for method in allowed if method == chosen), allowed[0])


def _typed(form: Mapping[str, str]) -> Card:
    return Card(*(form.get(f"card_{name}", "") for name in ("number", "holder", "date", "proof")))


def _path(request: Request, payment: Payment, **query: str) -> str:
    path = f"{mount_path(request)}/page/{payment.token}"
    wanted = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def _page(request: Request, template: str, lang: str, *, status: int = 200, **values: Any) -> Response:
    page = _TEMPLATES.get_template(template).render(
        lang=lang,
        other=int(lang == "en"),  # the place of this language in a pair of names
        t=texts.texts(lang),
        money=money,
        meaning_of=texts.code_text,
        style=f"{mount_path(request)}/assets/simulator.css",
        **values,
    )
    return HTMLResponse(page, status)
