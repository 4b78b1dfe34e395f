"""What the payment page refuses, and with which code (sheet 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payport_simulators.vnpay import PageError, Simulator, Terminal, Transaction, check, signed_query


def code(opened: Transaction | PageError) -> str:
    return opened.code if isinstance(opened, PageError) else "opened"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "opened"),
        ({"vnp_ExpireDate": None}, "opened"),
        ({"vnp_Amount": "500000"}, "opened"),
        ({"vnp_Amount": "99999999900"}, "opened"),
        ({"vnp_BankCode": "NCB"}, "opened"),
        ({"vnp_BankCode": "VNBANK"}, "opened"),
        ({"vnp_IpAddr": "2001:db8::9"}, "opened"),
        ({"vnp_OrderInfo": "Don hang: 1+1, giam 10% A&B"}, "opened"),
        ({"vnp_Bill_Mobile": "84900000001"}, "opened"),  # any other signed field is welcome
        ({"vnp_ReturnUrl": "https://shop.example.vn:8443/return?order=1&lang=vi"}, "opened"),
        ({"vnp_TmnCode": None}, "72"),
        ({"vnp_TmnCode": "testtmn1"}, "72"),
        ({"vnp_TmnCode": "NOSUCHT1"}, "72"),
        ({"vnp_TmnCode": "CLOSEDT1"}, "71"),
        ({"vnp_Version": "2.1"}, "03"),
        ({"vnp_Command": "genqr"}, "03"),
        ({"vnp_CurrCode": "USD"}, "03"),
        ({"vnp_Locale": "vi"}, "03"),
        ({"vnp_Amount": "499999"}, "03"),
        ({"vnp_Amount": "100000000000"}, "03"),
        ({"vnp_Amount": "15000000.0"}, "03"),
        ({"vnp_Amount": "+15000000"}, "03"),
        ({"vnp_Amount": "０15000000"}, "03"),
        ({"vnp_Amount": "15000000\n"}, "03"),
        ({"vnp_CreateDate": "20260230120000"}, "03"),  # no such day
        ({"vnp_CreateDate": "2026112412000"}, "03"),
        ({"vnp_ExpireDate": "20261124126000"}, "03"),
        ({"vnp_IpAddr": "203.0.113.9, 10.0.0.1"}, "03"),
        ({"vnp_IpAddr": "::ffff:203.0.113.9"}, "03"),
        ({"vnp_IpAddr": "::1"}, "03"),  # shorter than 7 characters
        ({"vnp_OrderInfo": ""}, "03"),
        ({"vnp_OrderInfo": "x" * 256}, "03"),
        ({"vnp_OrderInfo": "two\nlines"}, "03"),
        ({"vnp_OrderType": None}, "03"),
        ({"vnp_ReturnUrl": "shop.example.vn/return"}, "03"),
        ({"vnp_ReturnUrl": "javascript:alert(1)//"}, "03"),
        ({"vnp_ReturnUrl": "https://shop.example.vn/a b"}, "03"),
        ({"vnp_ReturnUrl": "https://shop.example.vn/\r\nx"}, "03"),
        ({"vnp_ReturnUrl": "https:///return"}, "03"),
        ({"vnp_ReturnUrl": "https://[shop/return"}, "03"),
        ({"vnp_ReturnUrl": "https://shop.example.vn/" + "x" * 255}, "03"),
        ({"vnp_TxnRef": "ORD 1001"}, "03"),
        ({"vnp_TxnRef": "x" * 101}, "03"),
        ({"vnp_BankCode": "VCB"}, "03"),  # a VietQR short name is no bank code here
        ({"vnp_TmnCode": "SMALLTM1"}, "03"),  # above what this terminal may take
        ({"vnp_TmnCode": "SMALLTM1", "vnp_Amount": "10000000"}, "opened"),
        ({"vnp_ExpireDate": "20261124120000"}, "15"),  # at the instant itself
        ({"vnp_ExpireDate": None, "vnp_CreateDate": "20261124114500"}, "15"),
        ({"vnp_ExpireDate": None, "vnp_CreateDate": "20261124114501"}, "opened"),
    ],
)
def test_a_signed_request_is_judged_field_by_field(
    simulator: Simulator, signer: Any, changes: dict[str, str | None], expected: str
) -> None:
    assert code(simulator.open(signer.query(**changes).encode())) == expected


@pytest.mark.parametrize(
    "name",
    [
        "vnp_Version",
        "vnp_Command",
        "vnp_Amount",
        "vnp_CurrCode",
        "vnp_CreateDate",
        "vnp_IpAddr",
        "vnp_Locale",
        "vnp_OrderInfo",
        "vnp_OrderType",
        "vnp_ReturnUrl",
        "vnp_TxnRef",
    ],
)
def test_no_required_field_may_be_missing(simulator: Simulator, signer: Any, name: str) -> None:
    opened = simulator.open(signer.query(**{name: None}).encode())

    assert isinstance(opened, PageError)
    assert (opened.code, opened.problem) == ("03", f"{name} is missing")


class TestASignature:
    def test_may_be_written_in_upper_case(self, simulator: Simulator, signer: Any) -> None:
        text, mark, offered = signer.query().partition("&vnp_SecureHash=")

        assert code(simulator.open(f"{text}{mark}{offered.upper()}".encode())) == "opened"

    def test_may_cover_the_text_as_it_was_sent(self, simulator: Simulator, signer: Any) -> None:
        text = signer.query().partition("&vnp_SecureHash=")[0].replace("+", "%20")

        assert code(simulator.open(signer.sign(text).encode())) == "opened"

    def test_covers_the_fields_whatever_their_order(self, simulator: Simulator, signer: Any) -> None:
        shuffled = "&".join(reversed(signer.query().split("&")))

        assert code(simulator.open(shuffled.encode())) == "opened"

    def test_covers_no_name_without_the_prefix(self, simulator: Simulator, signer: Any) -> None:
        assert code(simulator.open(f"utm=1&utm=2&{signer.query()}".encode())) == "opened"

    def test_ignores_a_hash_type(self, simulator: Simulator, signer: Any) -> None:
        query = f"{signer.query()}&vnp_SecureHashType=MD5"

        assert code(simulator.open(query.encode())) == "opened"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda query: query.replace("15000000", "1500000"),
            lambda query: query + "&vnp_Extra=",
            lambda query: query[:-1],
            lambda query: query + "0",
            lambda query: query.partition("&vnp_SecureHash=")[0],
            lambda query: query.partition("&vnp_SecureHash=")[0] + "&vnp_SecureHash=",
        ],
        ids=["amount changed", "field added", "cut", "longer", "absent", "empty"],
    )
    def test_that_does_not_fit_is_refused(self, simulator: Simulator, signer: Any, spoil: Any) -> None:
        assert code(simulator.open(spoil(signer.query()).encode())) == "70"

    def test_of_unsorted_text_is_refused(self, simulator: Simulator, signer: Any) -> None:
        pieces = signer.query().partition("&vnp_SecureHash=")[0].split("&")

        assert code(simulator.open(signer.sign("&".join(reversed(pieces))).encode())) == "70"


@pytest.mark.parametrize(
    "extra",
    ["vnp_Amount=15000000", "vnp_Amount[]=1", "vnp_X=%", "vnp_X=%zz", "vnp_X=%FF", "vnp_X=%C0%AF", "%FF=1"],
)
def test_a_query_that_cannot_be_read_in_one_way_is_refused_before_all_else(
    simulator: Simulator, signer: Any, extra: str
) -> None:
    assert code(simulator.open(f"{signer.query(vnp_TmnCode='NOSUCHT1')}&{extra}".encode())) == "03"


class TestAReference:
    def test_is_taken_once_a_day(
        self, simulator: Simulator, signer: Any, opened: Transaction, clock: Any
    ) -> None:
        again = signer.query(vnp_CreateDate="20261124120001")

        assert code(simulator.open(again.encode())) == "01"

        clock.move(hours=12)  # midnight in Vietnam
        tomorrow = signer.query(vnp_CreateDate="20261125000000", vnp_ExpireDate="20261125001500")
        assert code(simulator.open(tomorrow.encode())) == "opened"

    def test_belongs_to_its_terminal(self, simulator: Simulator, signer: Any, opened: Transaction) -> None:
        other = signer.query(vnp_TmnCode="SMALLTM1", vnp_Amount="10000000")

        assert code(simulator.open(other.encode())) == "opened"

    def test_is_not_used_up_by_a_refused_request(self, simulator: Simulator, signer: Any) -> None:
        simulator.open(signer.query(vnp_Locale="xx").encode())

        assert code(simulator.open(signer.query().encode())) == "opened"

    def test_and_its_instant_name_one_transaction_for_ever(
        self, simulator: Simulator, signer: Any, clock: Any
    ) -> None:
        clock.move(hours=11, minutes=59)
        link = signer.query(vnp_CreateDate="20261124235900", vnp_ExpireDate="20261125001400").encode()
        assert code(simulator.open(link)) == "opened"

        clock.move(minutes=2)  # another day, the same link

        assert code(simulator.open(link)) == "01"


def test_what_was_refused_is_kept_with_its_reason(simulator: Simulator, signer: Any) -> None:
    simulator.open(signer.query(vnp_Locale="en", vnp_IpAddr="::1").encode())

    assert simulator.refused == (PageError("03", "vnp_IpAddr is not as specified", "en"),)


def test_letters_beyond_ascii_are_kept_as_question_marks(simulator: Simulator, signer: Any) -> None:
    opened = simulator.open(signer.query(vnp_OrderInfo="Cà phê sữa").encode())

    assert isinstance(opened, Transaction)
    assert opened.request.order_info == "C? ph? s?a"


@given(st.binary(max_size=200), st.text(max_size=40))
def test_whatever_arrives_is_answered_by_a_page(start: bytes, value: str) -> None:
    query = start + signed_query({"vnp_TmnCode": "TESTTMN1", "vnp_OrderInfo": value}, "secret").encode()

    answer = check(
        query,
        terminals={"TESTTMN1": Terminal("TESTTMN1", "secret")},
        now=datetime(2026, 11, 24, tzinfo=UTC),
        is_used=lambda *_: False,
    )

    assert isinstance(answer, PageError)
