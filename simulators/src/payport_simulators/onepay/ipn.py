"""Which answer of a shop ends the IPN, and how often it is repeated (sheet 4.3)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import httpx

from payport_simulators.delivery import Notifier
from payport_simulators.onepay.records import Result

__all__ = ["MOST_CALLS", "notifier"]

MOST_CALLS: Final = 4

_ANSWER: Final = re.compile(r"responsecode=([0-9])")


def notifier(*, retry_interval: timedelta, time_out: float) -> Notifier[Result]:
    return Notifier(
        _response_code, taken=("1",), most_calls=MOST_CALLS, retry_interval=retry_interval, time_out=time_out
    )


def _response_code(response: httpx.Response) -> str | None:
    """The digit of a body that begins with `responsecode=` and came with HTTP 200."""
    answer = _ANSWER.match(response.text)
    return answer[1] if answer and response.status_code == httpx.codes.OK else None
