"""How much of a request body is read, and how a posted form is."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

__all__ = ["read_body", "read_form"]

_MOST_BYTES: Final = 64 * 1024


async def read_body(request: Request) -> bytes | None:
    """The whole body, or None if it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return body


async def read_form(request: Request) -> dict[str, str] | None:
    """The fields that a page of ours posts, the last of a repeated name; None if the body is too long."""
    body = await read_body(request)
    if body is None:
        return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
