"""The server of the bank that does not exist, with a memory: what it was asked for, what buyers paid, what it
gave back. It forgets nothing, so a test can compare its books with ours.

Its plugin is `bank_begin`: a page is asked for, a payment and a refund can be asked about.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from payport_simulators import serve
from tests.support.bank_sign import MERCHANT, bank_fields, pairs

__all__ = ["LOST_ANSWER", "LedgerBank", "ledger_bank"]

LOST_ANSWER: Final = 200_000
"""A refund of this amount is done, and its answer is lost on the way."""


@dataclass
class LedgerBank:
    """By merchant reference, `begun`: its pages, and `paid`: what buyers paid. By our refund reference,
    `sends`: how often it was sent, and `given_back`: what was done of it."""

    url: str = ""
    begun: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    sends: Counter[str] = field(default_factory=Counter)
    given_back: dict[str, int] = field(default_factory=dict)

    def buyer_pays(self, reference: str) -> None:
        """On the page: as much as it says."""
        self.paid[reference] = self.begun[reference]

    def tells(self, reference: str) -> bytes:
        """What it calls the IPN with, genuinely."""
        return pairs(bank_fields(reference, self.paid[reference]))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        said = self._answer(scope["path"], dict(parse_qsl(scope["query_string"].decode())))
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any] | bytes:
        reference = asked["order_ref"]
        if path == "/begin":
            self.begun[reference] = int(asked["amount"])
            return {"status": "paid", "token": f"token-{reference}"}
        if path == "/buyer":  # no door of the bank's: the buyer, played by a process that will be killed
            self.buyer_pays(reference)
            return self.tells(reference)
        if path == "/state":
            return self._state(reference)
        refund = asked["refund_ref"]
        if path == "/refund":
            self.sends[refund] += 1
            self.given_back[refund] = int(asked["amount"])
            if self.given_back[refund] == LOST_ANSWER:
                return b"<html>502</html>"
        if refund not in self.given_back:
            return {"status": "failed", "order_ref": reference, "refund_ref": refund}
        return {
            "status": "paid",
            "merchant": MERCHANT,
            "order_ref": reference,
            "refund_ref": refund,
            "amount": self.given_back[refund],
            "txn": f"R{refund}",
        }

    def _state(self, reference: str) -> Mapping[str, Any]:
        known = {"merchant": MERCHANT, "order_ref": reference}
        if reference not in self.paid:
            return known | {"status": "waiting"}
        return known | {"status": "paid", "amount": self.paid[reference], "txn": f"T{reference}"}


@contextmanager
def ledger_bank() -> Iterator[LedgerBank]:
    bank = LedgerBank()
    with serve(bank) as url:
        bank.url = url
        yield bank
