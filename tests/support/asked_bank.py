"""The server of the bank that does not exist, asked what became of payments; it may take its time."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from payport_simulators import serve
from tests.support.bank_sign import MERCHANT

__all__ = ["AskedBank", "asked_bank"]


@dataclass
class AskedBank:
    """`asks`: how often it was asked about each merchant reference. All were paid, `amount` each.

    Args:
        seconds: that each answer takes.
        holding: the first ask about this reference is not answered until `release`, and then with a no.
    """

    url: str = ""
    amount: int = 0
    seconds: float = 0.0
    holding: str = ""
    released: bool = False
    asks: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        reference = dict(parse_qsl(scope["query_string"].decode()))["order_ref"]
        self.asks[reference] += 1
        said = {
            "status": "paid",
            "merchant": MERCHANT,
            "order_ref": reference,
            "amount": self.amount,
            "txn": f"T{reference}",
        }
        if reference == self.holding and self.asks[reference] == 1:
            while not self.released:
                await asyncio.sleep(0.02)
            said |= {"status": "failed"}
        await asyncio.sleep(self.seconds)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})


@contextmanager
def asked_bank() -> Iterator[AskedBank]:
    bank = AskedBank()
    with serve(bank) as url:
        bank.url = url
        yield bank
