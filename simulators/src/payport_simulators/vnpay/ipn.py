"""Which answer of a shop ends the IPN, and how often it is repeated (sheet 5)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

import httpx

from payport_simulators.delivery import Notifier
from payport_simulators.vnpay.records import Result

__all__ = ["MOST_CALLS", "notifier"]

MOST_CALLS: Final = 10

_TAKEN: Final = ("00", "02")


def notifier(*, retry_interval: timedelta, time_out: float) -> Notifier[Result]:
    return Notifier(
        _rsp_code, taken=_TAKEN, most_calls=MOST_CALLS, retry_interval=retry_interval, time_out=time_out
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
