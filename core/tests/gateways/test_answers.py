"""Answers that are no JSON: read in one way, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from payport.errors import Malformed
from payport.plugin import Response, read_form, read_xml


def xml(body: bytes, *, status: int = 200, **how: Any) -> dict[str, str]:
    return dict(read_xml(Response(status, content=body), root="result", **how))


def form(body: bytes, *, status: int = 200) -> dict[str, str]:
    return dict(read_form(Response(status, content=body)))


class TestXML:
    def test_is_one_level_of_elements_with_text(self) -> None:
        body = '<?xml version="1.0" encoding="UTF-8"?>\n<result> <a>1 &amp; 2</a>\n<b/><c> đ </c></result>\n'

        assert xml(body.encode()) == {"a": "1 & 2", "b": "", "c": " đ "}

    def test_is_repaired_before_it_is_parsed(self) -> None:
        assert xml(b"<result><a>&</a></result>", amend=lambda body: body.replace(b"&", b"&amp;")) == {
            "a": "&"
        }

    def test_that_cannot_be_repaired_is_malformed(self) -> None:
        def fails(_: bytes) -> bytes:
            raise ValueError

        with pytest.raises(Malformed):
            xml(b"<result/>", amend=fails)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<result>",
            b"<result><a></result>",
            b"<other/>",
            b"<result>text</result>",
            b"<result><a>1</a>text</result>",
            b"<result><a>1</a><a>1</a></result>",
            b"<result><a><b/></a></result>",
            b"<result/><result/>",
            b"<result><a>&b;</a></result>",
            b"<result><a>\xff</a></result>",
            b"<!DOCTYPE result><result/>",
            b"<!DOCTYPE result [<!ENTITY a 'b'>]><result><a>&a;</a></result>",
            b"<html><body>Maintenance</body></html>",
            b"<result><a>0<!-- 9 -->0</a></result>",
            b"<result><a>1</a></result><!-- served by 7 -->",
            b"<result><?go away?><a>1</a></result>",
            b"<result>\xc2\xa0<a>1</a></result>",
            b" " * 1_048_577,
        ],
    )
    def test_of_another_form_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            xml(body)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_in_another_encoding_is_malformed_whether_it_says_so_or_not(self, encoding: str) -> None:
        for head in (
            "",
            f'<?xml version="1.0" encoding="{encoding}"?>',
            '<?xml version="1.0" encoding="utf-8"?>',
        ):
            with pytest.raises(Malformed):
                xml(f"{head}<result><a>1</a></result>".encode(encoding))
        with pytest.raises(Malformed):
            xml(f'<?xml version="1.0" encoding="{encoding}"?><result/>'.encode())

    @pytest.mark.parametrize("status", [201, 204, 302, 404, 500])
    def test_with_another_status_is_malformed(self, status: int) -> None:
        with pytest.raises(Malformed):
            xml(b"<result/>", status=status)


class TestAForm:
    def test_is_pairs_in_utf_8(self) -> None:
        assert form(b"a=1+2&b=&c=%C4%91%3D&d=x=y") == {"a": "1 2", "b": "", "c": "đ=", "d": "x=y"}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"a",
            b"=1",
            b"a=1&",
            b"a=1&a=1",
            b"a=1&%61=1",
            b"a=%",
            b"a=%4",
            b"a=%zz",
            b"a=%ff",
            b"<html></html>",
        ],
    )
    def test_of_another_form_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            form(body)

    def test_with_another_status_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            form(b"a=1", status=503)
