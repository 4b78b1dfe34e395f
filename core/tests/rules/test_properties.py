"""What holds for any catalog and any history: the promises of the rules that no example can show."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import payport.rules
from core.tests.rules.conftest import Desk
from core.tests.rules.strategies import DAY, Account, Choice, Event, catalogs, choices, histories
from payport.errors import RequestRefused
from payport.rules.calendar import first_term, local_date, next_term
from payport.rules.catalog import Catalog
from payport.rules.entitlement import Entitlement, project
from payport.rules.grant import CapacityLine, Grant, TermLine
from payport.rules.line import Line
from payport.rules.purchase import AddCapacity
from payport.rules.quote import Quote

BEGIN = datetime(2026, 1, 15, 3, tzinfo=UTC)
GIVEN_BACK = ("refund all", "refund a line", "refund a part", "suspend", "restore", "days", "gb")
_GRANTS = TypeAdapter(list[Grant])


def lived(catalog: Catalog, history: list[Event]) -> Account:
    account = Account(Desk(catalog, BEGIN))
    for event in history:
        account.live(event)
    return account


def check_adds_up(quote: Quote) -> None:
    for line in quote.lines:
        assert line.net + line.tax == line.gross
        assert line.amount == (line.net if quote.prices == "net" else line.gross)
    for part in ("net", "tax"):
        whole = getattr(quote, part).minor
        assert sum(getattr(line, part).minor for line in quote.lines) == whole
        assert sum(getattr(each, part).minor for each in quote.taxes) == whole
    assert sum(line.gross.minor for line in quote.lines) == quote.total.minor >= 0
    assert quote.net + quote.tax == quote.total
    for each in quote.taxes:  # rounded once for each rate: within half a đồng of the exact tax
        amount = each.net.minor if quote.prices == "net" else each.gross.minor
        of = 100 if quote.prices == "net" else 100 + each.percent
        assert 2 * abs(each.tax.minor * of - amount * each.percent) <= of
    for goods in ("package", "extra_capacity"):
        left = [line for line in quote.lines if line.on == goods and line.kind != "credit"]
        assert sum(line.amount.minor for line in left) >= 0


@given(catalog=catalogs(), history=histories(*GIVEN_BACK))
@settings(max_examples=60, deadline=None)
def test_the_lines_of_every_quote_add_up_to_its_total(catalog: Catalog, history: list[Event]) -> None:
    account = lived(catalog, history)

    for quote in account.quotes:
        check_adds_up(quote)


@given(catalog=catalogs(), history=histories(*GIVEN_BACK))
@settings(max_examples=60, deadline=None)
def test_no_order_of_events_gives_more_entitlement_than_was_paid_for(
    catalog: Catalog, history: list[Event]
) -> None:
    """Each order gives at most once, and what it says; one term at a time; and no day that was not paid for.

    A day's price is that of its term ÷ the term's days. What was used up and what is left to be credited are
    together at most the money that came in, but for a đồng of rounding an order; and for days that a switch
    credited and that ran out before it was paid, since it is granted at its quoted price.
    """
    account = lived(catalog, history)
    grants = account.desk.grants

    orders = [grant.order_number for grant in grants if grant.kind == "order"]
    assert len(orders) == len(set(orders)) == len(account.granted)
    assert len(account.granted) + len(account.reviewed) + len(account.unpaid) == len(account.quotes)
    for quote, grant in account.granted:
        check_gives_what_was_paid(quote, grant, catalog)
    for at in sorted({grant.effective_at for grant in grants}):
        check_holds_one_term_at_a_time(account.desk.held(at))
    taken = account.used_up(BEGIN.date()) + account.worth()
    assert taken <= account.received() + account.stale_credit + len(account.granted)


def check_gives_what_was_paid(quote: Quote, grant: Grant, catalog: Catalog) -> None:
    purchase = quote.purchase
    terms = [line.term for line in grant.lines if isinstance(line, TermLine)]
    capacity = [line.gb for line in grant.lines if isinstance(line, CapacityLine)]
    steps = purchase.steps if isinstance(purchase, AddCapacity) else purchase.extra_steps
    assert sum(capacity) == steps * 5
    assert len(capacity) == (steps > 0)
    assert len(terms) == (not isinstance(purchase, AddCapacity))
    for term in terms:
        sold = catalog.package(quote.package).term(purchase.months)  # type: ignore[union-attr]
        assert (term.months, term.bonus_months) == (sold.months, sold.bonus_months)
        assert term.surplus_days == quote.surplus_days
        assert term.start >= grant.effective_at


def check_holds_one_term_at_a_time(held: Entitlement) -> None:
    if held.future is not None:
        assert held.future.term.start > held.at
        assert held.term is None or held.future.term.start >= held.term.end
    if held.held is not None:
        bought = [line for _, line in held.held.extra if line.price]
        assert all(line.start_date >= held.held.term.start_date for line in bought)


@given(catalog=catalogs(), history=histories("refund a part", "refund a line", "days"))
@settings(max_examples=60, deadline=None)
def test_credit_over_any_chain_of_switches_never_exceeds_the_money_received_and_not_refunded(
    catalog: Catalog, history: list[Event]
) -> None:
    account = Account(Desk(catalog, BEGIN))

    for event in history:
        account.live(event)

        assert 0 <= account.worth() <= account.kept()
        if catalog.prices == "net" and not account.desk.refunded:
            assert account.worth() <= account.received()


@given(
    catalog=catalogs(amounts=False),
    bought=choices,
    days=st.integers(0, 500),
    parts=st.lists(st.integers(1, 10), min_size=2, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_splitting_added_capacity_never_makes_it_cheaper_beyond_one_dong_a_line(
    catalog: Catalog, bought: Choice, days: int, parts: list[int]
) -> None:
    desk = Desk(catalog, BEGIN)
    desk.paid(replace(bought, with_code=False).of(catalog, "new"))
    term = desk.held().term
    assert term is not None
    desk.now += min(days, term.days - 1) * DAY
    desk.uses(9)

    whole = desk.quote(AddCapacity(steps=sum(parts)))
    split = [desk.quote(AddCapacity(steps=part)) for part in parts]

    lines = sum(len(part.lines) for part in split)
    assert sum(part.net.minor for part in split) >= whole.net.minor - lines
    assert sum(part.total.minor for part in split) >= whole.total.minor - lines


@given(catalog=catalogs(amounts=False), bought=choices, steps=st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_adding_capacity_on_the_first_day_costs_what_it_costs_with_the_term(
    catalog: Catalog, bought: Choice, steps: int
) -> None:
    """Without promotions: one for certain terms takes nothing off what is added later."""
    desk = Desk(catalog.model_copy(update={"promotions": ()}), BEGIN)
    alone = replace(bought, steps=0, with_code=False).of(catalog, "new")

    together = desk.quote(alone.model_copy(update={"extra_steps": steps}))
    first = desk.quote(alone)
    desk.pay(first)
    second = desk.uses(9).quote(AddCapacity(steps=steps))

    difference = first.total + second.total - together.total
    assert abs(difference.minor) <= 1  # two taxes rounded in place of one
    assert sum(line.amount.minor for line in (*first.lines, *second.lines)) == sum(
        line.amount.minor for line in together.lines
    )


@contextmanager
def host_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


_HOSTS = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Ho_Chi_Minh")
_SUMMER_BEGINS, _SUMMER_ENDS = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
_STARTS = st.one_of(
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from([_SUMMER_BEGINS, _SUMMER_ENDS]),
        st.integers(-3000, 3000),
    ),
    st.integers(0, 5000).map(lambda hours: BEGIN + timedelta(hours=25 * hours)),
)


@given(
    start=_STARTS,
    months=st.integers(1, 24),
    surplus=st.integers(0, 60),
    zone=st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Havana"]),
)
@settings(max_examples=150, deadline=None)
def test_a_term_is_the_same_whatever_the_hosts_zone_and_never_an_hour_short(
    start: datetime, months: int, surplus: int, zone: str
) -> None:
    seen = set()
    for host in _HOSTS:
        with host_in(host):
            term = first_term(start, zone=zone, months=months, surplus_days=surplus)
            following = next_term(term, months=1)
            middle = start + (term.end - start) / 2
            seen.add(
                (
                    term.model_dump_json(),
                    following.model_dump_json(),
                    term.end.isoformat(),
                    following.end.isoformat(),
                    term.remaining(middle),
                    term.whole_months_left(middle, rounding="up"),
                )
            )

    assert len(seen) == 1
    last = term.end - timedelta(microseconds=1)
    assert term.end.utcoffset() == timedelta(0)
    assert local_date(last, zone) == term.valid_to  # all of the last day is inside,
    assert local_date(term.end, zone) == term.end_date  # and nothing of the next
    assert term.remaining(last) == 1
    assert start.astimezone(ZoneInfo(zone)).date() == term.start_date


@given(catalog=catalogs(), history=histories(*GIVEN_BACK), later=st.integers(0, 900))
@settings(max_examples=50, deadline=None)
def test_a_projection_is_the_same_however_it_is_folded(
    catalog: Catalog, history: list[Event], later: int
) -> None:
    """At any moment: from all grants or from those until then, from memory or from the store, as a list or a
    tuple; and what was taken back whole, or suspended and restored, might as well never have been."""
    account = lived(catalog, history)
    grants = account.desk.grants
    stored = _GRANTS.validate_json(_GRANTS.dump_json(grants))
    now = account.desk.now + later * DAY

    assert stored == grants
    assert project(tuple(stored), at=now) == project(grants, at=now) == project(deepcopy(grants), at=now)
    for at in {grant.effective_at for grant in grants}:
        until_then = [grant for grant in grants if grant.effective_at <= at]
        assert project(until_then, at=at) == project(stored, at=at)
    assert without_version(project(as_if_never(grants), at=now)) == without_version(project(grants, at=now))


def without_version(held: Entitlement) -> Entitlement:
    return replace(held, version=0)


def as_if_never(grants: list[Grant]) -> list[Grant]:
    """Without the grants that were reversed whole, and without what is about them."""
    taken: dict[str, set[int]] = {}
    for grant in grants:
        taken.setdefault(grant.of or "", set()).update(grant.reversed_lines)
    gone = {grant.id for grant in grants if grant.lines and len(taken.get(grant.id, ())) == len(grant.lines)}
    return [grant for grant in grants if grant.id not in gone and grant.of not in gone]


@given(catalog=catalogs(), history=histories(), wish=choices, other=choices)
@settings(max_examples=40, deadline=None)
def test_a_quote_is_pure(catalog: Catalog, history: list[Event], wish: Choice, other: Choice) -> None:
    """The same input gives the same output, whatever was asked in between, and the input stays as it was."""
    desk = lived(catalog, history).desk.uses(9)
    purchase = wish.open_at(desk) or wish.of(catalog, "new")
    between = other.of(catalog, other.kind)
    held, inputs = desk.held(), (desk.catalog, desk.grants, dict(desk.code_uses), dict(desk.refunded))
    before = deepcopy(inputs)

    first, _, second = asked(desk, purchase), asked(desk, between), asked(desk, purchase)

    assert first == second
    assert inputs == before
    assert held == desk.held()
    if isinstance(first, Quote):
        again = Quote.model_validate_json(first.model_dump_json(), strict=True)
        assert again == first
        assert again.model_dump_json() == first.model_dump_json()
        assert all(isinstance(line, Line) for line in again.lines)


def asked(desk: Desk, purchase: Any) -> Quote | str:
    try:
        return desk.quote(purchase)
    except RequestRefused as refused:
        return str(refused)


def test_no_rule_reads_a_clock_a_file_the_environment_or_chance() -> None:
    """Time is passed in."""
    impure = {
        "now", "today", "utcnow", "time_ns", "monotonic", "perf_counter", "localtime", "getenv", "environ",
        "open", "read_text", "read_bytes", "random", "uuid4", "uuid7", "token_hex", "urandom", "sleep",
    }  # fmt: skip
    modules = sorted(Path(payport.rules.__path__[0]).glob("*.py"))

    used = {
        (module.name, name)
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for name in [getattr(getattr(node, "func", None), "attr", None), getattr(node, "name", None)]
        if name in impure  # as in `x.now()`, or as in `import random`
    }

    assert len(modules) > 20
    assert used == set()
