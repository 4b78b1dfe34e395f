"""Texts that other readers take in one way or another, and that prove what a scanner would be told."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payport.plugin import Malformed
from payport_order_only.vietqr import Transfer, crc16
from payport_order_only.vietqr_reader import parse_payload

RECEIVER = "38540010A00000072701240006970436011001234567890208QRIBFTTA"
BEFORE = f"000201010212{RECEIVER}5303704"
AFTER = "5802VN62100806DH1001"
GOOD = f"{BEFORE}5406150000{AFTER}"


def ended(text: str) -> str:
    """With the CRC that fits, whatever the text says."""
    return f"{text}6304{crc16(text + '6304')}"


def thing(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"


def refusal(text: str) -> str:
    with pytest.raises(Malformed) as refused:
        parse_payload(text)
    return refused.value.field


class TestATextThatIsRight:
    def test_is_read_whole(self) -> None:
        assert parse_payload(ended(GOOD)).transfer == Transfer("970436", "0123456789", 150_000, "DH1001")

    def test_may_have_its_crc_in_small_letters(self) -> None:
        text = ended(GOOD.replace("DH1001", "DH1005"))

        assert re.search("[A-F]", text[-4:])
        assert parse_payload(text[:-4] + text[-4:].lower()) == parse_payload(text)

    def test_may_write_a_point_behind_the_amount(self) -> None:
        assert parse_payload(ended(f"{BEFORE}5407150000.{AFTER}")).transfer.amount == 150_000

    @pytest.mark.parametrize(
        "more",
        [
            "52045999",
            thing("59", "CONG TY SAO VIET"),
            thing("60", "HA NOI"),
            thing("61", "100000"),
            thing("64", "0002VI0105Đặng"),
            thing("65", "x"),
            thing("99", "Đ"),
        ],
    )
    def test_may_hold_what_changes_no_transfer(self, more: str) -> None:
        assert parse_payload(ended(GOOD + more)) == parse_payload(ended(GOOD))

    def test_may_be_in_any_order_between_its_ends(self) -> None:
        assert parse_payload(ended(f"000201{AFTER}54061500005303704{RECEIVER}010212")) == parse_payload(
            ended(GOOD)
        )

    def test_gives_bill_number_and_memo_and_leaves_the_rest(self) -> None:
        more = thing("01", "NPS6869") + thing("07", "T1") + thing("08", "DH1001") + thing("09", "AME")

        transfer = parse_payload(ended(f"{BEFORE}5802VN{thing('62', more)}")).transfer

        assert (transfer.bill_number, transfer.memo, transfer.amount) == ("NPS6869", "DH1001", None)


class TestATextWithTwoMeanings:
    """Readers elsewhere take the last of two, or cut to a wrong length."""

    @pytest.mark.parametrize(
        "again",
        ["5406950000", "5802VN", RECEIVER.replace("0123456789", "9876543210"), "62100806DH1002", "010211"],
    )
    def test_of_an_object_that_is_there_twice_is_refused(self, again: str) -> None:
        assert refusal(ended(GOOD + again)).endswith(again[:2])

    def test_of_a_memo_that_is_there_twice_is_refused(self) -> None:
        assert refusal(ended(f"{BEFORE}5802VN62200806DH10010806DH1002")) == "62: 08"

    def test_of_an_account_that_is_there_twice_is_refused(self) -> None:
        inner = "0006970436" + "01100123456789" + "01109876543210"
        template = "0010A000000727" + thing("01", inner) + "0208QRIBFTTA"

        assert refusal(ended(f"000201010212{thing('38', template)}5303704{AFTER}")) == "38.01: 01"

    def test_of_two_receivers_is_refused(self) -> None:
        other = thing("26", "0010A000000775" + thing("01", "MERCHANT01"))

        assert refusal(ended(GOOD + other)) == "26"

    def test_of_a_fee_on_top_is_refused(self) -> None:
        assert refusal(ended(GOOD + "550202" + thing("56", "5000"))) == "55"


class TestAnAmount:
    @pytest.mark.parametrize(
        "amount",
        ["0", "00", "0150000", "-150000", "+150000", "1e5", "150,000", "150.000", "150000.0", "1 000", ".5",
         "12345678901234", "1234567890123.", "１５００００", "."],
    )  # fmt: skip
    def test_that_is_not_plain_dong_is_refused(self, amount: str) -> None:
        assert refusal(ended(f"{BEFORE}{thing('54', amount)}{AFTER}")) in {"amount", "the text: 54"}

    def test_may_have_thirteen_digits(self) -> None:
        text = ended(f"{BEFORE}{thing('54', '9' * 13)}{AFTER}")

        assert parse_payload(text).transfer.amount == 9_999_999_999_999


class TestAReceiver:
    @pytest.mark.parametrize(
        ("written", "wrong", "named"),
        [
            ("A000000727", "A000000775", "guid"),
            ("QRIBFTTA", "QRPUSH  ", "service"),
            ("QRIBFTTA", "QRCASH00", "service"),
            ("0006970436", "0006ABCDEF", "bank_bin"),
            ("0123456789", "01234 6789", "account"),
            ("0123456789", "0123-56789", "account"),
        ],
    )
    def test_that_is_no_account_at_a_bank_is_refused(self, written: str, wrong: str, named: str) -> None:
        assert refusal(ended(GOOD.replace(written, wrong))) == named

    def test_of_a_bank_with_five_digits_is_refused(self) -> None:
        inner = thing("00", "97043") + thing("01", "0123456789")
        template = thing("38", "0010A000000727" + thing("01", inner) + "0208QRIBFTTA")

        assert refusal(ended(f"000201010212{template}5303704{AFTER}")) == "bank_bin"

    def test_whose_card_number_has_letters_is_refused(self) -> None:
        text = GOOD.replace("0123456789", "01234X6789").replace("QRIBFTTA", "QRIBFTTC")

        assert refusal(ended(text)) == "account"

    @pytest.mark.parametrize("part", ["0010A000000727", "0208QRIBFTTA"])
    def test_with_a_part_missing_is_refused(self, part: str) -> None:
        whole = RECEIVER[4:].replace(part, "")

        assert refusal(ended(f"000201010212{thing('38', whole)}5303704{AFTER}")) in {"guid", "38"}


class TestATextThatIsBroken:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("", "crc_missing"),
            ("6304", "crc_missing"),
            (ended(GOOD)[:-1], "crc_missing"),
            (ended(GOOD) + "\n", "crc_missing"),
            (f"{GOOD}6304ZZZZ", "crc_missing"),
            (f"{GOOD}6304FFFF", "crc_mismatch"),
            (ended(GOOD).replace("DH1001", "DH1002"), "crc_mismatch"),
            (ended(""), "order"),
            (ended(GOOD[6:]), "order"),
            (ended(f"010212000201{GOOD[12:]}"), "order"),
            (ended(f"{GOOD}6508"), "order"),  # the CRC stands inside of another object
            (ended(f"{GOOD}5900"), "the text: 59"),
            (ended(f"{GOOD}5x05abcde"), "the text"),
            (ended(f"{GOOD}62"), "the text: 62"),
            (ended(GOOD.replace("000201", "000202")), "00"),
            (ended(GOOD.replace("010212", "010213")), "01"),
            (ended(GOOD.replace("5303704", "5303840")), "currency"),
            (ended(GOOD.replace("5303704", "")), "53"),
            (ended(GOOD.replace("5802VN", "5802US")), "58"),
            (ended(GOOD.replace("5802VN", "")), "58"),
            (ended(GOOD.replace("010212", "")), "01"),
            (ended(GOOD.replace("DH1001", "DH100Đ")), "the text: 62"),
            (ended(GOOD + thing("59", "Đ")), "the text: 59"),
            (ended(GOOD + thing("59", "X" * 26)), "59"),
            (ended(GOOD + "5203599"), "52"),
            (ended(f"{BEFORE}5802VN{thing('62', thing('08', 'X' * 26))}"), "62.08"),
            (ended(f"{BEFORE}5802VN{thing('62', thing('09', 'AA'))}"), "62.09"),
            (f"{GOOD}6501\ud80063040000", "the text"),
        ],
    )  # fmt: skip
    def test_is_refused_and_says_where(self, text: str, named: str) -> None:
        assert refusal(text) == named

    @given(st.text(max_size=200))
    def test_of_any_kind_ends_in_a_refusal_that_does_not_repeat_it(self, text: str) -> None:
        with pytest.raises(Malformed) as refused:
            parse_payload(text)

        assert len(text) < 5 or text not in str(refused.value)

    @given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii", exclude_characters="\n"))
    def test_in_one_letter_is_found_by_the_crc(self, place: int, letter: str) -> None:
        text = ended(GOOD)
        if text[place] != letter:
            refusal(text[:place] + letter + text[place + 1 :])

    @given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
    @example(GOOD.index(AFTER) - 1, ".")  # 15000. for 150000
    def test_in_one_letter_never_changes_the_amount_or_the_account_unseen(
        self, place: int, letter: str
    ) -> None:
        """Somebody may compute the CRC anew: then it says something else, or it is refused; never both."""
        changed = ended(GOOD[:place] + letter + GOOD[place + 1 :])
        try:
            said = parse_payload(changed).transfer
        except Malformed:
            return

        assert said.account in changed
        digits = str(said.amount)
        written = {thing("54", digits), thing("54", f"{digits}.")}  # a point behind it is legal
        assert said.amount is None or any(each in changed for each in written)
