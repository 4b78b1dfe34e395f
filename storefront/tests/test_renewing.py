"""The pages for who holds a package, without a browser: what is open, what it costs, what it brings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from payport import AddCapacity, New, Renew, vnd
from payport_storefront.situation import situations
from storefront.tests.town import BOUGHT, BUYER, GB, Town, Visitor, hidden_fields

WHO = "binh-minh"
FORM = {"mode": "renew", "offer": "", "steps": "", "code": ""}


def hold(town: Town, package: str = "professional", *, used: float, day: int, months: int = 12) -> Visitor:
    """A customer who bought this package, uses so many GB, and comes on that day after."""
    town.buys(WHO, New(package=package, months=months))
    town.used[WHO] = used
    town.clock.now = BOUGHT + timedelta(days=day)
    return town.visitor(WHO)


def words_of(html: str) -> str:
    """What a person reads, in one line."""
    main = re.search(r"<main.*?</main>", html, re.DOTALL)
    text = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", main[0] if main else html, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def go_on(visitor: Visitor, page: str = "/renew", **typed: str) -> tuple[str, str]:
    """Choose, and see the confirmation: its address and its words."""
    answer = visitor.submit(visitor.get(page), "/renew", **typed)
    assert answer.status_code == 303, words_of(answer.text)
    address = answer.headers["location"]
    return address, words_of(visitor.get(address).text)


def order(town: Town, visitor: Visitor, page: str = "/renew", **typed: str) -> str:
    """Choose, confirm, and pay at the gateway if there is something to pay; gives the order's token."""
    address, _ = go_on(visitor, page, **typed)
    answer = visitor.submit(visitor.get(address), "/order/confirm", **BUYER)
    where, _, token = answer.headers["location"].rpartition("/")
    if where == "/payment":
        town.tell(town.hand_over(visitor, token))
    return token


class TestTheWallTells:
    """Every state of the rules, in words, with the way to what is open."""

    def test_of_nothing_held(self, holders: Town) -> None:
        page = holders.visitor(WHO).get("/")

        assert "You have no package yet" in page.text
        assert 'href="/order"' in page.text
        assert 'href="/renew"' not in page.text

    def test_nothing_of_a_package_with_time_and_room_but_where_it_stands(self, holders: Town) -> None:
        page = hold(holders, used=20, day=90).get("/")

        assert "valid to 14 Jan 2028" in page.text
        assert "20 GB of 50 GB used" in page.text
        assert 'class="notice' not in page.text
        assert 'href="/renew"' in page.text

    def test_that_capacity_is_used_up_while_the_term_runs(self, holders: Town) -> None:
        page = hold(holders, used=50, day=120).get("/")

        assert "Your capacity is used up" in page.text
        assert "You use 50 GB of 50 GB." in page.text
        assert re.search(r'<a class="button" href="/renew">Renew or add capacity', page.text)

    def test_that_the_term_comes_to_its_end(self, holders: Town) -> None:
        page = hold(holders, used=20, day=350).get("/")

        assert "Your package ends in 15 days, on 14 Jan 2028" in page.text
        assert "no day" in page.text

    def test_both_when_both_are_so_the_more_urgent_first(self, holders: Town) -> None:
        text = words_of(hold(holders, used=50, day=350).get("/").text)

        assert text.index("Your capacity is used up") < text.index("Your package ends in 15 days")

    def test_that_the_term_is_over(self, holders: Town) -> None:
        page = hold(holders, used=20, day=380).get("/")

        assert "Your package ended on 14 Jan 2028" in page.text
        assert "Nothing is deleted" in page.text
        assert "and its capacity is used up" not in page.text

    def test_that_both_are_gone_and_that_capacity_alone_does_not_help(self, holders: Town) -> None:
        page = hold(holders, used=50, day=380).get("/")

        assert "Your package ended on 14 Jan 2028, and its capacity is used up" in page.text
        assert "Capacity alone cannot be added to a term that has ended" in page.text

    def test_that_more_is_used_than_is_held(self, holders: Town) -> None:
        page = hold(holders, used=63, day=120).get("/")

        assert "You use more than your package holds" in page.text
        assert "13 GB more than it holds" in page.text

    def test_that_the_next_term_is_bought(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)
        holders.buys(WHO, Renew(months=24))

        text = words_of(visitor.get("/").text)

        assert "Your next term, Professional, begins on 15 Jan 2028 and runs until 14 Mar 2030." in text
        assert "Your package ends in" not in text

    def test_what_was_added_to_the_package(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        holders.buys(WHO, AddCapacity(steps=1))

        text = words_of(visitor.get("/").text)

        assert "50 GB of 100 GB used" in text
        assert "50 GB of the package and 50 GB added" in text

    def test_that_a_suspended_package_lets_nothing_be_bought_and_whom_to_call(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        suspend(holders)

        wall, renewal, first = visitor.get("/"), visitor.get("/renew"), visitor.get("/order")

        assert "Your package is suspended" in wall.text
        for page in (wall, renewal):
            assert page.text.count("Support: 1900 0000") == 2
        for page in (wall, renewal, first):
            assert "<form" not in page.text
            assert not re.search(r'class="button[^"]*" href="/(renew|order)"', page.text)

    @pytest.mark.parametrize(("used", "day"), [(50, 120), (20, 350), (20, 380)])
    def test_the_same_in_the_settings(self, holders: Town, used: float, day: int) -> None:
        visitor = hold(holders, used=used, day=day)
        title = re.search(
            r'<section class="notice[^>]*>.*?<h2[^>]*>(.*?)</h2>', visitor.get("/").text, re.DOTALL
        )

        settings = visitor.get("/settings").text

        assert title[1] in settings  # type: ignore[index]
        assert settings.count('href="/renew"') >= 2
        assert ("Add capacity" in words_of(settings)) is (day < 365)


def suspend(town: Town) -> None:
    """The bank takes the money back."""
    (transaction,) = town.gateways.vnpay.transactions
    town.payport.chargeback(
        transaction.request.reference, vnd(transaction.request.amount // 100), actor="lan", reason="claimed"
    )


class TestTheRenewalPage:
    def test_says_of_each_mode_why_it_is_closed_and_from_when(self, holders: Town) -> None:
        page = hold(holders, used=20, day=90).get("/renew")

        text = words_of(page.text)
        assert "Closed: less than 100% of the capacity is used." in text
        assert "Closed: open only in the last 30 days of the term. It opens on 16 Dec 2027." in text
        assert "There is nothing that you need to buy now" in text
        assert 'action="/renew"' not in page.text

    def test_lets_only_the_open_mode_be_chosen(self, holders: Town) -> None:
        page = hold(holders, used=20, day=350).get("/renew?mode=add_capacity")

        assert re.findall(r'href="/renew\?mode=(\w+)"', page.text) == ["renew"]
        assert hidden_fields(page.text)["mode"] == "renew"

    def test_of_a_term_that_is_over_refuses_capacity_with_the_reason(self, holders: Town) -> None:
        text = words_of(hold(holders, used=50, day=380).get("/renew").text)

        assert "Closed: the term has ended." in text
        assert "Begins with the payment." in text

    def test_shows_the_price_of_one_step_by_days_as_a_sum_that_can_be_checked(self, holders: Town) -> None:
        """3,550,000 × 245 / 365 = 2,382,876.7"""
        text = words_of(hold(holders, used=50, day=120).get("/renew").text)

        assert "₫3,550,000 × 1 × 12 months ÷ 12 months × 245 days left ÷ 365 days of the term" in text
        assert "₫2,382,877" in text

    def test_shows_the_price_of_what_stands_in_its_address(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        page = visitor.get("/renew?mode=add_capacity&steps=3")
        part = visitor.get("/renew/price?mode=add_capacity&steps=3")
        wrong = visitor.get("/renew/price?mode=add_capacity&steps=3.5")

        for shown in (page, part):
            assert "Extra capacity 150 GB" in shown.text
            assert "₫7,148,630" in shown.text
        assert re.search(r"<noscript>.*the next page shows its price\.</p></noscript>", page.text)
        assert "<html" not in part.text
        assert "Enter a whole number of steps" in wrong.text

    def test_tells_with_the_price_what_was_closed_meanwhile(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        assert "Total" in visitor.get("/renew/price?mode=add_capacity&steps=1").text
        holders.used[WHO] = 30
        holders.clock.forward(seconds=1)

        closed = visitor.get("/renew/price?mode=add_capacity&steps=1")

        assert "Closed: less than 100% of the capacity is used." in words_of(closed.text)

    def test_tells_with_the_price_that_extra_capacity_is_of_a_package_that_is_not_chosen(
        self, holders: Town
    ) -> None:
        visitor = hold(holders, used=20, day=350)

        for extra, words in (("2", "a package that you have not chosen"), ("0", "Total"), ("", "Total")):
            price = visitor.get(f"/renew/price?mode=renew&offer=professional/12&extra_enterprise={extra}")
            assert words in price.text

    def test_brings_with_the_price_the_way_to_the_same_choice_in_the_other_language(
        self, holders: Town
    ) -> None:
        visitor = hold(holders, used=20, day=350)

        part = visitor.get("/renew/price?mode=renew&offer=enterprise%2F24&extra_enterprise=2&code=").text

        assert 'id="languages" hx-swap-oob="true"' in part
        other = unescape(re.search(r'href="([^"]*lang=vi)"', part)[1])  # type: ignore[index]
        assert other == "/renew?mode=renew&offer=enterprise%2F24&extra_enterprise=2&lang=vi"

    def test_keeps_what_was_chosen_in_the_other_language(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        page = visitor.get("/renew?mode=renew&offer=enterprise%2F24&extra_enterprise=2")
        other = unescape(re.search(r'href="([^"]*lang=vi)"', page.text)[1])  # type: ignore[index]

        shown = visitor.get(other).text

        assert 'value="enterprise/24" required checked' in shown
        assert 'name="extra_enterprise" type="number" min="0" max="20" inputmode="numeric" value="2"' in shown

    def test_of_used_up_capacity_outside_the_window_offers_others_and_says_when_the_same_opens(
        self, holders: Town
    ) -> None:
        page = hold(holders, used=50, day=120).get("/renew?mode=renew")

        assert (
            re.findall(r'name="offer" value="(\w+)/\d+" required(?! disabled)', page.text)
            == ["enterprise"] * 3
        )
        text = words_of(page.text)
        assert (
            "Professional Your package 50 GB for the whole business Closed: open only in the last 30" in text
        )
        assert "Holds less than you use: 40 GB short." in text
        assert "the value of your unused days is credited" in text

    def test_in_the_window_says_that_the_same_package_begins_where_the_old_one_ends(
        self, holders: Town
    ) -> None:
        text = words_of(hold(holders, used=20, day=350).get("/renew").text)

        assert "Begins on 15 Jan 2028, where your term ends: no day is lost." in text

    def test_says_before_quoting_that_the_package_holds_less_than_is_used(self, holders: Town) -> None:
        text = words_of(hold(holders, used=63, day=350).get("/renew?mode=renew").text)

        assert "You use 63 GB, and this package holds 50 GB: it is full from its first day." in text
        assert "Extra capacity makes room." not in text

    def test_says_so_too_of_a_package_that_holds_just_what_is_used(self, holders: Town) -> None:
        text = words_of(hold(holders, used=50, day=380).get("/renew").text)

        assert "You use 50 GB, and this package holds 50 GB: it is full from its first day." in text

    def test_says_where_extra_capacity_makes_room_in_it(self, holders: Town) -> None:
        text = words_of(hold(holders, "enterprise", used=220, day=350).get("/renew?mode=renew").text)

        assert "it is full from its first day. Extra capacity makes room." in text

    def test_says_that_a_term_which_begins_later_leaves_used_up_capacity_as_it_is(
        self, holders: Town
    ) -> None:
        visitor = hold(holders, used=50, day=350)
        warning = "no day is lost. Until then your capacity stays used up."

        page = "/renew?mode=renew"
        _, confirmation = go_on(visitor, page, offer="professional/12")

        assert warning in words_of(visitor.get(page).text)
        assert warning in confirmation

    def test_of_more_in_use_than_any_package_holds_says_whom_to_call_and_asks_for_no_choice(
        self, holders: Town
    ) -> None:
        page = hold(holders, used=100_000, day=120).get("/renew?mode=renew")

        text = words_of(page.text)
        assert "No other package holds what you use You use 100,000 GB." in text
        assert "Support: 1900 0000" in text
        assert "Go on to the confirmation" not in text
        assert 'href="/renew?mode=add_capacity"' in page.text

    def test_asks_for_as_much_extra_capacity_as_a_package_needs_to_hold_all(self, holders: Town) -> None:
        visitor = hold(holders, used=251, day=120)

        page = visitor.get("/renew?mode=renew")

        assert "You use 251 GB: take at least 2 steps of extra capacity." in words_of(page.text)
        assert 'inputmode="numeric" value="2"' in page.text
        _, confirmation = go_on(visitor, "/renew?mode=renew", offer="enterprise/12", extra_enterprise="2")
        assert "Extra capacity 100 GB" in confirmation

    def test_offers_extra_capacity_as_the_catalog_says(self, holders: Town) -> None:
        page = hold(holders, used=20, day=350).get("/renew")

        assert re.findall(r'name="extra_(\w+)"', page.text) == ["enterprise"]

    def test_says_that_added_capacity_ends_with_the_old_term(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        holders.buys(WHO, AddCapacity(steps=1))
        holders.clock.now = BOUGHT + timedelta(days=350)

        assert "Your 50 GB of extra capacity end with the old term" in words_of(visitor.get("/renew").text)

    def test_leads_who_holds_nothing_to_the_first_package(self, holders: Town) -> None:
        page = holders.visitor(WHO).get("/renew")

        assert "There is nothing to renew yet" in page.text
        assert 'href="/order">See packages' in page.text

    def test_is_where_the_page_of_first_packages_leads_who_holds_one(self, holders: Town) -> None:
        page = hold(holders, used=20, day=90).get("/order")

        assert "a package is held already" in page.text
        assert 'href="/renew">Renew or add capacity' in page.text

    def test_is_for_who_is_signed_in(self, holders: Town) -> None:
        for path in ("/renew", "/renew/price"):
            assert holders.visitor(None).get(path).status_code == 401


class TestAPackageThatIsNotSoldAnyMore:
    """It cannot be renewed, at no time: the Wall leads to the package that follows it, while one is open."""

    def found(self, town: Town, **switch: object) -> tuple[str, ...]:
        offers = {offer.kind: offer for offer in town.payport.offers(WHO)}
        offers["renew"] = replace(offers["renew"], is_open=False, opens_at=None, packages=())
        offers["switch"] = replace(offers["switch"], **switch)
        return situations(town.payport.entitlement(WHO), offers)

    def test_is_told_of_as_ending_once_another_one_is_open(self, holders: Town) -> None:
        hold(holders, used=20, day=350).get("/")

        assert self.found(holders, is_open=True) == ("ending",)
        assert self.found(holders, is_open=False) == ()

    def test_is_told_of_as_full_alone_where_that_is_why_another_one_is_open(self, holders: Town) -> None:
        hold(holders, used=50, day=120).get("/")

        assert self.found(holders, is_open=True) == ("full",)


class TestUsage:
    def test_is_measured_whenever_something_is_offered_so_that_it_is_never_too_old(
        self, holders: Town
    ) -> None:
        visitor = hold(holders, used=50, day=120)
        visitor.get("/renew")
        holders.clock.forward(hours=2)

        assert "Extra capacity 50 GB" in visitor.get("/renew").text

    def test_that_is_the_same_is_not_reported_again_at_each_look(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        reported = []
        for seconds in (0, 59, 1):
            holders.clock.forward(seconds=seconds)
            for path in ("/", "/renew", "/renew/price?mode=add_capacity&steps=1"):
                assert visitor.get(path).status_code == 200
            usage = holders.payport.entitlement(WHO).usage
            assert usage
            reported.append(usage.at - BOUGHT - timedelta(days=120))

        assert reported == [timedelta(), timedelta(), timedelta(minutes=1)]

    def test_that_changed_is_reported_at_the_next_look(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        visitor.get("/")
        holders.used[WHO] = 49
        holders.clock.forward(seconds=1)

        assert "49 GB of 50 GB used" in visitor.get("/").text
        assert holders.payport.entitlement(WHO).used_bytes == 49 * GB

    def test_that_grew_too_old_while_the_buyer_typed_is_measured_before_placing(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        address, _ = go_on(visitor, steps="1")
        page = visitor.get(address)
        holders.clock.forward(hours=2)

        assert visitor.submit(page, "/order/confirm", **BUYER).headers["location"].startswith("/payment/")

    def test_that_fell_meanwhile_closes_what_was_quoted_with_the_reason(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        address, _ = go_on(visitor, steps="1")
        page = visitor.get(address)
        holders.used[WHO] = 30
        holders.clock.forward(minutes=5)

        answer = visitor.submit(page, "/order/confirm", **BUYER)

        assert answer.status_code == 409
        assert "Reason: less than 100% of the capacity is used." in words_of(answer.text)
        assert 'href="/renew?mode=add_capacity&amp;steps=1&amp;lang=vi"' in answer.text

    def test_that_grew_beyond_the_package_meanwhile_is_said_at_its_field(self, holders: Town) -> None:
        visitor = hold(holders, used=8, day=350)
        address, _ = go_on(visitor, offer="standard/12")
        page = visitor.get(address)
        holders.used[WHO] = 12
        holders.clock.forward(minutes=5)

        answer = visitor.submit(page, "/order/confirm", **BUYER)

        assert answer.status_code == 409
        assert "This holds less than you use." in answer.text
        assert "2 GB short" in words_of(answer.text)

    def test_that_is_not_known_is_the_reason_why_nothing_is_open(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        del holders.used[WHO]

        text = words_of(visitor.get("/renew").text)

        assert text.count("how much is used is not known") >= 1
        assert "There is nothing that you need to buy now" in text


class TestAPurchaseThatIsNotOpen:
    """ORD-12 at the shop's own door: posted all the same, with the page's token."""

    @pytest.mark.parametrize(
        ("used", "day", "asked", "reason"),
        [
            (20, 90, {"mode": "add_capacity", "steps": "1"}, "less than 100% of the capacity is used"),
            (50, 380, {"mode": "add_capacity", "steps": "1"}, "the term has ended"),
            (20, 90, {"offer": "professional/12"}, "open only in the last 30 days of the term"),
            (50, 120, {"offer": "professional/12"}, "open only in the last 30 days of the term"),
            (20, 90, {"offer": "enterprise/12"}, "open only in the last 30 days of the term"),
        ],
        ids=["room-left", "ended", "too-early", "used-up-too-early", "switch-too-early"],
    )
    def test_ORD_12_posted_directly_is_refused_with_the_reason(
        self, holders: Town, used: float, day: int, asked: dict[str, str], reason: str
    ) -> None:
        visitor = hold(holders, used=50, day=30)
        token = hidden_fields(visitor.get("/renew").text)["form_token"]
        holders.used[WHO] = used
        holders.clock.now = BOUGHT + timedelta(days=day)

        answer = visitor.post("/renew", FORM | asked | {"form_token": token})

        assert answer.status_code == 409
        assert 'role="alert"' in answer.text
        assert f"This cannot be ordered now Reason: {reason}." in words_of(answer.text)

    def test_ORD_12_a_package_that_holds_less_than_is_used_is_refused_at_its_field(
        self, holders: Town
    ) -> None:
        visitor = hold(holders, used=20, day=350)
        page = visitor.get("/renew")

        answer = visitor.submit(page, "/renew", offer="standard/12")

        assert answer.status_code == 409
        assert "This holds less than you use." in answer.text

    def test_ORD_12_extra_capacity_on_a_package_without_it_is_not_even_read(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)

        _, text = go_on(visitor, offer="professional/12", extra_professional="3")

        assert "Extra capacity" not in text

    def test_ORD_12_a_first_package_for_who_holds_one_is_refused_with_the_reason(self, holders: Town) -> None:
        visitor = holders.visitor(WHO)
        token = hidden_fields(visitor.get("/order").text)["form_token"]
        hold(holders, used=20, day=90)

        answer = visitor.post("/order", {"offer": "professional/12", "form_token": token})

        assert answer.status_code == 409
        assert "a package is held already" in answer.text

    @pytest.mark.parametrize(
        "asked",
        [{"mode": "add_capacity", "steps": "1"}, {"offer": "professional/12"}, {"offer": "enterprise/12"}],
    )
    def test_ORD_12_of_a_suspended_account_is_refused_whatever_it_is(
        self, holders: Town, asked: dict[str, str]
    ) -> None:
        visitor = hold(holders, used=50, day=350)
        token = hidden_fields(visitor.get("/renew").text)["form_token"]
        suspend(holders)

        answer = visitor.post("/renew", FORM | asked | {"form_token": token})

        assert answer.status_code == 409
        assert "Nothing can be ordered while your package is suspended" in answer.text

    def test_is_refused_from_a_page_that_another_customer_opened_in_this_browser(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        page = visitor.get("/renew")
        visitor.get("/sign-in-of-tests/an-tam")

        assert visitor.submit(page, "/renew", steps="1").status_code == 403

    def test_is_refused_without_the_form_token_before_anything_is_looked_at(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        order_token = hidden_fields(visitor.get("/renew").text)["form_token"]

        for given in ("", order_token[::-1]):
            fields = FORM | {"mode": "add_capacity", "steps": "1", "form_token": given}
            assert visitor.post("/renew", fields).status_code == 403


class TestAQuantityGame:
    @pytest.mark.parametrize(
        "steps", ["", "0", "-1", "1.5", "1 1", "1e3", "21", "1000000000", "9" * 400, "٣", "½", "0x10", "one"]
    )
    def test_ORD_02_of_steps_is_refused_beside_the_field_and_stays_typed(
        self, holders: Town, steps: str
    ) -> None:
        visitor = hold(holders, used=50, day=120)

        answer = visitor.submit(visitor.get("/renew"), "/renew", steps=steps)

        assert answer.status_code == 422
        assert re.search(r'<a href="#steps">Steps</a>: Enter a whole number', answer.text)
        shown = re.search(r'<input id="steps"[^>]*value="([^"]*)"', answer.text)
        assert shown[1] == (steps or "1")  # type: ignore[index]

    @pytest.mark.parametrize(
        "fields",
        [
            {"offer": ""},
            {"offer": "professional/-12"},
            {"offer": "professional/7"},
            {"offer": "professional/12.0"},
            {"offer": "gold/12"},
            {"offer": "professional"},
            {"offer": "professional/12", "extra_enterprise": "1"},
            {"offer": "enterprise/12", "extra_enterprise": "-1"},
            {"offer": "enterprise/12", "extra_enterprise": "1000000000"},
            {"offer": "professional/12", "code": "NOPE"},
        ],
    )
    def test_ORD_02_of_a_renewal_is_refused_and_nothing_is_quoted(
        self, holders: Town, fields: dict[str, str]
    ) -> None:
        visitor = hold(holders, used=20, day=350)

        answer = visitor.submit(visitor.get("/renew"), "/renew", **fields)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


class TestAPriceFromTheBrowser:
    def test_ORD_01_changes_nothing_of_added_capacity_or_of_a_switch(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        wishes = {
            "total": "1",
            "amount": "1",
            "price": "1",
            "credit": "99999999",
            "surplus_days": "999",
            "days": "1",
        }

        added, _ = go_on(visitor, steps="1", **wishes)
        switched, _ = go_on(visitor, "/renew?mode=renew", offer="enterprise/12", **wishes)

        quotes = [
            holders.payport.find_quote(WHO, address.rpartition("/")[2]) for address in (added, switched)
        ]
        assert [quote.total for quote in quotes] == [vnd(2_621_165), vnd(12_328_890)]
        assert quotes[1].surplus_days == 0


class TestTheConfirmationOf:
    """When what is bought begins and ends, said for each kind as it would be if it were paid now."""

    def test_added_capacity_says_until_when_it_holds(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        _, text = go_on(visitor, steps="2")

        assert "₫3,550,000 × 2 × 12 months ÷ 12 months × 245 days left ÷ 365 days of the term" in text
        assert (
            "From the payment until 14 Jan 2028 That is the end of your term. You then have 150 GB in all."
            in text
        )

    def test_a_renewal_says_that_no_day_is_lost(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)

        _, text = go_on(visitor, offer="professional/24")

        assert "From 15 Jan 2028 until 14 Mar 2030 The new term begins where your present one ends" in text

    def test_a_renewal_of_what_has_ended_begins_with_the_payment(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=380)

        _, text = go_on(visitor, offer="professional/12")

        assert "From the payment; if you pay today, until 29 Jan 2029" in text
        assert "credited" not in text

    def test_a_switch_at_once_shows_the_credit_as_a_line_with_the_package_it_comes_from(
        self, holders: Town
    ) -> None:
        """6,990,000 × 245 / 365 = 4,691,917.8"""
        visitor = hold(holders, used=50, day=120)

        _, text = go_on(visitor, "/renew?mode=renew", offer="enterprise/12")

        assert "Unused value of Professional" in text
        assert "-₫4,691,918" in text
        assert "₫6,990,000 × 245 ÷ 365 = ₫4,691,918" in text
        assert (
            "Enterprise takes the place of Professional at once. What you have paid for and not used is"
            in text
        )
        assert "if you pay today, until 14 May 2028" in text

    def test_a_switch_whose_credit_is_more_than_the_price_says_the_days_and_that_nothing_is_to_pay(
        self, holders: Town
    ) -> None:
        """15,900,000 × 15 / 365 + 15,900,000 = 16,553,425; less 6,990,000, × 366 / 6,990,000 = 500 days."""
        visitor = hold(holders, "enterprise", used=4, day=350)
        holders.buys(WHO, Renew(months=12))

        _, text = go_on(visitor, offer="professional/12")

        assert "It replaces your next term too." in text
        assert "makes the new term 500 days longer" in text
        assert "if you pay today, until 14 May 2030" in text
        assert "There is nothing to pay: the order is completed as soon as you place it." in text
        assert "Nothing is paid yet" not in text
        assert "VAT included" not in text

    def test_each_leads_back_to_what_was_chosen(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        for page, typed, kept in (
            (
                "/renew",
                {"steps": "3"},
                'name="steps" type="number" min="1" max="20" required inputmode="numeric" value="3"',
            ),
            ("/renew?mode=renew", {"offer": "enterprise/24"}, 'value="enterprise/24" required checked'),
        ):
            address, _ = go_on(visitor, page, **typed)
            back = re.search(r'class="back" href="([^"]*)"', visitor.get(address).text)
            assert kept in visitor.get(unescape(back[1])).text  # type: ignore[index]

    def test_a_price_that_another_purchase_overtook_shows_the_page_of_its_kind(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)
        address, _ = go_on(visitor, offer="professional/12")
        holders.buys(WHO, Renew(months=12))

        overtaken = visitor.get(address)

        assert overtaken.status_code == 409
        assert "Reason: the next term has been bought already." in words_of(overtaken.text)

    def test_a_price_that_grew_too_old_offers_the_price_of_now(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        address, _ = go_on(visitor, steps="1")
        holders.clock.forward(hours=24)
        old = visitor.get(address)

        renewed = visitor.submit(old, "/order/confirm", **BUYER)

        assert "This price is no longer valid" in old.text
        assert renewed.status_code == 409
        assert "244 days left" in renewed.text
        assert visitor.submit(renewed, "/order/confirm", **BUYER).status_code == 303


class TestTheResultOf:
    def test_added_capacity_is_more_of_it_until_the_end(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        token = order(holders, visitor, steps="1")

        assert "Your capacity is now 100 GB until 14 Jan 2028." in words_of(
            visitor.get(f"/result/{token}").text
        )

    def test_a_renewal_is_the_next_term(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)

        token = order(holders, visitor, offer="professional/12")

        text = words_of(visitor.get(f"/result/{token}").text)
        assert "Your next term, Professional, begins on 15 Jan 2028 and runs until 14 Jan 2029." in text

    def test_a_switch_at_once_is_the_new_package(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)

        token = order(holders, visitor, "/renew?mode=renew", offer="enterprise/12", extra_enterprise="1")

        assert "You now have Enterprise until 14 May 2028." in words_of(visitor.get(f"/result/{token}").text)
        assert "50 GB of 250 GB used" in words_of(visitor.get("/").text)

    def test_an_order_of_nothing_says_that_nothing_was_to_pay(self, holders: Town) -> None:
        visitor = hold(holders, used=20, day=350)

        token = order(holders, visitor, offer="professional/12", code="WELCOME100")

        page = visitor.get(f"/result/{token}").text
        assert "Done. Thank you!" in page
        assert "<title>Done" in page
        assert "Paid" not in page

    def test_what_is_long_over_says_only_that_it_was_paid(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        token = order(holders, visitor, steps="1")
        holders.clock.now = BOUGHT + timedelta(days=400)

        text = words_of(visitor.get(f"/result/{token}").text)

        assert "Your order is complete." in text
        assert "Your capacity is now" not in text

    def test_another_customers_order_tells_nothing_of_what_is_held(self, holders: Town) -> None:
        visitor = hold(holders, used=50, day=120)
        token = order(holders, visitor, steps="1")

        text = words_of(holders.visitor("an-tam").get(f"/result/{token}").text)

        assert "Your order is complete." in text
        assert "100 GB" not in text

    def test_an_order_that_came_too_late_for_its_term_is_safe_money_and_offers_what_is_open(
        self, holders: Town
    ) -> None:
        """The term ends between quote and payment of added capacity."""
        visitor = hold(holders, used=50, day=364)
        holders.clock.forward(hours=11, minutes=55)  # five minutes to midnight
        address, _ = go_on(visitor, steps="1")
        token = (
            visitor.submit(visitor.get(address), "/order/confirm", **BUYER)
            .headers["location"]
            .rpartition("/")[2]
        )
        transaction = holders.hand_over(visitor, token)
        holders.clock.forward(minutes=6)
        holders.tell(transaction)

        page = visitor.get(f"/result/{token}").text
        text = words_of(page)

        assert holders.payport.order_by_token(token).state == "review"
        assert "We are checking your payment" in text
        assert "We hold ₫10,699 for you. It has bought nothing yet." in text
        assert 'href="/renew">What is open to you now' in page
        assert "Cancel this order" not in text


class TestAnOrderThatIsNotPaid:
    def unpaid(self, town: Town) -> tuple[Visitor, str]:
        visitor = hold(town, used=50, day=120)
        address, _ = go_on(visitor, steps="1")
        answer = visitor.submit(visitor.get(address), "/order/confirm", **BUYER)
        return visitor, answer.headers["location"].rpartition("/")[2]

    def test_can_be_cancelled_from_where_it_is_paid_and_from_its_result(self, holders: Town) -> None:
        visitor, token = self.unpaid(holders)
        for path in (f"/payment/{token}", f"/result/{token}"):
            assert f'href="/payment/{token}/cancel"' in visitor.get(path).text

        asked = visitor.get(f"/payment/{token}/cancel")
        assert holders.payport.order_by_token(token).state == "placed"
        answer = visitor.submit(asked, f"/payment/{token}/cancel")

        assert answer.headers["location"] == f"/result/{token}"
        cancelled = holders.payport.order_by_token(token)
        assert cancelled.state == "cancelled"
        assert f"cancelled by {WHO}" in holders.payport.history(cancelled.number)[-1].because
        page = visitor.get(f"/result/{token}").text
        assert "It was cancelled." in page
        assert 'href="/renew?mode=add_capacity&amp;steps=1">Order again' in page
        assert visitor.get("/").text.count(token) == 0

    def test_with_an_attempt_that_is_not_known_warns_before_it_is_cancelled(self, holders: Town) -> None:
        visitor, token = self.unpaid(holders)
        assert "is not known yet" not in visitor.get(f"/payment/{token}/cancel").text
        holders.hand_over(visitor, token)

        assert "Cancelling does not stop it at the bank" in visitor.get(f"/payment/{token}/cancel").text

    def test_is_not_cancelled_by_a_form_without_its_token_or_by_somebody_else(self, holders: Town) -> None:
        visitor, token = self.unpaid(holders)
        fields = hidden_fields(visitor.get(f"/payment/{token}").text)
        other = holders.visitor("an-tam")

        assert visitor.post(f"/payment/{token}/cancel", fields).status_code == 403
        assert other.get(f"/payment/{token}/cancel").status_code == 404
        assert other.post(f"/payment/{token}/cancel", fields).status_code == 404
        assert holders.payport.order_by_token(token).state == "placed"

    def test_that_was_paid_meanwhile_is_not_cancelled(self, holders: Town) -> None:
        visitor, token = self.unpaid(holders)
        asked = visitor.get(f"/payment/{token}/cancel")
        holders.tell(holders.hand_over(visitor, token))

        answers = visitor.submit(asked, f"/payment/{token}/cancel"), visitor.get(f"/payment/{token}/cancel")

        assert [answer.headers["location"] for answer in answers] == [f"/result/{token}"] * 2
        assert holders.payport.order_by_token(token).state == "paid"
