"""What a shop's server is answered: the version 3 API and the order queries (sheet 3.6, 4, 5, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport_simulators.nganluong.answers import (
    ApiAnswer,
    detail,
    json_answer,
    order_data,
    spoilt,
    xml_answer,
)
from payport_simulators.nganluong.desk import Desk
from payport_simulators.nganluong.faults import ApiFault, Faults
from payport_simulators.nganluong.records import ApiCall, Merchant, Order, Product, Refused, State
from payport_simulators.nganluong.rules import check_caller, check_order
from payport_simulators.nganluong.signing import check_sum, is_same

__all__ = ["PAGE", "Api"]

PAGE: Final = "/version31/index/token_code/"

_PASSWORD: Final = "merchant_password"  # noqa: S105
_NOT_KEPT: Final = (_PASSWORD, "function", "version", "merchant_id")
_NAMED: Final = {"check": "token", "checkV2": "order_code"}


class Api:
    """The gateway's answers to servers. Every call is kept in the book, without its password."""

    def __init__(self, desk: Desk, *, sandbox: bool) -> None:
        self._desk = desk
        self._book = desk.book
        self._sandbox = sandbox

    def post(self, product: Product, fields: Mapping[str, str], *, base: str) -> ApiAnswer:
        """One request to an API address. `base` is where the pages are: a URL without a final slash."""
        caller = check_caller(fields, self._book.merchants, product, sandbox=self._sandbox)
        faults = self._faults(fields.get("merchant_id", ""), self._book.get(fields.get("token", "")))
        if isinstance(caller, Refused):
            answer = self._refuse(caller)
        elif fields["function"] == "SetExpressCheckout":
            answer = self._create(product, caller, fields, faults, base)
        else:
            answer = self._about_token(caller, fields, faults)
        create = fields.get("function") == "SetExpressCheckout"
        return self._told(fields.get("function", ""), fields, answer, faults, create=create)

    def check(self, kind: str, fields: Mapping[str, str]) -> ApiAnswer:
        """One order query: `kind` is "check", by token, or "checkV2", by order code."""
        merchant = self._book.merchants.get(fields.get("merchant_id", ""))
        name = fields.get(_NAMED[kind], "")
        found = self._find(kind, name, merchant)
        faults = self._faults(fields.get("merchant_id", ""), found)
        if merchant is None or not merchant.active:
            code = "06"
        elif not is_same(check_sum(name, merchant.password), fields.get("checksum", "")):
            code = "03"
        else:
            code = self._code(found, merchant, faults)
        if code == "00" and found is not None:
            answer = json_answer("00", order_data(found, faults, self._other(found)))
        else:
            answer = json_answer(code)
        return self._told(kind, fields, answer, faults, create=False)

    def _create(
        self, product: Product, merchant: Merchant, fields: Mapping[str, str], faults: Faults, base: str
    ) -> ApiAnswer:
        wrong = check_order(fields, merchant)
        if wrong is not None:
            return self._refuse(wrong)
        kept = {name: value for name, value in fields.items() if name not in _NOT_KEPT}
        order = self._desk.open(product, merchant, kept)
        if faults.before_answer:
            self._desk.tell(self._desk.settle(order.token, State.PAID))
        page = f"{base}{PAGE}{order.token}"
        if faults.bare_ampersand:
            page += "?lang=vi&app=1"
        answer = {"error_code": "00", "token": order.token, "description": ""}
        answer["time_limit"] = fields.get("time_limit") or "1440"
        if product is Product.SEAMLESS:
            answer |= {"auth_site": "BANK", "auth_url": page, "cashin_id": "", "cashin_amount": ""}
        else:
            answer["checkout_url"] = page
        return xml_answer(answer, bare_ampersand=faults.bare_ampersand)

    def _about_token(self, merchant: Merchant, fields: Mapping[str, str], faults: Faults) -> ApiAnswer:
        token = fields.get("token", "")
        order = self._book.get(token)
        if fields["function"] == "UpdateOrderAuto" and order is not None and order.merchant == merchant.id:
            order = self._desk.settle(token, State.PAID)
            self._desk.tell(order)
            return xml_answer({"error_code": order.error_code, "token": token})
        code = self._code(order, merchant, faults)
        if code == "00" and order is not None:
            told = detail(order, faults, self._other(order))
            return xml_answer(told, bare_ampersand=faults.bare_ampersand)
        return xml_answer(
            {"error_code": code, "token": token if order else "", "description": _SAID.get(code, "")}
        )

    def _code(self, order: Order | None, merchant: Merchant, faults: Faults) -> str:
        if order is None:
            return "29"
        if order.merchant != merchant.id:
            return "13"
        return "00" if faults.status or faults.other_order else order.error_code

    def _find(self, kind: str, name: str, merchant: Merchant | None) -> Order | None:
        """By token; by order code the merchant's own that is paid, else its newest, else another's."""
        if kind == "check":
            return self._book.get(name)
        orders = sorted(
            self._book.of_code(name),
            key=lambda order: (
                merchant is not None and order.merchant == merchant.id,
                order.state in (State.PAID, State.HELD),
            ),
        )
        return orders[-1] if orders else None

    def _other(self, order: Order) -> Order | None:
        """The newest other paid order of that merchant."""
        others = [o for o in self._book.orders if o.merchant == order.merchant and o.token != order.token]
        return next((o for o in reversed(others) if o.state is State.PAID), None)

    def _faults(self, merchant: str, order: Order | None) -> Faults:
        return self._book.faults(merchant, order if order and order.merchant == merchant else None)

    def _refuse(self, refused: Refused) -> ApiAnswer:
        self._book.log_refused(refused)
        return xml_answer(
            {"error_code": refused.code, "token": "", "description": refused.problem, "checkout_url": ""}
        )

    def _told(
        self, name: str, fields: Mapping[str, str], answer: ApiAnswer, faults: Faults, *, create: bool
    ) -> ApiAnswer:
        fault: ApiFault = faults.create if create else faults.query
        sent = spoilt(answer, fault, faults.slow_for)
        kept = {each: value for each, value in fields.items() if each not in (_PASSWORD, "checksum")}
        body = sent.body.decode("utf-8", "replace")
        self._book.log(ApiCall(self._desk.clock(), name, kept, answer.error_code, sent.http_status, body))
        return sent


_SAID: Final = {
    "13": "Đơn hàng không thuộc merchant",
    "22": "Ngân hàng từ chối",
    "24": "Thẻ hết hạn",
    "25": "Tài khoản không đủ tiền",
    "27": "Nhập sai OTP",
    "29": "Token không tồn tại",
    "81": "Đơn hàng chưa được thanh toán",
    "115": "Đơn hàng đã bị huỷ",
}
