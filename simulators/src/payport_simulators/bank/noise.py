"""What becomes of a transfer on its way into a statement: the switches, and what they do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

__all__ = ["Noise", "written"]

_CODE: Final = re.compile(r"[A-Za-z0-9]{6,}")
_PUNCTUATION: Final = re.compile(r"[^\w\s]|_")
_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_SHORT: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """All switches at once; the default is a bank that writes down what the payer sent (sheet 11).

    The text is altered in this order: `drop_memo` or `upper_case`, `strip_punctuation`, `split_code` (a blank
    inside the first run of six or more letters and digits), `prefix` ("MBVCB.<n>. "), `suffix`
    (" FT<digits>"), `cut` (25 characters are left). `twice` books two lines, `amount_off_by` (đồng) is more
    or less, and the line is booked `late_by` later.
    """

    upper_case: bool = False
    strip_punctuation: bool = False
    prefix: bool = False
    suffix: bool = False
    split_code: bool = False
    cut: bool = False
    drop_memo: bool = False
    twice: bool = False
    amount_off_by: int = 0
    late_by: timedelta = timedelta()


def written(memo: str, noise: Noise, number: int) -> str:
    """The text of a line, in which a run of blanks or control characters is one blank.

    `number` is the transfer's own.
    """
    text = _BLANKS.sub(" ", "" if noise.drop_memo else memo).strip()
    if noise.upper_case:
        text = text.upper()
    if noise.strip_punctuation:
        text = _PUNCTUATION.sub("", text)
    if noise.split_code:
        text = _CODE.sub(_halves, text, count=1)
    before = f"MBVCB.{number}." if noise.prefix else ""
    after = f"FT{number:011d}" if noise.suffix else ""
    text = " ".join(part for part in (before, text.strip(), after) if part)
    return text[:_SHORT].strip() if noise.cut else text


def _halves(code: re.Match[str]) -> str:
    middle = len(code[0]) // 2
    return f"{code[0][:middle]} {code[0][middle:]}"
