"""Lists: filters, pages that no newcomer shifts, and cursors that nobody bends."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from payport.doors.async_host import AsyncPayport
from payport.errors import NotFound, RequestRefused
from payport.rules.money import vnd
from payport.service.paging import Page, aall_of, all_of
from tests.support.bank_lines import TOTAL, a_line
from tests.support.refund_shop import RefundShop
from tests.support.shop import NOON, Shop
from tests.support.transfers import Transfers

Lists = Callable[..., Page[Any]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def street(shop: Shop) -> Shop:
    """Five orders, an hour between two: 0 and 1 paid, 2 handed over, the rest only placed."""
    for name in range(5):
        order = shop.order(f"account-{name}", months=1 if name == 4 else 12)
        if name < 3:
            payment = shop.pay(order)
        if name < 2:
            shop.ipn(payment, transaction=f"1500000{name}")
        shop.clock.forward(hours=1)
    return shop


def accounts(page: Page[Any]) -> list[str]:
    return [row.account.removeprefix("account-") for row in page]


class TestOrders:
    def test_come_newest_first_by_their_filters(self, street: Shop) -> None:
        listed = street.payport.orders

        assert accounts(listed()) == ["4", "3", "2", "1", "0"]
        assert accounts(listed(states=["paid"])) == ["1", "0"]
        assert accounts(listed(states=["paid", "placed"], amount=vnd(1_100_000))) == ["3", "2", "1", "0"]
        assert accounts(listed(account="account-3")) == ["3"]
        assert accounts(listed(account="account-3", states=["paid"])) == []
        assert accounts(listed(method="domestic_card", states=["placed"])) == ["2"]
        assert accounts(listed(placed_from=hour(1), placed_until=hour(3))) == ["2", "1"]
        assert accounts(listed(account="no\x00body")) == accounts(listed(method="x" * 500)) == []

    def test_say_who_bought_for_how_much_and_by_what(self, street: Shop) -> None:
        (row,) = street.payport.orders(account="account-0")

        assert (row.buyer.name, row.total, row.received) == ("Nguyễn Văn A", vnd(TOTAL), vnd(TOTAL))
        assert (row.state, row.methods, row.erased_at) == ("paid", ("domestic_card",), None)

    def test_on_pages_are_each_shown_once_though_others_come_meanwhile(self, street: Shop) -> None:
        first = street.payport.orders(limit=2)
        street.order("newcomer")
        second = street.payport.orders(limit=2, after=first.next)
        third = street.payport.orders(limit=2, after=second.next)

        assert [accounts(page) for page in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
        assert third.next is None

    def test_placed_at_the_same_instant_are_each_shown_once(self, shop: Shop) -> None:
        numbers = {shop.order(f"account-{name}").number for name in range(5)}

        shown = [row.number for row in all_of(_by(shop.payport.orders, 2))]

        assert (len(shown), set(shown)) == (5, numbers)


class TestPaymentsAndRefunds:
    def test_come_newest_first_by_their_filters(self, street: Shop) -> None:
        listed = street.payport.payments

        assert accounts(listed()) == ["2", "1", "0"]
        assert accounts(listed(states=["succeeded"])) == ["1", "0"]
        assert accounts(listed(account="account-2", states=["pending"])) == ["2"]
        assert accounts(listed(gateway_account="vnpay-main", handed_over_until=hour(1))) == ["0"]
        assert accounts(listed(method="order_only")) == []
        (order,) = street.payport.orders(account="account-1")
        assert accounts(listed(order_number=order.number)) == ["1"]

    def test_are_found_by_what_a_person_should_look_at(self, street: Shop) -> None:
        listed = street.payport.payments
        twice, _ = listed(states=["succeeded"])
        street.ipn(twice, transaction="19999999")

        assert accounts(listed(flags=["surplus"])) == accounts(
            listed(flags=["second_payment", "late_payment"])
        )
        assert accounts(listed(flags=["second_payment"])) == ["1"]
        assert accounts(listed(flags=["second_payment"], states=["pending"])) == []
        with pytest.raises(RequestRefused, match="flags"):
            listed(flags=["paid"])

    def test_refunds_are_one_orders_or_everybodys(self, giving: RefundShop) -> None:
        first, second = giving.paid(), giving.paid(account="an-binh")
        one = giving.by_hand(first, vnd(1_000))
        giving.shop.clock.forward(minutes=1)
        other = giving.by_hand(second, vnd(2_000))
        listed = giving.shop.payport.refunds

        assert listed().rows == listed(states=["succeeded"]).rows == (other, one)
        assert listed(first.order_number).rows == (one,)
        assert listed(merchant_reference=second.merchant_reference, amount=vnd(2_000)).rows == (other,)
        assert listed(first.order_number, states=["failed"]).rows == ()
        with pytest.raises(NotFound):
            listed("SV23456789AB")


class TestCallbacksAndCalls:
    def test_are_listed_by_what_they_came_to(self, street: Shop) -> None:
        street.deliver(b"vnp_Amount=1", channel="ipn")  # type: ignore[arg-type]
        listed = street.payport.callbacks
        refused, *proven = listed()

        assert [row.decision for row in (refused, *proven)] == ["not_authentic", "recorded", "recorded"]
        assert listed(verdict="rejected").rows == listed(decision="not_authentic").rows == (refused,)
        assert listed(verdict="proof", gateway_account="vnpay-main").rows == tuple(proven)
        assert proven[0].contract is not None
        assert listed(merchant_reference=proven[0].merchant_reference).rows == (proven[0],)
        assert listed(order_number=proven[1].order_number).rows == (proven[1],)
        assert listed(received_until=hour(1)).rows == (proven[1],)

    def test_one_is_shown_with_its_request_as_it_is_kept(self, street: Shop) -> None:
        (row, *_) = street.payport.callbacks(verdict="proof")

        shown = street.payport.callback(row.id)

        assert (shown.row, shown.method, shown.body) == (row, "GET", b"")
        assert b"vnp_TxnRef=" + str(row.merchant_reference).encode() in shown.query
        assert ("host", "shop.example.vn") in shown.headers
        for nothing in (0, -1, 10**6, 2**70):
            with pytest.raises(NotFound):
                street.payport.callback(nothing)

    def test_calls_say_what_was_asked_without_secrets(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.refund(payment, vnd(1_000))

        kinds = [
            (call.kind, bool(call.transcript))
            for call in giving.shop.payport.calls(payment.merchant_reference)
        ]

        assert ("refund", True) in kinds
        assert giving.shop.payport.calls("no\x00ne") == ()


class TestTheJournal:
    def test_is_listed_by_order_account_kind_time_and_number(self, street: Shop) -> None:
        street.payport.seal()
        listed = street.payport.journal
        (order,) = street.payport.orders(account="account-0")

        of_order = listed(order_number=order.number)
        assert [entry.kind for entry in of_order][-1] == "order.placed"
        assert [entry.sequence for entry in of_order] == list(range(len(of_order), 0, -1))
        assert {entry.account for entry in listed(account="account-1")} == {"account-1"}
        assert [entry.kind for entry in listed(kinds=["order.paid"])] == ["order.paid"] * 2
        assert {e.kind for e in listed(kinds=["order.paid", "payment.succeeded"], account="account-1")} == {
            "order.paid",
            "payment.succeeded",
        }
        assert {entry.account for entry in listed(at_until=hour(1))} == {"account-0"}
        (first,) = listed(number=1)
        assert (first.number, first.event_id[:4], first.kind) == (1, "evt_", "order.placed")
        assert listed(number=2**70).rows == ()
        assert listed(event=first.event_id).rows == (first,)
        assert listed(event=first.event_id, account="account-1").rows == ()
        assert listed(event="evt_" + "0" * 32).rows == listed(event="%").rows == ()

    def test_an_accounts_grants_are_all_that_it_was_given(self, street: Shop) -> None:
        assert [grant.kind for grant in street.payport.grants("account-0")] == ["order"]
        assert street.payport.grants("account-4") == street.payport.grants("no\x00body") == ()


class TestStatementLines:
    def test_are_listed_by_their_fate(self, desk: Transfers) -> None:
        order = desk.order()
        desk.clock.forward(hours=1)
        desk.read(
            desk.line(order, reference="FT1"),
            a_line("tien hang thang 11", 5, at=desk.clock.now, reference="FT2"),
            a_line("tien hang thang 12", 6, at=desk.clock.now, reference="FT3"),
        )
        listed = desk.shop.payport.statement_lines

        def names(**filters: Any) -> list[str]:
            return [line.reference for line in all_of(_by(listed, 1), **filters)]

        assert names() == ["FT3", "FT2", "FT1"]
        assert names(fates=["matched"]) == names(order_number=order.number) == ["FT1"]
        assert names(fates=["unmatched"], gateway_account="order-only") == ["FT3", "FT2"]
        assert names(amount=vnd(5), fates=["unmatched", "ambiguous"]) == ["FT2"]
        (line,) = listed(amount=vnd(6))
        assert (line.text, line.imported_by, line.order_number) == ("tien hang thang 12", "ke toan", None)
        desk.shop.payport.dismiss("order-only", "FT3", actor="lan", reason="tien cua cua hang khac")
        for is_dismissed, named in ((True, ["FT3"]), (False, ["FT1", "FT2"])):
            some = desk.shop.payport.statement_lines(is_dismissed=is_dismissed).rows
            assert sorted(line.reference for line in some) == named
        dismissed = {line.reference: line.dismissed for line in listed()}
        assert (dismissed["FT1"], dismissed["FT2"]) == (None, None)
        assert dismissed["FT3"] is not None
        assert (dismissed["FT3"].dismissed_by, dismissed["FT3"].reason) == ("lan", "tien cua cua hang khac")


class TestWhatIsAskedWrongly:
    def test_RES_01_is_refused_by_its_field(self, shop: Shop) -> None:
        naive = datetime(2026, 11, 24, 5)  # noqa: DTZ001 - that is what is wrong with it
        for field, asked in (
            ("limit", {"limit": 0}),
            ("limit", {"limit": 201}),
            ("states", {"states": ["gone"]}),
            ("states", {"states": "paid"}),
            ("placed_from", {"placed_from": naive}),
        ):
            with pytest.raises(RequestRefused) as refused:
                shop.payport.orders(**asked)  # type: ignore[arg-type]
            assert refused.value.field == field
        with pytest.raises(RequestRefused):
            shop.payport.journal(kinds=["a"] * 51)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "%%%",
            "bm90IGpzb24",
            "ô",
            "A" * 2_000,
            '{"a":1}',
            "[]",
            "[1,2]",
            '["2026-11-24T05:00:00","SV"]',
            '["2026-11-24T05:00:00+00:00",7]',
            '["0001-01-01T00:00:00+14:00","SV"]',
            '["2026-11-24T05:00:00+00:00","a\\u0000"]',
            '["2026-11-24T05:00:00+00:00","a","b"]',
            "[" * 900,
        ],
    )
    def test_WEB_a_cursor_that_no_page_gave_is_refused(self, shop: Shop, text: str) -> None:
        sealed = text if not text.startswith(("[", "{")) else urlsafe_b64encode(text.encode()).decode()

        with pytest.raises(RequestRefused, match="no place in this list"):
            shop.payport.orders(after=sealed)


class TestAnIndex:
    """Leads every list, so that a page costs the same among a million rows."""

    def test_gives_each_page(self, street: Shop) -> None:
        shop, engine = street.payport, street.payport.seller.database.engine
        asked: list[tuple[str, Any]] = []
        cursor = shop.orders(limit=1).next
        payments, journal = shop.payments(limit=1).next, shop.journal(limit=1).next

        def keep(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            if "LIMIT" in statement:
                asked.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", keep)
        shop.orders(after=cursor, placed_from=NOON)
        shop.orders(after=cursor, states=["review"])
        shop.orders(after=cursor, account="account-0", states=["review"])
        shop.orders(after=cursor, amount=vnd(1), states=["review"])
        shop.payments(after=payments)
        shop.payments(account="account-0", states=["pending"])
        shop.refunds()
        shop.callbacks(verdict="rejected")
        shop.callbacks(received_until=NOON)
        shop.callbacks(decision="to_review")
        shop.journal(after=journal)
        shop.journal(after=journal, kinds=["order.paid", "order.placed"])
        shop.statement_lines()
        shop.statement_lines(amount=vnd(1), fates=["matched"])
        event.remove(engine, "before_cursor_execute", keep)

        sqlite, odd = shop.seller.database.is_sqlite, ""
        with engine.connect() as connection:
            if not sqlite:  # the tables are nearly empty: reading them whole would be cheapest
                connection.exec_driver_sql("SET enable_seqscan = off")
                connection.exec_driver_sql("SET enable_bitmapscan = off")
            for statement, given in asked:
                explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
                plan = str(connection.exec_driver_sql(f"{explain} {statement}", given).all())
                odd = plan if "decision IN" in statement else odd
                assert "Seq Scan" not in plan, (statement, plan)
                if sqlite and "UNION" not in statement:  # the union of a few short lists is sorted
                    assert "TEMP B-TREE" not in plan, (statement, plan)
                if sqlite:
                    for name in ("orders", "payments", "refunds", "callbacks", "journal", "statement_lines"):
                        assert f"SCAN {name}'" not in plan, (statement, plan)
        assert len(asked) == 14
        assert "ix_callbacks_odd" in odd


@pytest.mark.anyio
async def test_an_async_host_lists_and_finds_with_the_same_verbs(street: Shop) -> None:
    host = AsyncPayport(street.payport.seller, street.payport.configuration)

    shown = [row.account async for row in aall_of(host.orders, states=["paid"])]
    (found, *_) = await host.find("account-3")

    assert shown == ["account-1", "account-0"]
    assert found.by == "account"
    assert len(await host.journal(limit=3)) == 3
    await host.close()


def test_all_of_a_list_is_bounded(street: Shop) -> None:
    assert len([*all_of(street.payport.orders, most=3)]) == 3


def hour(number: int) -> datetime:
    return NOON.replace(hour=NOON.hour + number)


def _by(verb: Lists, limit: int) -> Lists:
    """The same list on smaller pages."""

    def listed(**asked: Any) -> Page[Any]:
        return verb(**(asked | {"limit": limit}))

    return listed
