"""The operator's first page: money by the merchant's day, and all that waits for a person, each kind once."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from payport.doors.async_host import AsyncPayport
from payport.doors.host import Payport
from payport.errors import RequestRefused
from payport.rules.acts import Cancel
from payport.rules.money import vnd
from payport.rules.needs import REMEDIES, WHAT, NeedKind
from payport.service.needs import Need
from payport.storage import tables as t
from tests.support.bank_lines import TOTAL
from tests.support.receivers import telling
from tests.support.refund_shop import RefundShop
from tests.support.shop import Clock, Shop, write_configuration
from tests.support.sign import SECRET, ipn_query
from tests.support.transfers import Transfers
from tests.support.unmoved import nothing_moves

ORDER_TOTAL = vnd(1_100_000)


def needs(shop: Shop) -> dict[NeedKind, Need]:
    return {need.kind: need for need in shop.payport.today(days=1).needs}


def test_every_kind_says_what_it_is_and_what_to_do() -> None:
    assert set(WHAT) == set(REMEDIES) == set(NeedKind)


class TestMoney:
    def test_counts_on_the_merchants_day_on_which_it_was_paid(self, shop: Shop) -> None:
        shop.clock.now = datetime.fromisoformat("2026-11-24T16:59:00+00:00")  # 23:59 in Việt Nam
        shop.ipn(shop.pay(shop.order()))
        shop.clock.forward(minutes=2)
        shop.ipn(shop.pay(shop.order("hoa-sen")), transaction="14422575")
        shop.ipn(shop.pay(shop.order("an-khang")), transaction="14422576")

        shop.payport.seal()

        with nothing_moves(shop):
            seen = shop.payport.today(days=3)

        told = [(each.day, each.method, each.received, each.receipts) for each in seen.income]
        assert told == [
            (date(2026, 11, 24), "domestic_card", ORDER_TOTAL, 1),
            (date(2026, 11, 25), "domestic_card", ORDER_TOTAL + ORDER_TOTAL, 2),
        ]
        assert seen.days == (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25))
        assert seen.received(seen.day) == (ORDER_TOTAL + ORDER_TOTAL,)
        assert seen.methods["domestic_card"].en
        assert seen.needs == ()

    def test_that_went_back_stands_beside_it(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.shop.clock.forward(days=1)
        giving.refund(payment, vnd(1_000))
        giving.refund(payment, vnd(500))

        came, went = giving.shop.payport.today(days=2).income

        assert (came.received, came.receipts, came.refunds) == (payment.amount, 1, 0)
        assert (went.received, went.refunded, went.refunds) == (vnd(0), vnd(1_500), 2)

    def test_of_another_day_is_found_by_that_day(self, shop: Shop) -> None:
        shop.ipn(shop.pay(shop.order()))
        paid_on = shop.payport.today().day
        shop.clock.forward(days=40)

        assert shop.payport.today().income == ()
        assert len(shop.payport.today(day=paid_on, days=1).income) == 1

    def test_of_more_days_than_a_quarter_is_refused(self, shop: Shop) -> None:
        with pytest.raises(RequestRefused):
            shop.payport.today(days=93)


class TestWhatNeedsAPerson:
    def test_is_money_that_does_not_fit(self, shop: Shop) -> None:
        held = shop.pay(shop.order())
        shop.ipn(held, vnd(1_099_999))
        twice = shop.pay(shop.order("hoa-sen"))
        shop.ipn(twice, transaction="14422575")
        shop.ipn(twice, transaction="14422576")
        shop.deliver(ipn_query("SVAAAAAAAAAA", 70_000, transaction="14422577"))

        found = needs(shop)

        assert found[NeedKind.PAYMENTS_IN_REVIEW].money == (held.amount,)
        (first,) = found[NeedKind.PAYMENTS_IN_REVIEW].first
        assert (first.reference, first.order_number) == (held.merchant_reference, held.order_number)
        assert found[NeedKind.SURPLUS].money == (twice.amount,)
        assert found[NeedKind.UNMATCHED].money == (vnd(70_000),)
        assert found[NeedKind.UNMATCHED].first[0].reference == "14422577"
        assert found[NeedKind.UNMATCHED].first[0].gateway_account == "vnpay-main"

    def test_is_asked_no_more_once_a_person_dismissed_it(self, desk: Transfers) -> None:
        shop = desk.shop
        shop.deliver(ipn_query("SVAAAAAAAAAA", 70_000, transaction="14422577"))
        desk.read(desk.line("SVAAAAAAAAAA", TOTAL, reference="FT7"))
        before = needs(shop)
        shop.payport.dismiss("vnpay-main", "14422577", actor="lan", reason="another shop's")
        shop.payport.dismiss("order-only", "FT7", actor="lan", reason="interest")

        after = needs(shop)

        assert {NeedKind.UNMATCHED, NeedKind.LINES_UNNAMED} <= before.keys()
        assert after == {}

    def test_is_what_one_person_proposed(self, shop: Shop) -> None:
        order = shop.order()
        proposal = shop.payport.propose(Cancel(order_number=order.number, reason="a slip"), actor="lan")

        (first,) = needs(shop)[NeedKind.PROPOSALS].first

        assert (first.reference, first.order_number) == (proposal.id, order.number)

    def test_is_shown_five_at_a_time_the_longest_waiting_first(self, shop: Shop) -> None:
        payments = []
        for number in range(6):
            payments.append(shop.pay(shop.order(f"buyer-{number}")))
            shop.ipn(payments[-1], vnd(1_000), transaction=f"1442257{number}")
            shop.clock.forward(minutes=1)

        need = needs(shop)[NeedKind.PAYMENTS_IN_REVIEW]

        assert need.count == 6
        assert [each.reference for each in need.first] == [each.merchant_reference for each in payments[:5]]
        assert need.oldest == payments[0].handed_over_at

    def test_is_what_people_saw_and_banks_wrote(self, desk: Transfers) -> None:
        order = desk.order(package="enterprise")
        desk.confirm(order, order.total.minor)
        desk.read(desk.line("SVAAAAAAAAAA", TOTAL, reference="FT7"), desk.line(desk.order("hoa-sen"), 7))

        found = needs(desk.shop)

        assert found[NeedKind.CONFIRMATIONS].money == (order.total,)
        assert found[NeedKind.CONFIRMATIONS].first[0].order_number == order.number
        assert found[NeedKind.LINES_UNNAMED].first[0].reference == "FT7"
        assert found[NeedKind.LINES_UNDECIDED].money == (vnd(7),)

    def test_is_money_that_issuers_claim_and_refunds_that_nobody_knows(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.shop.payport.chargeback(payment.merchant_reference, vnd(70_000), actor="lan", reason="?")
        giving.bank.loses_the_answer()
        lost = giving.refund(payment, vnd(1_000))
        giving.bank.always(amount=999)
        other = giving.refund(payment, vnd(2_000))

        found = needs(giving.shop)

        assert found[NeedKind.CHARGEBACKS].money == (vnd(70_000),)
        assert [each.reference for each in found[NeedKind.REFUNDS_UNKNOWN].first] == [lost.reference]
        assert [each.reference for each in found[NeedKind.REFUNDS_IN_DOUBT].first] == [other.reference]

    def test_is_work_that_failed_too_often(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(
                update(t.payments).values(parked_at=shop.clock(), last_error="it fell", due_at=shop.clock())
            )

        need = needs(shop)[NeedKind.PARKED_WORK]

        assert need.is_urgent
        assert [(each.reference, each.note) for each in need.first] == [
            (payment.merchant_reference, "it fell")
        ]

    def test_is_work_that_nobody_does(self, shop: Shop) -> None:
        shop.pay(shop.order())
        shop.clock.forward(days=2)

        assert needs(shop)[NeedKind.LATE_WORK].count == 2  # the payment and the order
        assert NeedKind.JOURNAL in needs(shop)
        shop.payport.seal()
        assert NeedKind.JOURNAL not in needs(shop)

    def test_is_an_event_that_nobody_took(self, database_url: str, tmp_path: Path) -> None:
        shop = telling(tmp_path, database_url, subscribers={"host": lambda _: None})
        order = shop.order()
        with shop.payport.seller.database.engine.begin() as connection:
            connection.execute(
                update(t.deliveries).values(
                    state="parked", parked_at=shop.clock(), due_at=None, last_error="it fell"
                )
            )
            connection.execute(
                t.stopped_subscribers.insert().values(subscriber="host", at=shop.clock(), because="410")
            )

        found = needs(shop)

        (parked,) = found[NeedKind.PARKED_EVENTS].first
        assert (parked.order_number, parked.note) == (order.number, "host: it fell")
        assert found[NeedKind.STOPPED_SUBSCRIBERS].first[0].note == "410"
        shop.payport.close()


def a_house(folder: Path, database_url: str, *changes: tuple[str, str]) -> Shop:
    file = write_configuration(folder, database_url)
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    clock = Clock()
    return Shop(Payport.from_config(file, clock=clock), clock, folder)


def test_a_key_that_ends_soon_and_a_plugin_that_is_gone_are_told(database_url: str, tmp_path: Path) -> None:
    end = "2026-12-01T00:00:00+07:00"
    other = """[[accounts]]
name = "gone"
plugin = "no_such_gateway"
environment = "sandbox"
settings = {}

[[methods]]
id = "domestic_card\""""
    shop = a_house(
        tmp_path,
        database_url,
        (f'value = "{SECRET}" }}', f'value = "{SECRET}", not_after = {end} }}'),
        ('[[methods]]\nid = "domestic_card"', other),
    )

    found = needs(shop)

    (ending,) = found[NeedKind.KEYS_ENDING].first
    assert (ending.reference, ending.gateway_account) == ("hash_secret 2026-a", "vnpay-main")
    assert ending.since == datetime.fromisoformat(end)
    assert found[NeedKind.ACCOUNTS_UNUSABLE].first[0].reference == "gone"
    assert SECRET not in repr(found)
    shop.clock.forward(days=30)
    assert needs(shop)[NeedKind.KEYS_MISSING].first[0].reference == "hash_secret"
    shop.payport.close()


GROWING = {  # with every order; refused_callbacks, by the hour, are pruned
    "receipts", "refunds", "payments", "orders", "callbacks", "journal", "statement_lines", "confirmations",
    "chargebacks", "deliveries", "grants",
}  # fmt: skip


def test_the_page_reads_no_table_whole(shop: Shop) -> None:
    """At a million orders it must open as at a thousand."""
    shop.ipn(shop.pay(shop.order()))
    engine = shop.payport.seller.database.engine
    asked: list[tuple[str, Any]] = []

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    shop.payport.today()
    event.remove(engine, "before_cursor_execute", keep)

    with engine.connect() as connection:
        if not shop.payport.seller.database.is_sqlite:  # small tables are cheapest read whole
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if shop.payport.seller.database.is_sqlite else "EXPLAIN"
        lines = [
            str(row[-1])
            for statement, given in asked
            for row in connection.exec_driver_sql(f"{explain} {statement}", given)
        ]
    whole = [line for line in lines if re.search(r"\bSCAN \w+$|Seq Scan on \w+", line)]
    named = {re.search(r"(?:SCAN|Seq Scan on) (\w+)", line)[1] for line in whole}  # type: ignore[index]
    assert lines
    assert not named & GROWING, whole


@pytest.mark.anyio
async def test_an_async_host_has_the_same_page(database_url: str, tmp_path: Path) -> None:
    shop = AsyncPayport.from_config(write_configuration(tmp_path, database_url), clock=Clock())

    seen = await shop.today(days=2)

    assert seen.days[1] - seen.days[0] == timedelta(days=1)
    await shop.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
