"""The server of the bank that does not exist, on a real socket: it answers what a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from payport_simulators import serve

__all__ = ["FakeBank", "fake_bank"]


@dataclass
class FakeBank:
    """`status`, `headers` and `body` of the next answers; `asked`: the query of every call."""

    url: str = ""
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    asked: list[bytes] = field(default_factory=list)

    def says(
        self,
        body: bytes | dict[str, Any],
        *,
        status: int = 200,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.headers = status, list(headers)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(scope["query_string"])
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


@contextmanager
def fake_bank() -> Iterator[FakeBank]:
    bank = FakeBank()
    with serve(bank) as url:
        bank.url = url
        yield bank
