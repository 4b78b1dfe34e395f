"""The text of a QR: as others write it where it can be written, and refused where they write nonsense."""

from __future__ import annotations

import string
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vietnam_qr_pay import QRPay, VietQRService

from payport.plugin import RequestRefused
from payport_order_only.vietqr import (
    MOST_DONG,
    TO_ACCOUNT,
    TO_CARD,
    Transfer,
    build_payload,
    crc16,
    normalize_memo,
)
from payport_order_only.vietqr_reader import parse_payload

LETTERS = string.ascii_letters + string.digits
PLAIN = st.text(LETTERS + " .,-_/", min_size=1, max_size=25).map(normalize_memo).filter(bool)


@st.composite
def transfers(draw: Any) -> Transfer:
    service = draw(st.sampled_from([TO_ACCOUNT, TO_CARD]))
    letters = LETTERS if service == TO_ACCOUNT else string.digits
    return Transfer(
        bank_bin=draw(st.text(string.digits, min_size=6, max_size=6)),
        account=draw(st.text(letters, min_size=1, max_size=19)),
        amount=draw(st.none() | st.integers(1, MOST_DONG)),
        memo=draw(st.none() | PLAIN),
        bill_number=draw(st.none() | st.text(LETTERS, min_size=1, max_size=25)),
        service=service,
    )


class TestWhatIsWritten:
    @given(transfers())
    def test_is_read_back_as_it_was_meant(self, transfer: Transfer) -> None:
        scanned = parse_payload(build_payload(transfer))

        assert scanned.transfer == transfer
        assert scanned.initiation == ("11" if transfer.amount is None else "12")

    @given(transfers().filter(lambda transfer: transfer.bill_number is None))
    def test_is_what_another_implementation_writes(self, transfer: Transfer) -> None:
        theirs = QRPay.init_viet_qr(
            bank_bin=transfer.bank_bin,
            bank_number=transfer.account,
            amount=None if transfer.amount is None else str(transfer.amount),
            purpose=transfer.memo,
            service=VietQRService(transfer.service),
        )

        assert build_payload(transfer) == theirs.build()

    @given(transfers())
    def test_is_read_alike_by_another_implementation(self, transfer: Transfer) -> None:
        theirs = QRPay(build_payload(transfer))

        assert theirs.is_valid
        assert theirs.consumer.bank_bin == transfer.bank_bin
        assert theirs.consumer.bank_number == transfer.account
        assert theirs.amount == (None if transfer.amount is None else str(transfer.amount))
        assert theirs.additional_data.purpose == transfer.memo

    @given(transfers())
    def test_is_ascii_of_a_size_that_any_camera_reads(self, transfer: Transfer) -> None:
        text = build_payload(transfer)

        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= 180


class TestWhatIsNeverWritten:
    GOOD: Any = {"bank_bin": "970436", "account": "0123456789", "amount": 150_000, "memo": "DH1001"}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("bank_bin", "97043"),
            ("bank_bin", "9704360"),
            ("bank_bin", "97043６"),  # a digit of another script
            ("bank_bin", "970436\n"),
            ("account", ""),
            ("account", "1" * 20),
            ("account", "0123 456"),
            ("account", "0123456789\n"),
            ("account", "số1"),
            ("amount", 0),
            ("amount", -1),
            ("amount", 10**13),  # 14 digits: others cut the last one
            ("amount", True),
            ("amount", 1.5),
            ("amount", "1e5"),
            ("memo", ""),
            ("memo", "ฮ"),  # nothing of it is left
            ("memo", "***"),
            ("memo", "A" * 26),
            ("memo", "DON HANG CUA CUA HANG SAO VIET SVABCDEFGH23"),
            ("bill_number", ""),
            ("bill_number", "B" * 26),
            ("bill_number", "Đ1"),
            ("service", "QRPUSH"),
            ("service", "QRCASH"),
        ],
    )
    def test_is_refused_by_its_field(self, field: str, value: object) -> None:
        with pytest.raises(RequestRefused) as refusal:
            build_payload(Transfer(**(self.GOOD | {field: value})))

        assert refusal.value.field == field
        assert len(str(value)) < 5 or str(value) not in str(refusal.value)

    def test_a_card_with_letters(self) -> None:
        with pytest.raises(RequestRefused, match="account"):
            build_payload(Transfer("970436", "VQRQ1", service=TO_CARD))

    @given(st.text(min_size=0, max_size=60))
    def test_a_memo_is_whole_or_there_is_no_qr(self, memo: str) -> None:
        try:
            text = build_payload(Transfer("970436", "0123456789", 1, memo))
        except RequestRefused:
            return

        assert parse_payload(text).transfer.memo == normalize_memo(memo)
        assert 1 <= len(normalize_memo(memo)) <= 25


class TestAMemo:
    @given(st.text())
    def test_is_the_same_from_composed_and_decomposed_letters(self, text: str) -> None:
        composed = normalize_memo(unicodedata.normalize("NFC", text))

        assert composed == normalize_memo(unicodedata.normalize("NFD", text)) == normalize_memo(text)

    @given(st.text())
    def test_once_folded_stays_as_it_is(self, text: str) -> None:
        folded = normalize_memo(text)

        assert normalize_memo(folded) == folded
        assert folded.isascii()
        assert folded == "" or folded.isprintable()
        assert "  " not in folded
        assert folded == folded.strip()

    def test_line_ends_and_tabs_are_blanks(self) -> None:
        assert normalize_memo(" SV1\r\n\tSV2\x00 \x7f SV3 ") == "SV1 SV2 SV3"


def test_the_crc_keeps_its_leading_zeros() -> None:
    assert {len(crc16(str(number))) for number in range(2_000)} == {4}
