"""Money of no order, that a person looked at: kept with who and why, counted by nobody, once."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from payport.errors import NotFound, RequestRefused
from payport.rules.money import vnd
from payport.rules.statement import Fate
from payport.storage import tables as t
from tests.support.at_once import at_once
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.transfers import ACCOUNT, Transfers
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan", "reason": "rent of the landlord, sent to us by mistake"}


def a_line(desk: Transfers, reference: str = "FT1") -> str:
    judged = desk.read_one(desk.line("tien thue nha", reference=reference))
    assert judged.fate is Fate.UNMATCHED
    return judged.reference


def test_a_line_of_no_order_is_dismissed_with_its_entry_in_the_journal(desk: Transfers) -> None:
    reference = a_line(desk)

    dismissed = desk.shop.payport.dismiss(ACCOUNT, reference, **BY)

    assert (dismissed.subject, dismissed.dismissed_by, dismissed.at) == (
        "statement_line",
        "lan",
        desk.clock.now,
    )
    with desk.shop.payport.seller.database.reading() as connection:
        told = connection.execute(select(t.journal).where(t.journal.c.kind == "money.dismissed")).one()
        kept = connection.execute(select(t.dismissals)).one()
    facts = json.loads(told.text)["facts"]
    assert (facts["amount_minor"], facts["dismissed_by"]) == (1_100_000, "lan")
    assert (told.account, told.because) == ("", f"dismissed by lan: {BY['reason']}")
    assert kept.reason == BY["reason"]


def test_a_transaction_without_a_payment_is_dismissed_likewise(shop: Shop) -> None:
    shop.deliver(ipn_query("SVNOBODYKNOW", 500_000, transaction="15000099"))

    assert shop.payport.dismiss("vnpay-main", "15000099", **BY).subject == "callback"
    with nothing_moves(shop), pytest.raises(NotFound):
        shop.payport.dismiss("vnpay-main", "15000098", **BY)


def test_what_is_no_money_of_nobody_is_refused(desk: Transfers) -> None:
    order = desk.order()
    matched = desk.read_one(desk.line(order, reference="FT2"))
    assert matched.fate is Fate.MATCHED

    with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="was counted for an order"):
        desk.shop.payport.dismiss(ACCOUNT, "FT2", **BY)
    for account, reference in ((ACCOUNT, "FT9"), ("vnpay-main", "FT2"), (ACCOUNT, "a\x00b"), ("x", "y")):
        with nothing_moves(desk.shop), pytest.raises(NotFound):
            desk.shop.payport.dismiss(account, reference, **BY)


def test_is_once_and_a_second_click_gives_the_same(desk: Transfers) -> None:
    reference = a_line(desk)
    first = desk.shop.payport.dismiss(ACCOUNT, reference, **BY)

    with nothing_moves(desk.shop):
        assert desk.shop.payport.dismiss(ACCOUNT, reference, **BY) == first
    with nothing_moves(desk.shop), pytest.raises(RequestRefused, match="lan dismissed it already"):
        desk.shop.payport.dismiss(ACCOUNT, reference, actor="minh", reason="mine")


def test_two_at_one_moment_make_one(desk: Transfers) -> None:
    reference = a_line(desk)

    results = at_once(
        *[
            lambda name=name: desk.shop.payport.dismiss(ACCOUNT, reference, actor=name, reason="seen")
            for name in ("lan", "minh", "hoa")
        ]
    )

    assert sum(isinstance(result, RequestRefused) for result in results) == 2


def test_a_line_that_fits_after_all_is_counted_all_the_same(desk: Transfers) -> None:
    """A wrong amount was dismissed; then a part is confirmed, and the line is what is due."""
    order = desk.order()
    line = desk.line(order, 700_000, reference="FT3")
    assert desk.read_one(line).fate is Fate.WRONG_AMOUNT
    desk.shop.payport.dismiss(ACCOUNT, "FT3", **BY)
    desk.confirm(order, 400_000, reference="FT4")

    assert desk.read_one(line).fate is Fate.MATCHED

    assert desk.now(order).received == vnd(1_100_000)


def test_its_words_go_with_the_buyer_whom_the_memo_names(desk: Transfers) -> None:
    order = desk.order("hoa")
    desk.shop.payport.cancel(order.number, actor="lan", reason="rang")
    desk.read_one(desk.line(order, 5, reference="FT5"))
    desk.shop.payport.dismiss(ACCOUNT, "FT5", **BY)

    desk.shop.payport.erase_buyer("hoa", actor="lan", reason="by letter")

    with desk.shop.payport.seller.database.reading() as connection:
        kept = str([connection.execute(select(table)).all() for table in (t.dismissals, t.journal)])
    assert BY["reason"] not in kept
