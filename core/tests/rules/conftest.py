"""A small seller to price and judge with: its catalog, one account, and the grants that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from payport.rules.catalog import (
    Catalog,
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Policies,
    TaxClass,
)
from payport.rules.effect import Review, effect
from payport.rules.entitlement import GB, Entitlement, Usage, project
from payport.rules.grant import Grant, GrantLine
from payport.rules.money import Money
from payport.rules.openness import Offer, offers
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote, make_quote
from payport.rules.trial import trial_grant
from payport.rules.words import Text

AnyPurchase = New | AddCapacity | Renew | Switch

# For `make mutate`, which runs the tests again and again in one process.
settings.register_profile(
    "mutate", derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.differing_executors]
)


def _names(english: str) -> Text:
    return Text(vi=f"{english} (vi)", en=english)


def _package(name: str, tier: int, gb: int, *terms: PackageTerm, **more: Any) -> Package:
    return Package(
        id=name, names=_names(name.title()), tier=tier, included_gb=gb, tax="vat", terms=terms, **more
    )


def make_catalog(**changes: Any) -> Catalog:
    """Net, VAT 8 %, three packages: small (1 and 12 months), large, and huge, which takes extra at new."""
    whole: dict[str, Any] = {
        "version": "test",
        "effective_from": datetime(2020, 1, 1, tzinfo=UTC),
        "currency": "VND",
        "prices": "net",
        "taxes": (TaxClass(id="vat", names=_names("VAT"), percent=8),),
        "packages": (
            _package(
                "small", 1, 10,
                PackageTerm(months=1, price=120_000),
                PackageTerm(months=12, price=1_200_000),
                extra_capacity_on=("add_capacity",),
            ),
            _package(
                "large", 2, 50,
                PackageTerm(months=12, price=3_650_000),
                PackageTerm(months=24, price=6_000_000, bonus_months=6),
                extra_capacity_on=("add_capacity",),
            ),
            _package(
                "huge", 3, 200,
                PackageTerm(months=12, price=10_000_000),
                PackageTerm(months=30, price=20_000_000),
                extra_capacity_on=("new", "renew", "switch", "add_capacity"),
            ),
        ),
        "extra_capacity": ExtraCapacity(
            step_gb=5, price=ExtraPrice(amount=3_550_000, months=12), tax="vat", most_steps=20
        ),
    }  # fmt: skip
    return Catalog(**{**whole, **changes})


@dataclass
class Desk:
    """One account at one seller. Times go forward by hand; `paid` is quote, order and money in one."""

    catalog: Catalog
    now: datetime = datetime(2026, 1, 15, 3, tzinfo=UTC)
    grants: list[Grant] = field(default_factory=list)
    usage: Usage | None = None
    code_uses: Mapping[str, int] = field(default_factory=dict)
    refunded: Mapping[str, Money] = field(default_factory=dict)

    def on(self, day: date) -> Desk:
        """Ten in the morning of that day in the merchant's zone."""
        self.now = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        return self

    def uses(self, gb: float) -> Desk:
        self.usage = Usage(int(gb * GB), self.now)
        return self

    def held(self, at: datetime | None = None) -> Entitlement:
        return project(self.grants, at=at or self.now, usage=self.usage)

    def offer(self, kind: str) -> Offer:
        return next(offer for offer in offers(self.held(), self.catalog, self.now) if offer.kind == kind)

    def quote(self, purchase: AnyPurchase) -> Quote:
        return make_quote(
            id=f"Q{len(self.grants)}",
            account="alice",
            purchase=purchase,
            catalog=self.catalog,
            entitlement=self.held(),
            at=self.now,
            code_uses=self.code_uses,
            refunded=self.refunded,
        )

    def pay(self, quote: Quote, at: datetime | None = None) -> Grant | Review:
        number = len(self.grants)
        result = effect(
            quote,
            grants=self.grants,
            catalog=self.catalog,
            paid_at=at or self.now,
            grant_id=f"G{number}",
            order_number=f"PP{number}",
        )
        if isinstance(result, Grant):
            self.grants.append(result)
        return result

    def paid(self, purchase: AnyPurchase) -> Grant:
        granted = self.pay(self.quote(purchase))
        assert isinstance(granted, Grant), granted
        return granted

    def trial(self, **more: Any) -> Grant:
        number = len(self.grants)
        given = trial_grant(
            id=f"G{number}",
            account="alice",
            at=self.now,
            catalog=self.catalog,
            entitlement=self.held(),
            **more,
        )
        self.grants.append(given)
        return given

    def adjusted(self, *lines: GrantLine) -> None:
        self._add(kind="adjustment", lines=lines, actor="Lan", reason="goodwill")

    def reversed(self, grant: Grant, *lines: int) -> None:
        taken = lines or tuple(range(len(grant.lines)))
        self._add(kind="reversal", of=grant.id, reversed_lines=taken)

    def suspended(self, grant: Grant) -> None:
        self._add(kind="suspension", of=grant.id)

    def restored(self, grant: Grant) -> None:
        self._add(kind="restoring", of=grant.id)

    def _add(self, **facts: Any) -> None:
        self.grants.append(Grant(id=f"G{len(self.grants)}", account="alice", effective_at=self.now, **facts))


@pytest.fixture
def desk() -> Desk:
    return Desk(make_catalog())


@pytest.fixture(scope="session")
def desk_class() -> type[Desk]:
    """For properties, which need a fresh desk for each example."""
    return Desk


@pytest.fixture
def desk_with() -> Callable[..., Desk]:
    """A desk whose catalog differs: `desk_with(prices="gross")`; policies as `policies={…}`."""

    def make(**changes: Any) -> Desk:
        if "policies" in changes:
            changes["policies"] = Policies(**changes["policies"])
        return Desk(make_catalog(**changes))

    return make


@pytest.fixture(scope="session")
def catalog_with() -> Callable[..., Catalog]:
    """`catalog_with(prices="gross")`: the same catalog with other parts."""
    return make_catalog
