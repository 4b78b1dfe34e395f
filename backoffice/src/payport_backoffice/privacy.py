"""Who a buyer is, for those who need to know; for others as much as tells two buyers apart."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from payport import BuyerDetails

__all__ = ["masked"]

_HIDDEN: Final = "•••"
_WORD: Final = re.compile(r"(\w)\w*")
_DIGITS_SHOWN: Final = 3


def masked(buyer: BuyerDetails) -> BuyerDetails:
    """Initials, the e-mail's first sign and its domain, the phone's last three digits; no address.

    A company and its tax code stand on invoices, and stay.
    """
    local, _, domain = buyer.email.partition("@")
    return replace(
        buyer,
        name=_WORD.sub(rf"\1{_HIDDEN}", buyer.name),
        email=f"{local[:1]}{_HIDDEN}@{domain}",
        phone=f"{_HIDDEN}{buyer.phone[-_DIGITS_SHOWN:]}" if buyer.phone else "",
        address=_HIDDEN if buyer.address else "",
    )
