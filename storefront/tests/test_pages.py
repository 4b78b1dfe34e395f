"""The shop's pages, asked for without a browser."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from httpx import Response

from payport import vnd
from storefront.tests.town import BUYER, CHOICE, Town, hidden_fields

INERT = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'


def address_of(confirmation: Response) -> str:
    """Where the confirmation's form goes, which is where it stands."""
    return re.search(r'action="(/order/confirm/[^"]*)"', confirmation.text)[1]  # type: ignore[index]


def poll_of(page: str) -> str:
    """Where the page asks for news."""
    return unescape(re.search(r'hx-get="([^"]*)"', page)[1])  # type: ignore[index]


def switch_to(language: str, page: Response) -> str:
    """The address of the same in this language."""
    href = unescape(re.search(rf'href="([^"]*lang={language})"', page.text)[1])  # type: ignore[index]
    return str(page.url.join(href))


def value_of(name: str, page: Response) -> str:
    field = re.search(rf'<input [^>]*name="{name}"[^>]*>', page.text)[0]  # type: ignore[index]
    return unescape(re.search(r'value="([^"]*)"', field)[1])  # type: ignore[index]


class TestACustomerOnTrial:
    def test_is_led_to_the_order_page_by_the_wall_and_by_the_settings(self, town: Town) -> None:
        visitor = town.visitor()

        for path in ("/", "/settings"):
            page = visitor.get(path)
            assert page.status_code == 200
            assert 'href="/order">See packages and prices' in page.text
        assert "Your trial runs until" in visitor.get("/").text

    def test_sees_packages_capacity_and_prices_in_the_words_of_the_language(self, town: Town) -> None:
        vietnamese, english = town.visitor().get("/order?lang=vi").text, town.visitor().get("/order").text

        assert "Gói Chuyên nghiệp" in vietnamese
        assert "6.990.000\u00a0₫" in vietnamese
        assert "Professional" in english
        assert "₫6,990,000" in english
        assert "<strong>50 GB</strong>" in english

    def test_sees_each_line_with_quantity_unit_price_and_how_it_came_about_then_net_vat_and_total(
        self, town: Town
    ) -> None:
        page = town.visitor().choose(offer="enterprise/24", extra_enterprise="2", code="welcome10").text

        assert "list price of 24 months; 6 months more at no cost" in page
        assert "₫3,550,000 × 2 × 24 months ÷ 12 months" in page
        assert "-₫2,890,000" in page
        for amount in ("₫40,210,000", "₫3,216,800", "₫43,426,800"):
            assert amount in page


class TestAVisitorWhoIsNotSignedIn:
    @pytest.mark.parametrize("path", ["/", "/settings", "/order", "/order/confirm/1"])
    def test_is_asked_to_sign_in(self, town: Town, path: str) -> None:
        assert town.visitor(None).get(path).status_code == 401


class TestAChoiceThatIsNotOffered:
    @pytest.mark.parametrize(
        "fields",
        [
            {"offer": "gold/12"},
            {"offer": "professional/7"},
            {"offer": "professional/-12"},
            {"offer": ""},
            {"offer": "standard/12", "extra_enterprise": "1"},
            {"offer": "enterprise/12", "extra_enterprise": "-1"},
            {"offer": "enterprise/12", "extra_enterprise": "1.5"},
            {"offer": "enterprise/12", "extra_enterprise": "21"},
            {"offer": "enterprise/12", "extra_enterprise": "1000000000"},
            {"offer": "enterprise/12", "extra_enterprise": "٣"},
            {"code": "NOPE"},
            {"code": "X" * 500},
        ],
    )
    def test_is_refused_and_what_was_typed_stays_in_both_languages(
        self, town: Town, fields: dict[str, str]
    ) -> None:
        visitor = town.visitor()

        page = visitor.choose(**fields)

        assert page.status_code == 422
        assert 'role="alert"' in page.text
        other = visitor.get(switch_to("vi", page))
        for name in ("code", "extra_enterprise"):
            assert value_of(name, other) == value_of(name, page) == fields.get(name, "")

    def test_of_a_package_without_extra_capacity_is_not_even_read(self, town: Town) -> None:
        assert town.visitor().choose(extra_professional="1").status_code == 200

    def test_is_shown_as_text_and_nothing_else(self, town: Town) -> None:
        page = town.visitor().choose(code=INERT)

        assert page.status_code == 422
        assert "<script>alert" not in page.text.lower()


class TestTheConfirmation:
    def test_stands_at_its_quotes_address_which_a_reload_and_the_other_language_keep(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        answer = visitor.submit(visitor.get("/order"), "/order", **CHOICE)
        address = answer.headers["location"]

        pages = [visitor.get(address) for _ in range(3)]
        other = visitor.get(switch_to("vi", pages[0]))

        assert answer.status_code == 303
        assert {page.text for page in pages} == {pages[0].text}
        assert "Kiểm tra đơn hàng" in other.text
        assert f'action="{address}"' in other.text

    def test_leads_back_to_the_choice_that_was_made(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.choose(offer="enterprise/24", extra_enterprise="2", code="welcome10")

        back = re.search(r'class="back" href="([^"]*)"', page.text)
        choices = visitor.get(unescape(back[1]))  # type: ignore[index]

        assert re.findall(r'value="([^"]*)" required checked', choices.text) == ["enterprise/24"]
        assert (value_of("extra_enterprise", choices), value_of("code", choices)) == ("2", "WELCOME10")

    def test_of_another_customer_is_no_more_there_than_none(self, town: Town) -> None:
        """ORD-04."""
        page = town.visitor("an-tam").choose()
        address = address_of(page)
        visitor = town.visitor()

        assert visitor.get(address).status_code == 404
        assert visitor.get("/order/confirm/none").status_code == 404
        assert visitor.get("/order/confirm").status_code == 404

    def test_whose_price_is_too_old_says_so_and_offers_the_price_of_now(self, town: Town) -> None:
        """ORD-03."""
        visitor = town.visitor()
        page = visitor.choose()
        address = address_of(page)
        town.clock.move_on(hours=24)

        old = visitor.get(address)
        renewed = visitor.submit(old, "/order/confirm", name="Lan", phone="")

        assert "This price is no longer valid" in old.text
        assert "See the price of now" in old.text
        assert "Place the order" not in old.text
        assert renewed.status_code == 409
        assert "The price was made anew" in renewed.text
        assert value_of("name", renewed) == "Lan"
        assert address not in renewed.text
        assert visitor.submit(renewed, "/order/confirm", **BUYER).status_code == 303

    def test_of_a_price_that_a_grant_overtook_says_so_or_why_nothing_can_be_ordered(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.choose()
        address = address_of(page)
        visitor.submit(visitor.choose(code="WELCOME100"), "/order/confirm", **BUYER)

        overtaken = visitor.get(address)

        assert overtaken.status_code == 409
        assert "No new package can be ordered at present" in overtaken.text


class TestAPriceFromTheBrowser:
    """ORD-01, WEB-07: fields that the page does not declare are not read."""

    def test_changes_nothing(self, town: Town) -> None:
        visitor = town.visitor()
        wishes = {"total": "1", "net": "1", "price": "1", "discount": "100", "state": "paid", "paid": "true"}

        token = town.place(visitor, account="an-tam", account_id="an-tam", **wishes)

        order = town.payport.order_by_token(token)
        assert order.total == vnd(7_549_200)
        assert (order.state, order.account) == ("placed", "binh-minh")

    def test_is_not_what_the_gateway_is_asked_for(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        page = visitor.get(f"/payment/{token}")
        answer = visitor.submit(page, "/payment/", method="domestic_card", vnp_Amount="1", amount="1")

        assert parse_qs(urlsplit(answer.headers["location"]).query)["vnp_Amount"] == ["754920000"]


class TestBuyerData:
    def test_that_is_wrong_is_named_beside_its_field_and_nothing_typed_is_lost(self, town: Town) -> None:
        visitor = town.visitor()

        page = visitor.submit(
            visitor.choose(), "/order/confirm", name="Lan", email="lan@", phone="", company="Bình Minh"
        )

        assert page.status_code == 422
        for problem in ("This is not an e-mail address", "Enter a phone number", "also needs its tax code"):
            assert problem in page.text
        for typed in ('value="Lan"', 'value="lan@"', 'value="Bình Minh"'):
            assert typed in page.text
        assert page.text.count('aria-invalid="true"') == 4

    def test_that_holds_a_script_is_text_on_every_page(self, town: Town) -> None:
        """WEB-04."""
        visitor = town.visitor()
        invoice = {"company": INERT, "tax_code": "0101234567", "address": INERT}

        again = visitor.submit(visitor.choose(), "/order/confirm", **(BUYER | invoice | {"email": INERT}))
        token = town.place(visitor, **invoice, name=INERT[:90])

        for page in (
            again,
            visitor.get(f"/payment/{token}"),
            visitor.get(f"/result/{token}"),
            visitor.get("/"),
        ):
            assert "<script>alert" not in page.text
            assert "onerror=alert(1)>" not in page.text
            assert ">49<" not in page.text

    def test_never_reaches_the_gateway_or_an_address(self, town: Town) -> None:
        """SEC-08, WEB-08: the link carries the reference alone."""
        visitor = town.visitor()
        token = town.place(visitor, name="Lan&vnp_Amount=1\u00a0#?x=1")

        transaction = town.hand_over(visitor, token)

        assert transaction.request.amount == 754920000
        assert "Lan" not in transaction.request.order_info


class TestPlacing:
    def test_twice_from_one_page_makes_one_order(self, town: Town) -> None:
        """ORD-09."""
        visitor = town.visitor()
        page = visitor.choose()

        answers = [visitor.submit(page, "/order/confirm", **BUYER) for _ in range(3)]

        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1

    def test_again_with_other_data_is_said_to_make_a_second_order(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.choose()
        visitor.submit(page, "/order/confirm", **BUYER)

        answer = visitor.submit(page, "/order/confirm", **(BUYER | {"name": "Somebody else"}))

        assert answer.status_code == 409
        assert "was placed from this page already" in answer.text
        assert 'value="Somebody else"' in answer.text

    def test_of_another_customers_quote_is_refused_before_it_is_looked_for(self, town: Town) -> None:
        """ORD-04."""
        visitor = town.visitor("an-tam")
        page = visitor.choose()
        visitor.get("/sign-in-of-tests/binh-minh")

        assert visitor.submit(page, "/order/confirm", **BUYER).status_code == 403
        assert visitor.get(page.url.path).status_code == 404

    def test_a_quote_that_a_grant_overtook_says_why_nothing_can_be_ordered(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.choose()
        free = visitor.choose(code="WELCOME100")
        assert visitor.submit(free, "/order/confirm", **BUYER).status_code == 303

        answer = visitor.submit(page, "/order/confirm", **BUYER)

        assert answer.status_code == 409
        assert "No new package can be ordered at present" in answer.text

    def test_an_old_quote_shows_a_new_price_and_keeps_what_was_typed(self, town: Town) -> None:
        """ORD-03."""
        visitor = town.visitor()
        page = visitor.choose()
        town.clock.move_on(hours=24)

        again = visitor.submit(page, "/order/confirm", **BUYER)

        assert again.status_code == 409
        assert "The price was made anew" in again.text
        assert f'value="{BUYER["name"]}"' in again.text
        assert visitor.submit(again, "/order/confirm", **BUYER).status_code == 303

    def test_for_nothing_is_paid_at_once_and_shows_on_the_wall(self, town: Town) -> None:
        visitor = town.visitor()

        answer = visitor.submit(visitor.choose(code="WELCOME100"), "/order/confirm", **BUYER)

        assert answer.headers["location"].startswith("/result/")
        assert "Done. Thank you!" in visitor.get(answer.headers["location"]).text
        wall = visitor.get("/").text
        assert "Professional" in wall
        assert "valid to" in wall
        assert "See packages and prices" not in wall


class TestAFormWithoutItsToken:
    """WEB-06: the token is this session's, for this path; nothing else is taken for it."""

    def test_is_refused_and_nothing_happens(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.choose()
        address = address_of(page)
        strangers = hidden_fields(town.visitor("an-tam").choose().text)["form_token"]
        token = town.place(town.visitor())
        other_action = hidden_fields(visitor.get(f"/payment/{token}").text)["form_token"]

        for form_token in ("", strangers, other_action, "0" * 64):
            fields = BUYER | {"form_token": form_token}
            assert visitor.post(address, fields).status_code == 403
            assert visitor.post("/order", CHOICE | {"form_token": form_token}).status_code == 403
        assert visitor.post(address, BUYER).status_code == 403
        assert visitor.post(f"/payment/{token}", {"method": "domestic_card"}).status_code == 403
        assert town.payport.order_by_token(token).payments == ()


class TestABodyThatIsNoForm:
    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b"x" * 20_000, "application/x-www-form-urlencoded", 413),
            (b"{}", "application/json", 415),
            (b"", "multipart/form-data; boundary=x", 415),
            (b"name=a&name=b", "application/x-www-form-urlencoded", 400),
            (b"name=%ff%fe", "application/x-www-form-urlencoded", 400),
            ("name=Lân".encode(), "application/x-www-form-urlencoded", 400),
            (b"&".join(b"f%d=1" % n for n in range(100)), "application/x-www-form-urlencoded", 400),
            (b"novalue", "application/x-www-form-urlencoded", 400),
        ],
    )
    def test_is_turned_away(self, town: Town, body: bytes, kind: str, status: int) -> None:
        answer = town.visitor().post("/order/confirm/1", body, **{"content-type": kind})

        assert answer.status_code == status
        assert "<h1>" in answer.text


class TestPaying:
    def test_does_not_begin_by_looking(self, town: Town) -> None:
        """WEB-09."""
        visitor = town.visitor()
        token = town.place(visitor)

        visitor.get(f"/payment/{token}?method=domestic_card")

        assert town.payport.order_by_token(token).payments == ()

    def test_offers_each_way_with_its_sentence_and_its_banks(self, town: Town) -> None:
        visitor = town.visitor()

        page = visitor.get(f"/payment/{town.place(visitor)}").text

        assert "choose your bank and confirm with an OTP" in page
        assert "Vietcombank" in page
        assert "I choose at the gateway" in page

    def test_does_not_offer_a_way_whose_plugin_is_not_installed(self, town: Town) -> None:
        visitor = town.visitor()

        page = visitor.get(f"/payment/{town.place(visitor)}").text

        assert re.findall(r'name="method" value="([^"]*)"', page) == [
            "domestic_card",
            "wallet",
            "international_card",
            "order_only",
        ]

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"method": "absent_wallet"},
            {"method": "' or 1=1"},
            {"method": "domestic_card", "choice_domestic_card": "NOBANK"},
        ],
    )
    def test_by_a_way_that_is_not_offered_is_refused(self, town: Town, fields: dict[str, str]) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        answer = visitor.submit(visitor.get(f"/payment/{token}"), "/payment/", **fields)

        assert answer.status_code == 422
        assert "Please choose one of the ways to pay" in answer.text
        assert town.payport.order_by_token(token).payments == ()

    def test_hands_the_bank_and_the_socket_address_to_the_gateway(self, town: Town) -> None:
        """CHN-10: a header is not believed."""
        visitor = town.visitor(**{"x-forwarded-for": "198.51.100.7"})
        token = town.place(visitor)

        request = town.hand_over(visitor, token).request

        assert (request.bank, request.buyer_ip) == ("NCB", "127.0.0.1")

    def test_again_at_the_same_bank_begins_a_new_payment_and_says_what_becomes_of_the_first(
        self, town: Town
    ) -> None:
        """A gateway's page opens once: who comes back later gets another (decision 0009)."""
        visitor = town.visitor()
        token = town.place(visitor)
        assert "not known yet" not in visitor.get(f"/payment/{token}").text
        first = town.hand_over(visitor, token)
        town.clock.move_on(seconds=31)

        page = visitor.get(f"/payment/{token}").text
        second = town.hand_over(visitor, token)
        town.tell(second)

        assert "An earlier payment of this order is not known yet" in page
        assert "the money beyond it is kept for you and returned" in page
        assert second.request.bank == first.request.bank
        assert second.request.reference != first.request.reference
        assert "Paid. Thank you!" in visitor.get(f"/result/{token}").text

    def test_CHN_09_an_order_of_another_customer_is_not_found(self, town: Town) -> None:
        token = town.place(town.visitor("an-tam"))

        assert town.visitor().get(f"/payment/{token}").status_code == 404

    def test_a_paid_order_again_leads_to_its_result(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        page = visitor.get(f"/payment/{token}")
        town.tell(town.hand_over(visitor, token))

        answers = (
            visitor.get(f"/payment/{token}"),
            visitor.submit(page, "/payment/", method="domestic_card"),
        )

        assert [answer.headers["location"] for answer in answers] == [f"/result/{token}"] * 2
        assert len(town.payport.order_by_token(token).payments) == 1


class TestTheResultPage:
    """It says what Payport knows; opening it, with whatever in the link, changes nothing (CHN-01)."""

    def test_of_an_unpaid_order_says_so(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        page = visitor.get(f"/result/{token}?vnp_ResponseCode=00&vnp_TransactionStatus=00&paid=true")

        assert "This order is not yet paid" in page.text
        assert town.payport.order_by_token(token).state == "placed"
        assert town.payport.entitlement("binh-minh").state == "trial"

    def test_of_a_payment_at_the_gateway_says_not_yet_confirmed_and_asks_again_with_or_without_scripts(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        town.hand_over(visitor, token)

        page = visitor.get(f"/result/{token}").text

        assert "Not yet confirmed" in page
        assert poll_of(page).startswith(f"/result/{token}/progress?")
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
        assert 'id="result" aria-live="polite"' in page

    def test_renews_the_progress_alone_until_there_is_news(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        transaction = town.hand_over(visitor, token)

        asked = poll_of(visitor.get(f"/result/{token}").text)
        waiting = visitor.get(asked)
        town.tell(transaction)
        news = visitor.get(asked)

        assert "<h1" not in waiting.text
        assert "hx-retarget" not in waiting.headers
        assert "Paid. Thank you!" in news.text
        assert news.headers["hx-retarget"] == "#result"
        assert "hx-get" not in news.text

    def test_of_a_paid_order_leads_to_a_wall_with_package_end_and_capacity(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        town.tell(town.hand_over(visitor, token))

        assert "Paid. Thank you!" in visitor.get(f"/result/{token}").text
        wall = visitor.get("/").text
        assert "Active" in wall
        assert "0 GB of 50 GB used" in wall
        assert "is not finished" not in wall

    def test_of_a_cancelled_payment_offers_to_try_the_same_order_again(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        town.tell(town.hand_over(visitor, token), "24")

        page = visitor.get(f"/result/{token}").text
        assert "The payment did not go through" in page
        assert f'href="/payment/{token}"' in page

        town.tell(town.hand_over(visitor, token))
        assert "Paid. Thank you!" in visitor.get(f"/result/{token}").text
        assert len(town.payport.order_by_token(token).payments) == 2

    def test_of_a_failure_after_an_attempt_that_is_not_known_says_both_until_it_is_known(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        first = town.hand_over(visitor, token)
        town.clock.move_on(seconds=31)
        town.tell(town.hand_over(visitor, token), "24")

        page = visitor.get(f"/result/{token}").text
        same, asked = visitor.get(poll_of(page)), poll_of(page)
        town.tell(first, "24")
        news = visitor.get(asked)

        assert "The payment did not go through" in page
        assert "One attempt to pay this order is not known yet. If you paid there, do not pay again" in page
        assert "I have not paid: back to the payment" in page
        assert "nothing was charged" not in page
        assert '<noscript><meta http-equiv="refresh"' in page
        assert "<h1" not in same.text
        assert poll_of(same.text) == asked
        assert "nothing was charged" in news.text
        assert "Try again" in news.text
        assert "hx-get" not in news.text

    def test_of_a_paid_order_says_that_another_attempt_is_open_and_what_was_paid_beyond_it(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        first = town.hand_over(visitor, token)
        town.clock.move_on(seconds=31)
        second = town.hand_over(visitor, token)
        town.tell(first)

        page = visitor.get(f"/result/{token}").text
        town.tell(second)
        news = visitor.get(poll_of(page)).text

        assert "Paid. Thank you!" in page
        assert "If it is paid too, that money is kept for you and returned." in page
        assert "/payment/" not in page
        assert "Paid. Thank you!" in news
        assert "We received ₫7,549,200 more than this order costs." in news
        assert "hx-get" not in news
        assert [payment.received for payment in town.payport.order_by_token(token).payments] == [
            vnd(7_549_200)
        ] * 2

    def test_of_a_contradicting_report_says_why_a_person_looks_at_it_and_whom_to_call(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        town.tell(town.hand_over(visitor, token), vnp_Amount="754919900")

        page = visitor.get(f"/result/{token}").text

        assert "We are checking your payment" in page
        assert "The bank reported another amount than this order asked for." in page
        assert page.count("Support: 1900 0000") == 2
        assert f'href="/payment/{token}"' not in page
        assert town.payport.entitlement("binh-minh").state == "trial"

    def test_of_a_payment_that_a_person_looks_at_stays_with_it_whatever_another_attempt_comes_to(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        first = town.hand_over(visitor, token)
        town.clock.move_on(seconds=31)
        second = town.hand_over(visitor, token)
        town.tell(first, vnp_Amount="754919900")

        page = visitor.get(f"/result/{token}").text
        town.tell(second, "24")

        assert "We are checking your payment" in page
        assert "One attempt to pay this order is not known yet" in page
        assert "We are checking your payment" in visitor.get(f"/result/{token}").text

    def test_of_money_for_an_order_that_another_one_overtook_says_so(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        transaction = town.hand_over(visitor, token)
        visitor.submit(visitor.choose(code="WELCOME100"), "/order/confirm", **BUYER)

        town.tell(transaction)

        page = visitor.get(f"/result/{token}").text
        assert "We are checking your payment" in page
        assert "what your business holds has changed since you ordered" in page

    def test_of_an_order_that_expired_says_so_and_leads_to_a_new_one(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        town.clock.move_on(hours=25)
        town.payport.work()

        page = visitor.get(f"/result/{token}").text

        assert "This order is closed" in page
        assert 'href="/order?offer=professional%2F12">Order again' in page
        assert visitor.get(f"/payment/{token}").headers["location"] == f"/result/{token}"

    def test_CHN_09_is_there_only_for_who_holds_the_link(self, town: Town) -> None:
        """Neither a number nor a neighbouring token opens it."""
        visitor = town.visitor()
        token = town.place(visitor)
        number = town.payport.order_by_token(token).number

        for guess in (number, token[:-1] + ("A" if token[-1] != "A" else "B"), token[:-1], "0", "%2e%2e"):
            assert visitor.get(f"/result/{guess}").status_code == 404
            assert visitor.get(f"/result/{guess}/progress").status_code == 404

    def test_TRU_10_in_another_customers_session_says_the_truth_and_lets_nothing_be_done(
        self, town: Town
    ) -> None:
        """The grant is the order's account's; the session's account sees nothing of it."""
        buyer, other = town.visitor(), town.visitor("an-tam")
        token = town.place(buyer)
        transaction = town.hand_over(buyer, token)
        town.tell(transaction, "24")

        page = other.get(f"/result/{token}").text
        assert "The payment did not go through" in page
        assert "/payment/" not in page
        assert not any(value in page for value in BUYER.values())

        town.tell(town.hand_over(buyer, token))
        assert "Paid. Thank you!" in other.get(f"/result/{token}").text
        assert town.payport.entitlement("an-tam").state == "trial"
        assert "Professional" not in other.get("/").text


class TestAnOrderThatIsNotFinished:
    def test_is_led_to_by_the_wall_of_its_own_customer(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        assert f'href="/result/{token}"' in visitor.get("/").text
        visitor.get("/sign-in-of-tests/an-tam")
        assert token not in visitor.get("/").text


class TestTheLanguage:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("", "vi"),
            ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
            ("en-GB,en;q=0.9,vi;q=0.8", "en"),
            ("fr-FR, en;q=0.3, vi;q=0.7", "vi"),
            ("de", "vi"),
            ("en;q=nonsense", "en"),
            ("," * 5000, "vi"),
        ],
    )
    def test_is_what_the_browser_asks_for_at_first(self, town: Town, header: str, language: str) -> None:
        page = town.visitor(**{"accept-language": header}).get("/")

        assert page.headers["content-language"] == language
        assert f'<html lang="{language}"' in page.text

    def test_is_remembered_once_it_is_chosen(self, town: Town) -> None:
        visitor = town.visitor(**{"accept-language": "en"})

        assert "Bảng tin" in visitor.get("/?lang=vi").text
        assert "Bảng tin" in visitor.get("/").text

    def test_is_changed_on_the_page_at_hand_with_what_was_chosen(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.get("/order?offer=enterprise/24&code=WELCOME10&lang=en")

        other = visitor.get(switch_to("vi", page))

        assert "Chọn gói và kỳ hạn" in other.text
        assert value_of("code", other) == "WELCOME10"

    def test_that_does_not_exist_is_no_choice(self, town: Town) -> None:
        page = town.visitor().get("/?lang=../../etc/passwd")

        assert page.headers["content-language"] == "en"


class TestTheLog:
    def test_of_a_whole_purchase_names_nobody_and_holds_no_link(self, town: Town) -> None:
        """INV-7, SEC-01."""
        visitor = town.visitor()

        with structlog.testing.capture_logs() as lines:
            token = town.place(visitor)
            town.tell(town.hand_over(visitor, token))
            visitor.get(f"/result/{token}")
            visitor.get(f"/result/{token[:-1]}")

        assert [line["page"] for line in lines if line["status"] == 303] == ["choose", "place", "pay"]
        written = str(lines)
        for private in (*BUYER.values(), "ha%40example", token, token[:-1], "binh-minh", "form_token"):
            assert private not in written


class TestEveryAnswer:
    PATHS = (
        "/",
        "/settings",
        "/order",
        "/renew",
        "/order/confirm/1",
        "/nothing-here",
        "/break-of-tests",
        "/static/shop.css",
    )

    @pytest.mark.parametrize("path", PATHS)
    def test_forbids_framing_foreign_scripts_and_sniffing(self, town: Town, path: str) -> None:
        """WEB-10."""
        headers = town.visitor().get(path).headers

        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", PATHS[:-1])
    def test_has_nothing_inline(self, town: Town, path: str) -> None:
        page = town.visitor().get(path).text

        assert re.findall(r"<script(?![^>]* src=)", page) == []
        assert re.findall(r"\s(?:style|on[a-z]+)=", page) == []

    def test_to_an_unknown_host_is_a_refusal(self, town: Town) -> None:
        """WEB-05."""
        assert town.visitor().get("/", host="evil.example").status_code == 400

    def test_about_a_failure_gives_nothing_away(self, town: Town) -> None:
        """SEC-04."""
        page = town.visitor().get("/break-of-tests")

        assert page.status_code == 500
        assert "Something went wrong on our side" in page.text
        for secret in ("secret", "/var/lib", "RuntimeError", "Traceback", "starlette"):
            assert secret not in page.text

    @pytest.mark.parametrize("path", ["/payment/x", "/result/x", "/order/nothing", "/static/../app.py"])
    def test_about_nothing_is_a_page_of_the_shop(self, town: Town, path: str) -> None:
        page = town.visitor().get(path)

        assert page.status_code == 404
        assert "There is nothing here" in page.text or path.startswith("/static")
