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
from payport_web.uploads import boundary_of, parse_upload

__all__ = ["BODY_SECONDS", "TOKEN_FIELD", "read_form"]

BODY_SECONDS = 30.0
"""For all of a form: far more than a buyer on a bad line needs."""

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - its name
_MOST_BYTES: Final = 16_384
_MOST_FIELDS: Final = 64
_URL_ENCODED: Final = "application/x-www-form-urlencoded"


async def read_form(
    request: Request,
    declared: Collection[str],
    *,
    token: str,
    most_bytes: int = _MOST_BYTES,
    files: Collection[str] = (),
) -> dict[str, str]:
    """The declared fields, blank where absent. Whatever else was sent is not even looked at.

    Args:
        token: the one that this visitor's page for this path has.
        most_bytes: of the body as it is sent.
        files: those of the declared fields that may come as files, of a multipart form: the value is then the
            file's bytes in URL-safe base64. Without any, such a form is refused.
    Raises: HTTPException 403 for any other token, 408 or 413 or 415 or 400 for a body
    that is too slow, too big, no form, or cut short or readable in more than one way.
    """
    kind = request.headers.get("content-type", "")
    boundary = boundary_of(kind) if files else None
    if boundary is None and kind.partition(";")[0].strip().lower() != _URL_ENCODED:
        raise HTTPException(415)
    body = await _body(request, most_bytes)
    fields = _parse(body) if boundary is None else _parse_upload(body, boundary, files)
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


def _parse_upload(body: bytes, boundary: bytes, files: Collection[str]) -> list[tuple[str, str]]:
    try:
        return parse_upload(body, boundary, files=files)
    except ValueError:
        raise HTTPException(400) from None
