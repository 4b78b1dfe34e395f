"""How the vector runner asks the simulators: for each protocol and operation, a function of one vector.

A result is a plain dict: `valid`, and facts that stand under the same names in the vector's `expected`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from payport_simulators.bank.vectors import OPERATIONS as VIETQR
from payport_simulators.nganluong.vectors import OPERATIONS as NGANLUONG
from payport_simulators.onepay.vectors import OPERATIONS as ONEPAY
from payport_simulators.vnpay.records import PageError, Terminal
from payport_simulators.vnpay.rules import check, parse_date

__all__ = ["OPERATIONS", "Operation"]

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]


def _pay_request_verify(vector: Mapping[str, Any]) -> dict[str, Any]:
    used = set(vector["params"]["used_txn_refs_today"])
    opened = check(
        vector["query"].encode(),
        terminals={
            code: Terminal(code, known["secret"], active=known.get("active", True))
            for code, known in vector["secret"]["terminals"].items()
        },
        now=parse_date(vector["params"]["now_gmt7"]),
        is_used=lambda _terminal, reference, _create_date: reference in used,
    )
    if isinstance(opened, PageError):
        return {"valid": False, "result": "error_page", "code": opened.code}
    return {"valid": True, "result": "payment_page"}


OPERATIONS: Final[Mapping[str, Mapping[str, Operation]]] = {
    "nganluong": NGANLUONG,
    "onepay": ONEPAY,
    "vietqr": VIETQR,
    "vnpay": {"pay_request_verify": _pay_request_verify},
}
