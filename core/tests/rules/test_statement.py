"""Reading a bank's memo: one order's code, through all that banks do to it, and never another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payport.masking import without_cards
from payport.rules.money import vnd
from payport.rules.statement import (
    Codes,
    Fate,
    Found,
    Judged,
    Standing,
    Used,
    fingerprint,
    fold,
    judge_line,
    read_codes,
)
from payport.rules.statement_file import StatementLine

CODE, OTHER = "SVABCDEFGH23", "SVJKLMNPQR45"
NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
DUE = vnd(1_100_000)
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CARDS = ("4111111111111111", "4111 1111 1111 1111", "9704198526191432198", "378282246310005")
codes = st.text(ALPHABET, min_size=10, max_size=10).map("SV{}".format)
noise = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)
separators = st.sampled_from([" ", ".", "-", "/", "_", ";", "\t"])


def line(memo: str, **changes: object) -> StatementLine:
    made = StatementLine(
        number=2,
        reference="FT1",
        booked_at=NOON + timedelta(minutes=1),
        precision=timedelta(seconds=1),
        amount=DUE,
        text=memo,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def found(*numbers: str, **changes: object) -> Found:
    """These orders wait for their money."""
    orders = {number: Standing(number, NOON, DUE) for number in numbers}
    return replace(Found(orders=orders, used={}, seen={}, stored={}), **changes)  # type: ignore[arg-type]


def judged(memo: str, *numbers: str) -> Judged:
    return judge_line(line(memo), read_codes(memo, "SV"), found(*(numbers or (CODE, OTHER))))


class TestAMemoThatNamesOneOrder:
    @pytest.mark.parametrize(
        "memo",
        [
            CODE,
            f"MBVCB.5678.{CODE}.CT tu 0071000 NGUYEN VAN A toi 0123456789",
            f"thanh toan {CODE.lower()} cam on",
            f"Thanh toán đơn hàng {CODE}, cảm ơn!",
            f"IBFT {CODE}-301126-14:03:22",
            f"QR - {CODE[:4]} {CODE[4:8]} {CODE[8:]}",
            f"{CODE[:6]}.{CODE[6:]}",
            " ".join(CODE),
            f"MBVCB{CODE}CHUYENTIEN",
            f"{CODE} {CODE}",
            "ＳＶ thanh toan " + CODE,
        ],
    )
    def test_is_matched(self, memo: str) -> None:
        assert judged(memo) == Judged(Fate.MATCHED, "memo and amount are the order's", CODE)


class TestAMemoForAPerson:
    @pytest.mark.parametrize(
        "memo",
        [
            f"{CODE} {OTHER}",
            f"{CODE} va {OTHER[:6]}0{OTHER[7:]}",
            f"{CODE} SVZZZZZZZZ22",  # one that is no order of ours: perhaps it was mistyped
            f"x{CODE}x{OTHER}x",
        ],
    )
    def test_names_two(self, memo: str) -> None:
        assert (judged(memo).fate, judged(memo).order_number) == (Fate.AMBIGUOUS, None)

    @pytest.mark.parametrize(
        ("number", "memo"),
        [
            ("SVABCDEFGQ23", "SVABCDEFGO23"),
            ("SVABCDEFGQ23", "svabcdefg023"),
            ("SVABCDEFGL23", "thanh toan SVABCDEFGI23"),
            ("SVABCDEFGL23", "MB1SVABCDEF G123 CT"),
            ("SVDBCDEFGL23", "SV0BCDEFG123"),
        ],
    )
    def test_has_letters_that_look_like_others(self, number: str, memo: str) -> None:
        fate = judged(memo, number)

        assert (fate.fate, fate.order_number) == (Fate.AMBIGUOUS, number)
        assert f"perhaps {number} is meant" in fate.because

    def test_is_one_whose_misread_letters_fit_two(self) -> None:
        fate = judged("SVABCDEFGO23", "SVABCDEFGQ23", "SVABCDEFGD23")

        assert (fate.fate, fate.order_number) == (Fate.AMBIGUOUS, None)
        assert fate.because.endswith("perhaps SVABCDEFGQ23 or SVABCDEFGD23 is meant")


class TestAMemoThatNamesNone:
    @pytest.mark.parametrize(
        "memo",
        [
            "",
            "NGUYEN VAN A chuyen tien",
            "SV Tran Thi Hoa nop hoc phi",  # a student, as every student writes it
            CODE[:-1],
            CODE[:-1] + "4",
            CODE[2:],
            "SVABCDEFGH2",
        ],
    )
    def test_is_unmatched(self, memo: str) -> None:
        assert (judged(memo).fate, judged(memo).order_number) == (Fate.UNMATCHED, None)

    def test_is_said_with_the_code_that_nobody_has(self) -> None:
        assert judged("SVZZZZZZZZ22").because == "there is no order SVZZZZZZZZ22"


class TestTheMoney:
    @pytest.mark.parametrize("minor", [1, DUE.minor - 1, DUE.minor + 1, 2**53 - 1])
    def test_that_is_not_what_is_due_is_for_a_person(self, minor: int) -> None:
        fate = judge_line(line(CODE, amount=vnd(minor)), read_codes(CODE, "SV"), found(CODE))

        assert (fate.fate, fate.order_number) == (Fate.WRONG_AMOUNT, CODE)

    def test_that_came_before_its_order_is_not_its(self) -> None:
        early = line(CODE, booked_at=NOON - timedelta(seconds=1))

        fate = judge_line(early, read_codes(CODE, "SV"), found(CODE))

        assert (fate.fate, fate.because) == (Fate.UNMATCHED, "it came before the order was placed")

    def test_of_the_day_of_its_order_is_its_where_a_bank_writes_days_alone(self) -> None:
        day = line(CODE, booked_at=NOON - timedelta(hours=12), precision=timedelta(days=1))

        assert judge_line(day, read_codes(CODE, "SV"), found(CODE)).fate is Fate.MATCHED

    @pytest.mark.parametrize(
        ("changes", "fate"),
        [
            ({"account": "0999"}, Fate.UNMATCHED),
            ({"account": "0123"}, Fate.MATCHED),
        ],
    )
    def test_of_another_account_is_not_ours(self, changes: dict[str, str], fate: Fate) -> None:
        known = found(CODE, own_account="0123")

        assert judge_line(line(CODE, **changes), read_codes(CODE, "SV"), known).fate is fate

    def test_for_an_order_that_is_paid_otherwise_is_unmatched(self) -> None:
        known = found(CODE, orders={CODE: Standing(CODE, NOON, None)})

        assert judge_line(line(CODE), read_codes(CODE, "SV"), known).fate is Fate.UNMATCHED

    def test_that_a_person_confirmed_by_another_name_may_be_the_same(self) -> None:
        known = found(CODE, orders={CODE: Standing(CODE, NOON, DUE, {DUE})})

        assert judge_line(line(CODE), read_codes(CODE, "SV"), known).fate is Fate.AMBIGUOUS

    def test_whose_reference_was_used_is_used(self) -> None:
        known = found(CODE, used={"FT1": Used(DUE, OTHER, "counted")})

        assert judge_line(line(CODE), read_codes(CODE, "SV"), known) == Judged(Fate.ALREADY_USED, "counted")

    def test_whose_reference_was_used_with_another_amount_is_for_a_person(self) -> None:
        known = found(CODE, used={"FT1": Used(vnd(5), OTHER, "5 VND were counted")})

        judged = judge_line(line(CODE), read_codes(CODE, "SV"), known)

        because = "5 VND were counted, and 1,100,000 VND came"
        assert judged == Judged(Fate.WRONG_AMOUNT, because, OTHER)

    def test_that_stands_under_another_reference_is_used(self) -> None:
        known = found(CODE, seen={fingerprint(line(CODE)): "the same"})

        again = judge_line(line(CODE, reference="FT2"), read_codes(CODE, "SV"), known)

        assert again == Judged(Fate.ALREADY_USED, "the same")

    def test_whose_reference_stood_before_with_other_words_is_for_a_person(self) -> None:
        known = found(CODE, stored={"FT1": fingerprint(line(CODE, amount=vnd(5)))})

        assert judge_line(line(CODE), read_codes(CODE, "SV"), known).fate is Fate.AMBIGUOUS


class TestAFingerprint:
    def test_is_the_same_for_the_same_transfer_in_other_clothes(self) -> None:
        one, other = line("Đơn  hàng A-1"), line("DON HANG a1", number=9, reference="FT2")

        assert fingerprint(one) == fingerprint(other)

    @pytest.mark.parametrize("changes", [{"amount": vnd(1)}, {"booked_at": NOON}, {"text": "another memo"}])
    def test_is_another_for_another(self, changes: dict[str, object]) -> None:
        assert fingerprint(line("memo", **changes)) != fingerprint(line("memo"))


class TestWhateverABankDoes:
    @given(code=codes, before=noise, after=noise, separator=separators)
    def test_to_the_memo_its_code_is_found_or_a_person_is_asked(
        self, code: str, before: str, after: str, separator: str
    ) -> None:
        memo = f"{before}{separator}{code}{separator}{after}"

        fate = judged(memo, code)

        assert fate.fate in {Fate.MATCHED, Fate.AMBIGUOUS}
        assert fate.order_number in {code, None}

    @given(code=codes, other=codes, before=noise, after=noise, cuts=st.sets(st.integers(1, 11)))
    def test_noise_and_blanks_never_turn_one_orders_code_into_anothers(
        self, code: str, other: str, before: str, after: str, cuts: set[int]
    ) -> None:
        assume(code != other and other not in read_codes(before + after, "SV").all)
        broken = "".join((" " if place in cuts else "") + sign for place, sign in enumerate(code))

        fate = judged(f"{before} {broken} {after}", code, other)

        assert fate.order_number != other or fate.fate is not Fate.MATCHED

    @given(code=codes, numbers=st.lists(st.sampled_from(CARDS), max_size=2), glue=st.sampled_from(" -./"))
    def test_SEC_03_is_named_as_well_where_cards_beside_it_were_masked(
        self, code: str, numbers: list[str], glue: str
    ) -> None:
        memo = without_cards(glue.join([*numbers, code, *numbers]).encode()).decode()

        assert read_codes(memo, "SV").words == (code,)
        assert not any(number in memo for number in numbers)

    @given(code=codes, place=st.integers(2, 11), sign=st.sampled_from("IO01"))
    def test_a_letter_that_no_code_holds_never_matches(self, code: str, place: int, sign: str) -> None:
        memo = code[:place] + sign + code[place + 1 :]

        assert judged(memo, code).fate is not Fate.MATCHED

    @given(memo=noise)
    def test_a_memo_is_folded_to_what_banks_carry(self, memo: str) -> None:
        assert fold(memo) == fold(fold(memo))

    @given(memo=noise)
    def test_a_memo_without_the_prefix_holds_no_code(self, memo: str) -> None:
        assume("SV" not in "".join(sign for sign in fold(memo) if sign.isalnum()))

        assert read_codes(memo, "SV") == Codes()


class TestWhatThePersonIsTold:
    """Of each fate but matched: why, and which order is meant."""

    @pytest.mark.parametrize(
        ("memo", "told"),
        [
            (f"{CODE} {OTHER}", "the memo names more than one order"),
            (f"x{CODE}x{OTHER}x", "the memo can be read as more than one order"),
            ("NGUYEN VAN A chuyen tien", "the memo names no order"),
            ("SVZZZZZZZZ22", "there is no order SVZZZZZZZZ22"),
        ],
    )
    def test_of_a_memo(self, memo: str, told: str) -> None:
        assert judged(memo).because == told

    @pytest.mark.parametrize(
        ("standing", "changes", "fate"),
        [
            (
                Standing(CODE, NOON, DUE),
                {"booked_at": NOON - timedelta(seconds=1)},
                Judged(Fate.UNMATCHED, "it came before the order was placed", CODE),
            ),
            (
                Standing(CODE, NOON, None),
                {},
                Judged(Fate.UNMATCHED, "the order has no payment through this account", CODE),
            ),
            (
                Standing(CODE, NOON, DUE, doubted=(DUE,)),
                {},
                Judged(
                    Fate.AMBIGUOUS,
                    "a person confirmed this amount by a reference that is in no statement:"
                    " it may be this money",
                    CODE,
                ),
            ),
            (
                Standing(CODE, NOON, DUE, own=True),
                {},
                Judged(
                    Fate.UNMATCHED,
                    "it is an order of who imports the statement: another person imports or confirms it",
                    CODE,
                ),
            ),
            (
                Standing(CODE, NOON, DUE),
                {"amount": vnd(1)},
                Judged(Fate.WRONG_AMOUNT, "1,100,000 VND are due, and 1 VND came", CODE),
            ),
            (
                Standing(CODE, NOON, vnd(0)),
                {"amount": vnd(1)},
                Judged(Fate.WRONG_AMOUNT, "nothing is due any more, and 1 VND came", CODE),
            ),
        ],
        ids=lambda value: value.because[:30] if isinstance(value, Judged) else "",
    )
    def test_of_an_order(self, standing: Standing, changes: dict[str, object], fate: Judged) -> None:
        known = found(orders={CODE: standing})

        assert judge_line(line(CODE, **changes), read_codes(CODE, "SV"), known) == fate

    def test_of_another_account_and_of_a_reference_that_comes_again(self) -> None:
        codes = read_codes(CODE, "SV")
        elsewhere = judge_line(line(CODE, account="9"), codes, found(CODE, own_account="1"))
        again = judge_line(line(CODE), codes, found(CODE, stored={"FT1": "another line's"}))

        assert elsewhere == Judged(Fate.UNMATCHED, "it came to another account than this one")
        assert again == Judged(
            Fate.AMBIGUOUS, "an earlier line has this reference, with another time, amount or memo"
        )


def test_a_memo_is_folded_to_what_banks_can_write() -> None:
    assert fold("Đơn hàng của đại lý ÂẤẬ") == "DON HANG CUA DAI LY AAA"
