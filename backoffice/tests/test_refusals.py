"""What the core says in English to a person stands on a Vietnamese page in Vietnamese."""

from __future__ import annotations

import io
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import payport
from backoffice.tests.core_sentences import sentences
from core.tests.rules.test_catalog_difference import KEYS, POLICIES, changed
from payport.rules import chargeback as chargebacks
from payport.rules import order as orders
from payport.rules import payment as payments
from payport.rules import refund as refunds
from payport_backoffice.refusals import FIELD, WORD, in_vietnamese, parsed

CORE: Final = Path(payport.__file__).parent
ELSEWHERE: Final = ("doors/cli/", "rules/catalog_difference.py", "rules/catalog_words.py")
"""Said on a terminal alone; and in parts, see the tests of changes below."""
RETURNED: Final = {
    "journal/check.py": ("_wrong_place", "verdict"),
    "journal/check_entry.py": ("read_row", "_unlike", "_badly_written"),
    "journal/check_heads.py": ("heads_in_order", "_alone", "_unfit"),
    "rules/catalog_slips.py": ("slip_words", "_special", "_where_it_belongs", "_heading"),
    "service/confirmation_checks.py": ("told",),
    "service/inspecting_journal.py": ("_head",),
    "service/refund_judge.py": ("_contradictions",),
    "service/refundable.py": ("why_not", "why_by_hand"),
    "service/settling_refunds.py": ("_take_lines", "_named"),
    "service/work_list.py": ("_reasons",),
    "signing/grade.py": ("weaknesses",),
}
CONSTANTS: Final = {"rules/catalog_slips.py": ("_SAID", "_WHOLE", "_FORMS", "_OURS")}
FROM_ELSEWHERE: Final = {"toml", "proof", "kind", "where", "change", "part", "extra", FIELD, WORD}
"""Contexts of what is said in parts, or by Python."""
UNREAD: Final = {"the heads kept outside: {0}"}
"""Said by the core by ways that its source cannot be followed on."""
OPEN: Final = {
    "it {0}",
    "it {0}. Too many calls of it still run: its process calls it no more until one returns",
}
"""Where the rest is a defect's, which is for developers."""


def _messages() -> list[Message]:
    source = files("payport_backoffice").joinpath("locales", "core.vi.po").read_bytes()
    catalogue = read_po(io.BytesIO(source), locale="vi", abort_invalid=True)
    return [message for message in catalogue if message.id]


@cache
def _said_by_core() -> dict[str, list[str]]:
    """Where each sentence is said."""
    places = defaultdict(list)
    for sentence in sentences(
        CORE,
        folders=("rules", "service", "storage", "gateways", "doors", "journal", "signing/grade.py"),
        returned=RETURNED,
        constants=CONSTANTS,
        texts=("rules/openness.py",),
        also={"service/heads_file.py": ("ConfigurationError",)},
    ):
        if not sentence.where.startswith(ELSEWHERE):
            places[sentence.text].append(sentence.where)
    return dict(places)


MESSAGES: Final = _messages()
TEMPLATES: Final = [message for message in MESSAGES if parsed(str(message.id)).holes]


def test_everything_that_the_core_says_to_a_person_has_its_vietnamese() -> None:
    said, known = _said_by_core(), {message.id for message in MESSAGES}

    missing = {text: places for text, places in said.items() if text not in known | OPEN}

    assert len(said) > 400
    assert not missing, "write these into locales/core.vi.po:\n\n" + "\n\n".join(
        f"# {', '.join(places)}\nmsgid {_quoted(text)}\nmsgstr {_quoted('')}"
        for text, places in missing.items()
    )


def test_no_sentence_is_left_over_that_the_core_does_not_say_any_more() -> None:
    said = _said_by_core()

    left = (
        {message.id for message in MESSAGES if (message.context or "") not in FROM_ELSEWHERE}
        - said.keys()
        - UNREAD
    )

    assert left == set()


def test_each_stands_there_once() -> None:
    source = files("payport_backoffice").joinpath("locales", "core.vi.po").read_text("utf-8")

    assert source.count("\nmsgid ") == len(MESSAGES) + 1  # its head


def test_each_has_a_text_with_the_holes_of_its_english() -> None:
    for message in MESSAGES:
        english, vietnamese = parsed(str(message.id)), parsed(str(message.string))
        numbers = {number for number, _ in english.holes}

        assert str(message.string).strip(), message.id
        assert not message.fuzzy, message.id
        assert {number for number, _ in vietnamese.holes} == numbers, message.id
        assert [number for number, _ in english.holes] == list(range(len(numbers))), message.id
        assert all(english.literals[1:-1]), f"two holes touch: {message.id}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_NASTY: Final = (
    "",
    "{0}",
    "{1:said}",
    "%(name)s",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "1,100,000 VND",
    "Nguyễn Thu Hà",
    "a\nb",
)


def _is_kept(message: Message, drawn: Sequence[str]) -> None:
    english, vietnamese = parsed(str(message.id)), parsed(str(message.string))
    known = {number for number, kind in vietnamese.holes if kind == "known"}
    values = ["paid" if number in known else value for number, value in enumerate(drawn)]
    shown = in_vietnamese(english.filled(values), context=message.context or "")

    assert english.values(english.filled(values)) == list(values)
    assert shown is not None
    assert all(values[number] in shown for number, kind in vietnamese.holes if not kind)
    if not any(kind for _, kind in vietnamese.holes):
        assert shown == vietnamese.filled(values)


@pytest.mark.parametrize("value", _NASTY)
def test_a_value_is_text_and_stands_in_every_sentence_as_it_is(value: str) -> None:
    for message in TEMPLATES:
        _is_kept(message, [value] * len(parsed(str(message.id)).holes))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_values_stand_in_the_vietnamese_as_they_stood_in_the_english(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(TEMPLATES))
    english = parsed(str(message.id))
    values = [data.draw(st.text(max_size=60)) for _ in english.holes]
    assume(not any(literal in value for literal in english.literals[1:-1] for value in values))

    _is_kept(message, values)


def test_a_value_of_ten_thousand_signs_takes_no_time() -> None:
    hostile = [literal * (10_000 // len(literal)) for literal in (" by ", ", ", "; ", "a", " of payment ")]

    begun = time.perf_counter()
    for value in hostile:
        in_vietnamese(f"{value} asked, {value} left of payment {value} (surplus money)")

    assert time.perf_counter() - begun < 1  # seconds; a thousandth of that is usual


def test_what_is_not_known_stays_as_it_is() -> None:
    assert in_vietnamese("a sentence that no core says") is None
    assert in_vietnamese("") is None
    assert in_vietnamese("it is " + "a" * 50_000) is None
    assert in_vietnamese("it is " + "a" * 50) is None  # no state of anything
    assert in_vietnamese("it is lent already, by Lan") is None


@pytest.mark.parametrize(
    "state", sorted({*orders.State, *payments.State, *refunds.State, *chargebacks.State}, key=str)
)
def test_every_state_is_a_known_one(state: str) -> None:
    assert in_vietnamese(f"it is {state}") is not None


@pytest.mark.parametrize(
    "hostile",
    [
        "used for order A: 10 VND, bank reference X, of 2020-01-01, by Boss, of 2026-01-01, by Lan",
        "the same transfer stands under reference X: 9 VND were counted for order Z (callback 1): 9 VND were"
        " counted for order B (callback 17)",
    ],
)
def test_a_value_that_reads_as_part_of_the_sentence_leaves_it_in_english(hostile: str) -> None:
    """Who writes a bank reference would say who confirmed, and when; in English it stands as it was said."""
    assert in_vietnamese(hostile) is None


def test_what_can_be_read_in_two_ways_within_a_sentence_stays_as_it_is() -> None:
    said = in_vietnamese("used for order A: 10 VND, bank reference X, of 2020-01-01, of 2026-01-01, by Lan")

    assert said == (
        "đã dùng cho đơn hàng A: 10 VND, bank reference X, of 2020-01-01, of 2026-01-01, do Lan xác nhận"
    )


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("it is paid", "hiện ở trạng thái “đã thanh toán”"),
        ("it is being sent at this moment", "lần hoàn tiền đang được gửi đi"),
        (
            "500,000 VND asked, 350,000 VND left of payment P-1 (the order's own money)",
            "yêu cầu 500,000 VND, giao dịch P-1 chỉ còn 350,000 VND tiền của đơn hàng",
        ),
        (
            "this refund of 1,000 VND needs a second person, by the seller's policy",
            "theo quy định của bên bán, việc “hoàn tiền” với số tiền 1,000 VND cần người thứ hai",
        ),
        ("Open instead: renew, add capacity", "Hiện có thể: gia hạn, thêm dung lượng"),
        (
            "Write true or false, without quotes, as combines = true",
            "Hãy viết true hoặc false, không có dấu nháy, như combines = true",
        ),
        (
            "not TOML: Expected '=' after a key in a key/value pair (at line 3, column 5)",
            "không phải TOML hợp lệ: thiếu '=' sau khóa (dòng 3, cột 5)",
        ),
        (
            "used for order A: 10 VND, bank reference B, of 2026-01-01, by Lan",
            "đã dùng cho đơn hàng A: 10 VND, mã ngân hàng B, ngày 2026-01-01, do Lan xác nhận",
        ),
        (
            "the same transfer stands under reference X: 9 VND were counted for order B (callback 17)",
            "cùng lần chuyển khoản này đã có dưới mã X: 9 VND đã được tính cho đơn hàng B (thông báo 17)",
        ),
        (
            "later grants stood on what it took: order AB, adjustment by Lan",
            "có phần cấp sau dựa trên phần đã thu hồi: đơn hàng AB, điều chỉnh do Lan",
        ),
    ],
)
def test_words_and_sentences_within_a_sentence_are_said_too(english: str, vietnamese: str) -> None:
    assert in_vietnamese(english) == vietnamese


_LEFT: Final = re.compile(
    r"\b(a|an|and|any|as|at|for|from|in|instead|is|it|new|no|not|now|of|on|or|the|to|until)\b"
)


def _changes() -> Iterator[str]:
    for line, _ in POLICIES:
        yield from _words(("[[promotions]]", f"[policies]\n{line}\n\n[[promotions]]"))
    for old, new, key, _ in KEYS:
        renamed = [('["small", "large"]', '["tiny", "large"]')] if key == "Package.id" else []
        yield from _words((old, new), *renamed)


def _words(*replaced: tuple[str, str]) -> Iterator[str]:
    for change in changed(*replaced).changes:
        yield change.words.replace("Not subject", "Exempt")  # the name of a tax, which stays


def test_every_change_of_a_catalog_is_said_to_its_last_word() -> None:
    found = {words: in_vietnamese(words, context="change") or words for words in _changes()}

    assert len(found) > 40
    assert {said for said in found.values() if _LEFT.search(said)} == set()
