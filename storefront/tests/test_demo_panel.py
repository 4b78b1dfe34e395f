"""The demo's controls, over HTTP: what each does to Payport, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from time import monotonic

import pytest

from payport import New, Switch
from payport_storefront.demo.clock import DemoClock
from payport_storefront.demo.configuration import DOMESTIC, INTERNATIONAL, VNPAY
from payport_storefront.demo.folder import prepare
from payport_storefront.demo.scenarios import SCENARIOS
from payport_web.formatting import VIET_NAM, day
from storefront.tests.player import Demo, Player, running
from storefront.tests.town import Town

GB = 2**30
OPEN = {  # the rules, "Which purchases are open"
    "nothing": {"new"},
    "trial": {"new"},
    "trial-over": {"new"},
    "mid-term": set(),
    "used-up": {"add_capacity", "switch"},
    "window": {"renew", "switch"},
    "window-used-up": {"add_capacity", "renew", "switch"},
    "next-term": {"switch"},
    "over": {"renew", "switch"},
    "both-over": {"renew", "switch"},
    "suspended": set(),
}
EDGES = {  # which moments a customer in this situation has ahead, besides the year's end
    "nothing": set(),
    "trial": {"trial"},
    "mid-term": {"window", "term"},
    "window": {"term"},
    "next-term": {"term"},
    "over": set(),
    "suspended": {"term"},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all: each test brings customers of its own, and none minds how late it is."""
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def player(demo: Demo) -> Iterator[Player]:
    player = Player(demo)
    yield player
    player.close()


class TestASituation:
    @pytest.mark.parametrize("name", list(OPEN))
    def test_opens_what_the_table_of_the_rules_says(self, player: Player, name: str) -> None:
        player.try_out(name)

        assert {kind for kind, offer in player.offers.items() if offer.is_open} == OPEN[name]

    def test_is_one_of_a_list_in_which_every_row_is_tested(self) -> None:
        assert set(SCENARIOS) == set(OPEN)

    @pytest.mark.parametrize("name", [n for n, s in SCENARIOS.items() if s.begins == "term"])
    def test_rests_on_an_order_that_was_really_paid(self, demo: Demo, player: Player, name: str) -> None:
        player.try_out(name)

        order = demo.last_order(player)
        assert (order.state, order.received) == ("paid", order.total)
        assert [payment.state for payment in order.payments] == ["succeeded"]
        assert order.received.minor > 0
        assert order.paid_at is not None  # by the demo's clock, as everything else
        assert abs(order.paid_at - order.placed_at) < timedelta(minutes=1)

    def test_after_a_purchase_gives_real_credit_at_a_switch(self, demo: Demo, player: Player) -> None:
        player.try_out("used-up")

        quote = demo.payport.quote(player.account, Switch(package="enterprise", months=12))

        credit = next(line for line in quote.lines if line.kind == "credit")
        assert -6_990_000 < credit.amount.minor < 0

    def test_is_reached_by_each_of_several_people_who_try_at_once(self, demo: Demo) -> None:
        names = ["window", "used-up", "next-term", "over", "both-over", "window-used-up"]
        people = [Player(demo) for _ in names]

        with ThreadPoolExecutor(len(people)) as threads:
            answers = list(
                threads.map(lambda person, name: person.press("/demo/scenario", scenario=name), people, names)
            )

        assert [answer.status_code for answer in answers] == [303] * len(names)
        for person in people:
            assert person.held.package == "professional"
            person.close()

    def test_shows_the_wall_of_the_customer_who_is_in_it(self, player: Player) -> None:
        before = player.account

        player.try_out("both-over")

        assert player.account != before
        assert "Your package ended on" in player.get("/").text

    def test_is_reached_though_the_gateway_is_set_to_misbehave(self, player: Player) -> None:
        player.press("/demo/faults", preset="short")

        player.try_out("window")
        player.press("/demo/faults", preset="none")

        assert player.held.state == "active"

    def test_that_does_not_exist_is_refused(self, player: Player) -> None:
        before = player.account

        answer = player.press("/demo/scenario", scenario="for-free")

        assert answer.status_code == 422
        assert "Choose one of the situations." in answer.text
        assert player.account == before


class TestAHolder:
    @pytest.mark.parametrize("package", ["standard", "professional", "enterprise"])
    def test_has_just_bought_the_package_for_a_year(self, demo: Demo, player: Player, package: str) -> None:
        answer = player.press("/demo/holder", package=package)

        assert answer.status_code == 303
        assert (player.held.state, player.held.package) == ("active", package)
        assert demo.last_order(player).quote.purchase == New(package=package, months=12)

    def test_of_a_package_that_is_not_sold_is_refused(self, player: Player) -> None:
        answer = player.press("/demo/holder", package="platinum")

        assert answer.status_code == 422
        assert "Choose one of the packages." in answer.text


class TestAPackageThatIsDear:
    def test_is_paid_at_the_gateway_that_takes_so_much(self, tmp_path: Path) -> None:
        prepare(tmp_path, "http://127.0.0.1:8000", fresh=False)
        catalog = tmp_path / "catalog.toml"
        catalog.write_text(catalog.read_text("utf-8").replace("15_900_000", "25_900_000"), "utf-8")

        with running(tmp_path) as demo:
            player = Player(demo)
            player.press("/demo/holder", package="enterprise")

            (payment,) = demo.last_order(player).payments
            assert (payment.gateway_account, player.held.package) == (DOMESTIC, "enterprise")
            player.close()


class TestUsage:
    @pytest.mark.parametrize(
        ("amount", "unit", "used"),
        [
            ("100", "percent", 50 * GB),
            ("120", "percent", 60 * GB),
            ("0", "percent", 0),
            ("12.5", "percent", 25 * GB // 4),
            ("7,5", "gb", 15 * GB // 2),
            ("0", "gb", 0),
            ("100000", "gb", 100_000 * GB),
        ],
    )
    def test_is_reported_to_payport(self, player: Player, amount: str, unit: str, used: int) -> None:
        player.press("/demo/holder", package="professional")

        answer = player.press("/demo/usage", amount=amount, unit=unit)

        assert answer.status_code == 303
        assert player.held.used_bytes == used
        assert player.held.exhausted == (used >= 50 * GB)

    @pytest.mark.parametrize(
        ("amount", "unit"),
        [
            ("-5", "gb"),
            ("abc", "gb"),
            ("", "gb"),
            ("1e9", "gb"),
            ("1.000", "gb"),
            ("100001", "gb"),
            ("1001", "percent"),
            ("٣", "percent"),
            ("5", "tb"),
            ("5", ""),
        ],
    )
    def test_that_is_no_amount_is_refused_and_changes_nothing(
        self, player: Player, amount: str, unit: str
    ) -> None:
        before = player.held.used_bytes

        answer = player.press("/demo/usage", amount=amount, unit=unit)

        assert answer.status_code == 422
        assert "Enter 0 or more" in answer.text
        assert "Nothing was changed." in answer.text
        assert player.held.used_bytes == before

    def test_is_what_was_set_here_whatever_an_overtaken_report_has_said(
        self, demo: Demo, player: Player
    ) -> None:
        player.press("/demo/usage", amount="7", unit="gb")
        demo.payport.report_usage(player.account, GB, demo.now())

        player.get("/demo")

        assert player.held.used_bytes == 7 * GB

    def test_has_no_share_where_nothing_is_held(self, player: Player) -> None:
        player.try_out("nothing")

        answer = player.press("/demo/usage", amount="100", unit="percent")

        assert answer.status_code == 422
        assert "there is no capacity to take a share of" in answer.text
        assert player.held.used_bytes is None

    def test_is_fresh_again_however_far_the_clock_went(self, player: Player) -> None:
        player.press("/demo/holder", package="professional")
        player.press("/demo/usage", amount="100", unit="percent")

        player.press("/demo/clock", days="30")
        player.get("/demo")

        assert player.offers["add_capacity"].is_open


class TestTheClock:
    @pytest.mark.parametrize("days", ["1", "7", "30", "45"])
    def test_goes_forward_by_days(self, demo: Demo, player: Player, days: str) -> None:
        before = demo.now()

        answer = player.press("/demo/clock", days=days)

        assert answer.status_code == 303
        assert timedelta(0) <= demo.now() - before - timedelta(days=int(days)) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "days", ["-1", "0", "", "abc", "1.5", "1000000000", "9999", "3661", "١", "1 0", "+1"]
    )
    def test_stays_where_it_is_when_the_days_make_no_sense(
        self, demo: Demo, player: Player, days: str
    ) -> None:
        ahead = DemoClock(demo.folder.clock).ahead

        answer = player.press("/demo/clock", days=days)

        assert answer.status_code == 422
        assert "Enter a whole number of days from 1 to 3660." in answer.text
        assert "Nothing was changed." in answer.text
        assert DemoClock(demo.folder.clock).ahead == ahead

    @pytest.mark.parametrize("scenario", list(EDGES))
    def test_leads_to_the_moments_that_the_customer_has_ahead(self, player: Player, scenario: str) -> None:
        player.try_out(scenario)

        assert player.edges() == {"year"} | EDGES[scenario]

    @pytest.mark.parametrize(
        "edge", ["trial:at", "trial:before", "year:after", "doom:at", "term", "year:at:at"]
    )
    def test_stays_where_it_is_when_the_moment_is_not_ahead(
        self, demo: Demo, player: Player, edge: str
    ) -> None:
        player.try_out("nothing")
        ahead = DemoClock(demo.folder.clock).ahead

        answer = player.press("/demo/clock", edge=edge)

        assert answer.status_code == 422
        assert "This moment is not ahead of this customer." in answer.text
        assert DemoClock(demo.folder.clock).ahead == ahead

    def test_does_not_go_to_a_minute_before_once_that_minute_has_begun(self, player: Player) -> None:
        player.press("/demo/clock", edge="year:before")

        answer = player.press("/demo/clock", edge="year:before")

        assert answer.status_code == 422
        assert player.press("/demo/clock", edge="year:at").status_code == 303

    def test_shows_both_sides_of_the_renewal_window_and_of_the_terms_end(self, player: Player) -> None:
        player.try_out("mid-term")

        player.press("/demo/clock", edge="window:before")
        assert not player.offers["renew"].is_open
        player.press("/demo/clock", edge="window:at")
        assert player.offers["renew"].is_open

        player.press("/demo/clock", edge="term:before")
        assert player.held.state == "active"
        player.press("/demo/clock", edge="term:at")
        assert player.held.state == "expired"

    def test_ends_a_trial(self, player: Player) -> None:
        player.try_out("trial")

        player.press("/demo/clock", edge="trial:before")
        assert player.held.state == "trial"
        player.press("/demo/clock", edge="trial:at")
        assert player.held.state == "none"

    def test_is_said_to_be_ahead_on_the_panel_and_its_date_on_every_page(
        self, demo: Demo, player: Player
    ) -> None:
        player.press("/demo/clock", days="400")

        days = DemoClock(demo.folder.clock).ahead.days
        assert f"{days} days ahead of the real time" in player.get("/demo").text
        before = day(demo.now(), "en")
        wall = player.get("/").text
        assert any(f"Its date is {today}." in wall for today in (before, day(demo.now(), "en")))

    def test_runs_out_at_the_end_of_2099(self, tmp_path: Path) -> None:
        with running(tmp_path) as demo:
            player = Player(demo)
            for _ in range(8):
                answer = player.press("/demo/clock", days="3660")

            assert answer.status_code == 422
            assert "ends with the year 2099" in answer.text
            assert player.get("/").status_code == 200
            player.order_and_pay("international_card", "professional/12")  # the test card is still good
            assert player.held.package == "professional"
            player.close()


class TestAnOrderThatIsOpenWhenTheClockJumps:
    """Placed, handed to the gateway, its page still open in the buyer's browser."""

    def test_waits_until_it_can_no_longer_be_paid(self, player: Player) -> None:
        payment = player.order()
        assert "order" in player.edges()
        player.press("/demo/clock", edge="order:before")
        assert player.get(payment).status_code == 200

        player.press("/demo/clock", edge="order:at")

        assert "order" not in player.edges()

    def test_ends_unpaid_once_the_gateway_has_said_so(self, demo: Demo, player: Player) -> None:
        payment = player.order()
        page = player.submit(
            player.get(payment), "/payment/", method="domestic_card", choice_domestic_card="NCB"
        )
        gateway = player.get(page.headers["location"])
        assert gateway.status_code == 303

        player.press("/demo/clock", days="2")
        order, until = demo.payport.order_by_token(payment.rpartition("/")[2]), monotonic() + 20
        while order.state == "placed" and monotonic() < until:
            demo.payport.work()  # beside the demo's own worker
            order = demo.payport.order(order.number)

        assert (order.state, order.payments[0].state) == ("expired", "expired")
        assert "The time to pay is over" in player.get(gateway.headers["location"]).text
        assert "This order is closed" in player.get(f"/result/{order.token}").text


class TestTheYearsEnd:
    def test_brings_the_other_rate_of_vat(self, tmp_path: Path) -> None:
        prepare(tmp_path, "http://127.0.0.1:8000", fresh=False)
        catalog = tmp_path / "catalog.toml"
        new_year = date(datetime.now(VIET_NAM).year + 1, 1, 1)
        catalog.write_text(catalog.read_text("utf-8").replace("2027-01-01", str(new_year)), "utf-8")

        with running(tmp_path) as demo:
            player = Player(demo)
            player.try_out("nothing")
            assert "VAT then changes from 8 % to 10 %." in player.get("/demo").text

            player.press("/demo/clock", edge="year:before")
            before = demo.payport.quote(player.account, New(package="standard", months=12))
            player.press("/demo/clock", edge="year:at")
            after = demo.payport.quote(player.account, New(package="standard", months=12))

            assert [before.taxes[0].percent, after.taxes[0].percent] == [8, 10]
            assert "VAT then changes" not in player.get("/demo").text
            player.close()


class TestTheSecondRun:
    def test_goes_on_where_the_first_one_stopped(self, tmp_path: Path) -> None:
        with running(tmp_path) as first:
            player = Player(first)
            player.try_out("window")
            account, reached = player.account, first.now()
            player.close()

        with running(tmp_path) as second:
            assert second.now() >= reached
            assert second.payport.entitlement(account).state == "active"
            player = Player(second)
            player.try_out("used-up")  # its payment's number is none that the first run gave out
            assert player.held.state == "active"
            player.close()


class TestTheSellersDesk:
    def test_looks_at_a_transfer_and_counts_it_when_the_statement_is_imported(
        self, demo: Demo, player: Player
    ) -> None:
        player.order_to_pay_by_hand()
        number = self.pay_in_the_banks_app(player)

        player.work_at_desk("statement-dry")
        assert f"{number} counted for its order" in player.desk().partition("What an import would do")[2]
        assert demo.last_order(player).state == "placed"
        player.work_at_desk("statement")
        assert f"{number} counted for its order" in player.desk().partition("What the import did")[2]

        order = demo.last_order(player)
        assert (order.number, order.state, order.received) == (number, "paid", order.total)
        assert player.held.package == "professional"
        player.work_at_desk("statement")
        assert f"{number} counted before" in player.desk()

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_links_to_the_banks_app_in_the_language_of_the_page(self, player: Player, language: str) -> None:
        player.order_to_pay_by_hand()

        page = player.get(self.banks_app(player, language)).text

        assert f'<html lang="{language}"' in page

    def test_takes_cash_with_a_receipt(self, demo: Demo, player: Player) -> None:
        player.order_to_pay_by_hand()

        assert player.work_at_desk("cash").status_code == 303

        order = demo.last_order(player)
        (confirmation,) = demo.payport.confirmations(order.number)
        assert (order.state, confirmation.people) == ("paid", "demo cashier")
        assert "waits for no transfer and no cash" in player.desk()

    def test_has_two_people_look_at_much_cash(self, demo: Demo, player: Player) -> None:
        player.order_to_pay_by_hand("enterprise/24")

        player.work_at_desk("cash")

        order = demo.last_order(player)
        (confirmation,) = demo.payport.confirmations(order.number)
        assert (order.state, confirmation.people) == ("paid", "demo cashier and demo manager")

    @pytest.mark.parametrize(
        ("account", "method", "offer"),
        [
            (DOMESTIC, "domestic_card", "enterprise/24"),
            (INTERNATIONAL, "international_card", "professional/12"),
        ],
    )
    def test_gives_money_back_through_the_gateway(
        self, demo: Demo, player: Player, account: str, method: str, offer: str
    ) -> None:
        player.order_and_pay(method, offer)

        assert player.work_at_desk("refund").status_code == 303

        order = demo.last_order(player)
        (refund,) = order.refunds
        assert (refund.gateway_account, refund.way, refund.state) == (account, "gateway", "succeeded")
        assert (order.state, refund.amount, player.held.state) == ("refunded", order.total, "none")
        assert "to give back, through the gateway: it went back" in player.desk()

    def test_gives_money_back_through_vnpay_which_takes_its_time(self, demo: Demo, player: Player) -> None:
        player.order_and_pay("domestic_card", "professional/12", bank="NCB")

        player.work_at_desk("refund")
        assert "has taken it on, and has not finished it" in player.desk()
        player.press("/demo/clock", days="1")
        self.work_until(demo, lambda: demo.last_order(player).state == "refunded")

        (refund,) = demo.last_order(player).refunds
        assert (refund.gateway_account, refund.way, refund.state) == (VNPAY, "gateway", "succeeded")
        assert "to give back, through the gateway: it went back" in player.desk()

    def test_gives_money_back_by_hand_since_the_wallet_takes_no_refunds(
        self, demo: Demo, player: Player
    ) -> None:
        player.order_and_pay("wallet", "professional/12")
        self.work_until(demo, lambda: demo.last_order(player).state == "paid")

        player.work_at_desk("refund")

        self.was_given_back_by_hand(demo, player)

    def test_gives_money_back_by_hand_that_came_in_cash(self, demo: Demo, player: Player) -> None:
        player.order_to_pay_by_hand()
        player.work_at_desk("cash")

        player.work_at_desk("refund")

        self.was_given_back_by_hand(demo, player)

    def test_gives_the_same_money_back_once(self, demo: Demo, player: Player) -> None:
        player.order_to_pay_by_hand()
        player.work_at_desk("cash")
        player.work_at_desk("refund")

        answer = player.work_at_desk("refund")

        assert answer.status_code == 422
        assert "There is no money" in answer.text
        assert len(demo.last_order(player).refunds) == 1

    @pytest.mark.parametrize(
        ("work", "words"), [("cash", "No order of this customer waits"), ("refund", "There is no money")]
    )
    def test_has_nothing_to_do_for_a_customer_without_orders(
        self, player: Player, work: str, words: str
    ) -> None:
        player.try_out("nothing")

        answer = player.work_at_desk(work)

        assert answer.status_code == 422
        assert words in answer.text

    def test_takes_no_cash_for_an_order_that_no_buyer_wants_to_pay_so(
        self, demo: Demo, player: Player
    ) -> None:
        player.order()

        assert player.work_at_desk("cash").status_code == 422
        assert demo.last_order(player).received.minor == 0

    def test_gives_nothing_back_of_an_order_that_is_not_paid(self, demo: Demo, player: Player) -> None:
        player.order_to_pay_by_hand()

        assert player.work_at_desk("refund").status_code == 422
        assert demo.last_order(player).refunds == ()

    def test_speaks_vietnamese_too(self, player: Player) -> None:
        player.order_to_pay_by_hand()
        self.pay_in_the_banks_app(player)
        player.work_at_desk("statement")
        player.work_at_desk("refund")

        desk = player.desk("vi")

        assert "đã tính cho đơn hàng" in desk
        assert "ngoài cổng, có ghi sổ: đã hoàn" in desk

    def banks_app(self, player: Player, language: str = "en") -> str:
        """Where the panel sends whoever wants to pay the QR code."""
        found = re.search(r'href="(/gateways/bank/[^"]+)"', player.get(f"/demo?lang={language}").text)
        assert found
        return unescape(found[1])

    def pay_in_the_banks_app(self, player: Player) -> str:
        """Gives the memo, which is the order's number."""
        app = player.get(self.banks_app(player))
        memo = re.search(r'name="memo"[^>]* value="([^"]+)"', app.text)
        assert memo
        sent = player.submit(app, "/gateways/bank/bank/app", action="send", memo=memo[1])
        assert sent.status_code == 303
        return memo[1]

    def work_until(self, demo: Demo, done: Callable[[], bool]) -> None:
        """Beside the demo's own worker."""
        until = monotonic() + 20
        while not done() and monotonic() < until:
            demo.payport.work()

    def was_given_back_by_hand(self, demo: Demo, player: Player) -> None:
        order = demo.last_order(player)
        (refund,) = order.refunds
        assert (refund.way, refund.state, refund.amount) == ("by_hand", "succeeded", order.total)
        assert (order.state, player.held.state) == ("refunded", "none")
        assert "given back by hand, and recorded: it went back" in player.desk()


class TestThePanel:
    @pytest.mark.parametrize("action", ["scenario", "customer", "holder", "usage", "clock", "faults", "desk"])
    def test_does_nothing_for_a_form_that_is_not_its_own(
        self, demo: Demo, player: Player, action: str
    ) -> None:
        ahead, account = DemoClock(demo.folder.clock).ahead, player.account

        answer = player.press(
            f"/demo/{action}",
            form_token="made-up",
            scenario="over",
            package="standard",
            amount="5",
            unit="gb",
            days="5",
            preset="forged",
            work="statement",
        )

        assert answer.status_code == 403
        assert DemoClock(demo.folder.clock).ahead == ahead
        assert player.account == account

    def test_is_plainly_no_page_of_the_shop(self, player: Player) -> None:
        panel, wall = player.get("/demo").text, player.get("/").text

        assert "Not part of the shop" in panel
        assert 'class="rail"' in wall
        assert 'class="rail"' not in panel
        assert 'href="/demo"' in wall

    def test_is_linked_from_no_shop_but_the_demos(self, town: Town) -> None:
        page = town.visitor().get("/").text

        assert "/demo" not in page
        assert "demonstration" not in page

    @pytest.mark.parametrize("scenario", list(OPEN))
    def test_speaks_vietnamese_too(self, player: Player, scenario: str) -> None:
        player.try_out(scenario)

        page = player.get("/demo?lang=vi")

        assert page.headers["content-language"] == "vi"
        assert "Không thuộc cửa hàng" in page.text
