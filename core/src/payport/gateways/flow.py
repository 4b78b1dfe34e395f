"""Drives a gateway's flow over HTTP: the one place where bytes leave for a gateway.

A flow yields requests and is sent the responses; it never opens a socket. Here it is decided where a request
may go, how long all of it may take, what may be repeated, and which of the six outcomes it came to. Whatever
is not understood is `unknown`. The sync and the async driver differ only in who waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from payport.errors import Defect, PayportError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import Exchange, FlowLimits, outgoing, proves_not_sent, unusable
from payport.gateways.guard import describe_error
from payport.gateways.http import Request, Response, http, is_repeatable
from payport.gateways.observers import GatewayCalled, Observers
from payport.gateways.transcript import Transcript
from payport.gateways.types import Flow, NoCheckout, Outcome, PaymentReport, RefundReport

__all__ = ["Called", "FlowLimits", "adrive", "drive"]

_LIMITS: Final = FlowLimits()
_NOBODY: Final = Observers()
_CLOSING: Final = 0.2  # seconds, for a flow that is cut
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Called(Generic[_Value]):
    """What became of one call.

    `value` is None unless the flow came to its end. `outcome` is then the value's own (`done` for a checkout
    that can be shown), else `unknown`, or `not_sent` where that is proven. `problem` is for the operator: it
    holds no value and no secret, nor does `gateway_code` hold one. `transcript` can be stored as JSON.
    """

    value: _Value | None
    outcome: Outcome
    gateway_code: str
    problem: str
    transcript: tuple[dict[str, Any], ...]
    duration: timedelta


def drive(
    flow: Flow[_Value],
    *,
    client: http.Client,
    account: GatewayAccount,
    kind: str,
    limits: FlowLimits = _LIMITS,
    observers: Observers = _NOBODY,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Called[_Value]:
    """Run a flow to its end. Never raises for what the gateway or the plugin does.

    Args:
        flow: from `account.gateway`, fresh.
        client: from `new_client`.
        kind: "initiate", "query" …, for observers.
        sleep: waits between attempts of a repeatable request.
    """
    call = _Call(flow, account=account, kind=kind, limits=limits, observers=observers, clock=clock)
    with call:
        request = call.resume(None)
        while request is not None:
            response = Retrying(**call.policy(request), sleep=sleep)(_send, call, client, request)
            request = call.resume(response)
    return call.result()


async def adrive(
    flow: Flow[_Value],
    *,
    client: http.AsyncClient,
    account: GatewayAccount,
    kind: str,
    limits: FlowLimits = _LIMITS,
    observers: Observers = _NOBODY,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Called[_Value]:
    """As `drive`, for asyncio. The plugin's code runs in a thread, so it cannot hold up the loop."""
    call = _Call(flow, account=account, kind=kind, limits=limits, observers=observers, clock=clock)
    with call:
        request = await asyncio.to_thread(call.resume, None)
        while request is not None:
            response: Response = await AsyncRetrying(**call.policy(request), sleep=sleep)(
                _asend, call, client, request
            )
            request = await asyncio.to_thread(call.resume, response)
    return call.result()


def _send(call: _Call[_Value], client: http.Client, request: Request) -> Response:
    with call.exchange(request) as exchange:
        try:
            response = call.account.line.within(exchange.seconds, partial(exchange.send, client))
        except Defect as error:
            exchange.cut()
            raise unusable(error.problem) from None
        return exchange.answered(response)


async def _asend(call: _Call[_Value], client: http.AsyncClient, request: Request) -> Response:
    with call.exchange(request) as exchange:
        try:
            response = await asyncio.wait_for(exchange.asend(client), exchange.seconds)
        except TimeoutError:
            raise unusable(f"not back within {exchange.seconds:.3g} s") from None
        return exchange.answered(response)


class _Call(Generic[_Value]):
    """All that is decided in a call, without I/O: `resume` the flow, do what it asks, say what came of it.

    As a context it takes every error of what is done inside, and makes an outcome of it.
    """

    def __init__(
        self,
        flow: Flow[_Value],
        *,
        account: GatewayAccount,
        kind: str,
        limits: FlowLimits,
        observers: Observers,
        clock: Callable[[], float],
    ) -> None:
        self.account = account
        self._flow, self._kind, self._limits, self._observers = flow, kind, limits, observers
        self._clock, self._begun = clock, clock()
        self._transcript = Transcript(account.holds_secret)
        self._requests = 0
        self._maybe_sent = False
        self._value: _Value | None = None
        self._outcome, self._problem = Outcome.UNKNOWN, ""

    def resume(self, response: Response | None) -> Request | None:
        """Let the flow go on: its next request, or None at its end. Raises Defect, if the plugin fails."""
        step = partial(_step, self._flow, response)
        try:
            ended, given = self.account.guard.within(min(self._limits.step, self._seconds_left()), step)
        except PayportError:
            raise
        except Exception as error:
            raise self._defect(f"raised {describe_error(error)}") from None
        if ended:
            self._value = self._without_secret(given)
            return None
        self._requests += 1
        if self._requests > self._limits.requests:
            raise self._defect(f"asks for more than {self._limits.requests} requests")
        return outgoing(given, self.account, self._limits)

    def policy(self, request: Request) -> dict[str, Any]:
        """How often the request may be sent, for tenacity."""
        attempts = self._limits.attempts if is_repeatable(request) else 1

        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= attempts or self._seconds_left() <= 0

        return {
            "stop": enough,
            "wait": wait_exponential_jitter(
                multiplier=self._limits.pause, jitter=self._limits.pause, max=self._limits.longest_pause
            ),
            "retry": retry_if_exception_type(http.TransportError),
            "reraise": True,
        }

    def exchange(self, request: Request) -> Exchange:
        """One attempt to send a request."""
        return Exchange(
            request,
            seconds=self._seconds_left(),
            limits=self._limits,
            transcript=self._transcript,
            clock=self._clock,
            leaving=self._remember,
        )

    def result(self) -> Called[_Value]:
        """Also tells the observers."""
        duration = timedelta(seconds=self._clock() - self._begun)
        self._observers.tell(
            GatewayCalled(
                account=self.account.name,
                gateway=self.account.plugin,
                kind=self._kind,
                outcome=self._outcome,
                duration=duration,
                requests=self._requests,
            )
        )
        return Called(
            value=self._value,
            outcome=self._outcome,
            gateway_code=getattr(self._value, "gateway_code", ""),
            problem=self._problem,
            transcript=tuple(self._transcript.entries),
            duration=duration,
        )

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self._outcome = _outcome(self._value)
            return True
        self._close()
        if not isinstance(error, Exception):
            return False  # the host stops, or gave up waiting
        if proves_not_sent(error) and not self._maybe_sent:
            self._outcome = Outcome.NOT_SENT
        self._problem = str(error) if isinstance(error, PayportError) else type(error).__name__
        return True

    def _remember(self) -> None:
        self._maybe_sent = True

    def _seconds_left(self) -> float:
        return self._limits.seconds - (self._clock() - self._begun)

    def _without_secret(self, given: Any) -> Any:
        """A gateway may send back what it was sent, and a plugin make a code of it."""
        is_safe = not self.account.holds_secret(getattr(given, "gateway_code", ""))
        return given if is_safe else replace(given, gateway_code="")

    def _close(self) -> None:
        """A flow may catch its own end, and even go on; it is not asked again."""
        with suppress(Exception):
            self.account.guard.within(_CLOSING, self._flow.close)

    def _defect(self, problem: str) -> Defect:
        return Defect(
            field=f"{self.account.plugin}.{self._kind}",
            problem=problem,
            remedy="Mend the plugin; it is asked about",
        )


def _step(flow: Generator[Request, Response, _Value], response: Response | None) -> tuple[bool, Any]:
    """Whether the flow has ended, and what it gave: its value, or its next request."""
    try:
        return False, next(flow) if response is None else flow.send(response)
    except StopIteration as end:
        return True, end.value


def _outcome(value: object) -> Outcome:
    if isinstance(value, PaymentReport | NoCheckout | RefundReport):
        return value.outcome
    return Outcome.DONE
