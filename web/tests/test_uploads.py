"""A form with a file: bounded, with one reading or none, and the bytes as they came."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from payport_web.forms import read_form
from payport_web.uploads import parse_upload

pytestmark = pytest.mark.anyio
KIND = b"multipart/form-data; boundary=cut"
TOKEN = b'content-disposition: form-data; name="form_token"\r\n\r\nt'
FILE = b'content-disposition: form-data; name="content"; filename="s.csv"\r\ncontent-type: text/csv\r\n\r\n'


def multipart(*parts: bytes, end: bytes = b"--cut--\r\n") -> bytes:
    return b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + end


def posted(body: bytes, kind: bytes = KIND) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}, receive)


async def read(body: bytes, kind: bytes = KIND) -> dict[str, str]:
    return await read_form(posted(body, kind), ("account", "content"), token="t", files=("content",))


async def test_a_file_is_handed_on_byte_for_byte_and_its_name_is_not() -> None:
    content = b"\xff\xfed\x00\xf1\r\n--cu\r\n\x00" + "tiền".encode("cp1258", "replace")
    field = b'content-disposition: form-data; name="account"\r\n\r\n' + "tài khoản".encode()

    form = await read(multipart(TOKEN, field, FILE.replace(b"s.csv", b"../../etc/passwd") + content))

    assert urlsafe_b64decode(form["content"]) == content
    assert form["account"] == "tài khoản"
    assert set(form) == {"account", "content"}


async def test_a_file_that_was_not_chosen_is_blank() -> None:
    assert (await read(multipart(TOKEN, FILE.replace(b"s.csv", b""))))["content"] == ""


async def test_WEB_06_without_its_token_nothing_is_read() -> None:
    for parts in ((FILE + b"x",), (TOKEN[:-1] + b"T", FILE + b"x")):
        with pytest.raises(HTTPException) as refused:
            await read(multipart(*parts))
        assert refused.value.status_code == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (multipart(TOKEN, FILE + b"x", FILE + b"y"), KIND, 400),
        (multipart(TOKEN, TOKEN), KIND, 400),
        (multipart(TOKEN, FILE + b"x", end=b""), KIND, 400),
        (multipart(TOKEN, FILE + b"x", end=b"--cut"), KIND, 400),
        (b"", KIND, 400),
        (multipart(TOKEN, b"\r\nno header"), KIND, 400),
        (multipart(TOKEN, b'content-disposition: attachment; name="content"\r\n\r\nx'), KIND, 400),
        (multipart(TOKEN, FILE.replace(b'; filename="s.csv"', b"") + b"eA=="), KIND, 400),
        (multipart(TOKEN.replace(b'n"', b'n"; filename="a"', 1)), KIND, 400),
        (multipart(TOKEN, b'content-disposition: form-data; name="account"\r\n\r\n\xff'), KIND, 400),
        (multipart(TOKEN, b"content-transfer-encoding: base64\r\n" + FILE + b"eA=="), KIND, 400),
        (multipart(TOKEN, FILE.replace(b"\r\n\r\n", b"\r\ncontent-type: a/b\r\n\r\n") + b"x"), KIND, 400),
        (multipart(TOKEN, b"content-type: " + b"a" * 2_000 + b"\r\n" + FILE + b"x"), KIND, 400),
        (multipart(*[TOKEN.replace(b"form_token", b"%d" % n) for n in range(65)]), KIND, 400),
        (multipart(TOKEN, FILE + b"x") + multipart(FILE + b"y"), KIND, 400),
        (multipart(TOKEN, FILE + b"x") + b"more", KIND, 400),
        (multipart(TOKEN, FILE.replace(b"name=", b'name="account"; name=', 1) + b"x"), KIND, 400),
        (multipart(TOKEN, b'content-disposition: form-data; name="account\r\n\r\nx'), KIND, 400),
        (multipart(TOKEN, FILE + b"x" * 17_000), KIND, 413),
        (multipart(TOKEN, FILE + b"x"), b"multipart/form-data", 415),
        (multipart(TOKEN, FILE + b"x"), b"multipart/mixed; boundary=cut", 415),
        (multipart(TOKEN, FILE + b"x"), b"multipart/form-data; boundary=" + b"c" * 300, 400),
    ],
)  # fmt: skip
async def test_WEB_07_a_body_that_reads_in_more_than_one_way_is_refused(
    body: bytes, kind: bytes, status: int
) -> None:
    with pytest.raises(HTTPException) as refused:
        await read(body, kind)

    assert refused.value.status_code == status


async def test_a_page_that_takes_no_file_takes_no_such_form() -> None:
    with pytest.raises(HTTPException) as refused:
        await read_form(posted(multipart(TOKEN)), ("reason",), token="t")

    assert refused.value.status_code == 415


@given(noise=st.binary(max_size=300), place=st.integers(0, 200))
def test_noise_is_refused_or_read_and_nothing_else(noise: bytes, place: int) -> None:
    whole = multipart(TOKEN, FILE + b"x")
    try:
        parse_upload(whole[:place] + noise + whole[place:], b"cut", files=("content",))
    except ValueError:
        return
