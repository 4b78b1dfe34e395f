"""Every row of the sheet's tables (4.2, 6, 8), written a second time."""

from __future__ import annotations

import pytest

from payport.plugin import Outcome
from payport_domestic_card.vnpay_codes import (
    API_CODES,
    CHOICES,
    OUTCOMES,
    REFUND_CODES,
    REFUND_OUTCOMES,
    REFUND_STATUSES,
    RESPONSES,
    STATUSES,
    Meaning,
    answered,
    explain,
    refund_answered,
    refund_found,
    reported,
)

FAILED = ("05", "06", "08", "09", "10", "12", "13", "51", "65", "75", "79", "99")


@pytest.mark.parametrize("response", FAILED)
def test_a_failure_needs_status_02(response: str) -> None:
    assert reported(response, "02") is Meaning.FAILED
    assert reported(response, "00") is Meaning.PENDING
    assert reported(response, "01") is Meaning.PENDING


@pytest.mark.parametrize(("response", "meaning"), [("24", Meaning.CANCELLED), ("11", Meaning.EXPIRED)])
def test_so_do_a_cancelled_and_an_expired_page(response: str, meaning: Meaning) -> None:
    assert reported(response, "02") is meaning
    assert reported(response, "00") is Meaning.PENDING


@pytest.mark.parametrize("other", ["00", "02", "24", "51", "xx"])
def test_money_that_may_be_taken_is_reviewed_whatever_stands_beside_it(other: str) -> None:
    assert reported("07", other) is Meaning.REVIEW
    assert reported(other, "07") is Meaning.REVIEW
    assert reported(other, "04") is Meaning.REVIEW


@pytest.mark.parametrize("response", [f"{number:02}" for number in range(100)])
def test_only_00_and_00_is_paid(response: str) -> None:
    for status in (f"{number:02}" for number in range(100)):
        assert (reported(response, status) is Meaning.PAID) is (response == status == "00")


def test_codes_are_text() -> None:
    assert reported("0", "0") is Meaning.PENDING
    assert answered("00", "1", "00") is Meaning.UNKNOWN
    assert answered("0", "01", "00") is Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("00", Meaning.PAID), ("01", Meaning.PENDING), ("02", Meaning.FAILED), ("04", Meaning.REVIEW),
        ("05", Meaning.UNKNOWN), ("06", Meaning.UNKNOWN), ("07", Meaning.REVIEW), ("09", Meaning.UNKNOWN),
        ("10", Meaning.UNKNOWN), ("20", Meaning.UNKNOWN), ("03", Meaning.UNKNOWN), ("", Meaning.UNKNOWN),
    ],
)  # fmt: skip
def test_an_answer_about_a_payment(status: str, meaning: Meaning) -> None:
    assert answered("00", "01", status) is meaning
    assert answered("00", "02", status) is Meaning.UNKNOWN  # about a refund


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("02", Meaning.CONFIG_ERROR), ("03", Meaning.CONFIG_ERROR), ("08", Meaning.UNKNOWN),
        ("91", Meaning.NOT_FOUND), ("94", Meaning.RETRY_LATER), ("97", Meaning.CONFIG_ERROR),
        ("98", Meaning.UNKNOWN), ("99", Meaning.UNKNOWN), ("42", Meaning.UNKNOWN),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_about_the_payment(code: str, meaning: Meaning) -> None:
    assert answered(code, "01", "00") is meaning


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("00", Meaning.REFUNDED), ("05", Meaning.REFUND_PENDING), ("06", Meaning.REFUND_PENDING),
        ("09", Meaning.REFUND_REJECTED), ("01", Meaning.UNKNOWN), ("02", Meaning.UNKNOWN),
        ("04", Meaning.UNKNOWN), ("07", Meaning.UNKNOWN), ("", Meaning.UNKNOWN), ("5", Meaning.UNKNOWN),
    ],
)  # fmt: skip
def test_an_answer_about_a_refund(status: str, meaning: Meaning) -> None:
    assert refund_answered("00", status) is meaning
    assert refund_found("00", "02", status) is refund_found("00", "03", status) is meaning
    for kind, code in (("01", "00"), ("", "00"), ("02", "0"), ("02", "91"), ("02", "94")):
        assert refund_found(code, kind, status) is Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("02", Meaning.CONFIG_ERROR), ("03", Meaning.CONFIG_ERROR), ("97", Meaning.CONFIG_ERROR),
        ("04", Meaning.REFUND_REJECTED), ("13", Meaning.REFUND_REJECTED), ("93", Meaning.REFUND_REJECTED),
        ("95", Meaning.REFUND_REJECTED), ("91", Meaning.NOT_FOUND), ("94", Meaning.ALREADY_REQUESTED),
        ("08", Meaning.UNKNOWN), ("98", Meaning.UNKNOWN), ("99", Meaning.UNKNOWN), ("42", Meaning.UNKNOWN),
    ],
)  # fmt: skip
def test_an_answer_that_took_no_refund_over(code: str, meaning: Meaning) -> None:
    assert refund_answered(code, "00") is meaning


def test_only_a_refusal_of_the_request_fails_a_refund() -> None:
    assert {meaning for meaning, outcome in REFUND_OUTCOMES.items() if outcome is Outcome.DECLINED} == {
        Meaning.REFUND_REJECTED, Meaning.NOT_FOUND, Meaning.CONFIG_ERROR,
    }  # fmt: skip
    assert REFUND_OUTCOMES[Meaning.ALREADY_REQUESTED] is REFUND_OUTCOMES[Meaning.UNKNOWN] is Outcome.UNKNOWN
    assert [each for each, outcome in REFUND_OUTCOMES.items() if outcome is Outcome.DONE] == [
        Meaning.REFUNDED
    ]


def test_every_meaning_has_its_outcome_and_only_one_is_done() -> None:
    assert set(OUTCOMES) | set(REFUND_OUTCOMES) == set(Meaning)
    assert [meaning for meaning, outcome in OUTCOMES.items() if outcome is Outcome.DONE] == [Meaning.PAID]
    assert {meaning for meaning, outcome in OUTCOMES.items() if outcome is Outcome.DECLINED} == {
        Meaning.CANCELLED, Meaning.EXPIRED, Meaning.FAILED,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "english"),
    [
        ("24/02", "Cancelled by the buyer"), ("00/01", "Not finished"), ("00/00", "Paid"),
        ("51/02", "Not enough money in the account"), ("querydr 91", "No such transaction"),
        ("querydr 00/02", "Not paid"), ("querydr 00", "Answered"), ("unsigned 94", "Asked again too soon"),
        ("querydr about another payment", "The result is not known yet"),
        ("refund 00/05", "The refund is in work"), ("querydr refund 00/00", "Refunded"),
        ("refund 93", "The amount to refund is too large"), ("refund 98", "Time-out"),
        ("querydr refund 91", "No such transaction"), ("refund 00/77", "The result is not known yet"),
        ("xx/yy", "The result is not known yet"), ("", "The result is not known yet"),
    ],
)  # fmt: skip
def test_a_code_is_told_to_people(code: str, english: str) -> None:
    assert explain(code)["en"] == english
    assert explain(code)["vi"]


def test_every_code_is_told_in_both_languages() -> None:
    for table in (RESPONSES, STATUSES, API_CODES, REFUND_STATUSES, REFUND_CODES):
        assert all(code.text.vi and code.text.en for code in table.values())


def test_no_choice_is_for_cards_from_abroad_and_none_comes_twice() -> None:
    codes = [choice.code for choice in CHOICES]

    assert len(set(codes)) == len(codes)
    assert not {"INTCARD", "VISA", "MASTERCARD", "JCB", "UPI"} & set(codes)
    assert all(3 <= len(code) <= 20 for code in codes)
