"""How much of a request body is read."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

__all__ = ["read_body"]

_MOST_BYTES: Final = 64 * 1024


async def read_body(request: Request) -> bytes | None:
    """The whole body, or None if it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return body
