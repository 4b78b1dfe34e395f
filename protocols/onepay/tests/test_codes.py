"""vpc_TxnResponseCode on each page (onepay.md, 6): D done, P pending, X declined, U unknown, – not there."""

from __future__ import annotations

from typing import Any

import pytest

from payport.plugin import Outcome
from payport_onepay.codes import DOMESTIC, INTERNATIONAL, UNIFIED, Codes, explain, outcome_of

SHEET = """
0    D D D
1    X X X
2    - X X
3    X U U
4    X X X
5    X X X
6    X U U
7    U U U
8    X X X
9    X X X
10   X - X
11   X - X
12   X - X
13   X - X
14   - - X
21   X - X
22   X - X
23   X - X
24   X - X
25   X - X
26   - - X
98   - - X
99   X X X
253  X X X
100  P P P
300  P P P
B    - X X
E    - X X
F    - X X
U    - X X
Z    - X X
D    - U U
A    - X -
C    - X -
I    - X -
N    - X -
R    - X -
T    - X -
V    - X -
P    - P -
L    - U -
S    - U -
?    - U U
"""
ROWS = [line.split() for line in SHEET.strip().splitlines()]
WORDS = {"D": Outcome.DONE, "P": Outcome.PENDING, "X": Outcome.DECLINED, "U": Outcome.UNKNOWN}
PAGES = {"domestic": DOMESTIC, "international": INTERNATIONAL, "unified": UNIFIED}


@pytest.mark.parametrize(("table", "column"), [("domestic", 1), ("international", 2), ("unified", 3)])
class TestThePage:
    def test_has_each_code_of_the_sheet_with_its_meaning_and_no_other(self, table: str, column: int) -> None:
        of_the_sheet = {row[0]: WORDS[row[column]] for row in ROWS if row[column] != "-"}

        assert {code: entry.outcome for code, entry in PAGES[table].items()} == of_the_sheet

    def test_takes_a_code_that_only_another_page_has_for_unknown(self, table: str, column: int) -> None:
        for row in ROWS:
            if row[column] == "-":
                assert outcome_of(PAGES[table], row[0]) is Outcome.UNKNOWN, row[0]

    @pytest.mark.parametrize(
        "code", ["00", "0 ", " 0", "", "+0", "-0", "0.0", "٠", "０", "255", "310", "400", "b", "zz", "1 OR 1"]
    )
    def test_takes_what_is_not_listed_for_unknown(self, table: str, column: int, code: str) -> None:
        assert outcome_of(PAGES[table], code) is Outcome.UNKNOWN

    def test_says_each_code_in_both_languages(self, table: str, column: int) -> None:
        for code, entry in PAGES[table].items():
            assert entry.text["vi"] != entry.text["en"], code
            assert entry.text["vi"].strip(), code


@pytest.mark.parametrize(
    ("codes", "gateway_code", "words"),
    [
        (DOMESTIC, "3", "No such merchant: our configuration"),
        (INTERNATIONAL, "3", "No reply from the card's issuer"),
        (UNIFIED, "queryDR 99", "Cancelled by the buyer"),
        (UNIFIED, "queryDR unsigned 14", "The card number is wrong"),
        (UNIFIED, "", "The result is not known yet"),
        (DOMESTIC, "queryDR N", "The result is not known yet"),
    ],
)
def test_a_reports_code_is_said_in_words(codes: Codes, gateway_code: str, words: str) -> None:
    assert explain(codes, gateway_code)["en"] == words


@pytest.mark.parametrize(
    ("gateway", "generation", "outcome"),
    [
        ("onepay_domestic", "legacy", Outcome.DECLINED),
        ("onepay_international", "legacy", Outcome.UNKNOWN),
        ("onepay_domestic", "unified", Outcome.UNKNOWN),
        ("onepay_international", "unified", Outcome.UNKNOWN),
    ],
)
def test_the_accounts_page_says_what_code_3_means(
    gateway: str, generation: str, outcome: Outcome, account_of: Any, onepay: Any, read: Any
) -> None:
    account = account_of(gateway, generation=generation)

    assert read(account, onepay.callback(vpc_TxnResponseCode="3")).outcome is outcome
