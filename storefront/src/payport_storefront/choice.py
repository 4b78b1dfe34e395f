"""What was chosen on the order page: read from its form, against what is offered. Never a price."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import urlencode

from payport import New, Offer, Purchase, RequestRefused, read_purchase
from payport_storefront.i18n import msg

__all__ = ["Chosen", "explained", "fields_of", "read_choice"]

_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_PROBLEMS: Final = {
    "offer": msg("Choose a package and a term."),
    "extra": msg("Enter a whole number of steps within the limits, for the package that you chose, or none."),
    "code": msg("This code is not known, or cannot be used for this choice."),
    "total": msg("No way to pay carries this total. Choose a smaller or a larger package."),
}
_FIELDS: Final = {"code": "code", "extra_steps": "extra", "total": "total"}


class Chosen:
    """The fields of the order page, as its form posts them or as they stand in its address."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.offer = fields.get("offer", "")
        self.code = fields.get("code", "").strip().upper()
        self.extra = {
            name.removeprefix("extra_"): value.strip()
            for name, value in fields.items()
            if name.startswith("extra_")
        }

    @classmethod
    def of(cls, purchase: Purchase) -> Self:
        """What had to be chosen for this purchase."""
        if not isinstance(purchase, New):
            return cls({})
        steps = str(purchase.extra_steps or "")
        return cls(
            {
                "offer": f"{purchase.package}/{purchase.months}",
                f"extra_{purchase.package}": steps,
                "code": purchase.code or "",
            }
        )

    @property
    def fields(self) -> dict[str, str]:
        """For the address of a page that shows the same choice; nothing that was left blank."""
        extra = {f"extra_{package}": steps for package, steps in self.extra.items()}
        fields = {"offer": self.offer, **extra, "code": self.code}
        return {name: value for name, value in fields.items() if value}

    @property
    def address(self) -> str:
        return f"/order?{urlencode(self.fields)}" if self.fields else "/order"


def fields_of(offer: Offer) -> tuple[str, ...]:
    """The names of the order page's fields, for what is offered."""
    return ("offer", "code", *(f"extra_{package.id}" for package in offer.packages if package.extra))


def read_choice(chosen: Chosen, offer: Offer) -> New:
    """The purchase that these fields ask for. Raises: RequestRefused, naming the field."""
    for package in offer.packages:
        for term in package.terms:
            if chosen.offer == f"{package.id}/{term.months}":
                steps = _steps(chosen.extra, package.id if package.extra else None)
                asked = {"kind": "new", "package": package.id, "months": term.months, "extra_steps": steps}
                purchase = read_purchase(asked | ({"code": chosen.code} if chosen.code else {}))
                assert isinstance(purchase, New)
                return purchase
    raise RequestRefused(field="offer", problem="not offered", remedy="Choose one of the offers")


def explained(refused: RequestRefused) -> dict[str, str]:
    """The field of the order page that is wrong, and what to do about it."""
    field = _FIELDS.get(refused.field, "offer")
    return {field: _PROBLEMS[field]}


def _steps(typed: Mapping[str, str], package: str | None) -> int:
    """Steps for this package. Steps typed for another one are no slip to pass over in silence."""
    steps = 0
    for name, text in typed.items():
        if not text:
            continue
        if not _WHOLE.fullmatch(text) or (name != package and int(text)):
            raise RequestRefused(
                field="extra_steps",
                problem="not a whole number for the chosen package",
                remedy="Give digits, or nothing",
            )
        steps += int(text)
    return steps
