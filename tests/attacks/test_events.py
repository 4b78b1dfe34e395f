"""Events: committed with the change or not at all; receivers that are away; web hooks that aim inward."""

from __future__ import annotations

import importlib.util
import socket
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from payport import Event
from payport.errors import ConfigurationError, NotFound, RequestRefused
from payport.service import webhook_sending, webhook_target
from payport.service.delivering import deliver_due
from payport.service.subscribers import Subscribers
from payport.service.webhook_target import addresses, is_allowed, read_target
from payport.storage import tables as t
from tests.support.doomed import doomed
from tests.support.oracle import check_invariants, everything_stored
from tests.support.receivers import SECRET, Answer, certificate, receiving, telling, webhook
from tests.support.shop import Clock, Shop
from tests.support.sign import ipn_query

LEDGER = '[[subscribers]]\nname = "ledger"\n'
SECOND = "whsec_YW5vdGhlciBzeW50aGV0aWMgc2VjcmV0IG9mIHRlc3Rz"
RECEIVER = Path(__file__).parents[2] / "docs" / "receive_events.py"
INWARD = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "localhost.", "LOCALHOST",
    "[::1]", "[::]", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "10.0.0.1",
    "172.16.5.4", "192.168.1.1", "169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]",
    "[fe80::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "[ff0e::1]", "255.255.255.255", "240.0.0.1",
    "[fec0::1]", "0",
]  # fmt: skip
NO_ADDRESS = [
    "http://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "ftp://8.8.8.8/", "//8.8.8.8/", "8.8.8.8",
    "https://user:word@8.8.8.8/", "https://8.8.8.8@127.0.0.1/", "https://8.8.8.8\\@127.0.0.1/",
    "https://8.8.8.8/#a", "https:///x", "https://8.8.8.8:0/", "https://8.8.8.8:99999/", "https://[::1/",
    "https://8.8.8.8 /", "https://8.8.8.8/\r\nX: y", "https://%31%32%37.0.0.1/", "https://ⓛocalhost/",
    "https://127。0。0。1/", "https://8.8.8.8/" + "a" * 2000,
]  # fmt: skip


def rows(shop: Shop) -> tuple[int, int]:
    """How many entries there are, and how many deliveries of them."""
    with shop.payport.seller.database.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(each)).scalar_one()
            for each in (t.journal, t.deliveries)
        ]
    return counts[0], counts[1]


class TestACrashBetweenStateAndEvent:
    def test_DUR_03_leaves_both_or_none(self, database_url: str, tmp_path: Path) -> None:
        """Killed before what changes and what tells, at the commit, and after it; then delivered again."""
        heard: list[Event] = []
        shop = telling(tmp_path, database_url, LEDGER, subscribers={"ledger": heard.append})
        points: tuple[Any, ...] = (
            "UPDATE orders", "INSERT INTO journal", "INSERT INTO deliveries", "COMMIT", "after the commit",
        )  # fmt: skip
        shop.payport.seller.database.close()

        with doomed(tmp_path / "payport.toml") as killed:
            for place, point in enumerate(points):
                payment = shop.pay(shop.order(f"account-{place}"))
                before = rows(shop)
                query = ipn_query(payment.merchant_reference, payment.amount.minor, transaction=f"77{place}")
                shop.payport.seller.database.close()

                killed.deliver(query, at=shop.clock(), before=point)

                is_kept = point == "after the commit"
                assert rows(shop) == tuple(count + 4 * is_kept for count in before), point
                assert before[0] == before[1]
                shop.deliver(query)
                assert rows(shop) == tuple(count + 4 for count in before), point
        deliver_due(shop.payport.seller, 1000)

        paid = Counter(event.type for event in heard)
        assert paid["order.paid"] == paid["entitlement.changed"] == len(points)
        assert len({event.id for event in heard}) == len(heard) == rows(shop)[0]
        check_invariants(shop.payport)
        shop.payport.close()


class TestAReceiverThatIsDown:
    def test_DUR_04_for_three_days_slow_and_double_is_told_at_least_once_in_order(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with receiving() as receiver:
            shop = telling(tmp_path, database_url, webhook(receiver.url))
            shop.ipn(shop.pay(shop.order()))
            seller, clock = shop.payport.seller, shop.clock

            def tried() -> timedelta:
                """One try, which fails; how long the event rests then."""
                deliver_due(seller, 1)
                (delivery,) = shop.payport.events("binh-minh")[0].deliveries
                assert (delivery.state, delivery.delivered_at) == ("waiting", None)
                assert delivery.due_at is not None
                rest = delivery.due_at - clock()
                clock.forward(seconds=rest.total_seconds() + 1)
                return rest

            receiver.answers = [
                Answer(500), Answer(silent=True), Answer(302, {"Location": receiver.url}),
                Answer(429, {"Retry-After": "7200"}), Answer(503, {"Retry-After": "junk"}),
            ]  # fmt: skip
            rests = [tried()]
            with monkeypatch.context() as patched:
                patched.setattr(webhook_sending, "_SECONDS", 0.2)
                rests.append(tried())
            rests += [tried() for _ in range(3)]
            assert [round(rest.total_seconds()) > least for rest, least in zip(
                rests, (3, 15, 60, 7199, 1000), strict=True
            )] == [True] * 5  # fmt: skip
            assert len(set(receiver.ids)) == 1, "a later event was sent before the first was taken"
            assert len({one.body for one in receiver.got}) == 1
            receiver.usual = Answer(500)
            while shop.payport.parked_events() == ():
                deliver_due(seller, 1)
                clock.forward(hours=1)
            assert 13 < len(receiver.got) < 40
            assert shop.payport.parked_events()[0].deliveries[0].error == "HTTP 500"

            receiver.usual = Answer(200, {"Content-Length": "2"})
            before = len(receiver.got)
            while (
                not deliver_due(seller, 100).idle
                or shop.payport.events()[0].deliveries[0].state != "delivered"
            ):
                clock.forward(hours=5)
            assert len(receiver.got) - before == 6
            shop.payport.replay(shop.payport.parked_events()[0].event.id)
            deliver_due(seller, 100)

            told = [each.event for each in shop.payport.events("binh-minh")]
            assert receiver.ids[before:] == [event.id for event in (*told[1:], told[0])]
            assert [one.body for one in receiver.got[before:-1]] == [event.body for event in told[1:]]
            with seller.database.reading() as connection:
                assert SECRET.removeprefix("whsec_") not in everything_stored(connection)
            check_invariants(shop.payport)
            shop.payport.close()

    def test_DUR_04_that_dribbles_is_left_after_the_time_limit(
        self, tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each byte comes in time, and the answer never ends: it is the whole that has a limit."""
        monkeypatch.setattr(webhook_sending, "_SECONDS", 0.3)
        cut = threading.Event()

        def dribble(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(200):
                    connection.sendall(b"x-more: and more\r\n")
                    time.sleep(0.05)
                return
            cut.set()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=dribble, args=(listener,), daemon=True)
            thread.start()
            shop = copied(
                tmp_path, migrated_sqlite, webhook(f"http://127.0.0.1:{listener.getsockname()[1]}/")
            )
            shop.order()
            begun = time.monotonic()

            assert deliver_due(shop.payport.seller, 1).failed == 1
            assert time.monotonic() - begun < 5
            assert cut.wait(5), "the connection stays open"
            thread.join(5)
        (delivery,) = shop.payport.events()[0].deliveries
        assert delivery.error == "no answer within 0 s"
        shop.payport.close()

    def test_DUR_04_that_is_gone_hears_nothing_until_it_is_resumed_and_then_all_in_order(
        self, database_url: str, tmp_path: Path
    ) -> None:
        """By no process, for however long, of whatever account; who else subscribes hears everything."""
        heard: list[str] = []
        with receiving() as receiver:
            receiver.usual = Answer(410)
            shop, other = (
                telling(tmp_path, database_url, webhook(receiver.url), subscribers={"host": told})
                for told in (lambda event: heard.append(event.id), lambda event: heard.append(event.id))
            )
            shop.pay(shop.order("binh-minh"))
            shop.order("hoa-mai")

            assert (deliver_due(shop.payport.seller, 100).failed, len(receiver.got)) == (1, 1)
            shop.clock.forward(days=5)
            shop.order("binh-minh")
            for each in (other, shop):
                deliver_due(each.payport.seller, 100)

            assert (len(receiver.got), len(heard)) == (1, 5)
            assert shop.payport.parked_events() == ()
            (stopped,) = other.payport.stopped_subscribers()
            assert (stopped.subscriber, stopped.because) == ("crm", "HTTP 410")
            receiver.usual = Answer(503)
            shop.payport.resume("crm")
            assert deliver_due(shop.payport.seller, 100).parked == 0, "its days begin anew"
            receiver.usual = Answer(204)
            shop.clock.forward(minutes=5)
            deliver_due(shop.payport.seller, 100)

            told = [each.event for each in shop.payport.events("binh-minh")]
            ids = [one for one in receiver.ids[2:] if one in {event.id for event in told}]
            assert ids == [event.id for event in told]
            assert sorted(set(receiver.ids)) == sorted(heard)
            with pytest.raises(NotFound):
                shop.payport.resume("crm")
            check_invariants(shop.payport)
            other.payport.close()
            shop.payport.close()

    def test_DUR_04_that_nobody_reaches_keeps_nobody_else_waiting(
        self, tmp_path: Path, migrated_sqlite: Path
    ) -> None:
        """One call finds that it is away; then it rests for a moment, whatever else is due for it."""
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with receiving() as receiver:
            tables = webhook(f"http://127.0.0.1:{port}/", name="away") + webhook(receiver.url)
            shop = copied(tmp_path, migrated_sqlite, tables)
            for place in range(5):
                shop.order(f"account-{place}")

            done = deliver_due(shop.payport.seller, 100)

            assert (done.delivered, done.failed) == (5, 1)
            shop.clock.forward(seconds=1)
            assert deliver_due(shop.payport.seller, 100).failed == 1
            shop.payport.close()


class TestManyWorkersAtOnce:
    def test_tell_each_event_in_order_while_more_are_made(self, database_url: str, tmp_path: Path) -> None:
        """None is lost between a line's end and what joins it at that moment; none overtakes."""
        heard: list[tuple[str, int]] = []
        shop = telling(
            tmp_path,
            database_url,
            subscribers={"host": lambda event: heard.append((event.account, event.number))},
        )
        selling = [True]

        def sell(account: str) -> None:
            for _ in range(6):
                shop.order(account)

        def tell() -> None:
            while selling[0] or not deliver_due(shop.payport.seller, 10).idle:
                deliver_due(shop.payport.seller, 10)

        with ThreadPoolExecutor(6) as pool:
            tellers = [pool.submit(tell) for _ in range(3)]
            for done in [pool.submit(sell, account) for account in ("a", "b", "a")]:
                done.result(60)
            selling[0] = False
            for done in tellers:
                done.result(60)
        deliver_due(shop.payport.seller, 100)

        assert [number for account, number in heard if account == "a"] == list(range(1, 13))
        assert [number for account, number in heard if account == "b"] == list(range(1, 7))
        check_invariants(shop.payport)
        shop.payport.close()


class TestAWebHook:
    def test_is_verified_by_the_public_library_with_either_secret_of_a_rotation(
        self, tmp_path: Path, migrated_sqlite: Path
    ) -> None:
        with receiving() as receiver:
            table = webhook(receiver.url).replace(
                "}]", f'}}, {{ id = "2026-b", value = "{SECOND}" }}, {{ id = "old", value = "{SECOND}", '
                "not_after = 2026-01-01T00:00:00+07:00 }]",
            )  # fmt: skip
            shop = copied(tmp_path, migrated_sqlite, table, clock=Clock(datetime.now(UTC)))
            shop.order()
            deliver_due(shop.payport.seller, 10)
            shop.payport.close()
            (got,) = receiver.got

        for secret in (SECRET, SECOND):
            assert Webhook(secret).verify(got.body, dict(got.headers))["type"] == "order.placed"
        assert got.headers["webhook-signature"].count("v1,") == 2
        assert got.headers["content-type"] == "application/json"
        for secret, body in ((SECRET, got.body + b" "), ("whsec_" + "MfKQ" * 8, got.body)):
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(body, dict(got.headers))

    def test_is_taken_once_by_the_receiver_of_the_documentation(
        self, tmp_path: Path, migrated_sqlite: Path
    ) -> None:
        sample = _sample()
        sample.Door.path_of_database = str(tmp_path / "events.sqlite")
        sample.Door.secrets = (SECOND, SECRET)
        server = sample.ThreadingHTTPServer(("127.0.0.1", 0), sample.Door)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        shop = copied(
            tmp_path,
            migrated_sqlite,
            webhook(f"http://127.0.0.1:{server.server_address[1]}/"),
            clock=Clock(datetime.now(UTC)),
        )
        order = shop.order()
        shop.ipn(shop.pay(order))

        assert deliver_due(shop.payport.seller, 100).delivered == 7
        for each in shop.payport.events("binh-minh"):
            shop.payport.replay(each.event.id)
        assert deliver_due(shop.payport.seller, 100).delivered == 7

        server.shutdown()
        server.server_close()
        thread.join(5)
        shop.payport.close()
        with closing(sqlite3.connect(tmp_path / "events.sqlite")) as database:
            assert database.execute("SELECT * FROM paid").fetchall() == [(order.number, 1_100_000, "VND")]
            assert database.execute("SELECT count(*) FROM seen").fetchone() == (7,)

    def test_that_sets_cookies_leaves_none_in_a_process_that_runs_for_long(
        self, tmp_path: Path, migrated_sqlite: Path
    ) -> None:
        with receiving() as receiver:
            receiver.usual = Answer(headers={"Set-Cookie": "a=1; Max-Age=999999"})
            shop = copied(tmp_path, migrated_sqlite, webhook(receiver.url))
            shop.order()
            assert shop.payport.work().delivered == 1
            jar = shop.payport.seller.subscribers.client.cookies.jar
            shop.payport.close()

        assert [*jar] == []

    def test_that_was_not_signed_by_us_is_answered_no(self, tmp_path: Path) -> None:
        assert _sample().receive(tmp_path / "events.sqlite", b"{}", {}, (SECRET,)) == 401
        assert not (tmp_path / "events.sqlite").exists()


class TestATargetThatPointsInward:
    @pytest.mark.parametrize("host", INWARD)
    def test_WEB_02_is_refused_however_it_is_written(self, host: str) -> None:
        with pytest.raises(RequestRefused):
            addresses(read_target(f"https://{host}/x", sandbox=False), sandbox=False)

    @pytest.mark.parametrize("url", NO_ADDRESS)
    def test_WEB_02_is_refused_in_any_other_dress(self, url: str) -> None:
        with pytest.raises(RequestRefused):
            read_target(url, sandbox=False)

    def test_WEB_02_in_the_sandbox_is_this_machine_alone(self, tmp_path: Path) -> None:
        assert addresses(read_target("http://127.0.0.1:8/", sandbox=True), sandbox=True) == ("127.0.0.1",)
        for url in ("http://10.0.0.1/", "https://169.254.169.254/", "http://8.8.8.8/"):
            with pytest.raises(ConfigurationError, match=r"webhooks\[0\]\.url"):
                telling(tmp_path, "sqlite:///x.sqlite", webhook(url))

    @pytest.mark.parametrize(
        ("address", "allowed"),
        [
            ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True),
            ("::ffff:8.8.8.8", True),
            ("fe80::1%eth0", False), ("::1", False), ("192.88.99.1", False),
        ],
    )  # fmt: skip
    def test_WEB_02_is_judged_by_the_address_that_is_meant(self, address: str, *, allowed: bool) -> None:
        assert is_allowed(address, sandbox=False) is allowed

    def test_WEB_02_is_looked_at_again_at_sending_and_called_by_no_other_address(
        self, tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The name led outward when the file was read; then inward; then, between two looks, elsewhere."""
        answers: list[list[str]] = [["8.8.8.8"]]
        looked: list[str] = []

        def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
            looked.append(host)
            found = answers.pop(0)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

        connected: list[str] = []

        def create_connection(address: tuple[str, int], *_: Any, **__: Any) -> Any:
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(webhook_target.socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket, "create_connection", create_connection)
        shop = copied(tmp_path, migrated_sqlite, webhook("https://hooks.example.vn/x"))
        shop.order()

        for found in (["10.0.0.1"], ["8.8.8.8", "169.254.169.254"], ["8.8.8.8", "8.8.4.4"]):
            answers.append(found)
            deliver_due(shop.payport.seller, 1)
            shop.clock.forward(hours=5)

        assert looked == ["hooks.example.vn"] * 4
        assert connected == ["8.8.8.8", "8.8.4.4"]
        (delivery,) = shop.payport.events()[0].deliveries
        assert (delivery.tries, delivery.error) == (3, "no connection")
        shop.payport.close()

    def test_WEB_02_behind_a_redirect_is_not_called(self, tmp_path: Path, migrated_sqlite: Path) -> None:
        with receiving() as inner, receiving() as receiver:
            receiver.answers = [
                Answer(status, {"Location": inner.url}) for status in (301, 302, 303, 307, 308)
            ]
            shop = copied(tmp_path, migrated_sqlite, webhook(receiver.url))
            shop.order()
            for _ in range(5):
                assert deliver_due(shop.payport.seller, 1).failed == 1
                shop.clock.forward(hours=5)

            assert (len(receiver.got), inner.got) == (5, [])
            shop.payport.close()


class TestTheNameOfATarget:
    @pytest.mark.parametrize("named", ["hooks.example.vn", "other.example.vn"])
    def test_is_what_the_certificate_and_the_host_header_must_say(
        self, tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch, named: str
    ) -> None:
        """The connection goes to the address; the certificate is checked against the name."""
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
        monkeypatch.setattr(webhook_target.socket, "getaddrinfo", lambda *_, **__: here)
        server, client = certificate(tmp_path, named)
        with receiving(server) as receiver:
            shop = copied(tmp_path, migrated_sqlite, webhook(f"https://hooks.example.vn:{receiver.port}/x"))
            subscribers = Subscribers(webhooks=shop.payport.seller.subscribers.webhooks, tls=client)
            object.__setattr__(shop.payport.seller, "subscribers", subscribers)
            monkeypatch.undo()
            monkeypatch.setattr(webhook_target.socket, "getaddrinfo", _only(here))
            shop.order()
            deliver_due(shop.payport.seller, 1)
            shop.payport.close()

        if named == "hooks.example.vn":
            assert receiver.got[0].headers["host"] == f"hooks.example.vn:{receiver.port}"
        else:
            assert receiver.got == []


def _only(here: list[Any]) -> Any:
    real = socket.getaddrinfo
    return lambda host, *rest, **named: here if host == "hooks.example.vn" else real(host, *rest, **named)


def copied(folder: Path, migrated: Path, tables: str, *, clock: Clock | None = None) -> Shop:
    """On SQLite alone, where the database makes no difference."""
    file = folder / "payport.sqlite"
    file.write_bytes(migrated.read_bytes())
    return telling(folder, f"sqlite:///{file}", tables, clock=clock)


def _sample() -> Any:
    spec = importlib.util.spec_from_file_location("receive_events", RECEIVER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
