"""What if: a changed catalog's faults, or what it would have done; nothing that was typed is lost or kept."""

from __future__ import annotations

import re

import pytest

from backoffice.tests.office import ROOM, Office
from payport import New, Payport
from tests.support.catalogs import catalog_text

PATH = f"{ROOM}/what-if"
DEARER = catalog_text(("price = 1_000_000 ", "price = 1_100_000 "), version="test-2027")


def ask(office: Office, text: str, language: str = "en") -> tuple[int, str]:
    person = office.person("anh")
    person.client.headers["accept-language"] = language
    answer = person.post(PATH, {**person.form(PATH, PATH), "catalog": text})
    return answer.status_code, answer.text


def test_a_changed_catalog_is_told_by_its_last_quotes_and_by_its_prices(office: Office) -> None:
    payport = Payport(office.shop.seller, office.shop.configuration)
    payport.quote("binh-minh", New(package="standard", months=12))
    payport.quote("binh-minh", New(package="enterprise", months=12))

    status, page = ask(office, DEARER)

    figures = re.findall(r'<p class="figure">([^<]*)</p>', page)
    assert (status, figures) == (200, ["2", "1", "1", "0", "0"])
    assert '+<span class="money">₫110,000</span>' in page
    assert "What it changes against test-2026, in force now" in page
    assert "version = &#34;test-2027&#34;" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (catalog_text(("tier = 2", 'tier = "2"')), "<code>packages[1].tier</code> (enterprise)"),
        (catalog_text(('currency = "VND"', 'currency = "USD"')), "Compare catalogs of one currency"),
        ("<script>alert(1)</script>", "The file"),
        ("", "fault"),
    ],
)
def test_WEB_04_faults_are_named_and_what_was_typed_is_kept_as_text(
    office: Office, text: str, said: str
) -> None:
    status, page = ask(office, text)

    assert status == 422
    assert said in page
    assert "<script>alert" not in page
    assert text[:8].replace("<", "&lt;").replace(">", "&gt;") in page


def test_RES_03_a_text_that_is_too_long_is_refused_unread(office: Office) -> None:
    assert ask(office, "x" * 500_000)[0] == 413


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            catalog_text(("tier = 2", 'tier = "2"')),
            "Không phải số nguyên. Chỉ viết chữ số, không có dấu nháy",
        ),
        (
            catalog_text(('currency = "VND"', 'currency = "USD"')),
            "Tiền tệ của bảng giá: Bảng giá này dùng USD, trong khi giá hiện nay dùng VND.",
        ),
        (
            '["<script>"]\n["<script>"]',
            "không được khai báo (&#39;&lt;script&gt;&#39;,) hai lần (dòng 2, cột 12). Hãy sửa dòng",
        ),
        ("", "Bị thiếu. Hãy thêm vào, như version = "),
    ],
)
def test_WEB_04_faults_are_said_in_the_readers_language_and_their_values_are_text(
    office: Office, text: str, said: str
) -> None:
    status, page = ask(office, text, "vi")

    assert status == 422
    assert said in page
    assert "<script>" not in page
    assert '<span lang="en">' not in page


def test_what_another_catalog_changes_is_said_in_the_readers_language(office: Office) -> None:
    _, page = ask(office, catalog_text(version="test-2027", policies="order_lifetime = { hours = 36 }"), "vi")

    assert "thời hạn của đơn hàng tăng từ 24 lên 36 giờ" in page
