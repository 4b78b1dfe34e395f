"""Knocks at an ASGI app with bytes of any kind, as no well-behaved client would. One call, one request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.shop import Shop

__all__ = ["Answer", "Door", "exchange"]

_Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    chunks_read: int  # of the request, before the answer


@dataclass
class Door:
    """The callback doors of one gateway account of a shop."""

    shop: Shop
    account: str = "vnpay-main"
    app: Any = field(init=False)

    def __post_init__(self) -> None:
        self.app = self.shop.payport.asgi()

    def ipn(self, query: bytes = b"", **parts: Any) -> Answer:
        return self.knock(f"/{self.account}/ipn", query, **parts)

    def back(self, query: bytes = b"", **parts: Any) -> Answer:
        return self.knock(f"/{self.account}/return", query, **parts)

    def knock(
        self,
        path: str,
        query: bytes = b"",
        *,
        method: str = "GET",
        headers: _Headers = (),
        body: bytes | Sequence[bytes] = b"",
        hangs_up: bool = False,
    ) -> Answer:
        """What the app answers. What it raises is raised here, so that no stack trace goes unnoticed.

        `body` in pieces is sent as chunks; `hangs_up`: the client is gone after them.
        """
        return asyncio.run(
            exchange(self.app, path, query, method=method, headers=headers, body=body, hangs_up=hangs_up)
        )


async def exchange(
    app: Any,
    path: str,
    query: bytes = b"",
    *,
    method: str = "GET",
    host: bytes = b"shop.example.vn",
    headers: _Headers = (),
    body: bytes | Sequence[bytes] = b"",
    hangs_up: bool = False,
    pause: float = 0,
) -> Answer:
    """As `Door.knock`, at any app and on the loop that runs. `pause`: seconds before each chunk."""
    chunks = [body] if isinstance(body, bytes) else body
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", host), *headers],
        "client": ("203.0.113.9", 40000),
        "server": ("shop.example.vn", 443),
    }
    messages = _messages(chunks, hangs_up=hangs_up)
    sent: list[dict[str, Any]] = []
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        if pause:
            await asyncio.sleep(pause)
        read += 1
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    body_sent = b"".join(message.get("body", b"") for message in rest)
    return Answer(start["status"], dict(start["headers"]), body_sent, read)


def _messages(chunks: Sequence[bytes], *, hangs_up: bool) -> Iterator[dict[str, Any]]:
    for place, chunk in enumerate(chunks, 1):
        more = place < len(chunks) or hangs_up
        yield {"type": "http.request", "body": chunk, "more_body": more}
    yield {"type": "http.disconnect"}
