"""Requests as a plugin writes them, and answers as it reads them."""

from __future__ import annotations

import pytest

from payport.errors import Malformed
from payport.gateways.http import is_repeatable, rebuilt
from payport.plugin import HttpUrl, Request, WireModel, get, post, read
from payport.testing import an_answer


class Answer(WireModel):
    code: str
    amount: int = 0


class TestARequest:
    def test_with_a_json_body_keeps_the_order_and_the_letters(self) -> None:
        request = post(HttpUrl("https://pay.example/v2/"), "/orders", json={"b": "Mai", "a": "đ", "n": 5})

        assert str(request.url) == "https://pay.example/v2/orders"
        assert request.content == '{"b":"Mai","a":"đ","n":5}'.encode()
        assert request.headers["content-type"] == "application/json"

    def test_with_a_form_body_is_encoded_as_a_form(self) -> None:
        request = post("https://pay.example", form={"a": "b c", "đ": "&"})

        assert request.content == b"a=b+c&%C4%91=%26"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"

    def test_with_a_query_is_encoded_as_one(self) -> None:
        assert str(get("https://pay.example", "/o", query={"a": "b c"}).url) == "https://pay.example/o?a=b+c"

    def test_is_sent_once_unless_it_says_otherwise(self) -> None:
        assert not is_repeatable(post("https://pay.example"))
        assert not is_repeatable(Request("GET", "https://pay.example", extensions={"payport.repeatable": 1}))
        assert is_repeatable(get("https://pay.example", repeatable=True))
        assert is_repeatable(rebuilt(get("https://pay.example", repeatable=True)))


class TestAnAnswer:
    def test_of_the_models_shape_is_read_and_the_rest_ignored(self) -> None:
        assert read(Answer, an_answer({"code": "00", "amount": 5, "new": []})) == Answer(code="00", amount=5)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"null",
            b"[]",
            b'{"code":0}',
            b'{"code":"00","amount":"5"}',
            b'{"code":"00","amount":5.0}',
            b'{"code":"00","amount":true}',
            b'{"code":"00","code":"24"}',
            b'{"code":"00"} x',
            b"<html>s3cret</html>",
            b"\xff",
            b"[" * 100_000,
        ],
        ids=lambda content: repr(content[:30]),
    )
    def test_that_makes_no_sense_raises_and_shows_no_value(self, content: bytes) -> None:
        with pytest.raises(Malformed) as caught:
            read(Answer, an_answer(content=content))

        assert "s3cret" not in str(caught.value)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
    def test_in_another_encoding_than_utf_8_raises(self, encoding: str) -> None:
        with pytest.raises(Malformed):
            read(Answer, an_answer(content='{"code":"00"}'.encode(encoding)))

    def test_may_begin_with_the_mark_of_utf_8(self) -> None:
        assert read(Answer, an_answer(content=b'\xef\xbb\xbf{"code":"00"}')).code == "00"

    @pytest.mark.parametrize("status", [201, 204, 302, 400, 500])
    def test_with_another_status_raises(self, status: int) -> None:
        with pytest.raises(Malformed, match=f"HTTP {status}"):
            read(Answer, an_answer({"code": "00"}, status=status))
