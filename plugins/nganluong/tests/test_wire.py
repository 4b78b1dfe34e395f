"""How NgânLượng's XML is repaired: only an ampersand that begins no reference."""

from __future__ import annotations

import pytest

from payport_nganluong.nganluong_wire import with_references


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"a&b", b"a&amp;b"),
        (b"&", b"&amp;"),
        (b"&&amp;&", b"&amp;&amp;&amp;"),
        (b"?a=1&b=2;c", b"?a=1&amp;b=2;c"),
        (b"&lt;&gt;&quot;&apos;&amp;", b"&lt;&gt;&quot;&apos;&amp;"),
        (b"&#38;&#x26;", b"&#38;&#x26;"),
        (b"&#;&#x;&#xg;&1;", b"&amp;#;&amp;#x;&amp;#xg;&amp;1;"),
        (b"&xxe;", b"&xxe;"),  # a reference: the parser refuses it
        (b"<![CDATA[a&b]]>&<![CDATA[&]]>", b"<![CDATA[a&b]]>&amp;<![CDATA[&]]>"),
        (b"<![CDATA[a&b", b"<![CDATA[a&b"),
        (b"", b""),
    ],
)
def test_what_is_escaped(written: bytes, read: bytes) -> None:
    assert with_references(written) == read
    assert with_references(read) == read
