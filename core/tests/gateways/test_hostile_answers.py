"""Answers of a gateway that were written to hurt: files that shall be read, bombs, depth, numbers, letters.

What comes over the socket (redirects, packed bodies, sizes, certificates) is in test_flow.py.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from payport.errors import Malformed
from payport.plugin import Response, WireModel, read, read_form, read_xml

ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
BOMBS = {
    "ten levels of ten": f'<!DOCTYPE r [<!ENTITY a0 "ha">{ENTITIES}]><result><a>&a10;</a></result>',
    "one, often": f'<!DOCTYPE r [<!ENTITY a "{"x" * 30_000}">]><result><a>{"&a;" * 8_000}</a></result>',
    "one, often, and large": f'<!DOCTYPE r [<!ENTITY a "{"x" * 99_999}">]><result>{"&a;" * 99_999}</result>',
    "of parameters": '<!DOCTYPE r [<!ENTITY % a "x"><!ENTITY % b "%a;%a;">%b;]><result><a>1</a></result>',
}


class Said(WireModel):
    code: str
    amount: int = 0


def xml(body: bytes | str) -> dict[str, str]:
    content = body.encode() if isinstance(body, str) else body
    return dict(read_xml(Response(200, content=content), root="result"))


def form(body: bytes) -> dict[str, str]:
    return dict(read_form(Response(200, content=body)))


class TestRES05ExternalThings:
    @pytest.fixture
    def secret(self, tmp_path: Path) -> Path:
        file = tmp_path / "secret.txt"
        file.write_text("the key of the shop")
        return file

    @pytest.mark.parametrize(
        "text",
        [
            '<!DOCTYPE r [<!ENTITY x SYSTEM "file://{file}">]><result><a>&x;</a></result>',
            '<!DOCTYPE r [<!ENTITY % x SYSTEM "file://{file}">%x;]><result><a>1</a></result>',
            '<!DOCTYPE r SYSTEM "file://{file}"><result><a>1</a></result>',
            '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><result><a>1</a></result>',
            '<!DOCTYPE r PUBLIC "-//X//EN" "http://127.0.0.1:9/x.dtd"><result><a>1</a></result>',
            '<!DOCTYPE r><result><a>1</a></result>',
            '<result><!DOCTYPE r><a>1</a></result>',
            '<?xml version="1.0" standalone="no"?><!DOCTYPE r [<!ELEMENT r ANY>]><result><a>1</a></result>',
        ],
        ids=["entity", "parameter entity", "external DTD", "DTD of a server", "public DTD", "bare DTD",
             "DTD inside", "DTD with elements"],
    )  # fmt: skip
    def test_RES_05_a_document_type_is_refused_for_being_there(self, text: str, secret: Path) -> None:
        with pytest.raises(Malformed) as refusal:
            xml(text.format(file=secret))

        assert "the key of the shop" not in str(refusal.value)

    @pytest.mark.parametrize(
        "text",
        [
            '<result xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{file}"/></result>',
            '<result><a><include xmlns="http://www.w3.org/2001/XInclude" href="{file}"/></a></result>',
            '<?xml-stylesheet href="file://{file}"?><result><a href="file://{file}">1</a></result>',
        ],
        ids=["XInclude", "XInclude in a value", "a style sheet and an attribute"],
    )
    def test_RES_05_what_names_a_file_is_refused(self, text: str, secret: Path) -> None:
        with pytest.raises(Malformed):
            xml(text.format(file=secret))

    def test_RES_05_an_instruction_alone_is_refused_before_anybody_could_carry_it_out(
        self, secret: Path
    ) -> None:
        with pytest.raises(Malformed):
            xml(f'<?xml-stylesheet href="file://{secret}"?><result><a>1</a></result>')


class TestRES06Bombs:
    @pytest.mark.parametrize("name", BOMBS)
    def test_RES_06_is_refused_within_50_ms(self, name: str) -> None:
        body = Response(200, content=BOMBS[name].encode())
        taken = []
        for _ in range(3):  # the machine may be busy; the bomb is the same
            begun = time.perf_counter()
            with pytest.raises(Malformed):
                read_xml(body, root="result")
            taken.append(time.perf_counter() - begun)

        assert min(taken) < 0.050

    def test_RES_06_takes_no_10_MB(self) -> None:
        program = (
            "import resource, sys; from payport.plugin import Response, Malformed, read_xml\n"
            "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "bodies = [Response(200, content=each.encode()) for each in sys.stdin.read().split('\\0')]\n"
            "before = most()\n"
            "for body in bodies:\n"
            "    try: read_xml(body, root='result')\n"
            "    except Malformed: continue\n"
            "    raise SystemExit('believed')\n"
            "print(most() - before)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program],
            input="\0".join(BOMBS.values()),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

        kilobytes = int(ran.stdout) / (1024 if sys.platform == "darwin" else 1)
        assert kilobytes < 10_240
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


class TestRES02Depth:
    @pytest.mark.parametrize(
        "body", [b"<result>" * 100_000, b"<result>" + b"<a>" * 20_000, b"<a>" * 21_000 + b"</a>" * 500]
    )
    def test_RES_02_a_hundred_thousand_levels_of_xml_are_refused(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            xml(body)

    @pytest.mark.parametrize("opening", [b"[", b'{"a":'])
    def test_RES_02_a_hundred_thousand_levels_of_json_are_refused(self, opening: bytes) -> None:
        with pytest.raises(Malformed):
            read(Said, Response(200, content=opening * 100_000))

    @pytest.mark.parametrize("body", [b"a[b][c]=1&a[b][c]=2", b"&" * 60_000, b"a=1&" * 600 + b"b=1"])
    def test_RES_03_a_form_is_flat_and_has_few_names(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            form(body)

    def test_RES_03_so_has_xml(self) -> None:
        with pytest.raises(Malformed):
            xml("<result>" + "".join(f"<a{n}/>" for n in range(501)) + "</result>")


class TestRES08Numbers:
    @pytest.mark.parametrize("number", ["9" * 5_000, "1e1000000", "-1E+999999", "1" + "0" * 60_000])
    def test_RES_08_a_number_of_any_size_is_refused_at_once_in_json(self, number: str) -> None:
        begun = time.perf_counter()
        with pytest.raises(Malformed):
            read(Said, Response(200, content=f'{{"code":"00","amount":{number}}}'.encode()))

        assert time.perf_counter() - begun < 1

    @pytest.mark.parametrize(
        "number", ["NaN", "Infinity", "-Infinity", "1.0", "true", '"5"', "null", "0x10", "1_0"]
    )
    def test_RES_08_what_is_no_whole_number_is_refused(self, number: str) -> None:
        with pytest.raises(Malformed):
            read(Said, Response(200, content=f'{{"code":"00","amount":{number}}}'.encode()))

    def test_RES_08_in_a_form_and_in_xml_a_number_stays_text(self) -> None:
        digits = "9" * 5_000

        assert form(f"amount={digits}".encode()) == {"amount": digits}
        assert xml(f"<result><amount>{digits}</amount></result>") == {"amount": digits}


class TestCHN08AnswersThatAreNone:
    """HTTP 200, and something else than the gateway's form: neither a yes nor a no."""

    BODIES: tuple[bytes, ...] = (
        b"", b" ", b"null", b"OK", b"0", b'{"code":"00"}', b'["00"]',
        b"<!doctype html><html><body>Maintenance</body></html>", b"<html><body>00</body></html>",
        b"<result><code>00</code>", b"<result><code>00</co", b"<result><code>0", b"code",
        b"<?xml version='1.0' encoding='windows-1258'?><result><code>00</code></result>",
        "<result><code>00</code></result>".encode("utf-16"), "code=00".encode("utf-16"),
        b"<result><code>00</code><code>00</code></result>", b"<result><r><code>00</code></r></result>",
        b"<result><code>00\0</code></result>", b"<result>&#0;<code>00</code></result>",
        b"<result><code>&#xD800;</code></result>", b"<result><code>\xc0\xaf</code></result>",
        b"<soap><result><code>00</code></result></soap>", b"<result><code>00</code></result><x/>",
        b"\x1f\x8b\x08\x00" + b"\x00" * 30, b"HTTP/1.1 200 OK\r\n\r\n<result/>",
    )  # fmt: skip

    @pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
    def test_CHN_08_are_no_xml(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            xml(body)

    @pytest.mark.parametrize(
        "body",
        [*BODIES, b'<html lang="vi">00</html>', b"code=00&", b"&code=00",
         b"code=00&&x=1", b"code=00&code=00", b"code=00&c%6fde=01", b"code=%0", b"code=%", b"code=%GG",
         b"code=%C0%AF", b"code=%ED%A0%80", b"code=\xff", b"=00", b"code=00&=", b"%=1"],
        ids=repr,
    )  # fmt: skip
    def test_CHN_08_are_no_form(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            form(body)

    @pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 400, 401, 403, 404, 429, 500, 502, 503])
    def test_CHN_08_a_right_form_with_another_status_is_none(self, status: int) -> None:
        for content, reader in ((b"<result><a>1</a></result>", {"root": "result"}), (b"a=1", None)):
            response = Response(status, content=content)
            with pytest.raises(Malformed):
                _ = read_form(response) if reader is None else read_xml(response, **reader)

    @pytest.mark.parametrize("cut", range(1, 33))
    def test_CHN_08_half_a_body_is_none(self, cut: int) -> None:
        with pytest.raises(Malformed):
            xml(b"<result><code>00</code></result>"[:-cut])

    def test_CHN_08_a_form_keeps_every_letter_that_came_but_NUL(self) -> None:
        text: Any = form(b"b=%0D%0A&c=%3Cscript%3E&d=%E2%80%AE")

        assert text == {"b": "\r\n", "c": "<script>", "d": "\u202e"}
        for body in (b"a=%00", b"a=1\0", b"a=b%00c"):
            with pytest.raises(Malformed):
                form(body)
