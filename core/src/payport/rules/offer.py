"""What a buyer is shown: each kind of purchase, open with what may be chosen, or closed with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payport.rules.catalog import Catalog, Package, PurchaseKind
from payport.rules.entitlement import GB
from payport.rules.money import Money
from payport.rules.words import Text

__all__ = ["ExtraOffer", "Offer", "PackageOffer", "TermOffer", "package_offer", "shortfall_gb"]


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
    """A package with what may be chosen for this purchase, against what is in use.

    Args:
        extra: None: no extra capacity with it.
        short_gb: by how much its own capacity is less than what is in use; 0: it holds all.
        steps_needed: of extra capacity, for it to hold all; None: more than may be bought with it.
        is_full: what is in use leaves nothing of its own capacity.
    """

    id: str
    names: Text
    tier: int
    included_gb: int
    terms: tuple[TermOffer, ...]
    extra: ExtraOffer | None
    short_gb: int
    steps_needed: int | None
    is_full: bool


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


def package_offer(package: Package, kind: PurchaseKind, catalog: Catalog, used_bytes: int) -> PackageOffer:
    """What may be chosen of a package for this kind of purchase."""
    extra = _extra_offer(catalog) if kind in package.extra_capacity_on else None
    short_gb = shortfall_gb(package.included_gb, used_bytes)
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
        extra=extra,
        short_gb=short_gb,
        steps_needed=_steps_needed(short_gb, extra),
        is_full=used_bytes >= package.included_gb * GB,
    )


def shortfall_gb(gb: int, used_bytes: int) -> int:
    """Whole GB that are missing, rounded up, for `gb` to hold what is used; 0: none."""
    return max(-((gb * GB - used_bytes) // GB), 0)


def _extra_offer(catalog: Catalog) -> ExtraOffer | None:
    extra = catalog.extra_capacity
    if extra is None:
        return None
    price = Money(extra.price.amount, catalog.currency)
    return ExtraOffer(extra.step_gb, price, extra.price.months, extra.least_steps, extra.most_steps)


def _steps_needed(short_gb: int, extra: ExtraOffer | None) -> int | None:
    if short_gb == 0:
        return 0
    if extra is None:
        return None
    steps = max(-(-short_gb // extra.step_gb), extra.least_steps)
    return steps if steps <= extra.most_steps else None
