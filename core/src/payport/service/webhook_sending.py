"""One try to tell one web hook: where it goes, what goes, how long it may take, and what the answer means."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final

from payport.errors import Defect, RequestRefused
from payport.gateways.guard import Guard
from payport.gateways.http import http, unlogged
from payport.service.events import Event
from payport.service.subscribers import Webhook
from payport.service.webhook_signature import signature_headers
from payport.service.webhook_target import addresses

__all__ = ["Told", "send"]

_SECONDS: Final = 10.0  # all of it; a lease is longer
_MOST_ADDRESSES: Final = 3
_LONGEST_WAIT: Final = timedelta(days=1)
_GONE: Final = 410
_AWAY: Final = frozenset({429, 502, 503, 504})  # what a receiver says of itself, not of this event
_guard: Final = Guard("a web hook", most_abandoned=32)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one try.

    Args:
        error: why it failed, for the operator: of ours and of closed lists, never the receiver's own words.
        is_gone: the receiver wants nothing more (410).
        is_away: the failure speaks of the receiver as a whole.
        wait: how long it asked to be left alone.
    """

    error: str | None = None
    is_gone: bool = False
    is_away: bool = False
    wait: timedelta | None = None


def send(hook: Webhook, event: Event, client: http.Client, *, at: datetime) -> Told:
    """Never raises for what the other side does."""
    secrets = [secret.value for secret in hook.secrets if secret.is_valid(at)]
    if not secrets:
        return Told("no secret of it is valid now", is_away=True)
    try:
        found = addresses(hook.target, sandbox=hook.sandbox)
    except RequestRefused as refused:
        return Told(f"refused: {refused.problem}", is_away=True)
    except OSError:
        return Told("its name does not resolve", is_away=True)
    body = event.body
    headers = signature_headers(event.id, int(at.timestamp()), body, secrets)
    attempt = _Attempt(hook, body, headers, time.monotonic() + _SECONDS)
    return _first_that_connects(attempt, client, found[:_MOST_ADDRESSES], at)


def _first_that_connects(
    attempt: _Attempt, client: http.Client, found: tuple[str, ...], at: datetime
) -> Told:
    """To an address after the other, as long as surely no byte left."""
    for address in found:
        try:
            status, answered = _guard.within(attempt.left, partial(attempt.post, client, address))
        except (http.ConnectError, http.ConnectTimeout):
            continue
        except (http.TimeoutException, Defect):
            attempt.cut()
            return Told(f"no answer within {_SECONDS:.0f} s", is_away=True)
        except (http.HTTPError, http.InvalidURL) as error:
            return Told(f"no answer ({type(error).__name__})", is_away=True)
        return _meaning(status, answered, at)
    return Told("no connection", is_away=True)


class _Attempt:
    """One POST to an address that was judged; the name goes into `Host` and into the certificate's check."""

    def __init__(self, hook: Webhook, body: bytes, headers: Mapping[str, str], ends: float) -> None:
        self._ends = ends
        self._target, self._body, self._headers = hook.target, body, headers
        self._line: Any = None

    @property
    def left(self) -> float:
        """Seconds."""
        return max(self._ends - time.monotonic(), 0.1)

    def post(self, client: http.Client, address: str) -> tuple[int, Mapping[str, str]]:
        """Status and headers. The body of an answer says nothing, and is not read."""
        request = http.Request(
            "POST",
            self._target.at(address),
            content=self._body,
            headers={
                "Host": self._target.authority,
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "payport",
                **self._headers,
            },
            extensions={
                "sni_hostname": self._target.host,
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.left),
                "trace": self._watch,
            },
        )
        with unlogged():
            response = client.send(request, stream=True, auth=None, follow_redirects=False)
            response.close()
        return response.status_code, response.headers

    def cut(self) -> None:
        """End the connection, so that the thread which waits for it comes back."""
        if self._line is not None:
            with suppress(OSError):
                self._line.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._line = info["return_value"]


def _meaning(status: int, headers: Mapping[str, str], at: datetime) -> Told:
    if 200 <= status < 300:
        return Told()
    if 300 <= status < 400:
        return Told(f"HTTP {status}: a redirect is not followed")
    return Told(
        f"HTTP {status}",
        is_gone=status == _GONE,
        is_away=status in _AWAY,
        wait=_wait(headers.get("retry-after", ""), at),
    )


def _wait(text: str, at: datetime) -> timedelta | None:
    """Seconds, or a date (RFC 9110, 10.2.3); at most a day. None for anything else."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:6])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max(until - at, timedelta()), _LONGEST_WAIT)
