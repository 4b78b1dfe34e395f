"""What NgânLượng's codes mean, for each of the two questions; and its published sample credentials.

Codes are text: `0` is not `00`. A code that is not listed is unknown. Sheet: nganluong.md, 4.2 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from payport.plugin import Outcome

__all__ = ["CODES", "PUBLISHED", "SUCCESS", "Meaning", "asked", "created", "named"]

SUCCESS: Final = "00"  # of error_code, and of transaction_status


class Meaning(StrEnum):
    """The sheet's own classes of error_code."""

    OK = "ok"
    REJECT = "reject"  # our request
    CONFIG = "config"  # ours to mend: merchant, password, receiver, address
    FAILED = "failed"  # the buyer's attempt
    QUERY = "query"  # paid before, it says: only the details prove it
    NOT_FOUND = "not found"
    RETRY_LATER = "retry later"
    PENDING = "pending"  # not paid yet
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


def _class(meaning: Meaning, codes: str) -> dict[str, Meaning]:
    return dict.fromkeys(codes.split(), meaning)


CODES: Final[Mapping[str, Meaning]] = {  # error_code (6); ranges written out
    **_class(Meaning.OK, SUCCESS),
    **_class(Meaning.REJECT, "01 03 10 11 12 13 14 15 16 17 28 32 33 34 60 98"),
    **_class(Meaning.REJECT, "118 119 120 121 122 123 124 125 126 127 128 129 130 131 132 133 134"),
    **_class(Meaning.REJECT, "201 202 203 204 205 206"),
    **_class(Meaning.CONFIG, "02 04 05 06 07 08 09 110 111 113"),
    **_class(Meaning.FAILED, "18 19 20 22 24 25 26 27 136 140 141 142"),
    **_class(Meaning.QUERY, "21 200"),
    **_class(Meaning.NOT_FOUND, "29 30"),
    **_class(Meaning.RETRY_LATER, "80"),
    **_class(Meaning.PENDING, "81 114"),
    **_class(Meaning.CANCELLED, "115"),
    **_class(Meaning.UNKNOWN, "23 99 135"),
}

_CREATED: Final[Mapping[Meaning, Outcome]] = {
    Meaning.REJECT: Outcome.DECLINED,
    Meaning.CONFIG: Outcome.DECLINED,
    Meaning.RETRY_LATER: Outcome.DECLINED,  # "create failed": there is nothing that a buyer could pay
}
_ASKED: Final[Mapping[Meaning, Outcome]] = {
    Meaning.PENDING: Outcome.PENDING,
    Meaning.CANCELLED: Outcome.DECLINED,
}

PUBLISHED: Final = frozenset(  # SHA-256 of the official demos' credentials, and of our vectors'
    {
        "1dcd707c0e74a6ed4a14f19a2d824c5b1fbc87c0cb0a4c7d03281a6c65f3c520",
        "37cbf6e8973e3c31a15defdeab1aa6094f08add14b762cb5d4a3b2d8b7d0ccf1",
        "486679b322af26d7ddfa233a1494dc81582533ecf2711f11f6e912e9b3bcb936",
        "68bc4088507d3b4859f20bd52d28745726f5cced789e374bebd8f0fef4e91e26",
        "b9c1f90bec2d0b78480c333f2ada0666dafff320693b9c44d514aad3c86e0c3d",
        "fdb553f7ef43befdffec99fd8b36b22db663f19d6c47817f101b4edda7b59231",
    }
)


def named(code: str) -> str:
    """A code as it may be kept: one of the sheet's, and never a word that the answer brought along."""
    return code if code in CODES else "unlisted"


def created(code: str) -> Outcome:
    """What an error_code says of a SetExpressCheckout that gave no token."""
    return _CREATED.get(CODES.get(code, Meaning.UNKNOWN), Outcome.UNKNOWN)


def asked(code: str) -> Outcome:
    """What an error_code other than 00 says of a token. After a failed try (18 … 142) another may come."""
    return _ASKED.get(CODES.get(code, Meaning.UNKNOWN), Outcome.UNKNOWN)
