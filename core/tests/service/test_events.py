"""Events: what is told, to whom, in which order, how often, and again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from payport import Event, Payport
from payport.errors import ConfigurationError, NotFound, RequestRefused
from payport.service import delivering, webhook_sending
from payport.service.delivering import PARKED_AFTER, delay_after, deliver_due
from payport.service.subscribers import Subscribers
from payport.storage import event_records
from payport.storage import tables as t
from payport.storage.event_records import Subscription
from tests.support.oracle import check_invariants
from tests.support.receivers import telling, webhook
from tests.support.shop import BUYER, Shop

OpenTelling = Callable[..., Shop]
A_SALE = [
    "order.placed", "payment.created", "payment.handed_over", "money.received", "payment.succeeded",
    "order.paid", "entitlement.changed",
]  # fmt: skip


@pytest.fixture
def open_telling(database_url: str, tmp_path: Path) -> Iterator[OpenTelling]:
    """Opens shops on one database, each with its tables and functions."""
    with ExitStack() as closing:

        def open_(tables: str = "", **options: Any) -> Shop:
            shop = telling(tmp_path, database_url, tables, **options)
            closing.callback(shop.payport.close)
            closing.callback(check_invariants, shop.payport)
            return shop

        yield open_


def sell(shop: Shop, account: str = "binh-minh") -> str:
    order = shop.order(account)
    shop.ipn(shop.pay(order), transaction=f"9{len(shop.accounts)}")
    shop.accounts.append(account)
    return order.number


class TestAFunction:
    def test_hears_of_a_sale_in_order_and_of_nobodys_name(self, open_telling: OpenTelling) -> None:
        heard: list[Event] = []
        shop = open_telling(subscribers={"host": heard.append})

        number = sell(shop)
        assert heard == []  # only work tells
        done = shop.payport.work()

        assert ([event.type for event in heard], done.delivered) == (A_SALE, 7)
        assert [event.number for event in heard] == [1, 2, 3, 4, 5, 6, 7]
        assert {(event.account, event.order) for event in heard} == {("binh-minh", number)}
        assert shop.payport.work().idle
        text = "".join(event.body.decode() for event in heard)
        token = shop.payport.order(number).token
        personal = {BUYER.name, BUYER.email, BUYER.phone, token, "203.0.113.9"}
        assert not [each for each in personal if each in text]
        paid = json.loads(heard[5].body)
        assert paid == {
            "id": heard[5].id, "type": "order.paid", "account": "binh-minh", "number": 6,
            "at": "2026-11-24T05:00:00.000000Z", "order": number,
            "data": {
                "subject": "order", "reference": number, "from": "placed", "to": "paid",
                "facts": {
                    "number": number, "state": "paid", "total_minor": 1_100_000,
                    "received_minor": 1_100_000, "currency": "VND",
                    "placed_at": "2026-11-24T05:00:00.000000Z", "expires_at": "2026-11-25T05:00:00.000000Z",
                    "paid_at": "2026-11-24T05:00:00.000000Z",
                },
            },
        }  # fmt: skip
        assert [told.event for told in shop.payport.events("binh-minh")] == heard

    def test_that_fails_is_called_again_in_order_while_other_accounts_flow(
        self, open_telling: OpenTelling
    ) -> None:
        heard: list[Event] = []
        broken = True

        def listener(event: Event) -> None:
            if broken and event.account == "binh-minh":
                raise ValueError("its words may hold a secret")
            heard.append(event)

        shop = open_telling(subscribers={"host": listener})
        sell(shop)
        sell(shop, "hoa-mai")

        first = deliver_due(shop.payport.seller, 100)
        assert (first.delivered, first.failed) == (7, 1)
        assert {event.account for event in heard} == {"hoa-mai"}
        (head, *others) = shop.payport.events("binh-minh")
        assert head.deliveries[0].error is not None
        assert head.deliveries[0].error.startswith("it raised ValueError at test_events.py:")
        assert {each.deliveries[0].due_at for each in others} == {None}
        broken = False
        assert deliver_due(shop.payport.seller, 100).idle
        shop.clock.forward(seconds=6)
        assert deliver_due(shop.payport.seller, 100).delivered == 7
        assert [event.number for event in heard if event.account == "binh-minh"] == [1, 2, 3, 4, 5, 6, 7]

    def test_that_has_much_to_hear_keeps_no_other_waiting_behind_it(self, open_telling: OpenTelling) -> None:
        told: list[tuple[str, str]] = []
        shop = open_telling(
            subscribers={
                "slow": lambda event: told.append(("slow", event.account)),
                "fast": lambda event: told.append(("fast", event.account)),
            }
        )
        seller = shop.payport.seller
        seller.subscribers.rest("slow", shop.clock())
        for number in range(6):
            shop.order(f"before-{number}")
        assert deliver_due(seller, 100).delivered == 6
        shop.clock.forward(seconds=2)
        shop.order("late")
        told.clear()

        deliver_due(seller, 2)

        assert sorted(told) == [("fast", "late"), ("slow", "before-0")]

    def test_that_never_comes_back_leaves_few_threads_and_is_called_again_once_one_returns(
        self, open_telling: OpenTelling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivering, "_FUNCTION_S", 0.2)
        over = threading.Event()
        stuck: list[str] = []
        heard: list[str] = []

        def hang(event: Event) -> None:
            stuck.append(event.account)
            over.wait(30)

        shop = open_telling(subscribers={"hangs": hang, "host": lambda event: heard.append(event.account)})
        seller = shop.payport.seller
        for number in range(6):
            shop.order(f"account-{number}")
        for _ in range(8):
            deliver_due(seller, 100)
            shop.clock.forward(minutes=2)

        assert (len(stuck), len(heard)) == (4, 6)
        assert deliver_due(seller, 100).idle
        errors = {one.error for each in shop.payport.events() for one in each.deliveries if one.error}
        assert any(error.startswith("its function was not back within 0.2 s. Too many") for error in errors)
        over.set()
        while seller.subscribers.guard("hangs").abandoned:
            time.sleep(0.01)
        deliver_due(seller, 100)
        assert {*stuck[4:]} == {f"account-{number}" for number in range(6)}

    def test_is_told_by_whichever_process_has_it_what_any_process_did(
        self, open_telling: OpenTelling
    ) -> None:
        """The seller without the function keeps events for it, since its name stands in the file."""
        table = '[[subscribers]]\nname = "host"\nkinds = ["order.*", "entitlement.changed"]\n'
        heard: list[Event] = []
        sold = open_telling(table)
        sell(sold)
        assert sold.payport.work().idle
        worker = open_telling(table, subscribers={"host": heard.append})

        worker.payport.work()

        assert [event.type for event in heard] == ["order.placed", "order.paid", "entitlement.changed"]

    def test_hears_nothing_of_what_is_undone(self, open_telling: OpenTelling) -> None:
        heard: list[Event] = []
        shop = open_telling(subscribers={"host": heard.append})
        order = shop.order()

        def cancel_and_fail(connection: Any) -> None:
            from payport.service.cancelling import cancel

            cancel(connection, shop.payport.seller, order.number, actor="Lan", reason="a test")
            raise LookupError

        with pytest.raises(LookupError):
            shop.payport.seller.database.transaction(cancel_and_fail)
        shop.payport.work()

        assert [event.type for event in heard] == ["order.placed"]


class TestALostLease:
    def test_keeps_no_result(self, open_telling: OpenTelling) -> None:
        """A second worker took it over and failed; the first one's late success is not believed."""
        heard: list[Event] = []
        shop = open_telling(subscribers={"host": heard.append})
        database = shop.payport.seller.database
        shop.order()

        def slow(event: Event) -> None:
            heard.append(event)
            taken = update(t.deliveries).values(lease_owner="another")
            database.transaction(lambda connection: connection.execute(taken))

        shop.payport.seller.subscribers.listeners["host"] = slow  # type: ignore[index]
        deliver_due(shop.payport.seller, 1)
        (told,) = shop.payport.events("binh-minh")
        assert told.deliveries[0].state == "waiting"
        shop.payport.seller.subscribers.listeners["host"] = heard.append  # type: ignore[index]
        assert deliver_due(shop.payport.seller, 1).idle
        shop.clock.forward(seconds=21)
        assert deliver_due(shop.payport.seller, 1).delivered == 1

        assert [event.id for event in heard] == [told.event.id] * 2

    def test_is_taken_over_from_a_worker_that_died(self, open_telling: OpenTelling) -> None:
        heard: list[Event] = []
        shop = open_telling(subscribers={"host": heard.append})
        shop.order()
        now = shop.clock()

        def claimed(connection: Any) -> Any:
            until = now + timedelta(seconds=20)
            return event_records.claim(connection, ["host"], now=now, until=until, owner="dead")

        assert shop.payport.seller.database.transaction(claimed) is not None
        assert shop.payport.seller.database.transaction(claimed) is None
        shop.clock.forward(seconds=21)
        deliver_due(shop.payport.seller, 1)

        assert shop.payport.events("binh-minh")[0].deliveries[0].tries == 2
        assert len(heard) == 1


class TestAParkedEvent:
    def test_lets_later_ones_go_and_is_told_again_in_its_turn(self, open_telling: OpenTelling) -> None:
        heard: list[int] = []
        poison: set[int] = {2, 4}

        def listener(event: Event) -> None:
            if event.number in poison:
                raise ValueError
            heard.append(event.number)

        shop = open_telling(subscribers={"host": listener})
        sell(shop)
        tries = 0
        while len(heard) < 5 and tries < 200:
            tries += deliver_due(shop.payport.seller, 100).failed
            shop.clock.forward(hours=1)

        assert heard == [1, 3, 5, 6, 7]
        stuck = shop.payport.parked_events()
        assert [each.event.number for each in stuck] == [2, 4]
        assert [each.deliveries[0].parked_at is not None for each in stuck] == [True, True]
        age = stuck[0].deliveries[0].parked_at - shop.clock.now  # type: ignore[operator]
        assert stuck[0].deliveries[0].tries > 10
        assert age < timedelta()
        poison.clear()
        assert shop.payport.event(stuck[1].event.id) == stuck[1]
        assert shop.payport.replay(stuck[1].event.id) == ("host",)
        shop.payport.work()
        assert heard == [1, 3, 5, 6, 7, 4]
        poison.add(4)
        shop.payport.replay(stuck[1].event.id, subscriber="host")
        shop.payport.replay(stuck[0].event.id)
        shop.payport.work()
        assert heard[-1] == 2  # number 4 failed, but 2 was before it
        with pytest.raises(NotFound):
            shop.payport.replay("evt_" + "0" * 32)
        with pytest.raises(NotFound):
            shop.payport.replay("%")
        with pytest.raises(NotFound):
            shop.payport.event("%")
        with pytest.raises(RequestRefused):
            shop.payport.replay(stuck[0].event.id, subscriber="nobody")
        with pytest.raises(RequestRefused):
            shop.payport.replay_parked("nobody")
        with pytest.raises(RequestRefused):
            shop.payport.events(limit=0)

    def test_after_three_days_is_followed_by_one_try_of_each_that_waited_as_long(
        self, open_telling: OpenTelling
    ) -> None:
        away = True
        heard: list[int] = []

        def listener(event: Event) -> None:
            if away:
                raise ConnectionError
            heard.append(event.number)

        shop = open_telling(subscribers={"host": listener})
        shop.pay(shop.order())
        deliver_due(shop.payport.seller, 100)
        shop.clock.forward(seconds=PARKED_AFTER.total_seconds() - 60)
        late = shop.order().number
        assert deliver_due(shop.payport.seller, 100).failed == 1
        shop.clock.forward(hours=5)

        done = deliver_due(shop.payport.seller, 100)
        assert (done.parked, done.failed) == (3, 1)  # and the late one has days of its own
        goes_on = [each.event.order for each in shop.payport.events() if not each.deliveries[0].parked_at]
        assert goes_on == [late]
        away = False
        assert shop.payport.replay_parked("host") == 3
        deliver_due(shop.payport.seller, 100)
        assert heard == [1, 2, 3, 4]

    def test_that_is_replayed_is_told_before_a_later_one_that_is_being_tried(
        self, open_telling: OpenTelling
    ) -> None:
        away = True
        heard: list[int] = []

        def listener(event: Event) -> None:
            if event.number == 2 and parked:  # at this very moment somebody has number 1 told again
                shop.payport.replay(parked.pop().event.id)
            if away:
                raise ConnectionError
            heard.append(event.number)

        parked: list[Any] = []
        shop = open_telling(subscribers={"host": listener})
        shop.order()
        deliver_due(shop.payport.seller, 1)
        shop.clock.forward(seconds=PARKED_AFTER.total_seconds())
        assert deliver_due(shop.payport.seller, 1).parked == 1
        parked += shop.payport.parked_events()
        shop.order()
        shop.order()

        assert deliver_due(shop.payport.seller, 1).failed == 1
        due = {each.event.number for each in shop.payport.events() if each.deliveries[0].due_at is not None}
        assert due == {1}
        shop.clock.forward(hours=1)
        assert deliver_due(shop.payport.seller, 100).failed == 1  # number 1, and 2 waits behind it
        away = False
        shop.clock.forward(hours=1)
        deliver_due(shop.payport.seller, 100)
        assert heard == [1, 2, 3]


class TestAHost:
    def test_that_subscribes_to_nothing_reads_what_it_missed(self, open_telling: OpenTelling) -> None:
        shop = open_telling()
        sell(shop)
        sell(shop, "hoa-mai")

        behind = shop.payport.events("binh-minh", after=5)
        newest = shop.payport.events(limit=2)

        assert [each.event.number for each in behind] == [6, 7]
        assert [(each.event.account, each.event.number) for each in newest] == [
            ("hoa-mai", 7),
            ("hoa-mai", 6),
        ]
        assert behind[0].deliveries == ()
        with shop.payport.seller.database.reading() as connection:
            assert connection.execute(select(t.deliveries)).all() == []


class TestASubscription:
    @pytest.mark.parametrize(
        ("kinds", "wanted"),
        [
            (("*",), {"order.paid", "order.placed", "refund.failed"}),
            (("order.*",), {"order.paid", "order.placed"}),
            (("order.paid", "refund.failed"), {"order.paid", "refund.failed"}),
        ],
    )
    def test_wants_whole_names_families_or_all(self, kinds: tuple[str, ...], wanted: set[str]) -> None:
        all_of_them = {"order.paid", "order.placed", "refund.failed", "order.taken_over"}

        assert {kind for kind in all_of_them if Subscription("x", kinds).wants(kind)} == wanted

    def test_is_a_plain_function_with_a_plain_name(self) -> None:
        async def listen(event: Event) -> None: ...

        for name, listener, words in (
            ("a", listen, "coroutine"),
            ("A b", print, "no name"),
            ("", print, "no name"),
        ):
            with pytest.raises(ConfigurationError, match=words):
                Subscribers.of([], {name: listener})

    def test_has_a_name_of_its_own(self) -> None:
        with pytest.raises(ConfigurationError, match=r"subscribers\.crm"):
            Subscribers.of([hook("crm")], {"crm": print})


class TestADelay:
    def test_grows_and_is_never_the_same(self) -> None:
        delays = [[delay_after(tries).total_seconds() for _ in range(50)] for tries in (1, 2, 3, 8, 1000)]

        for base, found in zip((5, 20, 80, 14_400, 14_400), delays, strict=True):
            assert 0.8 * base <= min(found) < max(found) <= 1.2 * base

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("120", 120), ("Tue, 24 Nov 2026 05:02:00 GMT", 120), ("Tue, 24 Nov 2026 04:00:00 GMT", 0),
            ("999999999", 86_400), ("", None), ("-5", None), ("soon", None), ("١٢", None),
        ],
    )  # fmt: skip
    def test_that_a_receiver_asks_for_is_read(self, text: str, seconds: float | None) -> None:
        read = webhook_sending._wait(text, datetime(2026, 11, 24, 5, tzinfo=UTC))

        assert (None if read is None else read.total_seconds()) == seconds


class TestTheFile:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (webhook("https://10.0.0.1/x"), "webhooks[0].url: points inward"),
            (webhook("http://hooks.example.vn/x", name="a"), None),
            (webhook("https://8.8.8.8/x") * 2, "webhooks[1].name: is the name of an earlier one too"),
            (
                webhook("https://8.8.8.8/x", secret="whsec_short"),
                "webhooks[0].secrets[0].value: is no secret",
            ),
            (
                webhook("https://8.8.8.8/x", more='kinds = ["orders.*"]'),
                "webhooks[0].kinds[0]: is of no kind",
            ),
            (webhook("https://8.8.8.8/x", more="kinds = []"), "webhooks.0.kinds"),
            (webhook("https://8.8.8.8/x", more="extra = 1"), "webhooks.0.extra"),
            ('[[subscribers]]\nname = "a"\n' * 2, "subscribers[1].name: is the name of an earlier one"),
            (
                webhook("https://8.8.8.8/x") + '[[subscribers]]\nname = "crm"\n',
                "subscribers.crm: is the name of a web hook and of a function",
            ),
        ],
    )
    def test_is_refused_by_key_and_shows_no_secret(
        self, tmp_path: Path, text: str, words: str | None
    ) -> None:
        if words is None:
            telling(tmp_path, "sqlite:///x.sqlite", text)  # its name does not resolve: judged at sending
            return
        with pytest.raises(ConfigurationError) as refused:
            telling(tmp_path, "sqlite:///x.sqlite", text)

        assert words in str(refused.value)
        assert "whsec_c3" not in str(refused.value)


def hook(name: str) -> Any:
    from payport.service.subscribers import Webhook
    from payport.service.webhook_target import Target

    return Webhook(name, Target("https", "8.8.8.8", 443, "/"), ())


def test_a_host_needs_no_subscriber(tmp_path: Path) -> None:
    shop = telling(tmp_path, "sqlite:///x.sqlite")

    assert isinstance(shop.payport, Payport)
    assert shop.payport.seller.subscribers.names == frozenset()
