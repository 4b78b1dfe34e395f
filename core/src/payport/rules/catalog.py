"""The catalog: what is sold, for how long, at which price and tax, and by which policies. Rules: "Catalog".

A version never changes once in force; quotes and orders keep theirs for good. The file's form and its errors
are in catalog_file.py, what must hold between the parts in catalog_check.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from payport.errors import CatalogError, NotFound
from payport.rules.calendar import Zone
from payport.rules.document import Document, Id, Instant
from payport.rules.money import MOST_MINOR
from payport.rules.words import Text

__all__ = [
    "MOST_TRIAL_DAYS", "Catalog", "Catalogs", "ExtraCapacity", "ExtraPrice", "Package", "PackageTerm",
    "Policies", "Promotion", "PurchaseKind", "ReducedRate", "TaxClass",
]  # fmt: skip

PurchaseKind: TypeAlias = Literal["new", "add_capacity", "renew", "switch"]
Amount: TypeAlias = Annotated[int, Field(ge=0, le=MOST_MINOR)]
MonthCount: TypeAlias = Annotated[int, Field(ge=1, le=120)]
Percent: TypeAlias = Annotated[int, Field(ge=1, le=100)]
Code: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z0-9-]{3,40}$")]

MOST_TRIAL_DAYS: Final = 3660
_UNITS: Final = {"days", "hours", "minutes", "seconds"}


def _duration(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    if not given or not set(given) <= _UNITS or any(type(count) is not int for count in given.values()):
        raise ValueError("not a duration in whole days, hours, minutes or seconds, as { hours = 24 }")
    try:
        return timedelta(**given)
    except OverflowError:
        raise ValueError("longer than a duration can be") from None


_Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(gt=timedelta(0), le=timedelta(days=3660)),
    PlainSerializer(lambda span: {"seconds": int(span.total_seconds())}),
]


def _short(names: Text) -> Text:
    if max(len(names.vi), len(names.en)) > 100:
        raise ValueError("longer than 100 characters")
    return names


_Names: TypeAlias = Annotated[Text, AfterValidator(_short)]


class ReducedRate(Document):
    """A lower rate from one day until before another."""

    percent: Percent
    since: date
    before: date


class TaxClass(Document):
    """How a thing is taxed. "Not subject" and "0 %" are classes of their own, and have no rate."""

    id: Id
    names: _Names
    treatment: Literal["taxed", "zero_rated", "not_subject"] = "taxed"
    percent: Percent | None = None
    reduced: tuple[ReducedRate, ...] = ()

    def rate(self, day: date) -> int:
        """Percent on this day; 0 where there is no rate."""
        for window in self.reduced:
            if window.since <= day < window.before:
                return window.percent
        return self.percent or 0


class PackageTerm(Document):
    """`months` at one list price, and `bonus_months` that cost nothing."""

    months: MonthCount
    price: Amount
    bonus_months: Annotated[int, Field(ge=0, le=120)] = 0


class Package(Document):
    id: Id
    names: _Names
    tier: Annotated[int, Field(ge=1, le=1000)]
    included_gb: Annotated[int, Field(ge=0, le=10**6)]
    tax: Id
    terms: Annotated[tuple[PackageTerm, ...], Field(min_length=1)]
    extra_capacity_on: tuple[PurchaseKind, ...] = ()

    def term(self, months: int) -> PackageTerm:
        """Raises: NotFound, naming `months` and the terms that there are."""
        for term in self.terms:
            if term.months == months:
                return term
        raise NotFound(
            field="months",
            problem=f"{self.names.en} is not sold for this many months",
            remedy="Choose one of " + ", ".join(str(term.months) for term in self.terms),
        )


class ExtraPrice(Document):
    """`amount` for one step during `months`."""

    amount: Amount
    months: MonthCount


class ExtraCapacity(Document):
    """Capacity on top, in steps; how many one order may hold."""

    step_gb: Annotated[int, Field(ge=1, le=10**6)]
    price: ExtraPrice
    tax: Id
    least_steps: Annotated[int, Field(ge=1, le=10**6)] = 1
    most_steps: Annotated[int, Field(ge=1, le=10**6)] = 100


class Promotion(Document):
    """With a `code` it is asked for, without one it is automatic. `packages` and `terms` empty: all."""

    id: Id
    names: _Names
    code: Code | None = None
    percent: Percent | None = None
    amount: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    since: date | None = None
    before: date | None = None
    packages: tuple[Id, ...] = ()
    terms: tuple[MonthCount, ...] = ()
    on: Annotated[tuple[Literal["package", "extra_capacity"], ...], Field(min_length=1)] = ("package",)
    uses: Annotated[int, Field(ge=1, le=10**9)] | None = None
    combines: bool = False

    def open_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.before is None or day < self.before)

    def covers(self, package: str, months: int | None) -> bool:
        """`months` is None where no term is bought; a promotion for certain terms is none for that."""
        return (not self.packages or package in self.packages) and (not self.terms or months in self.terms)


class Policies(Document):
    """What a host may decide. Each name and default is that of the rules."""

    renewal_window: _Duration = timedelta(days=30)
    add_capacity_threshold: Percent = 100  # of capacity, in use before more may be bought
    switch: Literal["at_once", "at_end"] = "at_once"
    switch_any_time: bool = False
    capacity_proration: Literal["days", "months_up", "months_down", "full"] = "days"
    credit_surplus: Literal["extend", "forfeit"] = "extend"
    quote_lifetime: _Duration = timedelta(hours=24)
    order_lifetime: _Duration = timedelta(hours=24)
    order_only_lifetime: _Duration = timedelta(days=7)
    late_success: Literal["fulfil", "review"] = "fulfil"
    usage_max_age: _Duration = timedelta(hours=1)
    tax_point: Literal["quote", "payment"] = "quote"
    four_eyes_above: Amount = 0  # money confirmed by hand needs a second person above this
    trial_package: Id | None = None  # None: the lowest tier
    trial_days: Annotated[int, Field(ge=1, le=MOST_TRIAL_DAYS)] = 30


class Catalog(Document):
    """One version. Prices are whole minor units, all net or all gross of tax."""

    version: Id
    effective_from: Instant
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    prices: Literal["net", "gross"]
    zone: Zone = "Asia/Ho_Chi_Minh"
    taxes: Annotated[tuple[TaxClass, ...], Field(min_length=1)]
    packages: Annotated[tuple[Package, ...], Field(min_length=1)]
    extra_capacity: ExtraCapacity | None = None
    promotions: tuple[Promotion, ...] = ()
    policies: Policies = Policies()

    def package(self, id: str) -> Package:  # noqa: A002
        """Raises: NotFound, naming `package` and those that there are."""
        for package in self.packages:
            if package.id == id:
                return package
        raise NotFound(
            field="package",
            problem="not sold in this catalog",
            remedy="Choose one of " + ", ".join(package.id for package in self.packages),
        )

    def sells(self, id: str | None) -> bool:  # noqa: A002
        return any(package.id == id for package in self.packages)

    def tax(self, id: str) -> TaxClass:  # noqa: A002
        return next(tax for tax in self.taxes if tax.id == id)

    @property
    def by_tier(self) -> tuple[Package, ...]:
        """From the smallest package to the largest."""
        return tuple(sorted(self.packages, key=lambda package: package.tier))

    @property
    def trial_package(self) -> Package:
        chosen = self.policies.trial_package
        return self.by_tier[0] if chosen is None else self.package(chosen)


class Catalogs:
    """All versions that a seller has. Quotes ask for the one in force, orders for their own."""

    def __init__(self, versions: Sequence[Catalog]) -> None:
        """Raises: CatalogError for none, two with one name, or two with one instant."""
        if not versions:
            raise CatalogError(field="versions", problem="no catalog given", remedy="Name one catalog file")
        self._versions = tuple(sorted(versions, key=lambda catalog: catalog.effective_from))
        self._by_id = {catalog.version: catalog for catalog in self._versions}
        if len(self._by_id) < len(self._versions):
            raise CatalogError(
                field="version", problem="two files have one version", remedy="Give each its own"
            )
        for earlier, later in pairwise(self._versions):
            if earlier.effective_from == later.effective_from:
                raise CatalogError(
                    field="effective_from",
                    problem=f"{earlier.version} and {later.version} come into force at the same instant",
                    remedy="Move one of them",
                )

    @property
    def versions(self) -> tuple[Catalog, ...]:
        """By the instant from which each is in force."""
        return self._versions

    def in_force(self, at: datetime) -> Catalog:
        """The latest that has begun. Raises: CatalogError before the first one."""
        begun = [catalog for catalog in self._versions if catalog.effective_from <= at]
        if not begun:
            raise CatalogError(
                field="effective_from",
                problem="no catalog is in force yet",
                remedy="Add one that begins earlier",
            )
        return begun[-1]

    def version(self, id: str) -> Catalog:  # noqa: A002
        """Raises: CatalogError. A version that priced a quote is stored as well, and found there."""
        try:
            return self._by_id[id]
        except KeyError:
            raise CatalogError(
                field="version",
                problem="a version that was used is neither stored nor listed",
                remedy="List its file again",
            ) from None
