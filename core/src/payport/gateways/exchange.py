"""One request and its answer: what may leave, how much may come back, and what an error proves.

Nothing is trusted on the way back either: a redirect is not followed, an encoded body is not unpacked, and
what is too large or too slow is cut.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final

from payport.errors import ConfigurationError, Defect, Malformed
from payport.gateways.accounts import GatewayAccount
from payport.gateways.hosts import origin_of
from payport.gateways.http import Request, Response, http, rebuilt, unlogged
from payport.gateways.transcript import Transcript

__all__ = [
    "Exchange",
    "FlowLimits",
    "new_async_client",
    "new_client",
    "outgoing",
    "proves_not_sent",
    "unusable",
]

_METHODS: Final = frozenset({"GET", "POST", "PUT"})
_CONNECTED: Final = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
_FRAMING: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class FlowLimits:
    """Bounds of one call. Times in seconds, sizes in bytes."""

    seconds: float = 30.0  # all of it, pauses included
    connect: float = 5.0
    silence: float = 15.0  # without a byte from the gateway
    step: float = 2.0  # of the plugin's own code, between two requests
    requests: int = 5
    attempts: int = 3  # of a request that is repeatable
    pause: float = (
        0.2  # before the second attempt, and up to as much again by chance; then twice as long, and so on
    )
    longest_pause: float = 3.0
    sent: int = 1_048_576
    received: int = 1_048_576


def new_client(tls: ssl.SSLContext | None = None) -> http.Client:
    """For `drive`. Certificates are always verified; `tls` brings other roots. No proxy of the environment.

    No connection is kept: one that the gateway closed meanwhile would make `unknown` of a sure `not_sent`.
    """
    return http.Client(
        verify=_verified(tls),
        trust_env=False,
        follow_redirects=False,
        cookies=_no_cookies(),
        limits=_CONNECTIONS,
        timeout=_TIMEOUT,
    )


def new_async_client(tls: ssl.SSLContext | None = None) -> http.AsyncClient:
    """For `adrive`; see `new_client`."""
    return http.AsyncClient(
        verify=_verified(tls),
        trust_env=False,
        follow_redirects=False,
        cookies=_no_cookies(),
        limits=_CONNECTIONS,
        timeout=_TIMEOUT,
    )


_CONNECTIONS: Final = http.Limits(max_connections=100, max_keepalive_connections=0)
_TIMEOUT: Final = http.Timeout(FlowLimits().silence, connect=FlowLimits().connect)


def _no_cookies() -> CookieJar:
    """Takes none: they are never sent, and whoever answers could fill a long-lived process with them."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _verified(tls: ssl.SSLContext | None) -> ssl.SSLContext:
    if tls is not None and (tls.verify_mode is not ssl.CERT_REQUIRED or not tls.check_hostname):
        raise ConfigurationError(
            field="tls",
            problem="does not verify certificates and host names",
            remedy="Add the root that you trust to ssl.create_default_context()",
        )
    return _public_roots() if tls is None else tls


@cache
def _public_roots() -> ssl.SSLContext:
    """Read once: it takes some ten milliseconds, and a client may be made for every call."""
    return http.create_ssl_context(trust_env=False)


def outgoing(given: object, account: GatewayAccount, limits: FlowLimits) -> Request:
    """What a flow yielded, as it may leave. Raises Defect, naming what the plugin did wrong."""
    if not isinstance(given, Request):
        raise _fault(account, f"yielded {type(given).__name__}, not a request")
    origin = origin_of(given)
    if origin not in account.hosts:
        raise _fault(account, f"asks for {origin}, which is no host of its account's settings")
    if given.url.userinfo:
        raise _fault(account, "puts a name or a password into a URL")
    if given.method not in _METHODS:
        raise _fault(account, f"asks with a method that is none of {', '.join(sorted(_METHODS))}")
    try:
        size = len(given.content)
    except http.RequestNotRead:
        raise _fault(account, "yielded a request whose body is a stream") from None
    if size > limits.sent:
        raise _fault(account, f"sends {size} bytes; {limits.sent} are allowed")
    return rebuilt(given)


def proves_not_sent(error: BaseException) -> bool:
    """Whether no byte of a request can have left: no connection came about, or none was free.

    A certificate that does not fit proves it too, but may mean that somebody stands in between: unknown.
    """
    if not isinstance(error, http.ConnectError | http.ConnectTimeout | http.PoolTimeout):
        return False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return False
        cause = cause.__cause__ or cause.__context__
    return True


def unusable(problem: str) -> Malformed:
    """There is no answer that a flow could be given: neither a yes nor a no."""
    return Malformed(field="answer", problem=problem, remedy="Ask again later", reason="malformed")


class Exchange:
    """One attempt. As a context it keeps the transcript, and says when something may have left.

    `leaving` is called unless the error of the attempt proves that no byte left.
    """

    def __init__(
        self,
        request: Request,
        *,
        seconds: float,
        limits: FlowLimits,
        transcript: Transcript,
        clock: Callable[[], float],
        leaving: Callable[[], None],
    ) -> None:
        self.seconds = max(seconds, 0.0)
        self._request, self._limits, self._leaving = request, limits, leaving
        self._transcript, self._clock, self._begun = transcript, clock, clock()
        self._entry = transcript.sending(request)
        self._line: Any = None  # httpcore's stream, once there is a connection
        request.extensions["timeout"] = self._timeouts()

    def send(self, client: http.Client) -> Response:
        """Blocks until the answer is there, whole and not too large, or until it is `cut`."""
        self._request.extensions["trace"] = self._watch
        with unlogged():
            response = client.send(self._request, stream=True, auth=None, follow_redirects=False)
            try:
                body = bytearray()
                self._check_head(response)
                for chunk in response.iter_raw():
                    self._take(body, chunk)
            finally:
                response.close()
        return self._whole(response, bytes(body))

    def cut(self) -> None:
        """End the connection, so that a thread which still waits for it comes back."""
        if self._line is not None:
            with suppress(OSError):
                self._line.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    async def asend(self, client: http.AsyncClient) -> Response:
        """As `send`; cancelled, it ends its connection."""
        with unlogged():
            response = await client.send(self._request, stream=True, auth=None, follow_redirects=False)
            try:
                body = bytearray()
                self._check_head(response)
                async for chunk in response.aiter_raw():
                    self._take(body, chunk)
            finally:
                await response.aclose()
        return self._whole(response, bytes(body))

    def answered(self, response: Response) -> Response:
        """Keep in the transcript that this is the answer."""
        self._transcript.answered(
            self._entry,
            status=response.status_code,
            content=response.content,
            seconds=self._clock() - self._begun,
        )
        return response

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._leaving()
            return
        if not proves_not_sent(error):
            self._leaving()
        problem = error.problem if isinstance(error, Malformed) else type(error).__name__
        self._transcript.failed(self._entry, problem=problem, seconds=self._clock() - self._begun)

    def _watch(self, event: str, info: dict[str, Any]) -> None:
        if event in _CONNECTED:
            self._line = info["return_value"]

    def _timeouts(self) -> dict[str, Any]:
        connect, silence = min(self._limits.connect, self.seconds), min(self._limits.silence, self.seconds)
        return {"connect": connect, "pool": connect, "read": silence, "write": silence}

    def _check_head(self, response: Response) -> None:
        if 300 <= response.status_code < 400:
            raise unusable(f"redirected with {response.status_code}, which is not followed")
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise unusable("encoded, although identity was asked for")
        length = response.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self._limits.received:
            raise self._too_large()

    def _take(self, body: bytearray, chunk: bytes) -> None:
        if len(body) + len(chunk) > self._limits.received:
            raise self._too_large()
        body += chunk

    def _too_large(self) -> Malformed:
        return unusable(f"larger than {self._limits.received} bytes")

    def _whole(self, response: Response, body: bytes) -> Response:
        headers = [(name, text) for name, text in response.headers.multi_items() if name not in _FRAMING]
        return Response(response.status_code, headers=headers, content=body, request=self._request)


def _fault(account: GatewayAccount, problem: str) -> Defect:
    return Defect(field=f"plugin {account.plugin}", problem=problem, remedy="Mend the plugin")
