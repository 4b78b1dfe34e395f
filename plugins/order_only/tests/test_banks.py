"""The bank table: whole, one row for each BIN, and in agreement with another's list."""

from __future__ import annotations

import re

from vietnam_qr_pay import BanksObject

from payport_order_only.banks import banks


def test_each_row_can_be_shown_to_a_buyer() -> None:
    assert len(banks()) == 71
    for number, bank in banks().items():
        assert bank.bin == number
        assert re.fullmatch(r"[0-9]{6}", number)
        assert bank.short_name.isprintable()
        assert bank.short_name
        assert bank.name.isprintable()
        assert bank.name
        assert bank.confidence in {"high", "medium", "low"}
    assert len({bank.code for bank in banks().values()}) == 71


def test_every_bank_of_a_public_list_is_known() -> None:
    theirs = {bank.bin: bank.short_name for bank in BanksObject.values() if bank.bin}

    assert len(theirs) > 40
    assert {number: name for number, name in theirs.items() if number not in banks()} == {}
