"""Lists, the search, files of lists, and a buyer account: what a support person finds, and by what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from backoffice.tests.office import ROOM, Office, Person
from backoffice.tests.town import FORMULA, SCRIPT, Town, settle
from payport_backoffice.asked import Asked
from payport_backoffice.pages import listing
from tests.docs.pages import ROOT, rows
from tests.support.transfers import ACCOUNT

README = (ROOT / "backoffice" / "README.md").read_text(encoding="utf-8")
LISTS = ("orders", "payments", "refunds", "callbacks", "statement-lines", "journal")


@dataclass(frozen=True)
class Street(Town):
    """The town, and the back office that looks at it."""

    office: Office

    def person(self, name: str = "huy") -> Person:
        return self.office.person(name)

    def page(self, path: str, name: str = "huy") -> str:
        answer = self.person(name).get(f"{ROOM}{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def orders_on(self, path: str, name: str = "huy") -> list[str]:
        """In the order in which they are shown, each once."""
        return list(dict.fromkeys(re.findall(rf'href="{ROOM}/orders/(\w+)"', self.page(path, name))))

    def file(self, path: str, name: str = "huy") -> list[list[str]]:
        """Rows of a file, its heads among them."""
        answer = self.person(name).get(f"{ROOM}{path}")
        assert answer.status_code == 200
        assert answer.text.startswith("\ufeff")
        return list(csv.reader(io.StringIO(answer.text[1:], newline="")))


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, portal: BlockingPortal
) -> Iterator[Street]:
    built = settle(tmp_path_factory.mktemp("town"), migrated_sqlite)
    seller = built.seller
    yield Street(built.desk, built.ha, built.mallory, Office(seller, portal))
    portal.call(seller.close)


class TestTheSearch:
    @pytest.mark.parametrize("what", ["number", "small", "memo", "bank", "merchant"])
    def test_leads_straight_to_the_one_thing_that_is_named(self, town: Street, what: str) -> None:
        payment = town.desk.payment(town.ha)
        text = {
            "number": town.ha.number,
            "small": f" {town.ha.number.lower()} ",
            "memo": f"MBVCB.5 {town.ha.number} chuyen tien",
            "bank": "FT26328000001",
            "merchant": payment.merchant_reference,
        }[what]

        answer = town.person().look_up(f"{ROOM}/find", q=text)

        assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOM}/orders/{town.ha.number}")

    @pytest.mark.parametrize("account", ["an-tam", "song-hong"])
    def test_leads_to_a_buyer_account_with_orders_or_on_trial(self, town: Street, account: str) -> None:
        answer = town.person().look_up(f"{ROOM}/find", q=account)

        assert answer.headers["location"] == f"{ROOM}/accounts/{account}"

    @pytest.mark.parametrize("text", ["nguyen ha", "ha@antam.example", "+84 912 345 678", "an tam"])
    def test_shows_the_orders_of_a_buyer_and_leads_nowhere_by_itself(self, town: Street, text: str) -> None:
        page = town.person().look_up(f"{ROOM}/find", q=text).text

        assert re.findall(rf"{ROOM}/orders/(\w+)", page) == [town.ha.number]
        assert "Nguyễn Thu Hà" in page
        assert "0912345678" in page  # so that whoever calls is recognised
        assert "the buyer</td>" in page

    def test_groups_what_it_finds_by_what_it_is(self, town: Street) -> None:
        page = town.page("/find?q=99.000")
        assert ">Bank statements</h2>" in page
        assert ">Orders</h2>" not in page

        assert ">Refunds</h2>" in town.page("/find?q=100000")
        assert ">Orders</h2>" in town.page("/find?q=1.100.000")

    def test_that_finds_nothing_says_what_to_try(self, town: Street) -> None:
        for text in ("SV-NOBODY", "x" * 5000, "%00", "%F0%9F"):
            assert "Nothing found" in town.page(f"/find?q={text}")
        assert "What do you have at hand?" in town.page("/find?q=+")


class TestLists:
    def test_show_the_newest_first_and_each_row_leads_to_its_order(self, town: Street) -> None:
        assert town.orders_on("/orders") == [town.mallory.number, town.ha.number]
        assert town.orders_on("/payments") == [town.mallory.number, town.ha.number]
        assert town.orders_on("/refunds") == [town.ha.number]
        assert town.orders_on("/callbacks") == [town.mallory.number]

    def test_are_narrowed_by_what_stands_in_the_address(self, town: Street) -> None:
        ha, mallory = town.ha.number, town.mallory.number
        for path, shown in {
            "/orders?state=paid": [mallory],
            "/orders?state=paid,partly_refunded": [mallory, ha],
            "/orders?method=order_only": [ha],
            "/orders?account=mallory": [mallory],
            "/orders?amount=1.100.000": [mallory, ha],
            "/orders?amount=1": [],
            "/payments?flag=second_payment": [mallory],
            "/payments?flag=late_payment,surplus&state=succeeded": [mallory],
            f"/payments?gateway={ACCOUNT}": [ha],
            "/refunds?state=succeeded&amount=100,000": [ha],
            "/refunds?state=unknown": [],
            f"/refunds?order={ha}": [ha],
            "/callbacks?verdict=proof": [mallory],
            "/callbacks?verdict=rejected&decision=not_authentic": [],
            "/statement-lines?fate=matched": [],
        }.items():
            assert town.orders_on(path) == shown, path
        assert "FT-99" in town.page("/statement-lines?fate=unmatched&amount=99000")

    def test_days_are_the_merchants(self, town: Street) -> None:
        """Mallory ordered at 17:30 UTC, when it was half past midnight in Việt Nam."""
        assert town.orders_on("/orders?until=2026-11-24") == [town.ha.number]
        assert town.orders_on("/orders?from=2026-11-25&until=2026-11-25") == [town.mallory.number]
        assert 'title="2026-11-24 17:30:00 UTC"' in town.page("/orders")

    def test_keep_what_was_asked_in_their_form_and_in_the_link_to_the_file(self, town: Street) -> None:
        page = town.page("/orders?state=paid&amount=1.100.000&method=gone")

        assert '<option value="paid" selected>' in page
        assert '<option value="gone" selected>' in page  # not configured any more, and still what is asked
        assert 'value="1.100.000"' in page
        assert "Nothing fits" in page
        several = town.page("/orders?state=paid,partly_refunded")
        assert '<option value="paid,partly_refunded" selected>Paid, Partly refunded</option>' in several
        assert f'href="{ROOM}/orders.csv?state=paid"' in town.page("/orders?state=paid")

    def test_say_which_filters_they_could_not_read(self, town: Street) -> None:
        page = town.page("/orders?amount=a+million&from=24/11/2026&state=stolen")

        assert "Some filters could not be read" in page

    def test_lead_from_money_of_no_order_to_what_can_be_done_about_it(self, town: Street) -> None:
        page = town.page("/statement-lines?amount=99000")
        dismiss = f'href="{ROOM}/unmatched/dismiss?account={ACCOUNT}&amp;reference=FT-99"'

        assert f'href="{ROOM}/find?q=99000"' in page
        assert dismiss in page
        assert dismiss not in town.page("/statement-lines?amount=99000", "anh")

    def test_go_on_page_by_page_and_back(self, town: Street, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "_SHOWN", 1)

        first = town.page("/orders?amount=1100000")
        (older,) = re.findall(r'rel="next" href="([^"]*)"', first)
        second = town.person().get(older.replace("&amp;", "&")).text

        assert "amount=1100000" in older
        assert town.mallory.number in first
        assert town.ha.number not in first
        assert town.ha.number in second
        assert f'href="{ROOM}/orders?amount=1100000"' in second  # to the newest
        assert 'rel="next"' not in second

    @pytest.mark.parametrize("cursor", ["x", "W10", "%00", "A" * 1500, "WyIyMDI2Il0"])
    def test_a_cursor_that_somebody_bent_shows_nothing_and_breaks_nothing(
        self, town: Street, cursor: str
    ) -> None:
        for path in LISTS:
            page = town.page(f"/{path}?after={cursor}", "bao")
            assert "could not be read" in page

    def test_take_the_filters_that_the_readme_names(
        self, town: Street, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(Asked, "text", lambda _, name: asked.append(name))
        said = {row[0].strip("`"): re.findall(r"`(\w+)`", row[2]) for row in rows(README) if len(row) == 3}

        for path in LISTS:
            asked.clear()
            town.page(f"/{path}", "bao")
            assert set(asked) == {"from", "until", *said[f"/{path}"]}, path

    def test_that_are_empty_say_what_would_be_there(self, office: Office) -> None:
        for path in LISTS:
            assert 'class="empty"' in office.person("bao").get(f"{ROOM}/{path}").text

    def test_the_journal_is_for_who_audits_and_shows_one_chain_when_asked(self, town: Street) -> None:
        assert town.person("lan").get(f"{ROOM}/journal").status_code == 403
        assert town.person("lan").get(f"{ROOM}/journal.csv").status_code == 403

        page = town.page(f"/journal?order={town.ha.number}", "bao")

        assert "order.paid" in page
        assert town.mallory.number not in page
        assert "refund.succeeded" not in town.page("/journal?kind=order.paid", "bao")
        event = re.findall(r"/events/([^\"]+)", page)[0]
        one = town.page(f"/journal?event={event}", "bao")
        assert set(re.findall(r"/events/([^\"]+)", one)) == {event}
        assert "Nothing fits" in town.page("/journal?event=x", "bao")


class TestWhatOthersWrote:
    def test_WEB_04_is_text_in_every_list(self, town: Street) -> None:
        for path in ("/orders", "/find?q=m@evil.example", "/accounts/mallory"):
            page = town.page(path)
            assert SCRIPT not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_WEB_03_of_gateways_and_banks_too(self, town: Street) -> None:
        assert "&lt;img src=x onerror=alert(1)&gt;" in town.page("/statement-lines")
        for path in LISTS:
            page = town.page(f"/{path}?order=%22%3E%3Cscript%3E&account=%3Cscript%3E", "bao")
            assert "<script>" not in page
            assert "<img" not in page.replace(f'<img src="{ROOM}/static/desk.svg"', "")

    def test_WEB_04_WEB_03_is_no_formula_in_a_file(self, town: Street) -> None:
        cells = [
            cell
            for path in LISTS
            for row in town.file(f"/{path}.csv", "bao" if path == "journal" else "huy")
            for cell in row
        ]

        assert f"'{FORMULA}" in cells
        assert any(cell.startswith("MBVCB.123. =SUM(A1)") for cell in cells)
        assert [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)] == []

    def test_RES_03_of_any_length_and_number_is_refused_before_it_is_read(self, town: Street) -> None:
        for query in ("&".join(f"p{n}={n}" for n in range(6_000)), "q=" + "x" * 60_000, "&" * 65):
            for path in ("/find", "/orders", "/orders.csv"):
                answer = town.person().get(f"{ROOM}{path}?{query}")
                assert answer.status_code == 414
                assert len(answer.content) < 20_000

    def test_WEB_07_a_parameter_of_any_name_is_no_more_than_that(
        self, town: Street, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "_SHOWN", 1)

        page = town.page("/orders?path=//evil.example&mount=/x&self=y&request=z&template=today.html")

        assert f'href="{ROOM}/orders?path=%2F%2Fevil.example&amp;mount=%2Fx' in page


class TestFiles:
    def test_hold_what_the_filters_ask_with_plain_figures(self, town: Street) -> None:
        heads, *rows = town.file("/orders.csv?account=an-tam")
        (row,) = [dict(zip(heads, row, strict=True)) for row in rows]

        assert (row["Order"], row["Total"], row["Received"]) == (town.ha.number, "1100000", "1100000")
        assert (row["State"], row["Buyer"], row["Phone"]) == (
            "Partly refunded",
            "Nguyễn Thu Hà",
            "0912345678",
        )
        assert row["Placed"] == "2026-11-24 12:00:00"

    def test_are_named_by_list_and_day_and_kept_nowhere(self, town: Street) -> None:
        answer = town.person().get(f"{ROOM}/payments.csv")

        named = answer.headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="payments-20\d\d-\d\d-\d\d\.csv"', named)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"

    def test_are_for_roles_that_may_take_them(self, town: Street) -> None:
        assert town.person("anh").get(f"{ROOM}/orders.csv").status_code == 403
        assert "orders.csv" not in town.page("/orders", "anh")

    def test_of_what_cannot_be_read_are_refused_since_nobody_would_see_it_there(self, town: Street) -> None:
        assert town.person().get(f"{ROOM}/orders.csv?amount=many").status_code == 400

    def test_that_would_be_too_long_say_so_in_their_last_row(
        self, town: Street, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "_MOST_EXPORTED", 1)

        *_, last = town.file("/orders.csv")

        assert last == ["There are more rows than a file holds: ask for fewer days."]


class TestWhoAudits:
    def test_sees_amounts_and_states_and_not_who_a_buyer_is(self, town: Street) -> None:
        for path in ("/orders", "/find?q=nguyen+ha", "/accounts/an-tam", "/orders.csv"):
            page = town.page(path, "bao")
            assert town.ha.number in page
            assert "N••• T••• H•••" in page
            for told in ("Thu Hà", "ha@antam", "0912345678"):
                assert told not in page, (path, told)


class TestABuyerAccount:
    def test_says_what_it_holds_and_why_and_by_which_orders(self, town: Street) -> None:
        page = town.page("/accounts/an-tam")

        assert ">Active</span>" in page
        assert "a package was bought" in page
        assert "How the price came about" in page
        assert "12 months" in page
        assert town.orders_on("/accounts/an-tam") == [town.ha.number]
        assert "On trial" in town.page("/accounts/song-hong")

    def test_may_be_adjusted_by_who_acts(self, town: Street) -> None:
        adjust = f'href="{ROOM}/accounts/an-tam/adjust"'

        assert adjust in town.page("/accounts/an-tam", "huy")
        assert adjust not in town.page("/accounts/an-tam", "anh")

    @pytest.mark.parametrize("account", ["nobody", "a/b/c", "%00", "..%2f..%2f", "%3Cscript%3E"])
    def test_that_is_not_known_is_not_there(self, town: Street, account: str) -> None:
        answer = town.person().get(f"{ROOM}/accounts/{account}")

        assert answer.status_code in (404, 409)
        assert "<script>" not in answer.text
