"""A posted form, read with bounds."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from payport_web.forms import read_form

pytestmark = pytest.mark.anyio
FORM = b"application/x-www-form-urlencoded"


def _posted(body: bytes, kind: bytes = FORM) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}, receive)


async def test_WEB_07_only_declared_fields_are_read() -> None:
    form = await read_form(
        _posted(b"form_token=t&reason=why&state=paid&total=1"), ("reason", "amount"), token="t"
    )

    assert form == {"reason": "why", "amount": ""}


@pytest.mark.parametrize("body", [b"", b"reason=why", b"form_token=&reason=why", b"form_token=T&reason=why"])
async def test_WEB_06_without_its_token_nothing_is_read(body: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        await read_form(_posted(body), ("reason",), token="t")

    assert refused.value.status_code == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"form_token=t&reason=a&reason=b", FORM, 400),
        (b"form_token=t&form_token=t", FORM, 400),
        (b"form_token=t&reason=%ff", FORM, 400),
        ("form_token=t&reason=ý".encode(), FORM, 400),
        (b"&".join(b"f%d=1" % number for number in range(65)), FORM, 400),
        (b"form_token=t&reason=" + b"x" * 17_000, FORM, 413),
        (b'{"form_token": "t"}', b"application/json", 415),
        (b"form_token=t", b"text/plain", 415),
    ],
)
async def test_WEB_07_a_body_that_reads_in_more_than_one_way_is_refused(
    body: bytes, kind: bytes, status: int
) -> None:
    with pytest.raises(HTTPException) as refused:
        await read_form(_posted(body, kind), ("reason",), token="t")

    assert refused.value.status_code == status
