"""How a gateway's server calls a shop: what is due when, the call over HTTP, the answer, and the repeats."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final, Generic, TypeVar

import httpx

__all__ = ["Delivery", "Ipn", "IpnCall", "Notice", "Notifier"]

_Result = TypeVar("_Result")


class Delivery(StrEnum):
    """Which of the two callbacks come, and in which order."""

    IPN_FIRST = "ipn-first"
    RETURN_FIRST = "return-first"  # the IPN waits for the next `deliver_due`
    RETURN_ONLY = "return-only"  # no IPN, ever
    IPN_ONLY = "ipn-only"  # the buyer closes the window


class Ipn(StrEnum):
    """How the first IPN call is made. `MISSING`: it is lost on the way; the repeats by schedule are made."""

    ONCE = "once"
    DUPLICATE = "duplicate"
    PARALLEL = "parallel"
    LATE = "late"
    MISSING = "missing"


_COPIES: Final = {Ipn.DUPLICATE: 2, Ipn.PARALLEL: 4}
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_KEPT: Final = 2_000  # characters of an answer


@dataclass(frozen=True, slots=True)
class IpnCall:
    """One IPN call and what came of it. `answer` is the body's start; `rsp_code` None if it had none.

    `http_status` is None if there was no answer; then `error` says why. `final`: the gateway repeats it
    no more.
    """

    at: datetime
    reference: str
    attempt: int
    query: str
    http_status: int | None = None
    answer: str = ""
    rsp_code: str | None = None
    error: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Notice(Generic[_Result]):
    """One result that the shop must be told of, and when next. `manner` is that of the next call."""

    token: str
    result: _Result
    due: datetime
    manner: Ipn = Ipn.ONCE
    attempt: int = 1


@cache
def _public_roots() -> ssl.SSLContext:
    """Read once: it takes longer than all else that a gateway begins with."""
    return httpx.create_ssl_context(trust_env=False)


class Notifier(Generic[_Result]):
    """Keeps what is due and makes the calls. Repeats until the shop takes a notice, or `most_calls` are made.

    Args:
        read: the code that an answer gives, or None where it gives none.
        taken: the codes after which the shop is called no more.
        most_calls: of one notice, the first included.
        retry_interval: from one call to its repeat.
        time_out: seconds that the shop has to answer one.
    """

    def __init__(
        self,
        read: Callable[[httpx.Response], str | None],
        *,
        taken: Iterable[str],
        most_calls: int,
        retry_interval: timedelta,
        time_out: float,
    ) -> None:
        self._read = read
        self._taken = frozenset(taken)
        self._most_calls = most_calls
        self._retry_interval = retry_interval
        self._lock = threading.Lock()
        self._notices: list[Notice[_Result]] = []
        self._calls: list[IpnCall] = []
        self._client = httpx.Client(
            verify=_public_roots(),
            timeout=time_out,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @property
    def calls(self) -> tuple[IpnCall, ...]:
        with self._lock:
            return tuple(self._calls)

    @property
    def waiting(self) -> tuple[Notice[_Result], ...]:
        with self._lock:
            return tuple(self._notices)

    def add(self, notice: Notice[_Result]) -> None:
        with self._lock:
            self._notices.append(notice)

    def take_due(self, now: datetime, *, token: str | None = None) -> list[Notice[_Result]]:
        """Remove and give what is due, the earliest first; whoever takes it must `tell` it."""
        with self._lock:
            due = [n for n in self._notices if n.due <= now and token in (None, n.token)]
            self._notices = [n for n in self._notices if n not in due]
        return sorted(due, key=lambda n: n.due)

    def tell(
        self,
        notice: Notice[_Result],
        url: str,
        reference: str,
        query: str,
        *,
        now: datetime,
        post: bool = False,
    ) -> tuple[IpnCall, ...]:
        """Call the shop as often as the notice's manner says, log that, and plan the repeat if one is due.

        `post`: `query` is a form's body instead.
        """
        planned = IpnCall(at=now, reference=reference, attempt=notice.attempt, query=query)
        copies = _COPIES.get(notice.manner, 1)
        if notice.manner is Ipn.MISSING:
            calls = [replace(planned, error="lost on the way")]
        elif notice.manner is Ipn.PARALLEL:
            with ThreadPoolExecutor(copies) as pool:
                calls = list(pool.map(lambda _: self._call(planned, url, post=post), range(copies)))
        else:
            calls = [self._call(planned, url, post=post) for _ in range(copies)]
        with self._lock:
            self._calls.extend(calls)
            if notice.attempt < self._most_calls and not any(call.final for call in calls):
                again = now + self._retry_interval
                self._notices.append(replace(notice, due=again, manner=Ipn.ONCE, attempt=notice.attempt + 1))
        return tuple(calls)

    def close(self) -> None:
        self._client.close()

    def _call(self, planned: IpnCall, url: str, *, post: bool) -> IpnCall:
        joiner = "&" if "?" in url else "?"
        try:
            if post:
                response = self._client.post(url, content=planned.query, headers=_FORM)
            else:
                response = self._client.get(f"{url}{joiner}{planned.query}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return replace(planned, error=type(error).__name__)
        code = self._read(response)
        return replace(
            planned,
            http_status=response.status_code,
            answer=response.text[:_KEPT],
            rsp_code=code,
            final=code in self._taken,
        )
