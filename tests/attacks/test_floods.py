"""RES-04 and RES-10: very many, very slow; what they leave behind is bounded, and genuine ones go through."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from payport.doors import asgi
from payport.doors.cli.doctor import Grade, examine
from payport.rules.payment import State
from payport.service.floods import Limits, prune, store_counts
from payport.service.judge import Decision
from payport.signing.received import Channel
from payport.storage import tables as t
from payport_simulators import serve
from tests.support.shop import Shop
from tests.support.sign import ipn_query

FEW = Limits(an_hour=20, of_a_payment=5, days=90)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """One that keeps few, so that a flood is soon one."""
    shop.payport.seller.floods.limits = FEW
    return shop


def rows(shop: Shop) -> int:
    with shop.payport.seller.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(t.callbacks)).scalar_one()


def counted(shop: Shop) -> list[int]:
    with shop.payport.seller.database.reading() as connection:
        of_hours = select(t.refused_callbacks.c.count).order_by(t.refused_callbacks.c.hour)
        return list(connection.execute(of_hours).scalars())


def notices(shop: Shop) -> int:
    told = select(func.count()).select_from(t.journal).where(t.journal.c.kind == "callbacks.refused")
    with shop.payport.seller.database.reading() as connection:
        return connection.execute(told).scalar_one()


class TestAFloodOfForgeries:
    def test_RES_10_leaves_as_much_as_an_hour_may_and_a_count(
        self, shop: Shop, caplog: pytest.LogCaptureFixture
    ) -> None:
        payment, number = shop.pay(shop.order()), 6_000
        genuine = number // 2
        caplog.set_level(logging.DEBUG)

        for place in range(number):
            if place == genuine:
                assert shop.ipn(payment).decision is Decision.RECORDED
            forged = ipn_query(f"SVNOBODY{place:05}", 150_000, secret="x")
            assert shop.deliver(forged).decision is Decision.NOT_AUTHENTIC

        store_counts(shop.payport.seller, now=True)
        assert shop.payment(payment).state is State.SUCCEEDED
        assert (rows(shop), counted(shop), notices(shop)) == (FEW.an_hour + 1, [number], 1)
        assert [record.name for record in caplog.records] == ["payport.callbacks"]
        assert shop.ipn(payment).decision is Decision.ALREADY_KNOWN

    def test_RES_10_is_one_finding_of_the_doctor(self, shop: Shop) -> None:
        for place in range(30):
            shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"))
        store_counts(shop.payport.seller, now=True)

        (finding,) = [each for each in examine(shop.payport) if each.subject == "flood of callbacks"]

        assert finding.grade is Grade.LOOK
        assert finding.words.startswith("30 at vnpay-main in the hour from 2026-11-24 05:00:00+00:00")

    def test_RES_10_is_kept_and_told_of_again_in_the_next_hour(self, shop: Shop) -> None:
        for _ in range(2):
            for place in range(30):
                shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"))
            store_counts(shop.payport.seller, now=True)
            shop.clock.forward(hours=1)

        assert (rows(shop), counted(shop), notices(shop)) == (40, [30, 30], 2)

    def test_RES_10_another_process_goes_on_where_the_hour_stands(
        self, open_seller: Callable[..., Shop]
    ) -> None:
        shops = [open_seller() for _ in range(2)]
        for each in shops:
            each.payport.seller.floods.limits = FEW
            for place in range(30):
                each.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"))
            store_counts(each.payport.seller, now=True)

        assert (rows(shops[0]), counted(shops[0]), notices(shops[0])) == (20, [60], 1)


class TestAFloodOfWhatIsKnown:
    def test_RES_10_one_message_again_and_again_leaves_a_few_rows(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        query = ipn_query(payment.merchant_reference, payment.amount.minor)
        shop.deliver(query)

        for _ in range(20):
            assert shop.deliver(query).decision is Decision.ALREADY_KNOWN
            assert shop.deliver(query, channel=Channel.RETURN).decision is Decision.HINT_TAKEN

        assert rows(shop) == FEW.of_a_payment

    def test_RES_10_hints_of_nothing_that_we_know_are_bounded_too(self, shop: Shop) -> None:
        for place in range(30):
            hint = ipn_query(f"SVNOBODY{place:05}", 1)
            shop.deliver(hint, channel=Channel.RETURN)
        store_counts(shop.payport.seller, now=True)

        assert (rows(shop), counted(shop)) == (FEW.an_hour, [30])

    def test_RES_10_hints_that_are_only_counted_are_counted_while_they_come(self, shop: Shop) -> None:
        """Nothing that is refused before it names a payment comes beside them, and no process ends."""
        for place in range(FEW.an_hour + 2):
            shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1), channel=Channel.RETURN)

        assert counted(shop) == [FEW.an_hour + 2]


class TestMoneyOfNobody:
    def test_TRU_06_is_kept_and_told_once_however_often_it_comes(self, shop: Shop) -> None:
        for _ in range(30):
            unknown = ipn_query("SVNOBODYKNOW", 150_000)
            assert shop.deliver(unknown).decision is Decision.UNKNOWN_REFERENCE

        with shop.payport.seller.database.reading() as connection:
            told = connection.execute(select(t.journal).where(t.journal.c.kind == "money.unmatched")).all()
        assert [(entry.chain, entry.account, entry.reference) for entry in told] == [
            ("gateway vnpay-main", "", "15000001")
        ]
        facts = json.loads(told[0].text)["facts"]
        assert (facts["amount_minor"], facts["merchant_reference"]) == (150_000, "SVNOBODYKNOW")
        assert facts["proof"].startswith("callback 1 sha256:")
        assert rows(shop) == FEW.an_hour + 1

    def test_TRU_06_is_kept_in_the_midst_of_a_flood(self, shop: Shop) -> None:
        for place in range(30):
            shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"))

        shop.deliver(ipn_query("SVNOBODYKNOW", 150_000))

        assert rows(shop) == FEW.an_hour + 1


class TestWhatIsOld:
    def test_RES_10_is_deleted_unless_it_proved_something(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        shop.ipn(payment)
        for place in range(15):
            shop.deliver(ipn_query(f"SVNOBODY{place:05}", 1, secret="x"))

        assert prune(shop.payport.seller) == 0
        shop.clock.forward(days=FEW.days, seconds=1)
        assert [prune(shop.payport.seller, limit=10) for _ in range(3)] == [10, 5, 0]

        shop.clock.now -= timedelta(days=1)
        assert (rows(shop), counted(shop)) == (1, [])


class TestASlowSender:
    def test_RES_04_a_body_that_never_ends_is_cut_off(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asgi, "BODY_SECONDS", 0.1)
        doors = shop.payport.asgi()
        payment = shop.pay(shop.order())

        async def slow() -> int:
            """A byte now and then."""
            status = 0

            async def receive() -> dict[str, object]:
                await asyncio.sleep(0.03)
                return {"type": "http.request", "body": b"x", "more_body": True}

            async def send(message: dict[str, object]) -> None:
                nonlocal status
                status = int(str(message.get("status", status)))

            scope = {
                "type": "http",
                "method": "POST",
                "path": "/vnpay-main/ipn",
                "root_path": "",
                "query_string": b"",
                "headers": [],
            }
            await doors(scope, receive, send)  # type: ignore[arg-type]
            return status

        async def all_of_them() -> list[int]:
            return await asyncio.gather(*(slow() for _ in range(200)))

        assert set(asyncio.run(all_of_them())) == {408}
        assert rows(shop) == 0
        assert shop.ipn(payment).decision is Decision.RECORDED

    def test_RES_04_two_hundred_of_them_are_hung_up_on_and_hold_no_genuine_one_up(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On real connections, to the doors that a host mounts: each goes on sending, whatever it is told."""
        monkeypatch.setattr(asgi, "BODY_SECONDS", 1.0)
        payment = shop.pay(shop.order())
        genuine = ipn_query(payment.merchant_reference, payment.amount.minor).decode()
        begun = b"POST /vnpay-main/ipn HTTP/1.1\r\nHost: shop.example.vn\r\nContent-Length: 9000\r\n\r\n"

        with serve(shop.payport.asgi()) as url, ExitStack() as lines:
            port = int(url.rpartition(":")[2])
            slow = [
                lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                for _ in range(200)
            ]
            for line in slow:
                line.sendall(begun)
            with urlopen(f"{url}/vnpay-main/ipn?{genuine}", timeout=10) as answer:
                assert b'"00"' in answer.read()
            told = [_until_hung_up_on(line) for line in slow]

        heard = {each.split(b"\r\n")[0] for each in told}
        assert heard - {b""} == {b"HTTP/1.1 408 Request Timeout"}  # a reset may take the words with it
        assert rows(shop) == 1


def _until_hung_up_on(line: socket.socket) -> bytes:
    """What it was told until then, while it went on sending."""
    told, ends = b"", time.monotonic() + 10
    line.settimeout(0.05)
    while time.monotonic() < ends:
        with suppress(TimeoutError):
            try:
                line.sendall(b"x")
                part = line.recv(4096)
            except ConnectionError:
                part = b""
            if not part:
                return told
            told += part
    raise AssertionError(f"not hung up on: {told!r}")
