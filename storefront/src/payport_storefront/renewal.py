"""What the renewal page shows: two modes, and each package with what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from payport import Entitlement, Offer, PackageOffer
from payport_storefront.choice import ADD_CAPACITY, LATER, RENEW, Chosen

__all__ = ["Mode", "PackageChoice", "modes", "package_choices", "preselected"]

_USUAL_MONTHS: Final = 12
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to go on: the offers that it leads to, and the one that says why it is closed, if it is."""

    id: str
    closed: Offer | None


@dataclass(frozen=True, slots=True)
class PackageChoice:
    """A package as it stands on the page.

    Args:
        offer: the purchase that taking it would be: `renew` for the package that is held, or `switch`.
        package: what may be chosen of it; None where that purchase is closed.
    """

    offer: Offer
    package: PackageOffer | None

    @property
    def is_held(self) -> bool:
        return self.offer.kind == "renew"

    @property
    def is_open(self) -> bool:
        """A renewal is never refused for what is in use: the account is then full until there is room."""
        return self.package is not None and (self.is_held or self.package.steps_needed is not None)


def modes(offers: Mapping[str, Offer]) -> tuple[Mode, ...]:
    """Adding capacity, and renewing, which is open where the same or another package can be taken."""
    add, renew, switch = offers["add_capacity"], offers["renew"], offers["switch"]
    first_to_open = min((renew, switch), key=lambda offer: offer.opens_at or _NEVER)
    return (
        Mode(ADD_CAPACITY, None if add.is_open else add),
        Mode(RENEW, None if renew.is_open or switch.is_open else first_to_open),
    )


def package_choices(offers: Mapping[str, Offer], held: Entitlement) -> tuple[PackageChoice, ...]:
    """The package that is held, open or not, and the others where they are open; smallest first."""
    found = [
        PackageChoice(offer, package)
        for offer in (offers["renew"], offers["switch"])
        for package in offer.packages
    ]
    if not offers["renew"].is_open:
        found.append(PackageChoice(offers["renew"], None))
    found.sort(key=lambda choice: choice.package.included_gb if choice.package else held.included_gb)
    return tuple(found)


def preselected(chosen: Chosen, offers: Mapping[str, Offer], held: Entitlement) -> Chosen:
    """What was chosen, completed by what most people take, so that a price can be shown at once.

    A mode that is closed gives way to the open one.
    """
    is_open = [mode.id for mode in modes(offers) if mode.closed is None]
    if not is_open:
        return chosen
    fields = chosen.fields | {"mode": chosen.mode if chosen.mode in is_open else is_open[0]}
    if fields["mode"] == ADD_CAPACITY:
        extra = offers["add_capacity"].packages[0].extra
        fields.setdefault("steps", str(extra.least_steps if extra else 1))
    elif not chosen.offer:
        fields |= _usual(package_choices(offers, held))
    return Chosen(fields, LATER)


def _usual(choices: tuple[PackageChoice, ...]) -> dict[str, str]:
    """A year of the package that is held; else of the smallest that holds all."""
    best = next(
        iter(sorted((choice for choice in choices if choice.is_open), key=lambda choice: not choice.is_held)),
        None,
    )
    if best is None or best.package is None:
        return {}
    terms = [term.months for term in best.package.terms]
    months = _USUAL_MONTHS if _USUAL_MONTHS in terms else terms[0]
    needed = best.package.steps_needed if best.offer.kind == "switch" else 0
    extra = {f"extra_{best.package.id}": str(needed)} if needed else {}
    return {"offer": f"{best.package.id}/{months}", **extra}
