"""The house: what is installed is told in words, no secret stands on any page, and a journal is checked."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from sqlalchemy import update

from backoffice.tests.office import ROOM, Office
from payport import Payport
from payport.storage import tables as t
from tests.support.sign import SECRET

PAGES = (
    "/house",
    "/house/contracts",
    "/house/keys",
    "/house/keys/vnpay-main/hash_secret",
    "/house/catalogs?before=test-2026&after=test-2026",
    "/house/journal",
    "/work",
)


def words(page: str) -> str:
    """What is read, without tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def test_SEC_01_no_page_shows_a_key(office: Office) -> None:
    person = office.person("bao")
    for path in PAGES:
        answer = person.get(f"{ROOM}{path}")
        assert answer.status_code == 200, path
        assert SECRET not in answer.text


def test_a_gateway_is_told_with_what_it_can_and_when_it_last_spoke(office: Office) -> None:
    page = words(office.person("anh").get(f"{ROOM}/house").text)

    assert "vnpay-main" in page
    assert (
        "can be asked about a payment, refunds" in re.sub(r" +,", ",", page) or "can be asked about" in page
    )
    assert "Sandbox" in page


def test_every_contract_can_be_read_in_words_with_its_file_beneath(office: Office) -> None:
    person = office.person("bao")
    listed = re.findall(rf'href="({ROOM}/house/contracts/[^"]+)"', person.get(f"{ROOM}/house/contracts").text)

    assert len(listed) > 10
    for path in listed:
        answer = person.get(path)
        assert answer.status_code == 200, path
        assert "What is signed, and in which order" in answer.text
        assert "version = &#34;" in answer.text

    ipn = words(person.get(f"{ROOM}/house/contracts/vnpay-ipn/1.0.0").text)
    for said in (
        "Every field whose name begins with vnp_, sorted by the bytes of the names. But not vnp_SecureHash",
        "Between two of them stands & .",
        "HMAC-SHA512",
        "the field vnp_SecureHash",
        "vnp_Amount how much",
        "escaped as PHP's urlencode does; if that does not fit, as it came.",
    ):
        assert said in ipn, said


@pytest.mark.parametrize(
    "path", ["/house/contracts/nobody/1.0.0", "/house/keys/nobody/hash_secret", "/house/keys/vnpay-main/none"]
)
def test_what_is_not_there_is_a_page_that_says_so(office: Office, path: str) -> None:
    assert office.person("bao").get(f"{ROOM}{path}").status_code == 404


def test_two_catalogs_of_which_one_is_unknown_are_not_compared(office: Office) -> None:
    answer = office.person("bao").get(f"{ROOM}/house/catalogs?before=test-2026&after={quote('<b>')}")

    assert answer.status_code == 404


class TestTheJournal:
    path = f"{ROOM}/house/journal/check"

    def test_is_checked_for_an_auditor_and_nobody_else(self, office: Office) -> None:
        bao = office.person("bao")
        fields = bao.form(f"{ROOM}/house/journal", self.path)

        assert "The journal is whole" in bao.post(self.path, fields).text
        bao.sign_in("huy")
        assert bao.post(self.path, fields).status_code == 403
        assert "Check all of it now" not in bao.get(f"{ROOM}/house/journal").text

    def test_that_was_changed_is_said_with_its_entry(self, office: Office) -> None:
        payport = Payport(office.shop.seller, office.shop.configuration)
        payport.start_trial("binh-minh")
        database = payport.seller.database
        database.transaction(
            lambda connection: connection.execute(update(t.journal).values(kind="order.paid"))
        )
        bao = office.person("bao")

        page = bao.post(self.path, bao.form(f"{ROOM}/house/journal", self.path)).text

        assert "The journal was changed." in page
        assert "its column kind is not what its text says" in page
