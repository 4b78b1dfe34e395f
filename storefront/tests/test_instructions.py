"""How a customer is told to pay by hand, and finds it again; asked for without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from markupsafe import Markup

from payport import Instructions, Names, Row, ShowQR, vnd
from payport_storefront.qr import drawn
from storefront.tests.town import Clock, Directory, Town, Visitor, open_town


@pytest.fixture
def town(tmp_path: Path, portal: BlockingPortal) -> Iterator[Town]:
    """Everybody is on trial, and may pay by transfer or in cash."""
    with open_town(tmp_path / "shop", Clock()) as town:
        town.portal = portal
        for account in Directory.ALL:
            town.payport.start_trial(account)
        yield town


def choose_by_hand(visitor: Visitor, token: str) -> str:
    """Gives the address of the instructions."""
    answer = visitor.submit(visitor.get(f"/payment/{token}"), "/payment/", method="order_only")
    assert answer.status_code == 303
    return answer.headers["location"]


def text_of(page: str) -> str:
    """What stands between the tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def confirm(town: Town, token: str, dong: int, reference: str = "FT26334000001") -> None:
    order = town.payport.order_by_token(token)
    town.payport.confirm(
        order.number, vnd(dong), actor="ke-toan", booked_on=town.clock().date(), bank_reference=reference
    )


class TestTheInstructions:
    def test_say_all_that_a_payer_needs_in_both_languages(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        order = town.payport.order_by_token(token)
        address = choose_by_hand(visitor, token)

        english, vietnamese = (
            text_of(visitor.get(address).text),
            text_of(visitor.get(f"{address}?lang=vi").text),
        )

        assert address == f"/result/{token}/instructions"
        for page in (english, vietnamese):
            for line in (order.number, "0123456789", "CONG TY PHAN MEM SAO VIET", "Vietcombank"):
                assert line in page
        assert "Please pay ₫" in english
        assert "2nd floor, 12 Tràng Tiền" in english
        assert "Vui lòng thanh toán" in vietnamese
        assert "Tầng 2, 12 Tràng Tiền" in vietnamese

    def test_are_the_same_again_for_whoever_chooses_again_and_the_order_has_one_payment(
        self, town: Town
    ) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        addresses = {choose_by_hand(visitor, token) for _ in range(3)}

        assert len(addresses) == 1
        assert len(town.payport.order_by_token(token).payments) == 1

    def test_are_found_again_from_the_wall_the_result_and_the_choice(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        address = choose_by_hand(visitor, token)

        for path in ("/", f"/result/{token}", f"/payment/{token}"):
            assert f'href="{address}"' in visitor.get(path).text, path
        assert "It waits for your transfer or cash until" in visitor.get("/").text

    def test_are_shown_to_whoever_pays_for_the_customer_and_let_them_change_nothing(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        address = choose_by_hand(visitor, token)

        for other in (town.visitor("an-tam"), town.visitor(None)):
            page = other.get(address)
            assert page.status_code == 200
            assert "0123456789" in page.text
            assert f"/payment/{token}" not in page.text
            assert "Nguyễn Thu Hà" not in page.text

    def test_hold_nothing_that_the_buyer_typed(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor, name='<b>5406950000</b>"&amount=1', phone="0999 888 777")

        page = visitor.get(choose_by_hand(visitor, token)).text

        assert "5406950000" not in page
        assert "0999" not in page

    def test_of_an_order_without_any_lead_to_its_result(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)

        answer = visitor.get(f"/result/{token}/instructions")

        assert (answer.status_code, answer.headers["location"]) == (303, f"/result/{token}")
        assert visitor.get("/result/nobody-has-this/instructions").status_code == 404

    def test_show_no_button_that_needs_a_script_before_there_is_one(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.get(choose_by_hand(visitor, town.place(visitor))).text

        buttons = re.findall(r'<button type="button" class="([^"]*)"', page)
        assert len(buttons) == 4  # print, amount, memo, account
        assert all("scripted-only" in names for names in buttons)
        assert "<script>" not in page
        assert "onclick" not in page


class TestTheResultPage:
    def test_says_that_it_waits_for_transfer_or_cash_and_not_for_a_bank(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        choose_by_hand(visitor, token)

        page = visitor.get(f"/result/{token}").text

        assert "Waiting for your transfer or cash" in page
        assert "Not yet confirmed" not in page
        assert "Waiting for the bank" not in page

    def test_keeps_the_instructions_at_hand_when_a_card_was_tried_in_between(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        address = choose_by_hand(visitor, token)

        town.tell(town.hand_over(visitor, token), "24")

        page = visitor.get(f"/result/{token}").text
        assert "The payment did not go through" in page
        assert f'href="{address}"' in page
        assert "Your card" not in page
        assert visitor.get(address).status_code == 200

    def test_of_money_that_came_whole_is_paid_and_the_instructions_are_over(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        address = choose_by_hand(visitor, token)

        confirm(town, token, town.payport.order_by_token(token).total.minor)

        assert "Paid. Thank you!" in visitor.get(f"/result/{token}").text
        assert visitor.get(address).headers["location"] == f"/result/{token}"
        assert f'href="{address}"' not in visitor.get("/").text


class TestAPartThatCame:
    def test_is_said_and_the_rest_is_what_is_asked_for_and_no_qr_asks_for_the_whole(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        address = choose_by_hand(visitor, token)
        seen = re.search(r'hx-get="([^"]*)"', visitor.get(address).text)
        total = town.payport.order_by_token(token).total.minor

        confirm(town, token, 1_000_000)

        page = visitor.get(address).text
        assert f"Please pay ₫{total - 1_000_000:,}" in page
        assert "A part has come: ₫1,000,000" in page
        assert f'data-copy="{total - 1_000_000}"' in page
        assert f'data-copy="{total}"' not in page
        assert 'class="qr"' not in page
        news = visitor.get(unescape(seen[1]))  # type: ignore[index]
        assert news.headers["hx-retarget"] == "#result"
        assert "Still to pay" in news.text

    def test_leaves_something_to_do_says_the_result(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        choose_by_hand(visitor, token)
        left = town.payport.order_by_token(token).total.minor - 1_000_000

        confirm(town, token, 1_000_000)

        page = visitor.get(f"/result/{token}").text
        assert f"A part of your money has come. Please send the rest, ₫{left:,}, with the same memo" in page
        assert "nothing more to do" not in page

    def test_is_returned_if_a_gateway_takes_the_whole_as_the_choice_says_before(self, town: Town) -> None:
        visitor = town.visitor()
        token = town.place(visitor)
        choose_by_hand(visitor, token)
        total = town.payport.order_by_token(token).total.minor

        confirm(town, token, 1_000_000)

        page = visitor.get(f"/payment/{token}").text
        assert "A part has come: ₫1,000,000" in page
        assert f"Please send the rest, ₫{total - 1_000_000:,}" in page
        assert f"A card or a wallet takes the whole ₫{total:,}" in page
        town.tell(town.hand_over(visitor, token), "00")
        assert "We received ₫1,000,000 more than this order costs." in visitor.get(f"/result/{token}").text


class TestAQrCode:
    def test_is_a_drawing_and_nothing_that_runs_or_is_fetched(self) -> None:
        code = drawn(Instructions((Row(Names("a", "a"), Names("b", "b")),), qr_payload='"><script>'))

        assert isinstance(code, Markup)
        assert re.fullmatch(r'<svg [^<>]*viewBox="0 0 \d+ \d+"[^<>]*>(<path [^<>]*/>)+</svg>', code)
        assert not re.search(
            r"script|style=|href|url|<text|<title", code.replace("http://www.w3.org/2000/svg", "")
        )

    def test_has_its_quiet_zone(self) -> None:
        code = drawn(ShowQR("A" * 20, Names("a", "a")))

        assert code is not None
        assert 'viewBox="0 0 29 29"' in code  # version 1 has 21 modules, and 4 stand on each side
        assert 'd="M4 4.5h7' in code

    @pytest.mark.parametrize("payload", [None, "x" * 8_000])
    def test_is_left_out_where_no_code_can_hold_it(self, payload: str | None) -> None:
        assert drawn(Instructions((Row(Names("a", "a"), Names("b", "b")),), qr_payload=payload)) is None
