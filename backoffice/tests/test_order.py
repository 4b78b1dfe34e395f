"""One order, as whoever answers the telephone reads it: how it stands, what may be done, and its proof."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from backoffice.tests.office import ROOM, Office
from payport import AsyncPayport, BuyerDetails, Cancel, Event, New, OrderView, vnd
from payport.signing.received import Channel
from payport_backoffice.received import fields_of, readable
from tests.support.receivers import telling
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.transfers import Transfers, open_transfers

SCRIPT = "<script>alert(1)</script>"
HA = BuyerDetails(
    name="Nguyễn Thu Hà", email="ha@antam.example", phone="0912345678", company="Nhà thuốc An Tâm"
)
BY = {"actor": "lan", "reason": "khách gọi điện"}


@dataclass
class Counter:
    """Orders in every situation, and the desk that looks at them. They are made once, and only looked at."""

    desk: Transfers
    office: Office
    orders: dict[str, OrderView] = field(default_factory=dict)

    @property
    def shop(self) -> Shop:
        return self.desk.shop

    def place(self, account: str, buyer: BuyerDetails = HA) -> OrderView:
        payport = self.shop.payport
        self.orders[account] = payport.place(
            payport.quote(account, New(package="standard", months=12)), buyer
        )
        return self.orders[account]

    def path(self, account: str) -> str:
        return f"/orders/{self.orders[account].number}"

    def page(self, path: str, name: str = "huy", **headers: str) -> str:
        answer = self.office.person(name, **headers).get(f"{ROOM}{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def acts(self, account: str, name: str = "huy") -> set[str]:
        """What the order's page leads to that changes something."""
        page = self.page(self.path(account), name)
        return set(re.findall(rf'href="{ROOM}{self.path(account)}/(?!calls)([a-z-]+)["?]', page))

    def callback(self, account: str) -> str:
        """The path of the first one on the order's time line."""
        (first, *_) = re.findall(rf'href="{ROOM}(/callbacks/\d+)"', self.page(self.path(account)))
        return str(first)


@pytest.fixture(scope="module")
def counter(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, portal: BlockingPortal
) -> Iterator[Counter]:
    folder = tmp_path_factory.mktemp("counter")
    shutil.copy(migrated_sqlite, folder / "payport.sqlite")
    desk = open_transfers(folder, f"sqlite:///{folder / 'payport.sqlite'}")
    payport = desk.shop.payport
    seller = AsyncPayport(payport.seller, payport.configuration)
    built = Counter(desk, Office(seller, portal))
    _fill(built)
    yield built
    portal.call(seller.close)


def _fill(counter: Counter) -> None:
    shop, payport = counter.shop, counter.shop.payport
    counter.place("unpaid")
    waits = counter.desk.told(counter.place("transfer"))
    shop.clock.forward(hours=1)
    counter.desk.confirm(waits, 1_000_000)
    for account in ("paid", "claimed", "erased"):
        payment = shop.pay(counter.place(account))
        query = ipn_query(payment.merchant_reference, payment.amount.minor, transaction=f"7{account}"[:8])
        shop.deliver(query, channel=Channel.RETURN)
        shop.clock.forward(minutes=1)
        shop.ipn(payment, transaction=str(abs(hash(account)))[:8])
    claimed = payport.order(counter.orders["claimed"].number).payments[0]
    payport.chargeback(claimed.merchant_reference, vnd(1_100_000), **BY)
    payport.erase_buyer("erased", **BY)
    held, first = shop.pay(counter.place("review")), shop.pay(counter.place("review"))
    shop.ipn(first, transaction="81")
    shop.ipn(shop.pay(counter.place("mallory", BuyerDetails(name=SCRIPT, email="m@e.vn"))), transaction="83")
    shop.ipn(held, transaction="82")
    counter.orders["review"] = payport.order(held.order_number)
    payport.refund(
        payport.order(counter.orders["mallory"].number).payments[0].merchant_reference,
        vnd(100_000),
        key="1",
        actor="lan",
        reason=SCRIPT,
        by_hand=True,
        gateway_reference="BACK-1",
    )
    payport.propose(Cancel(order_number=counter.orders["unpaid"].number, reason="a slip"), actor="lan")


class TestAnOrder:
    def test_says_who_bought_what_for_how_much_and_what_is_held_now(self, counter: Counter) -> None:
        page = counter.page(counter.path("paid"))

        for said in (
            "Nguyễn Thu Hà",
            "0912345678",
            "₫1,100,000",
            "₫100,000",
            "list price",
            "until 23 Nov 2027",
        ):
            assert said in page, said
        assert re.search(r'<span class="badge good">Paid</span>', page)
        assert ">Succeeded</span>" in page

    def test_tells_its_story_in_sentences_in_both_languages(self, counter: Counter) -> None:
        english = counter.page(counter.path("paid"))
        vietnamese = counter.page(counter.path("paid"), **{"accept-language": "vi"})

        assert "The order is paid." in english
        assert "₫1,100,000 came in through" in english
        assert "Đơn hàng đã thanh toán." in vietnamese
        assert "Nhận được 1.100.000\u00a0₫ qua" in vietnamese

    def test_leads_from_each_moment_to_what_proves_it(self, counter: Counter) -> None:
        page = counter.page(counter.path("paid"))
        addresses = set(
            re.findall(rf'href="{ROOM}(/(?:callbacks|events|orders/\w+/calls|house)/[^"#]+)', page)
        )

        assert len([one for one in addresses if one.startswith("/events/evt_")]) == 7
        assert len([one for one in addresses if one.startswith("/callbacks/")]) == 2
        for path in addresses:
            counter.page(path)
        assert any(one.startswith("/house/contracts/vnpay-ipn/") for one in addresses)

    @pytest.mark.parametrize(
        ("part", "there", "gone"),
        [
            ("money", "came in through", "told our server"),
            ("calls", "told our server", "came in through"),
            ("nothing-of-ours", "told our server", "Nothing of this kind"),
        ],
    )
    def test_shows_a_part_of_it_where_one_is_asked_for(
        self, counter: Counter, part: str, there: str, gone: str
    ) -> None:
        page = counter.page(f"{counter.path('paid')}?show={part}")

        assert there in page
        assert gone not in page

    @pytest.mark.parametrize("number", ["SV-NOBODY", "%00", "x" * 400, "..%2f..%2fetc", "'--"])
    def test_SEC_04_that_is_none_is_a_page_that_says_so(self, counter: Counter, number: str) -> None:
        assert counter.office.person("huy").get(f"{ROOM}/orders/{number}").status_code == 404

    def test_WEB_04_shows_what_a_buyer_and_an_operator_typed_as_text(self, counter: Counter) -> None:
        page = counter.page(counter.path("mallory"))

        assert SCRIPT not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3

    def test_SEC_05_hides_from_an_auditor_who_the_buyer_is(self, counter: Counter) -> None:
        page = counter.page(counter.path("paid"), "bao")

        for hidden in ("Nguyễn", "Thu", "ha@antam", "0912345678"):
            assert hidden not in page
        assert "•••678" in page
        assert "₫1,100,000" in page

    def test_whose_buyer_was_erased_says_so_and_keeps_its_money(self, counter: Counter) -> None:
        page = counter.page(counter.path("erased"))

        assert "Who the buyer is was erased." in page
        assert "[erased]" not in page
        assert "₫1,100,000" in page

    @pytest.mark.parametrize(
        ("account", "said"),
        [
            ("review", "This order waits for a person: its money is safe"),
            ("unpaid", "lan proposed to cancel the order: a second person must approve it."),
            ("claimed", "the account holds is suspended|>Suspended</span>"),
            ("transfer", "FT26328000001"),
            ("transfer", "₫100,000 due"),
        ],
    )
    def test_says_first_what_needs_a_person(self, counter: Counter, account: str, said: str) -> None:
        assert re.search(said, counter.page(counter.path(account)))


class TestWhatMayBeDone:
    @pytest.mark.parametrize(
        ("account", "acts"),
        [
            ("unpaid", {"cancel"}),
            ("transfer", {"cancel", "confirm"}),
            ("paid", {"refund", "chargeback"}),
            ("claimed", {"chargeback"}),
            ("review", {"resolve", "cancel", "refund", "chargeback"}),
        ],
    )
    def test_WEB_09_is_offered_to_whoever_may_act_while_it_is_possible(
        self, counter: Counter, account: str, acts: set[str]
    ) -> None:
        assert counter.acts(account) == acts

    @pytest.mark.parametrize("name", ["anh", "bao"])
    def test_WEB_09_is_not_offered_to_whoever_only_reads(self, counter: Counter, name: str) -> None:
        for account in counter.orders:
            assert counter.acts(account, name) == set()
            assert "/adjust" not in counter.page(counter.path(account), name)


class TestACallback:
    def test_is_shown_as_it_came_with_how_it_was_judged(self, counter: Counter) -> None:
        page = counter.page(counter.callback("paid"))

        for said in ("vnp_TxnRef", "vnp_SecureHash", "shop.example.vn", ">Hint</span>", "vnpay-return"):
            assert said in page, said
        assert f'href="{ROOM}{counter.path("paid")}"' in page

    def test_SEC_02_gives_its_evidence_to_auditors_alone(self, counter: Counter) -> None:
        path = f"{ROOM}{counter.callback('paid')}/evidence"
        given = counter.office.person("bao").get(path)

        assert given.status_code == 200
        assert given.headers["content-disposition"].startswith('attachment; filename="callback-')
        assert json.loads(given.text)["form"] == "payport evidence 1"
        for name in ("anh", "huy", "lan"):
            assert counter.office.person(name).get(path).status_code == 403
            assert "/evidence" not in counter.page(counter.callback("paid"), name)
        assert counter.office.person().get(path).status_code == 401

    @pytest.mark.parametrize("number", ["0", "999999", "9" * 30, "-1", "x", "1/evidence/x"])
    def test_that_is_none_is_a_page_that_says_so(self, counter: Counter, number: str) -> None:
        assert counter.office.person("bao").get(f"{ROOM}/callbacks/{number}").status_code == 404

    def test_WEB_04_hides_nothing_in_its_bytes(self) -> None:
        assert readable(b"a=1\x00\x1b[2J\xff&b=\xe2\x80\xae<b>\r\nc\td") == (
            "a=1\\x00\\x1b[2J\\xff&b=\\u202e<b>\nc\td"
        )
        assert fields_of(b"a=1&b=%E2%80%AE+x&a=") == (("a", "1"), ("b", "\\u202e x"), ("a", ""))
        for none in (b"", b'{"a": "b=c"}', b"<a b=c>", b"=&=&x", b"&".join([b"a=1"] * 500)):
            assert fields_of(none) == (), none


class TestCallsToAGateway:
    def test_are_those_of_a_payment_of_the_order(self, counter: Counter) -> None:
        order = counter.shop.payport.order(counter.orders["transfer"].number)
        (payment,) = order.payments

        page = counter.page(f"{counter.path('transfer')}/calls/{payment.merchant_reference}")
        assert "Begin the payment" in page
        assert "Nothing left this machine." in page
        other = f"{ROOM}{counter.path('paid')}/calls/{payment.merchant_reference}"
        assert counter.office.person("huy").get(other).status_code == 404


class TestAnEntryOfTheJournal:
    def test_says_its_hash_its_chain_and_what_it_holds(self, counter: Counter) -> None:
        number = counter.orders["paid"].number
        (paid,) = counter.shop.payport.journal(order_number=number, kinds=["order.paid"])

        page = counter.page(f"/events/{paid.event_id}")

        for said in (paid.hash, "order.paid", "received_minor", "1100000", "Nobody: no web hook"):
            assert said in page, said

    @pytest.mark.parametrize("event", ["evt_" + "0" * 32, "1", "%00", "x" * 400])
    def test_that_is_none_is_a_page_that_says_so(self, counter: Counter, event: str) -> None:
        assert counter.office.person("huy").get(f"{ROOM}/events/{event}").status_code == 404

    def test_says_who_was_told_and_who_would_not_hear(
        self, tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal
    ) -> None:
        def deaf(_: Event) -> None:
            raise ConnectionError("no route to the CRM")

        shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
        shop = telling(tmp_path, f"sqlite:///{tmp_path / 'payport.sqlite'}", subscribers={"crm": deaf})
        order = shop.order()
        shop.payport.work()
        seller = AsyncPayport(shop.payport.seller, shop.payport.configuration)
        office = Office(seller, portal)
        (told,) = shop.payport.events("binh-minh")

        page = office.person("huy").get(f"{ROOM}/events/{told.event.id}").text
        line = office.person("huy").get(f"{ROOM}/orders/{order.number}").text
        portal.call(seller.close)

        assert "ConnectionError" in page
        assert f'href="{ROOM}/events/{told.event.id}/replay"' in page
        assert re.search(r"crm <span class=\"badge wait\">Waiting</span>", line)
