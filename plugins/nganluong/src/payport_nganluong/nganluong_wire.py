"""How long a field may be, which page a buyer may be sent to, and how NgânLượng's XML is repaired.

Sheet: nganluong.md, 4.1 (lengths, page, token) and 7.6 (bare ampersands).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from payport.plugin import HttpUrl

__all__ = ["TOKEN", "is_page", "unfit", "with_references"]

TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{1,255}")
_LENGTHS: Final[Mapping[str, tuple[int, int]]] = {  # a field that is not listed is ours, and fits
    "merchant_id": (1, 20), "receiver_email": (1, 500), "order_code": (1, 150), "order_description": (0, 500),
    "return_url": (1, 500), "cancel_url": (0, 500), "notify_url": (1, 500), "buyer_fullname": (1, 255),
    "buyer_email": (1, 255), "buyer_mobile": (1, 20),
}  # fmt: skip
_OURS: Final[Mapping[str, str]] = {
    "buyer_fullname": "buyer.name", "buyer_email": "buyer.email", "buyer_mobile": "buyer.phone",
}  # fmt: skip
_PAGE: Final = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?([/?][!-\[\]-~]*)?")
_BARE: Final = re.compile(rb"&(?!(?:[A-Za-z_:][A-Za-z0-9._:-]*|#[0-9]+|#x[0-9A-Fa-f]+);)")


def unfit(fields: Mapping[str, str]) -> str | None:
    """What NgânLượng would refuse for its length, or for being blank, in our own words; None if all fit."""
    for name, (least, most) in _LENGTHS.items():
        if not least <= len(fields[name].strip()) <= len(fields[name]) <= most:
            return _OURS.get(name, name)
    return None


def is_page(url: str, api_url: HttpUrl) -> bool:
    """Whether a buyer's browser may be sent there: https, or plain http at the API's own plain http host."""
    if len(url) > 2_000 or not _PAGE.fullmatch(url):
        return False
    page = urlsplit(url)
    return page.scheme == "https" or (api_url.scheme == "http" and page.hostname == api_url.host)


def with_references(body: bytes) -> bytes:
    """Each `&` that begins no reference, written as one. What stands in CDATA is text already."""
    first, *sections = body.split(b"<![CDATA[")
    repaired = [_BARE.sub(b"&amp;", first)]
    for section in sections:
        inside, end, after = section.partition(b"]]>")
        repaired += [b"<![CDATA[", inside, end, _BARE.sub(b"&amp;", after)]
    return b"".join(repaired)
