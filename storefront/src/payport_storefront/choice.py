"""What was chosen on a page of offers: read from its form, against what is offered. Never a price."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Self
from urllib.parse import urlencode

from payport import AddCapacity, New, Offer, Quote, Renew, RequestRefused, Switch, read_purchase
from payport_web.languages import msg

__all__ = ["ADD_CAPACITY", "FIRST", "LATER", "RENEW", "Chosen", "explained", "fields_of", "read_choice"]

FIRST: Final = "/order"
"""Where a first package is chosen."""
LATER: Final = "/renew"
"""Where who holds a package adds capacity, renews it or takes another one."""
ADD_CAPACITY: Final = "add_capacity"
RENEW: Final = "renew"

_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_PROBLEMS: Final = {
    "offer": msg("Choose a package and a term."),
    "package": msg(
        "This holds less than you use. Choose a larger package or more extra capacity, or free some space."
    ),
    "steps": msg("Enter a whole number of steps within the limits."),
    "extra_steps": msg("Enter a whole number of steps within the limits, or none."),
    "extra_elsewhere": msg(
        "This is extra capacity for a package that you have not chosen. "
        "Choose that package, or empty the field."
    ),
    "code": msg("This code is not known, or cannot be used for this choice."),
    "total": msg("No way to pay carries this total. Choose less, or more."),
}
_FIELDS: Final = {"package": "offer", "extra_steps": "extra", "extra_elsewhere": "extra"}
"""Where on the page a problem is shown, if not at the field of its name."""


class Chosen:
    """The fields of a page of offers, as its form posts them or as they stand in its address.

    Args:
        page: FIRST or LATER.
    """

    def __init__(self, fields: Mapping[str, str], page: str = FIRST) -> None:
        self.page = page
        self.mode = fields.get("mode", "")
        self.offer = fields.get("offer", "")
        self.steps = fields.get("steps", "").strip()
        self.code = fields.get("code", "").strip().upper()
        self.extra = {
            name.removeprefix("extra_"): value.strip()
            for name, value in fields.items()
            if name.startswith("extra_")
        }

    @classmethod
    def of(cls, quote: Quote) -> Self:
        """What had to be chosen for this quote."""
        purchase = quote.purchase
        code = purchase.code or ""
        if isinstance(purchase, AddCapacity):
            return cls({"mode": ADD_CAPACITY, "steps": str(purchase.steps), "code": code}, LATER)
        fields = {
            "offer": f"{quote.package}/{purchase.months}",
            f"extra_{quote.package}": str(purchase.extra_steps or ""),
            "code": code,
        }
        return cls(fields) if isinstance(purchase, New) else cls({"mode": RENEW, **fields}, LATER)

    @property
    def fields(self) -> dict[str, str]:
        """For the address of a page that shows the same choice; nothing that was left blank."""
        extra = {f"extra_{package}": steps for package, steps in self.extra.items()}
        fields = {"mode": self.mode, "offer": self.offer, "steps": self.steps, **extra, "code": self.code}
        return {name: value for name, value in fields.items() if value}

    @property
    def address(self) -> str:
        return f"{self.page}?{urlencode(self.fields)}" if self.fields else self.page

    def kind(self, held_package: str | None) -> str:
        """Which kind of purchase this asks for, by an account that holds this package."""
        if self.page == FIRST:
            return "new"
        if self.mode == ADD_CAPACITY:
            return "add_capacity"
        return "renew" if self.offer.partition("/")[0] in {"", held_package} else "switch"


def fields_of(page: str, offers: Iterable[Offer]) -> set[str]:
    """The names of the fields of this page, for what is offered on it."""
    extra = {f"extra_{package.id}" for offer in offers for package in offer.packages if package.extra}
    return {"offer", "code"} | extra | ({"mode", "steps"} if page == LATER else set())


def read_choice(chosen: Chosen, offer: Offer) -> New | AddCapacity | Renew | Switch:
    """The purchase of this kind that the fields ask for. Raises: RequestRefused, naming the field."""
    code = {"code": chosen.code} if chosen.code else {}
    if offer.kind == "add_capacity":
        return read_purchase({"kind": offer.kind, "steps": _whole(chosen.steps, field="steps")} | code)
    for package in offer.packages:
        for term in package.terms:
            if chosen.offer == f"{package.id}/{term.months}":
                steps = _extra_steps(chosen.extra, package.id if package.extra else None)
                named = {} if offer.kind == "renew" else {"package": package.id}
                asked = {"kind": offer.kind, "months": term.months, "extra_steps": steps}
                return read_purchase(asked | named | code)
    raise RequestRefused(field="offer", problem="not offered", remedy="Choose one of the offers")


def explained(refused: RequestRefused) -> dict[str, str]:
    """The field of the page that is wrong, and what to do about it."""
    wrong = refused.field if refused.field in _PROBLEMS else "offer"
    return {_FIELDS.get(wrong, wrong): _PROBLEMS[wrong]}


def _extra_steps(typed: Mapping[str, str], package: str | None) -> int:
    """Steps for this package. Steps typed for another one are no slip to pass over in silence."""
    steps = 0
    for name, text in typed.items():
        if not text:
            continue
        count = _whole(text, field="extra_steps")
        if name != package and count:
            raise RequestRefused(
                field="extra_elsewhere", problem="for a package that was not chosen", remedy="Leave it out"
            )
        steps += count
    return steps


def _whole(text: str, *, field: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise RequestRefused(field=field, problem="not a whole number", remedy="Give digits")
    return int(text)
