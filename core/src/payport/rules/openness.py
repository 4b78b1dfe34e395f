"""Which purchases are open, why the others are not, and from when. Rules: "Which purchases are open".

One function for each row of the table. `offers` shows them all, `check_open` refuses one; both ask the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from payport.errors import PurchaseNotOpen, RequestRefused
from payport.rules.calendar import Term, local_midnight
from payport.rules.catalog import Catalog, Package, PurchaseKind
from payport.rules.entitlement import Entitlement, Holding, State
from payport.rules.offer import ExtraOffer, Offer, PackageOffer, TermOffer, package_offer, shortfall_gb
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.words import Text, say

__all__ = ["ExtraOffer", "Offer", "PackageOffer", "TermOffer", "check_open", "offers", "starts_at_end"]

AnyPurchase: TypeAlias = New | AddCapacity | Renew | Switch

_NAMES: Final[Mapping[PurchaseKind, Text]] = {
    "new": Text(vi="mua mới", en="new"),
    "add_capacity": Text(vi="thêm dung lượng", en="add capacity"),
    "renew": Text(vi="gia hạn", en="renew"),
    "switch": Text(vi="đổi gói", en="switch"),
}
_SUSPENDED: Final = Text(vi="tài khoản đang bị tạm ngưng", en="the account is suspended")
_NOTHING_HELD: Final = Text(vi="chưa có gói nào", en="no package is held yet")
_FUTURE_STANDS: Final = Text(vi="kỳ hạn tiếp theo đã được mua", en="the next term has been bought already")
_USAGE_OLD: Final = Text(
    vi="hiện chưa biết dung lượng đang dùng", en="how much is used is not known at present"
)


def offers(entitlement: Entitlement, catalog: Catalog, at: datetime) -> tuple[Offer, ...]:
    """All four kinds, in the order of the table."""
    verdicts = {kind: judge(entitlement, catalog, at) for kind, judge in _TABLE.items()}
    is_open = tuple(kind for kind, closed in verdicts.items() if closed is None)
    return tuple(
        _open(kind, entitlement, catalog)
        if closed is None
        else Offer(kind, _NAMES[kind], False, closed.reason, closed.opens_at, is_open)
        for kind, closed in verdicts.items()
    )


def check_open(purchase: AnyPurchase, entitlement: Entitlement, catalog: Catalog, at: datetime) -> None:
    """Judged when quoted and again when placed.

    Raises: PurchaseNotOpen, naming `kind`, `extra_steps` or `package`, with what is open instead;
        RequestRefused or NotFound for what the catalog does not sell.
    """
    closed = _TABLE[purchase.kind](entitlement, catalog, at)
    if closed is not None:
        instead = [
            _NAMES[kind].en for kind, judge in _TABLE.items() if judge(entitlement, catalog, at) is None
        ]
        remedy = "Open instead: " + ", ".join(instead) if instead else "Nothing is open at present"
        if closed.reason is _USAGE_OLD:
            remedy = "Let the host report the usage anew, and ask again"
        raise PurchaseNotOpen(field="kind", problem=closed.reason.en, remedy=remedy)
    match purchase:
        case New():
            _check_steps(purchase, catalog.package(purchase.package), catalog)
        case Renew():
            _check_steps(purchase, catalog.package(entitlement.package or ""), catalog)
        case Switch():
            _check_steps(purchase, catalog.package(purchase.package), catalog)
            _check_switch(purchase, entitlement, catalog)
        case AddCapacity():
            _check_bounds(purchase.steps, catalog, field="steps")


def starts_at_end(kind: PurchaseKind, entitlement: Entitlement, catalog: Catalog) -> bool:
    """Whether the term begins where the running one ends, so that no day is lost."""
    follows = kind == "renew" or (kind == "switch" and catalog.policies.switch == "at_end")
    return follows and entitlement.state is State.ACTIVE


@dataclass(frozen=True, slots=True)
class _Closed:
    reason: Text
    opens_at: datetime | None = None


_Judge: TypeAlias = Callable[[Entitlement, Catalog, datetime], _Closed | None]


def _new(entitlement: Entitlement, _catalog: Catalog, _at: datetime) -> _Closed | None:
    if entitlement.state is State.SUSPENDED:
        return _Closed(_SUSPENDED)
    if entitlement.future is not None:
        return _Closed(_FUTURE_STANDS)
    if entitlement.state not in {State.NONE, State.TRIAL}:
        return _Closed(say("đã có một gói", "a package is held already"))
    return None


def _add_capacity(entitlement: Entitlement, catalog: Catalog, at: datetime) -> _Closed | None:
    held = _term_held(entitlement)
    if isinstance(held, _Closed):
        return held
    if entitlement.state is State.EXPIRED:
        return _Closed(say("kỳ hạn đã hết", "the term has ended"))
    package = next((package for package in catalog.packages if package.id == held.line.package), None)
    if package is None or "add_capacity" not in package.extra_capacity_on:
        return _Closed(say("gói này không bán thêm dung lượng", "this package takes no extra capacity"))
    if not _usage_is_fresh(entitlement, catalog, at):
        return _Closed(_USAGE_OLD)
    threshold = catalog.policies.add_capacity_threshold
    if (entitlement.used_bytes or 0) * 100 < threshold * held.capacity_bytes:
        return _Closed(
            say(
                "dung lượng đã dùng chưa đến {threshold}%",
                "less than {threshold}% of the capacity is used",
                threshold=threshold,
            )
        )
    return None


def _renew(entitlement: Entitlement, catalog: Catalog, at: datetime) -> _Closed | None:
    held = _term_held(entitlement)
    if isinstance(held, _Closed):
        return held
    if entitlement.future is not None:
        return _Closed(_FUTURE_STANDS)
    if not catalog.sells(held.line.package):
        return _Closed(say("gói này không còn được bán", "this package is not sold any more"))
    if entitlement.state is State.ACTIVE and not _in_window(held.term, catalog, at):
        return _outside_window(held.term, catalog)
    return None


def _switch(entitlement: Entitlement, catalog: Catalog, at: datetime) -> _Closed | None:
    held = _term_held(entitlement)
    if isinstance(held, _Closed):
        return held
    stays = _future_stays(entitlement.future, catalog)
    if stays is not None:
        return stays
    if not _others(entitlement, catalog):
        return _Closed(say("không có gói nào khác", "there is no other package"))
    if not _usage_is_fresh(entitlement, catalog, at):
        return _Closed(_USAGE_OLD)
    if (
        entitlement.state is State.EXPIRED
        or catalog.policies.switch_any_time
        or entitlement.exhausted
        or _in_window(held.term, catalog, at)
    ):
        return None
    return _outside_window(held.term, catalog)


_TABLE: Final[Mapping[PurchaseKind, _Judge]] = {
    "new": _new,
    "add_capacity": _add_capacity,
    "renew": _renew,
    "switch": _switch,
}


def _term_held(entitlement: Entitlement) -> Holding | _Closed:
    """What renewing, switching and adding have in common: there must be a term to go on from."""
    if entitlement.state is State.SUSPENDED:
        return _Closed(_SUSPENDED)
    if entitlement.state in {State.NONE, State.TRIAL} or entitlement.held is None:
        return _Closed(_NOTHING_HELD)
    return entitlement.held


def _future_stays(future: Holding | None, catalog: Catalog) -> _Closed | None:
    """Only a switch at once replaces a next term, and none that is suspended: it could not be credited."""
    if future is not None and catalog.policies.switch == "at_end":
        return _Closed(_FUTURE_STANDS)
    if future is not None and future.is_suspended:
        return _Closed(say("kỳ hạn tiếp theo đang bị tạm ngưng", "the next term is suspended"))
    return None


def _in_window(term: Term, catalog: Catalog, at: datetime) -> bool:
    return term.remaining(at) <= catalog.policies.renewal_window.days


def _outside_window(term: Term, catalog: Catalog) -> _Closed:
    days = catalog.policies.renewal_window.days
    reason = say(
        "chỉ mở trong {days} ngày cuối của kỳ hạn", "open only in the last {days} days of the term", days=days
    )
    return _Closed(reason, local_midnight(term.end_date - timedelta(days=days), term.zone))


def _usage_is_fresh(entitlement: Entitlement, catalog: Catalog, at: datetime) -> bool:
    return entitlement.usage is not None and at - entitlement.usage.at <= catalog.policies.usage_max_age


def _others(entitlement: Entitlement, catalog: Catalog) -> tuple[Package, ...]:
    return tuple(package for package in catalog.by_tier if package.id != entitlement.package)


def _open(kind: PurchaseKind, entitlement: Entitlement, catalog: Catalog) -> Offer:
    if kind == "new":
        packages = catalog.by_tier
    elif kind == "switch":
        packages = _others(entitlement, catalog)
    else:
        packages = (catalog.package(entitlement.package or ""),)
    term, used = entitlement.term, entitlement.used_bytes or 0
    return Offer(
        kind=kind,
        names=_NAMES[kind],
        is_open=True,
        starts_at=term.end if term and starts_at_end(kind, entitlement, catalog) else None,
        packages=tuple(package_offer(package, kind, catalog, used) for package in packages),
    )


def _check_steps(purchase: New | Renew | Switch, package: Package, catalog: Catalog) -> None:
    package.term(purchase.months)
    if purchase.extra_steps == 0:
        return
    if purchase.kind not in package.extra_capacity_on:
        raise PurchaseNotOpen(
            field="extra_steps",
            problem=f"{package.names.en} takes no extra capacity at {_NAMES[purchase.kind].en}",
            remedy="Leave it out, or choose another package",
        )
    _check_bounds(purchase.extra_steps, catalog, field="extra_steps")


def _check_bounds(steps: int, catalog: Catalog, *, field: str) -> None:
    extra = catalog.extra_capacity
    if extra is not None and not extra.least_steps <= steps <= extra.most_steps:
        raise RequestRefused(
            field=field,
            problem="more or fewer steps than one order may hold",
            remedy=f"Choose from {extra.least_steps} to {extra.most_steps}",
        )


def _check_switch(purchase: Switch, entitlement: Entitlement, catalog: Catalog) -> None:
    if purchase.package == entitlement.package:
        raise RequestRefused(
            field="package", problem="this package is held already", remedy="Renew it, or choose another"
        )
    extra = catalog.extra_capacity
    gb = catalog.package(purchase.package).included_gb + purchase.extra_steps * (
        extra.step_gb if extra else 0
    )
    short = shortfall_gb(gb, entitlement.used_bytes or 0)
    if short:
        raise PurchaseNotOpen(
            field="package",
            problem=f"holds {gb} GB, {short} GB less than is used",
            remedy="Choose a larger package or more extra capacity, or free some",
        )
