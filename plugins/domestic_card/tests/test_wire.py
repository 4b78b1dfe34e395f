"""Amounts, times, addresses, order texts and links as VNPAY writes them (sheet 3, 3.1)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payport.errors import RequestRefused
from payport.plugin import vnd
from payport_domestic_card import vnpay_wire as wire

OFFSETS = some.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(some.integers(5_000, 999_999_999))
def test_an_amount_survives_the_wire(dong: int) -> None:
    assert wire.encode_amount(vnd(dong)) == f"{dong}00"
    assert wire.decode_amount(f"{dong}00") == vnd(dong)


@given(some.integers(1, 999_999_999_999).filter(lambda hundredths: hundredths % 100))
def test_hundredths_never_become_dong(hundredths: int) -> None:
    assert wire.decode_amount(str(hundredths)).currency == "XXX"


@given(some.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
def test_a_time_is_hanois_whatever_the_zone_it_was_given_in(instant: datetime) -> None:
    text = wire.encode_time(instant)

    assert len(text) == 14
    assert wire.decode_time(text) == instant.replace(microsecond=0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(RequestRefused):
        wire.encode_time(datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001


def test_midnight_in_utc_is_seven_in_the_morning() -> None:
    assert wire.encode_time(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == "20270101000000"


@pytest.mark.parametrize(
    ("given_as", "sent"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("::1", "0000:0000:0000:0000:0000:0000:0000:0001"),  # 7 characters at least
    ],
)
def test_an_address(given_as: str, sent: str) -> None:
    assert wire.encode_address(given_as) == sent


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Thanh toán đơn hàng #1001 – Áo dài (đỏ)", "Thanh toan don hang 1001 Ao dai do"),
        ("ĐƠN  HÀNG\t1", "DON HANG 1"),
        ("a!b'c(d)e*f~g", "a b c d e f g"),
        ("  x,y.z:_-  ", "x,y.z:_-"),
        ("x" * 300, "x" * 255),
        ("x" * 254 + " y", "x" * 254),
    ],
)
def test_an_order_text(text: str, clean: str) -> None:
    for form in ("NFC", "NFD"):
        assert wire.order_info_clean(unicodedata.normalize(form, text)) == clean


@pytest.mark.parametrize("text", ["", "   ", "中文", "（）"])
def test_an_order_text_of_which_nothing_is_left_is_refused(text: str) -> None:
    with pytest.raises(RequestRefused):
        wire.order_info_clean(text)


@given(some.text(min_size=1))
def test_a_clean_text_is_plain_and_stays_as_it_is(text: str) -> None:
    try:
        clean = wire.order_info_clean(text)
    except RequestRefused:
        return

    assert clean.isascii()
    assert not set("!'()*~|&=%") & set(clean)
    assert wire.order_info_clean(clean) == clean


@pytest.mark.parametrize(
    ("name", "value"), [("vnp_RequestId", "R" * 33), ("vnp_TmnCode", "SHORT"), ("vnp_IpAddr", "::1")]
)
def test_a_value_of_the_wrong_length_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        wire.check_lengths({name: value})

    assert refusal.value.field == name
    assert value not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["", "2026112412031", "20261332120312", "00010101000000", "２０２６１１２４１２０３１２"]
)
def test_a_time_that_cannot_be_is_no_time_and_holds_up_no_money(text: str) -> None:
    assert wire.decode_time(text) is None
