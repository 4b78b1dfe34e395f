"""Reads a posted form: of bounded size and in bounded time, in one encoding, only the fields that the page
declares."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from payport_web.signing import same

__all__ = ["BODY_SECONDS", "TOKEN_FIELD", "read_form"]

BODY_SECONDS = 30.0
"""For all of a form: far more than a buyer on a bad line needs."""

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - its name
_MOST_BYTES: Final = 16_384
_MOST_FIELDS: Final = 64


async def read_form(
    request: Request, declared: Collection[str], *, token: str, most_bytes: int = _MOST_BYTES
) -> dict[str, str]:
    """The declared fields, blank where absent. Whatever else was sent is not even looked at.

    Args:
        token: the one that this visitor's page for this path has.
        most_bytes: of the body as it is sent.
    Raises: HTTPException 403 for any other token, 408 or 413 or 415 or 400 for a body
    that is too slow, too big, no form, or cut short or readable in more than one way.
    """
    fields = _parse(await _body(request, most_bytes))
    wanted = {TOKEN_FIELD, *declared}
    found: dict[str, str] = dict.fromkeys(wanted, "")
    seen: set[str] = set()
    for name, value in fields:
        if name in seen:
            raise HTTPException(400)
        if name in wanted:
            seen.add(name)
            found[name] = value
    if not same(token, found.pop(TOKEN_FIELD)):
        raise HTTPException(403)
    return found


async def _body(request: Request, most_bytes: int) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)


def _parse(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:  # not ASCII, not UTF-8 when unescaped, no pairs, too many
        raise HTTPException(400) from None
