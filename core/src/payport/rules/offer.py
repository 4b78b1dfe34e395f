"""What a buyer is shown: each kind of purchase, open with what may be chosen, or closed with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payport.rules.catalog import Catalog, Package, PurchaseKind
from payport.rules.money import Money
from payport.rules.words import Text

__all__ = ["ExtraOffer", "Offer", "PackageOffer", "TermOffer", "package_offer"]


@dataclass(frozen=True, slots=True)
class TermOffer:
    """`price` is net or gross as the catalog says, before promotions."""

    months: int
    bonus_months: int
    price: Money


@dataclass(frozen=True, slots=True)
class ExtraOffer:
    """One step of `step_gb` costs `price` for `months`."""

    step_gb: int
    price: Money
    months: int
    least_steps: int
    most_steps: int


@dataclass(frozen=True, slots=True)
class PackageOffer:
    """A package with what may be chosen for this purchase. `extra` None: no extra capacity with it."""

    id: str
    names: Text
    tier: int
    included_gb: int
    terms: tuple[TermOffer, ...]
    extra: ExtraOffer | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of purchase, open or not.

    Args:
        reason: why it is closed; None when open.
        opens_at: from when it is open, where only time is missing.
        instead: the kinds that are open, when this one is not.
        starts_at: when its term would begin, where that is not the payment.
        packages: what may be chosen, smallest first; empty when closed.
    """

    kind: PurchaseKind
    names: Text
    is_open: bool
    reason: Text | None = None
    opens_at: datetime | None = None
    instead: tuple[PurchaseKind, ...] = ()
    starts_at: datetime | None = None
    packages: tuple[PackageOffer, ...] = ()


def package_offer(package: Package, kind: PurchaseKind, catalog: Catalog) -> PackageOffer:
    """What may be chosen of a package for this kind of purchase."""
    extra = catalog.extra_capacity if kind in package.extra_capacity_on else None
    return PackageOffer(
        id=package.id,
        names=package.names,
        tier=package.tier,
        included_gb=package.included_gb,
        terms=()
        if kind == "add_capacity"
        else tuple(
            TermOffer(term.months, term.bonus_months, Money(term.price, catalog.currency))
            for term in package.terms
        ),
        extra=None
        if extra is None
        else ExtraOffer(
            extra.step_gb,
            Money(extra.price.amount, catalog.currency),
            extra.price.months,
            extra.least_steps,
            extra.most_steps,
        ),
    )
