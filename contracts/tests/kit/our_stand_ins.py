"""Our own simulators as the kit asks for a stand-in: what they do of themselves stays as it is.

They would call a shop over HTTP; here the same message is told to the kit, and none leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from payport.plugin import Request, Response
from payport.testing import NOW
from payport_simulators import nganluong, onepay, vnpay
from tests.support.gateways import NGANLUONG_SECRET, ONEPAY_PASSWORD, ONEPAY_SECRET, RECEIVER
from tests.support.sign import SECRET, TMN_CODE

__all__ = ["NganluongStandIn", "OnepayStandIn", "VnpayStandIn"]

_DOOR = "https://shop.example/pay/conformance/ipn"


class VnpayStandIn:
    """`amount` on its wire is đồng × 100. A refund is 05 for a minute, then 06, then 00."""

    def __init__(self, tell: Callable[[Request], Response]) -> None:
        self.tell, self.now = tell, NOW
        silent = vnpay.Faults(delivery=vnpay.Delivery.RETURN_ONLY)
        terminal = vnpay.Terminal(TMN_CODE, SECRET)
        self.simulator = vnpay.Simulator({TMN_CODE: terminal}, clock=lambda: self.now, faults=silent)
        self.app = vnpay.app(self.simulator)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def orders(self) -> list[tuple[str, int]]:
        return [(each.request.reference, each.request.amount // 100) for each in self.simulator.transactions]

    def pay(self, reference: str) -> None:
        self._end(reference, "00")

    def give_up(self, reference: str) -> None:
        self._end(reference, "24")

    def refunded(self, reference: str) -> int:
        return sum(each.amount for each in self.simulator.transaction(reference).refunds) // 100

    def finish(self) -> None:
        self.now += timedelta(minutes=10)

    def _end(self, reference: str, code: str) -> None:
        self.simulator.settle(self.simulator.transaction(reference).token, code)
        self.tell(Request("GET", f"{_DOOR}?{self.simulator.genuine_query(reference)}"))


class OnepayStandIn:
    """The unified page. Refunds wait until somebody approves them in the merchant's portal."""

    def __init__(self, tell: Callable[[Request], Response]) -> None:
        self.tell = tell
        merchant = onepay.Merchant(
            onepay.Product.UNIFIED, "TESTUN01", "D0UN0001", ONEPAY_SECRET, "opq03", ONEPAY_PASSWORD
        )
        silent = onepay.Faults(delivery=onepay.Delivery.RETURN_ONLY, refund=onepay.RefundFault.WAITS)
        self.simulator = onepay.Simulator({"TESTUN01": merchant}, clock=lambda: NOW, faults=silent)
        self.app = onepay.app(self.simulator)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def orders(self) -> list[tuple[str, int]]:
        return [(each.request.reference, each.request.amount // 100) for each in self.simulator.payments]

    def pay(self, reference: str) -> None:
        self._end(reference, "0")

    def give_up(self, reference: str) -> None:
        self._end(reference, "99")

    def refunded(self, reference: str) -> int:
        return sum(each.amount for each in self.simulator.payment(reference).refunds) // 100

    def finish(self) -> None:
        for each in self.simulator.refunds:
            self.simulator.approve_refund(each.reference)

    def _end(self, reference: str, code: str) -> None:
        self.simulator.settle(reference, code)
        self.tell(Request("GET", f"{_DOOR}?{self.simulator.genuine_query(reference)}"))


class NganluongStandIn:
    """A form's answer is XML; each call begins another order. Its callback is not signed: a hint."""

    def __init__(self, tell: Callable[[Request], Response]) -> None:
        self.tell = tell
        merchant = nganluong.Merchant("0045571", NGANLUONG_SECRET, RECEIVER)
        self.simulator = nganluong.Simulator({merchant.id: merchant}, clock=lambda: NOW)
        self.app = nganluong.app(self.simulator)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app({**scope, "path": scope["path"].removeprefix("/nl35")}, receive, send)

    def orders(self) -> list[tuple[str, int]]:
        return [(each.code, each.amount) for each in self.simulator.orders]

    def pay(self, reference: str) -> None:
        self._end(reference, nganluong.State.PAID)

    def give_up(self, reference: str) -> None:
        self._end(reference, nganluong.State.CANCELLED)

    def refunded(self, reference: str) -> int:
        raise AssertionError("nobody can refund here")

    def _end(self, reference: str, state: nganluong.State) -> None:
        token = self.simulator.settle(self.simulator.order(reference).token, state, tell=False).token
        self.tell(Request("GET", f"{_DOOR}?error_code=00&token={token}&order_code={reference}"))
