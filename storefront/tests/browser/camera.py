"""A bank app's camera: reads the QR codes of what a browser shows, from its pixels alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice

import zxingcpp
from playwright.sync_api import Locator

__all__ = ["scan"]


def scan(seen: Locator) -> list[str]:
    """The texts of all codes in the picture of an element, and of what is around its edge."""
    seen.scroll_into_view_if_needed()
    return [found.text for found in zxingcpp.read_barcodes(_greys(seen.screenshot()))]


def _greys(png: bytes) -> memoryview:
    """Rows of brightness, 0 to 255, of a PNG as browsers take it: 8 bits, RGB or RGBA, not interlaced."""
    chunks = dict[bytes, bytes]()
    for name, data in _chunks(png):
        chunks[name] = chunks.get(name, b"") + data
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, interlaced) == (8, 0)
    step = {2: 3, 6: 4}[colour]
    rows, above = bytearray(), bytes(width * step)
    packed = iter(zlib.decompress(chunks[b"IDAT"]))
    for _ in range(height):
        above = _row(next(packed), bytes(islice(packed, width * step)), above, step)
        rows += above[1::step]  # green is near enough to brightness
    return memoryview(bytes(rows)).cast("B", (height, width))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def _row(way: int, packed: bytes, above: bytes, step: int) -> bytes:
    """A row as it was before its filter (PNG, 9.2)."""
    row = bytearray(packed)
    for place, value in enumerate(packed):
        left = row[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        row[place] = (value + _guess(way, left, above[place], corner)) & 0xFF
    return bytes(row)


def _guess(way: int, left: int, up: int, corner: int) -> int:
    match way:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
    nearest = sorted((abs(left + up - corner - one), place) for place, one in enumerate((left, up, corner)))
    return (left, up, corner)[nearest[0][1]]
