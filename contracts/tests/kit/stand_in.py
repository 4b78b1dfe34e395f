"""The sample wallet's server, in memory; its refunds wait for a bank."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from payport.plugin import Request, Response
from payport.testing import sample_query

__all__ = ["Wallet"]


@dataclass
class _Order:
    txn: str
    amount: int
    code: str = "01"
    refunds: dict[str, int] = field(default_factory=dict)  # by request_id
    done: set[str] = field(default_factory=set)


class Wallet:
    """`knows_refunds`: whether the same request_id again is the same refund, or one more."""

    def __init__(self, tell: Callable[[Request], Response], *, knows_refunds: bool = True) -> None:
        self.tell, self.knows_refunds = tell, knows_refunds
        self.book: dict[str, _Order] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
        status, said = self.answered(scope["path"], json.loads(body) if body else query)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def answered(self, path: str, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        if path.endswith("/orders"):
            fresh = _Order(str(9000 + len(self.book)), int(asked["amount"]))
            order = self.book.setdefault(asked["order_ref"], fresh)
            return 200, {
                "code": "00",
                "txn": order.txn,
                "pay_url": f"https://pay.sample.example/p/{order.txn}",
            }
        if path.endswith("/refunds/state"):
            return 200, self._refund_state(asked)
        if path.endswith("/state"):
            reference = asked.get("order_ref", asked.get("order", ""))
            return 200, self._state(reference)
        if path.endswith("/refunds"):
            return 200, self._refund(asked)
        known = any(path == f"/p/{order.txn}" for order in self.book.values())
        return (200, {}) if known else (404, {})

    def _state(self, reference: str) -> Mapping[str, Any]:
        order = self.book.get(reference)
        if order is None:
            return {"code": "91", "order_ref": reference, "amount": 0, "txn": ""}
        return {"code": order.code, "order_ref": reference, "amount": order.amount, "txn": order.txn}

    def _refund(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        reference, order = self._by_txn(asked["txn"])
        name, amount = str(asked.get("request_id", len(order.refunds))), int(asked["amount"])
        if not self.knows_refunds:
            name = f"{name}/{len(order.refunds)}"
        known = {"order_ref": reference, "amount": amount, "txn": f"R{name}"}
        if name in order.refunds:
            return known | {"code": "01", "amount": order.refunds[name]}
        if order.code != "00" or amount > order.amount - sum(order.refunds.values()):
            return known | {"code": "24"}
        order.refunds[name] = amount
        return known | {"code": "01"}

    def _refund_state(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        for reference, order in self.book.items():
            name = asked["request_id"]
            if name in order.refunds:
                code = "00" if name in order.done else "01"
                said = {"order_ref": reference, "amount": order.refunds[name]}
                return said | {"code": code, "txn": f"R{name}"}
        return {"code": "91", "order_ref": "", "amount": 0, "txn": ""}

    def _by_txn(self, txn: str) -> tuple[str, _Order]:
        return next((name, order) for name, order in self.book.items() if order.txn == txn)

    def orders(self) -> list[tuple[str, int]]:
        return [(reference, order.amount) for reference, order in self.book.items()]

    def pay(self, reference: str) -> None:
        self._end(reference, "00")

    def give_up(self, reference: str) -> None:
        self._end(reference, "24")

    def refunded(self, reference: str) -> int:
        return sum(self.book[reference].refunds.values())

    def finish(self) -> None:
        for order in self.book.values():
            order.done |= order.refunds.keys()

    def _end(self, reference: str, code: str) -> None:
        order = self.book[reference]
        order.code = code
        said = sample_query(order_ref=reference, amount=str(order.amount), status=code, txn=order.txn)
        self.tell(Request("GET", f"https://shop.example/pay/conformance/ipn?{said.decode()}"))
