"""The server of the bank that does not exist, where it gives money back: it remembers what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from payport_simulators import serve
from tests.support.bank_sign import MERCHANT

__all__ = ["Call", "RefundBank", "honest", "refund_bank"]

Said: TypeAlias = Mapping[str, Any] | bytes
REFUND: Final = "/refund"


@dataclass(frozen=True)
class Call:
    path: str
    fields: Mapping[str, str]


def honest(fields: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """A refund that was done, as the bank tells it; `changes` by the name of their field."""
    said = {
        "status": "paid",
        "merchant": MERCHANT,
        "order_ref": fields["order_ref"],
        "refund_ref": fields["refund_ref"],
        "amount": int(fields["amount"]),
        "txn": f"R{fields['refund_ref']}",
    } | changes
    return {name: value for name, value in said.items() if value is not None}


@dataclass
class RefundBank:
    """`says` and `says_of` make the answers to a refund and to a question about one; bytes go as they are.

    `calls` are all, in order.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    says: Callable[[Mapping[str, str]], Said] = honest
    says_of: Callable[[Mapping[str, str]], Said] = honest

    @property
    def sent(self) -> list[Mapping[str, str]]:
        """The refunds that reached it."""
        return [call.fields for call in self.calls if call.path == REFUND]

    @property
    def asked(self) -> list[Mapping[str, str]]:
        return [call.fields for call in self.calls if call.path != REFUND]

    def always(self, **changes: Any) -> None:
        """Both answers, with these changes."""
        self.says = self.says_of = lambda fields: honest(fields, **changes)

    def loses_the_answer(self) -> None:
        """It does what it is asked to, and nobody hears of it."""
        self.says = lambda fields: b"<html>502</html>"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        call = Call(scope["path"], dict(parse_qsl(scope["query_string"].decode())))
        self.calls.append(call)
        said = (self.says if call.path == REFUND else self.says_of)(call.fields)
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def refund_bank() -> Iterator[RefundBank]:
    bank = RefundBank()
    with serve(bank) as url:
        bank.url = url
        yield bank
