"""When the shop is called, what is sent, and what it answered (sheet 5)."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from payport_simulators.vnpay.faults import Ipn
from payport_simulators.vnpay.records import IpnCall, Result

__all__ = ["MOST_CALLS", "Notice", "Notifier"]

MOST_CALLS: Final = 10

_COPIES: Final = {Ipn.DUPLICATE: 2, Ipn.PARALLEL: 4}
_KEPT: Final = 2_000  # characters of an answer


@dataclass(frozen=True, slots=True)
class Notice:
    """One result that the shop must be told of, and when next. `manner` is that of the next call."""

    token: str
    result: Result
    due: datetime
    manner: Ipn = Ipn.ONCE
    attempt: int = 1


class Notifier:
    """Keeps what is due and makes the calls. Repeats until the shop takes a notice: at most 10 calls."""

    def __init__(self, *, retry_interval: timedelta, time_out: float) -> None:
        self._retry_interval = retry_interval
        self._lock = threading.Lock()
        self._notices: list[Notice] = []
        self._calls: list[IpnCall] = []
        self._client = httpx.Client(
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
    def waiting(self) -> tuple[Notice, ...]:
        with self._lock:
            return tuple(self._notices)

    def add(self, notice: Notice) -> None:
        with self._lock:
            self._notices.append(notice)

    def take_due(self, now: datetime, *, token: str | None = None) -> list[Notice]:
        """Remove and give what is due, the earliest first; whoever takes it must `tell` it."""
        with self._lock:
            due = [n for n in self._notices if n.due <= now and token in (None, n.token)]
            self._notices = [n for n in self._notices if n not in due]
        return sorted(due, key=lambda n: n.due)

    def tell(
        self, notice: Notice, url: str, reference: str, query: str, *, now: datetime
    ) -> tuple[IpnCall, ...]:
        """Call the shop as often as the notice's manner says, log that, and plan the repeat if one is due."""
        planned = IpnCall(at=now, reference=reference, attempt=notice.attempt, query=query)
        copies = _COPIES.get(notice.manner, 1)
        if notice.manner is Ipn.MISSING:
            calls = [replace(planned, error="lost on the way")]
        elif notice.manner is Ipn.PARALLEL:
            with ThreadPoolExecutor(copies) as pool:
                calls = list(pool.map(lambda _: self._call(planned, url), range(copies)))
        else:
            calls = [self._call(planned, url) for _ in range(copies)]
        with self._lock:
            self._calls.extend(calls)
            if notice.attempt < MOST_CALLS and not any(call.final for call in calls):
                again = now + self._retry_interval
                self._notices.append(replace(notice, due=again, manner=Ipn.ONCE, attempt=notice.attempt + 1))
        return tuple(calls)

    def close(self) -> None:
        self._client.close()

    def _call(self, planned: IpnCall, url: str) -> IpnCall:
        joiner = "&" if "?" in url else "?"
        try:
            response = self._client.get(f"{url}{joiner}{planned.query}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return replace(planned, error=type(error).__name__)
        return replace(
            planned,
            http_status=response.status_code,
            answer=response.text[:_KEPT],
            rsp_code=_rsp_code(response),
        )


def _rsp_code(response: httpx.Response) -> str | None:
    """RspCode of a JSON object that came with HTTP 200; a shop that answers otherwise has said nothing."""
    if response.status_code != httpx.codes.OK:
        return None
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    code = answer.get("RspCode") if isinstance(answer, dict) else None
    return code if isinstance(code, str) else None
