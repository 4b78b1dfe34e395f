"""What the bank app reads, and what it refuses although others read it (sheet vietqr.md, 1 to 5 and 7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payport_simulators.bank.qr import Payload, Unreadable, crc16, read
from payport_simulators.vectors import OPERATIONS

VECTORS = json.loads((Path(__file__).parent / "vietqr_reading.json").read_text("utf-8"))["vectors"]
Build = Callable[..., str]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id']} {vector['note']}")
def test_a_vector_is_read_as_it_says(vector: dict[str, Any]) -> None:
    result = OPERATIONS["vietqr"][vector["operation"]](vector)

    assert result == {"valid": vector["valid"], **vector["expected"]}


class TestATextThatIsRead:
    def test_gives_what_it_says(self, qr: Build) -> None:
        assert read(qr()) == Payload("970436", "0123456789", "QRIBFTTA", "12", 150_000, "DH1001")

    def test_may_have_its_objects_in_any_order_between_the_first_and_the_last(
        self, seal: Build, qr: Build
    ) -> None:
        text = qr()[:-8]
        head, tail = text[:12], text[12:]

        assert read(seal(head + "5802VN" + tail.replace("5802VN", ""))) == read(qr())

    @pytest.mark.parametrize("text", ["150000.", "1", "9999999999999"])
    def test_may_write_its_amount_so(self, qr: Build, text: str) -> None:
        assert read(qr(o54=text)).amount == int(text.rstrip("."))

    def test_may_have_its_check_sum_in_lower_case(self, seal: Build, qr: Build) -> None:
        text = qr(o62="0807DH10003")
        assert text[-4:] != text[-4:].lower()

        assert read(text[:-4] + text[-4:].lower()).memo == "DH10003"

    def test_may_name_a_card(self, qr: Build, data: Build) -> None:
        card = data(service="QRIBFTTC", account="9704031101234567")

        assert read(qr(o38=card)).service == "QRIBFTTC"

    def test_may_name_a_virtual_account_with_letters(self, qr: Build, data: Build) -> None:
        assert read(qr(o38=data(account="SVa000123"))).account == "SVa000123"

    @pytest.mark.parametrize("template", [None, "0803***", "0105B1234"])
    def test_may_leave_amount_and_memo_to_the_payer(self, qr: Build, template: str | None) -> None:
        payload = read(qr(o54=None, o62=template))

        assert (payload.amount, payload.memo) == (None, None)

    def test_may_hold_what_a_transfer_does_not_need(self, qr: Build) -> None:
        more = {"o52": "5411", "o59": "SHOP", "o60": "HANOI", "o61": "100000", "o26": "0010A000000775"}
        other = {"o64": "0002vi0107Cửa xyz", "o65": "?", "o99": "đ"}

        assert read(qr(**more, **other, o62="0106DH100108020A0903AME5002xx")).memo == "0A"


class TestATextThatIsRefused:
    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"o00": "02"}, "version"),
            ({"o01": "22"}, "initiation"),  # sheet 7, 8
            ({"o01": None}, "initiation"),
            ({"o38": None}, "account_data"),
            ({"o53": "840"}, "currency"),
            ({"o53": None}, "currency"),
            ({"o58": "SG"}, "country"),
            ({"o58": None}, "country"),
            ({"o52": "54"}, "category"),
            ({"o54": "0"}, "amount"),
            ({"o54": "0150000"}, "amount"),
            ({"o54": "150,000"}, "amount"),
            ({"o54": "-150000"}, "amount"),
            ({"o54": "1e5"}, "amount"),
            ({"o54": "150000.00"}, "amount"),
            ({"o54": "."}, "amount"),
            ({"o54": "10000000000000"}, "amount"),
            ({"o54": "9999999999999."}, "amount"),
            ({"o55": "01"}, "tip"),
            ({"o56": "1000"}, "tip"),
            ({"o57": "5"}, "tip"),
            ({"o59": "x" * 26}, "name"),
            ({"o60": "x" * 16}, "city"),
            ({"o61": "x" * 11}, "postal_code"),
            ({"o59": "Cửa hàng"}, "characters"),
            ({"o62": "0808Áo dài 7"}, "characters"),
            ({"o62": "0826" + "x" * 26}, "additional_data"),
            ({"o62": "0002xx"}, "additional_data"),
            ({"o62": "0902AA"}, "additional_data"),
            ({"o62": "0901X"}, "additional_data"),
            ({"o62": "0806DH10010806DH1002"}, "repeated"),
            ({"o62": "0800"}, "empty"),
            ({"o62": "08"}, "truncated"),
            ({"o62": "8"}, "truncated"),
            ({"o62": "0899DH1001"}, "overrun"),
            ({"o62": "x806DH1001"}, "truncated"),
            ({"o62": "٠٨٠٦DH1001"}, "characters"),
        ],
    )
    def test_has_a_field_that_is_not_as_specified(
        self, qr: Build, changes: dict[str, str | None], problem: str
    ) -> None:
        with pytest.raises(Unreadable) as refused:
            read(qr(**changes))

        assert refused.value.problem == problem

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"guid": "A000000775"}, "guid"),
            ({"guid": "a000000727"}, "guid"),
            ({"service": "QRPUSH"}, "service"),
            ({"service": "QRCASH"}, "service"),
            ({"bank_bin": "97043"}, "bank_bin"),
            ({"bank_bin": "97043A"}, "bank_bin"),
            ({"account": "x" * 20}, "account"),
            ({"account": "0123 456"}, "account"),
            ({"service": "QRIBFTTC", "account": "97040A"}, "account"),
            ({"extra": "0302xx"}, "account_data"),
            ({"receiver_extra": "0202xx"}, "account_data"),
            ({"account": ""}, "empty"),
        ],
    )
    def test_has_other_account_data(
        self, qr: Build, data: Build, changes: dict[str, str], problem: str
    ) -> None:
        with pytest.raises(Unreadable) as refused:
            read(qr(o38=data(**changes)))

        assert refused.value.problem == problem

    def test_names_two_amounts(self, qr: Build, seal: Build) -> None:
        with pytest.raises(Unreadable) as refused:
            read(seal(qr()[:-8] + "54041000"))

        assert refused.value.problem == "repeated"

    @pytest.mark.parametrize("text", ["5802VN", "", "000201"])
    def test_is_no_whole_one(self, seal: Build, text: str) -> None:
        for each in (text, seal(text)):
            with pytest.raises(Unreadable):
                read(each)

    def test_has_a_second_check_sum(self, seal: Build, qr: Build) -> None:
        with pytest.raises(Unreadable) as refused:
            read(seal(qr()))

        assert refused.value.problem == "repeated"

    def test_has_a_check_sum_without_its_leading_zero(self, qr: Build) -> None:
        """Sheet 7, 2: one writer pads nothing."""
        text = next(
            text for text in (qr(o54=str(amount)) for amount in range(1_000, 2_000)) if text[-4] == "0"
        )

        with pytest.raises(Unreadable) as refused:
            read(text[:-4] + text[-3:])

        assert refused.value.problem == "crc_missing"

    def test_holds_what_is_no_text_at_all(self, qr: Build) -> None:
        with pytest.raises(Unreadable):
            read("\ud800" + qr())


def test_no_text_with_one_character_changed_is_read(qr: Build) -> None:
    text = qr()

    for place, old in enumerate(text[:-4]):
        for new in "08A ":
            if new != old:
                with pytest.raises(Unreadable):
                    read(text[:place] + new + text[place + 1 :])


def test_the_check_sum_is_that_of_the_bytes() -> None:
    assert crc16("Đơn") == f"{__import__('binascii').crc_hqx('Đơn'.encode(), 0xFFFF):04X}"
