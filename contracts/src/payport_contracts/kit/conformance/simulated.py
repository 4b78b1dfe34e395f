"""A gateway's stand-in as the kit uses it, and a shop of one payment, which asks it by the core's driver.

Of a stand-in five things are asked, and no more. Requests of the flows reach it as ASGI; what it tells a shop
leaves by `tell`, and is verified and parsed here. No socket is opened.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from payport.errors import PayportError
from payport.gateways.flow import Called, adrive
from payport.gateways.http import Request, Response, http, is_repeatable
from payport.gateways.types import Payment, PaymentReport, PostForm, Redirect, Refund
from payport.rules.money import Money
from payport.signing.received import Channel, Hint, Verified
from payport.testing import NOW, a_callback, a_payment
from payport_contracts.kit.conformance.driving import a_refund, usual
from payport_contracts.kit.conformance.finding import Skipped
from payport_contracts.kit.conformance.places import last_place
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["LOST", "Heard", "Purchase", "Simulator", "SimulatorFailed", "Tell", "over_http"]

_Message: TypeAlias = MutableMapping[str, Any]
Tell: TypeAlias = Callable[[Request], Response]
Heard: TypeAlias = PaymentReport | Hint | PayportError
LOST: Final = ("lost", "huge")  # what the line may do to an answer, once the request has done its work
_HUGE: Final = b" " * 2_000_000


class Simulator(Protocol):
    """The gateway's server as an ASGI app, its pages among it; amounts in the currency's minor units.

    Made by `Subject.simulator(tell)`. `finish`, if it has that: what takes time there (a refund that waits
    for the bank) is over now.
    """

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None: ...
    def orders(self) -> Sequence[tuple[str, int]]:
        """Every order that it knows: our merchant reference, and what it asks of the buyer."""

    def pay(self, reference: str) -> object:
        """The buyer pays the order. The IPN has left by `tell` when this returns."""

    def give_up(self, reference: str) -> object:
        """The buyer does not want it any more; told likewise, if the gateway tells it."""

    def refunded(self, reference: str) -> int:
        """What went back of the order, or is on its way back."""


def over_http() -> Tell:
    """Tells a real shop, for a stand-in that is run by hand: no redirect is followed; waits 10 s at most."""
    return http.Client(timeout=10.0, trust_env=False, follow_redirects=False).send


class SimulatorFailed(Exception):
    """It raised, where it was asked. `where`: its own last line."""

    def __init__(self, error: Exception, simulator: object, asked: str) -> None:
        self.problem = f"the simulator raises {error!r}, when it is asked {asked}"
        kind = type(simulator)
        self.where = last_place(error, Path(inspect.getfile(kind)).parent) or kind.__name__
        super().__init__(self.problem)


class Purchase:
    """One payment at a fresh stand-in. `heard`: what came of each message that it told, in order."""

    def __init__(self, subject: Subject) -> None:
        """Raises Skipped where the subject has no simulator."""
        if subject.simulator is None:
            raise Skipped(
                "the subject has no simulator, so that nobody gives or takes money: write a stand-in for the"
                " gateway's server by its sheet (docs/conformance.md), and name it as `simulator`"
            )
        self._subject, self._line, self._calls = subject, _Line(), 0
        self._asked: Request | None = None
        self.heard: list[Heard] = []
        self.simulator = subject.simulator(self._take)
        self.payment: Payment = a_payment(usual(subject))
        self._line.app = self.simulator

    def begin(self, *, spoil: str = "") -> Called[Any]:
        """Initiate; where there is a page, the buyer opens it."""
        called = self.call("initiate", spoil=spoil, payment=self.payment)
        name = getattr(called.value, "checkout_reference", None)
        if name is not None:
            self.payment = replace(self.payment, checkout_reference=name)
        return called

    def visit(self, checkout: object) -> int:
        """The buyer's browser goes there: the status of its answer; 0 where there is nowhere to go."""
        if isinstance(checkout, PostForm):
            return self._browse(http.Request("POST", checkout.url, data=dict(checkout.fields)))
        return self._browse(http.Request("GET", checkout.url)) if isinstance(checkout, Redirect) else 0

    def opened(self) -> Purchase:
        """Begun, its page open. Raises Skipped where that does not come about: told by its own check."""
        if self.visit(self.begin().value) >= 400 or [self.payment.merchant_reference] != self.references:
            raise Skipped("no order is begun at the simulator: see begins_one_order_of_the_amount_asked_for")
        return self

    def paid(self) -> Purchase:
        """Opened, and paid by the buyer. The payment's gateway reference is known, if anything told it."""
        self.opened().simulator.pay(self.payment.merchant_reference)
        told = [each for each in self.heard if isinstance(each, PaymentReport)]
        if not told and "query" in self._subject.account.capabilities:
            told = [each for each in (self.ask().value,) if isinstance(each, PaymentReport)]
        if told and told[0].gateway_reference is not None:
            self.payment = replace(self.payment, gateway_reference=told[0].gateway_reference)
        return self

    def ask(self, *, spoil: str = "") -> Called[Any]:
        return self.call("query", spoil=spoil, payment=self.payment)

    def refund(self, minor: int, number: int = 1) -> Refund:
        """The refund of this number: the same number is the same refund."""
        return replace(
            a_refund(self._subject, Money(minor, self.payment.amount.currency)),
            payment=self.payment,
            refund_reference=f"PPREFUND234{number}",
            idempotency_key=f"{'K' * 19}{number}",
        )

    def call(self, hook: str, *, spoil: str = "", **about: Any) -> Called[Any]:
        """Asks the stand-in as the core asks a gateway. `spoil`: "lost", the answer never comes; "huge", it
        is larger than what is read. Raises SimulatorFailed."""
        account, self._line.spoil, self._line.last = self._subject.account, spoil, None
        self._calls += 1  # a gateway may refuse a request_id that it knows
        context = account.context(
            now=NOW, request_id=f"R{self._calls:019}", language="vi", public_url="https://shop.example/pay"
        )

        async def asked() -> Called[Any]:
            async with http.AsyncClient(transport=self._line) as client:
                flow = getattr(account.ready, hook)(**about, context=context)
                return await adrive(flow, client=client, account=account, kind=hook, sleep=_at_once)

        called = asyncio.run(asked())
        self._asked, self._line.spoil = self._line.last, ""
        self._line.look()
        return called

    @property
    def references(self) -> list[str]:
        return [reference for reference, _ in self.simulator.orders()]

    @property
    def given(self) -> int:
        return self.simulator.refunded(self.payment.merchant_reference)

    @property
    def has_asked(self) -> bool:
        """Whether the last call sent any request."""
        return self._asked is not None

    @property
    def last_is_repeatable(self) -> bool:
        """Whether the core may send the last call's request again."""
        return self._asked is not None and is_repeatable(self._asked)

    def _browse(self, request: Request) -> int:
        async def browsed() -> int:
            async with http.AsyncClient(transport=self._line, follow_redirects=True) as client:
                return (await client.send(request)).status_code

        status = asyncio.run(browsed())
        self._line.look()
        return status

    def _take(self, request: Request) -> Response:
        """At our door: judged as the core judges it, answered with the gateway's own words."""
        callback = replace(
            a_callback(request.url.query, account=self._subject.account.name, channel=Channel.IPN),
            method=request.method,
            body=request.read(),
            headers=tuple((name.lower(), text) for name, text in request.headers.raw),
        )
        answers, account = self._subject.ready.info.answers, self._subject.account
        try:
            result = account.verify(callback)
            self.heard.append(account.parse(result) if isinstance(result, Verified) else result)
            reply = answers.hint_taken if isinstance(result, Hint) else answers.recorded
        except PayportError as error:
            self.heard.append(error)
            reply = answers.not_authentic
        headers = {"content-type": reply.content_type}
        return Response(reply.status, content=reply.body, headers=headers, request=request)


class _Line(http.AsyncBaseTransport):
    """Between the core and the stand-in: every host is the stand-in, and the answer may get lost."""

    def __init__(self) -> None:
        self.app: Any = None
        self.spoil = ""
        self.last: Request | None = None
        self.raised: SimulatorFailed | None = None

    async def handle_async_request(self, request: Request) -> Response:
        self.last = request
        try:
            response = await http.ASGITransport(self.app).handle_async_request(request)
        except Exception as error:
            self.raised = SimulatorFailed(error, self.app, f"{request.method} {request.url.path}")
            raise
        if self.spoil == "lost":
            raise http.ReadTimeout("", request=request)
        if self.spoil == "huge":
            return Response(200, content=_HUGE, request=request)
        return response

    def look(self) -> None:
        """Raises SimulatorFailed for what the core took for a broken line."""
        if self.raised is not None:
            raise self.raised


async def _at_once(_: float) -> None:
    """Between two attempts nobody waits."""
