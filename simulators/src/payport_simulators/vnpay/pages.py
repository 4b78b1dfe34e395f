"""The payment page, step by step: what is shown, and what a pressed button does. Decides no payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_simulators.bodies import read_form
from payport_simulators.look import money, mount_path, redirect, templates
from payport_simulators.switches import MARK, read_switches, shown
from payport_simulators.vnpay import texts
from payport_simulators.vnpay.banks import (
    CARD_TYPES,
    CHOICES,
    TEST_CARD_HOLDER,
    TEST_CARD_ISSUED,
    TEST_CARD_OTP,
    TEST_CARDS,
    Card,
    judge,
)
from payport_simulators.vnpay.panel import GROUPS
from payport_simulators.vnpay.records import GMT7, PageError, Transaction
from payport_simulators.vnpay.simulator import Simulator

__all__ = ["Pages"]

_TRIES: Final = 3
_ENDINGS: Final = {"cancel": "24", "suspect": "07", "expire": "11"}  # action → vnp_ResponseCode
_TEMPLATES: Final = templates("payport_simulators.vnpay")


class Pages:
    """The endpoints of the payment page. A pressed button is answered by a redirect or a page."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def arrive(self, request: Request) -> Response:
        opened = self._simulator.open(request.scope["query_string"])
        if isinstance(opened, PageError):
            lang = texts.language(opened.locale)
            meaning = texts.page_error_text(opened.code, lang)
            return _page(request, "error.html", lang, error=opened, meaning=meaning)
        return redirect(_path(request, opened))

    async def show(self, request: Request) -> Response:
        transaction = self._simulator.by_token(request.path_params["token"])
        if transaction is None:
            return _page(request, "unknown.html", "vi", status=404)
        number = request.query_params.get("card", "")
        filled = (
            {"number": number, "holder": TEST_CARD_HOLDER, "issued": TEST_CARD_ISSUED, "otp": TEST_CARD_OTP}
            if number in TEST_CARDS
            else {}
        )
        return self._step(request, transaction, bank=request.query_params.get("bank"), filled=filled)

    async def act(self, request: Request) -> Response:
        form = await read_form(request)
        transaction = self._simulator.by_token(request.path_params["token"])
        if transaction is None or form is None:
            return _page(request, "unknown.html", "vi", status=404 if form is not None else 413)
        if not transaction.open:
            return self._end(request, transaction)
        before = self._simulator.faults(transaction)
        faults = read_switches(form, before, GROUPS)
        if faults != before:
            self._simulator.set_faults(faults, token=transaction.token)
        return await self._press(request, transaction, form)

    async def _press(self, request: Request, transaction: Transaction, form: Mapping[str, str]) -> Response:
        bank = form.get("bank", "")
        action, _, choice = form.get("action", "").partition(":")
        if action in _ENDINGS:
            return await self._settle(request, transaction, _ENDINGS[action], bank)
        if action == "fail" and form.get("fail_code") in texts.FAIL_CODES:
            return await self._settle(request, transaction, form["fail_code"], bank)
        if action == "pay":
            return await self._pay(request, transaction, form)
        if action == "leave":
            return self._plain(request, transaction, "left")
        shown_next = {
            "bank": _path(request, transaction, bank=choice),
            "card": _path(request, transaction, bank=bank, card=choice) + "#card",
            "save": _path(request, transaction, bank=bank, saved="1"),
        }
        return redirect(shown_next.get(action, _path(request, transaction, bank=bank)))

    async def _pay(self, request: Request, transaction: Transaction, form: Mapping[str, str]) -> Response:
        bank = _method(transaction, form.get("bank"))
        if bank is None:
            return self._step(request, transaction, bank=None, status=422)
        if bank in CARD_TYPES:
            return await self._settle(request, transaction, "00", bank)
        filled = {name: form.get(f"card_{name}", "") for name in ("number", "holder", "issued", "otp")}
        code = judge(Card(**filled))
        problem = {None: "not_a_test_card", "10": "wrong_card", "13": "wrong_otp"}.get(code)
        if code is not None and (
            problem is None or self._simulator.count_wrong_try(transaction.token) >= _TRIES
        ):
            return await self._settle(request, transaction, code, bank)
        return self._step(request, transaction, bank=bank, filled=filled, problem=problem, status=422)

    async def _settle(self, request: Request, transaction: Transaction, code: str, bank: str) -> Response:
        chosen = _method(transaction, bank)
        settled = await run_in_threadpool(self._simulator.settle, transaction.token, code, bank=chosen)
        return self._end(request, settled)

    def _end(self, request: Request, transaction: Transaction) -> Response:
        url = self._simulator.return_url(transaction.token)
        if url is None:
            return self._plain(request, transaction, "closed")
        return Response(status_code=302, headers={"location": url})

    def _plain(self, request: Request, transaction: Transaction, kind: str) -> Response:
        lang = texts.language(transaction.request.locale)
        back = self._simulator.return_url(transaction.token)
        shop = urlsplit(transaction.request.return_url)
        return _page(
            request,
            "plain.html",
            lang,
            kind=kind,
            transaction=transaction,
            again=_path(request, transaction),
            back=back,
            shop=f"{shop.scheme}://{shop.netloc}/",
            result=transaction.results[0] if transaction.results else None,
        )

    def _step(
        self,
        request: Request,
        transaction: Transaction,
        *,
        bank: str | None,
        filled: Mapping[str, str] | None = None,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        """The page as it stands: choose a bank, card form, confirm in an app, or over."""
        if not transaction.open:
            return self._plain(request, transaction, "done")
        lang = texts.language(transaction.request.locale)
        chosen = _method(transaction, bank)
        return _page(
            request,
            "pay.html",
            lang,
            status=status,
            transaction=transaction,
            here=_path(request, transaction),
            expires_at=transaction.request.expires_at.astimezone(GMT7),
            expired=self._simulator.clock() >= transaction.request.expires_at,
            bank=chosen,
            banks=CHOICES.get(transaction.request.bank, ()),
            is_app=chosen in CARD_TYPES,
            may_change=transaction.request.bank in CHOICES,
            cards=TEST_CARDS,
            filled=filled or {},
            problem=problem,
            saved="saved" in request.query_params,
            groups=GROUPS,
            faults=shown(self._simulator.faults(transaction)),
            mark=MARK,
            fail_codes=texts.FAIL_CODES,
        )


def _method(transaction: Transaction, chosen: str | None) -> str | None:
    """The bank of the attempt: the shop's choice if it made one, else the buyer's."""
    if transaction.request.bank not in CHOICES:
        return transaction.request.bank
    return chosen if chosen in CHOICES[transaction.request.bank] else None


def _path(request: Request, transaction: Transaction, **query: str) -> str:
    path = f"{mount_path(request)}/paymentv2/Transaction/{transaction.token}"
    wanted = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def _page(request: Request, template: str, lang: str, *, status: int = 200, **values: Any) -> Response:
    page = _TEMPLATES.get_template(template).render(
        lang=lang,
        other=int(lang == "en"),  # the place of this language in a pair of names
        t=texts.texts(lang),
        money=money,
        meaning_of=texts.response_text,
        style=f"{mount_path(request)}/paymentv2/assets/simulator.css",
        **values,
    )
    return HTMLResponse(page, status)
