"""What properties are tried with: any catalog, any purchase, and what may befall one account in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from core.tests.rules.conftest import AnyPurchase, Desk, make_catalog
from payport.errors import RequestRefused
from payport.rules.catalog import (
    Catalog,
    ExtraCapacity,
    ExtraPrice,
    Package,
    PackageTerm,
    Policies,
    Promotion,
    PurchaseKind,
    ReducedRate,
    TaxClass,
)
from payport.rules.credit import credit_at
from payport.rules.effect import Review
from payport.rules.entitlement import State
from payport.rules.grant import CapacityLine, DaysLine, Grant
from payport.rules.money import vnd
from payport.rules.openness import offers
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.rules.words import Text

__all__ = ["CODE", "DAY", "Account", "Choice", "Event", "catalogs", "choices", "histories"]

CODE = "CODE"
DAY = timedelta(days=1)
_ALL = ("new", "renew", "switch", "add_capacity")
_NAMES = Text(vi="x", en="x")
_GOODS = st.sampled_from([("package",), ("extra_capacity",), ("package", "extra_capacity")])

_prices = st.one_of(*[st.integers(100_000, 50_000_000)] * 4, st.integers(1, 99), st.just(0))
_a_year = ReducedRate(percent=1, since=date(2026, 1, 1), before=date(2027, 1, 1))
_tax_classes = st.one_of(
    st.builds(lambda percent: {"percent": percent}, st.integers(1, 30)),
    st.builds(lambda percent: {"percent": percent, "reduced": (_a_year,)}, st.integers(2, 30)),
    st.sampled_from([{"treatment": "zero_rated"}, {"treatment": "not_subject"}]),
)
_terms = st.lists(
    st.builds(
        PackageTerm, months=st.integers(1, 36), price=_prices, bonus_months=st.sampled_from([0, 0, 0, 1, 6])
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda term: term.months,
).map(tuple)


@st.composite
def _promotions(draw: st.DrawFn, *, amounts: bool) -> Promotion:
    percent = {"percent": draw(st.integers(1, 100))}
    off = (
        draw(st.sampled_from([percent, {"amount": draw(st.integers(1, 3_000_000))}])) if amounts else percent
    )
    return Promotion(id="p", names=_NAMES, on=draw(_GOODS), combines=draw(st.booleans()), **off)


@st.composite
def catalogs(draw: st.DrawFn, *, amounts: bool = True) -> Catalog:
    """Net or gross, one to three packages, two tax classes, up to three promotions, policies of all kinds.

    Purchases are open more often than by default, so that histories go on. `amounts`: with promotions that
    take off an amount, and not only percents.
    """
    automatic = draw(st.lists(_promotions(amounts=amounts), max_size=2))
    coded = draw(st.lists(_promotions(amounts=amounts), max_size=1))
    promotions = [
        *(promotion.model_copy(update={"id": f"p{number}"}) for number, promotion in enumerate(automatic)),
        *(promotion.model_copy(update={"id": "coded", "code": CODE}) for promotion in coded),
    ]
    return make_catalog(
        prices=draw(st.sampled_from(["net", "gross"])),
        taxes=tuple(TaxClass(id=name, names=_NAMES, **draw(_tax_classes)) for name in ("one", "two")),
        packages=tuple(
            Package(
                id=name,
                names=_NAMES,
                tier=tier,
                included_gb=10 * tier,
                tax=draw(st.sampled_from(["one", "two"])),
                terms=draw(_terms),
                extra_capacity_on=_ALL,
            )
            for tier, name in enumerate(("a", "b", "c")[: draw(st.sampled_from([1, 2, 3, 3]))], start=1)
        ),
        extra_capacity=ExtraCapacity(
            step_gb=5,
            price=ExtraPrice(amount=draw(_prices), months=draw(st.integers(1, 24))),
            tax=draw(st.sampled_from(["one", "two"])),
        ),
        promotions=tuple(promotions),
        policies=Policies(
            renewal_window=draw(st.sampled_from([30, 400])) * DAY,
            add_capacity_threshold=1,
            switch=draw(st.sampled_from(["at_once", "at_once", "at_end"])),
            switch_any_time=True,
            capacity_proration=draw(st.sampled_from(["days", "months_up", "months_down", "full"])),
            credit_surplus=draw(st.sampled_from(["extend", "extend", "forfeit"])),
        ),
    )


@dataclass(frozen=True)
class Choice:
    """What a buyer would like; what of it can be had depends on what is open at that moment."""

    kind: PurchaseKind
    package: int
    term: int
    steps: int
    with_code: bool

    def of(self, catalog: Catalog, kind: PurchaseKind) -> AnyPurchase:
        """Anything that this catalog sells, whether it is open or not."""
        package = catalog.packages[self.package % len(catalog.packages)]
        code = CODE if self.with_code and any(each.code for each in catalog.promotions) else None
        if kind == "add_capacity":
            return AddCapacity(steps=self.steps + 1, code=code)
        return self._for(kind, package, code)

    def open_at(self, desk: Desk) -> AnyPurchase | None:
        """The wish, or else another kind that is open; None where nothing is."""
        kinds = [offer.kind for offer in offers(desk.held(), desk.catalog, desk.now) if offer.is_open]
        if not kinds:
            return None
        kind = self.kind if self.kind in kinds else kinds[self.package % len(kinds)]
        if kind in {"new", "add_capacity"}:
            return self.of(desk.catalog, kind)
        packages = desk.offer(kind).packages
        package = desk.catalog.package(packages[self.package % len(packages)].id)
        return self._for(kind, package, self.of(desk.catalog, kind).code)

    def _for(self, kind: PurchaseKind, package: Package, code: str | None) -> AnyPurchase:
        months = package.terms[self.term % len(package.terms)].months
        if kind == "renew":
            return Renew(months=months, extra_steps=self.steps, code=code)
        bought = New if kind == "new" else Switch
        return bought(package=package.id, months=months, extra_steps=self.steps, code=code)


choices = st.builds(
    Choice,
    kind=st.sampled_from(["switch", "switch", "renew", "add_capacity", "new"]),
    package=st.integers(0, 5),
    term=st.integers(0, 1),
    steps=st.integers(0, 9),
    with_code=st.booleans(),
)


@dataclass(frozen=True)
class Event:
    """After `days`, something happens to one of the orders or grants, chosen by `pick`."""

    what: str
    days: int
    pick: int
    choice: Choice


def histories(*more: str) -> st.SearchStrategy[list[Event]]:
    """First something is bought; then orders, paid at once or in any other turn; and what `more` names."""

    def event(*what: str) -> st.SearchStrategy[Event]:
        days = st.sampled_from([0, 0, 1, 3, 10, 31, 90, 400])
        return st.builds(Event, st.sampled_from(what), days, pick=st.integers(0, 1000), choice=choices)

    then = event("buy", "buy", "buy", "buy", "order", "order", "pay", "pay", *more)
    return st.builds(
        lambda first, rest: [first, *rest], event("buy"), st.lists(then, min_size=6, max_size=12)
    )


@dataclass
class Account:
    """One account that lives through events, and the books that a careful clerk would keep beside it."""

    desk: Desk
    quotes: list[Quote] = field(default_factory=list)
    unpaid: list[Quote] = field(default_factory=list)
    granted: list[tuple[Quote, Grant]] = field(default_factory=list)
    reviewed: list[Quote] = field(default_factory=list)
    credit_worth: dict[int, int] = field(default_factory=dict)
    stale_credit: int = 0

    def live(self, event: Event) -> None:
        """What is refused at its moment is left out, as the service would."""
        self.desk.now += event.days * DAY
        self.desk.uses(9)
        try:
            self._do(event)
        except RequestRefused:
            return

    def _do(self, event: Event) -> None:
        standing = [grant for _, grant in self.granted if not self._touched(grant, "reversal")]
        one = standing[event.pick % len(standing)] if standing else None
        match event.what:
            case "buy" | "order":
                wish = event.choice.open_at(self.desk)
                quote = None if wish is None else self._order(wish)
                if quote and event.what == "buy":
                    self._pay(quote)
            case "pay" if self.unpaid:
                self._pay(self.unpaid[event.pick % len(self.unpaid)])
            case "days":
                self.desk.adjusted(DaysLine(days=event.pick % 91 - 30))
            case "gb" if self.desk.held().state is State.ACTIVE:
                term = self.desk.held().term
                assert term is not None
                today = self.desk.now.date()
                self.desk.adjusted(CapacityLine(gb=5, start_date=today, end_date=term.end_date))
            case "refund all" if one:
                self._refund(one, part=Fraction(1))
                self.desk.reversed(one)
            case "refund a line" if one and len(one.lines) == 2:
                self._refund(one, part=Fraction(event.pick % 100, 100))
                self.desk.reversed(one, 1)
            case "refund a part" if one:
                self._refund(one, part=Fraction(event.pick % 100, 100))
            case "suspend" if one:
                self.desk.suspended(one)
            case "restore" if one:
                self.desk.restored(one)

    def _order(self, purchase: AnyPurchase) -> Quote:
        quote = self.desk.quote(purchase)
        self.quotes.append(quote)
        self.unpaid.append(quote)
        if quote.credited_grants:
            self.credit_worth[id(quote)] = self.worth()
        return quote

    def _pay(self, quote: Quote) -> None:
        self.unpaid = [other for other in self.unpaid if other is not quote]
        worth_now = self.worth()
        result = self.desk.pay(quote)
        if isinstance(result, Review):
            self.reviewed.append(quote)
        else:
            self.granted.append((quote, result))
            self.stale_credit += max(self.credit_worth.get(id(quote), 0) - worth_now, 0)

    def _refund(self, grant: Grant, *, part: Fraction) -> None:
        assert grant.order_number is not None
        assert grant.paid is not None
        back = int(grant.paid.total.minor * part)
        before = self.desk.refunded.get(grant.order_number, vnd(0))
        after = vnd(max(before.minor, back))
        self.desk.refunded = {**self.desk.refunded, grant.order_number: after}

    def _touched(self, grant: Grant, kind: str) -> bool:
        return any(other.of == grant.id and other.kind == kind for other in self.desk.grants)

    def worth(self) -> int:
        """What a switch at this moment could take off."""
        return credit_at(self.desk.held(), self.desk.catalog, self.desk.now, self.desk.refunded).value

    def received(self) -> int:
        """Money of all granted orders, given back or not: net in a net catalog, as credit is."""
        paid = [grant.paid for _, grant in self.granted if grant.paid]
        is_net = self.desk.catalog.prices == "net"
        return sum((each.net if is_net else each.total).minor for each in paid)

    def kept(self) -> int:
        """Money of all granted orders that was not given back, tax and all."""
        return sum(
            grant.paid.total.minor - self.desk.refunded.get(grant.order_number or "", vnd(0)).minor
            for _, grant in self.granted
            if grant.paid
        )

    def used_up(self, first: date) -> Fraction:
        """The price of every day from `first` until now, of whatever ran at its end."""
        is_net = self.desk.catalog.prices == "net"
        used = Fraction(0)
        evening = self.desk.now.replace(year=first.year, month=first.month, day=first.day, hour=16, minute=59)
        while evening < self.desk.now:
            held = self.desk.held(evening)
            if held.state is State.ACTIVE and held.held is not None:
                term, day = held.held.line.term, evening.date()
                if held.held.line.price and day < term.end_date:
                    price = held.held.line.price
                    used += Fraction((price.net if is_net else price.gross).minor, term.days)
                for _, line in held.held.extra:
                    if line.price and day < line.end_date:
                        days = (line.end_date - line.start_date).days
                        used += Fraction((line.price.net if is_net else line.price.gross).minor, days)
            evening += DAY
        return used
