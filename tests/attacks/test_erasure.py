"""JNL-09: a buyer's personal data go, the money facts stay, and the journal still verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from payport.errors import NotFound, RequestRefused
from payport.journal.check import Row, check_journal
from payport.rules.money import vnd
from payport.service.erasing import NOBODY
from payport.service.evidence import evidence
from payport.service.judge import Decision
from payport.service.sealing import seal
from payport.storage import seal_records
from payport.storage import tables as t
from tests.support.bank_lines import TOTAL, a_line
from tests.support.oracle import check_invariants
from tests.support.shop import BUYER, Shop
from tests.support.sign import ipn_query
from tests.support.stored import everything_stored
from tests.support.transfers import open_transfers

WORDS = "Chị Hoa ở Huế"
PERSONAL = (BUYER.name, BUYER.email, BUYER.phone, "203.0.113.9", WORDS, "198.51.100.7", "Mozilla")
HEADERS = ((b"x-forwarded-for", b"198.51.100.7"), (b"user-agent", b"Mozilla"))


def lived(shop: Shop) -> str:
    """An account with all that can hold words: its order was paid, partly refunded, disputed, adjusted."""
    order = shop.order()
    payment = shop.pay(order)
    shop.deliver(ipn_query(payment.merchant_reference, payment.amount.minor), headers=HEADERS)
    shop.payport.refund(
        payment.merchant_reference, vnd(1_000), key="form", actor="Lan", reason=WORDS, by_hand=True,
        gateway_reference="FT1",
    )  # fmt: skip
    opened = shop.payport.chargeback(payment.merchant_reference, vnd(1_000), actor="Lan", reason=WORDS)
    shop.payport.chargeback_won(opened.reference, actor="Lan")
    shop.payport.adjust(order.account, gb=1, actor="Lan", reason=WORDS)
    return order.account


def stored(shop: Shop) -> str:
    with shop.payport.seller.database.reading() as connection:
        return everything_stored(connection)


def facts(shop: Shop) -> list[Any]:
    """The texts of all entries, and what stands in the tables of money but for words."""
    with shop.payport.seller.database.reading() as connection:
        texts = connection.execute(select(t.journal.c.text).order_by(t.journal.c.id)).scalars()
        money = connection.execute(select(t.orders.c.number, t.orders.c.state, t.orders.c.received_minor))
        return [*texts, *map(tuple, money)]


def is_whole(shop: Shop) -> bool:
    with shop.payport.seller.database.reading() as connection:
        rows: list[Row] = list(seal_records.rows(connection))
        return check_journal(rows, seal_records.heads(connection), outside=(), keys={}).bad is None


class TestAnErasure:
    def test_JNL_09_takes_all_that_is_personal_and_leaves_every_fact(self, shop: Shop) -> None:
        account = lived(shop)
        shop.ipn(shop.pay(shop.order("another")), transaction="15000002")
        seal(shop.payport.seller)
        before = facts(shop)
        assert all(marker in stored(shop) for marker in PERSONAL)

        shop.clock.forward(days=1)
        erased = shop.payport.erase_buyer(account, actor="Lan", reason="by letter of 30 November")

        left = stored(shop)
        others = [
            BUYER.name,
            BUYER.email,
            BUYER.phone,
            "203.0.113.9",
        ]  # the other account's buyer is the same
        assert [marker for marker in PERSONAL if marker in left] == others
        kept = facts(shop)
        assert [fact for fact in before if fact not in kept] == []
        assert '"kind":"account.erased"' in str(kept)
        assert erased.rows["orders"] == 1
        assert is_whole(shop)
        seal(shop.payport.seller)
        assert is_whole(shop)

    def test_JNL_09_leaves_what_proves_the_money(self, shop: Shop) -> None:
        account = lived(shop)
        shop.payport.erase_buyer(account, actor="Lan", reason="by letter")

        with shop.payport.seller.database.reading() as connection:
            said = evidence(connection, shop.payport.seller, 1)
        assert said["signature"]["fits"]
        assert len(said["entries"]) > 0

    def test_JNL_09_nothing_breaks_on_what_is_empty(self, shop: Shop) -> None:
        account = lived(shop)
        (number,) = _orders(shop, account)
        payment = shop.payport.order(number).payments[0]

        shop.payport.erase_buyer(account, actor="Lan", reason="by letter")

        view = shop.payport.order(number)
        assert (view.buyer.name, view.total) == ("[erased]", payment.amount)
        assert all(move.because == "" for move in shop.payport.history(number))
        assert shop.payport.explain(account)
        assert shop.payport.entitlement(account)
        assert shop.ipn(payment).decision is Decision.ALREADY_KNOWN
        assert shop.payport.erase_buyer(account, actor="Lan", reason="again").rows["orders"] == 1

    def test_JNL_09_waits_until_no_money_is_on_its_way(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())

        with pytest.raises(RequestRefused, match="money is on its way: 1 orders, 1 payments"):
            shop.payport.erase_buyer(payment.account, actor="Lan", reason="by letter")

        assert BUYER.email in stored(shop)

    def test_JNL_09_of_an_account_that_nobody_knows_is_refused(self, shop: Shop) -> None:
        for account in ("nobody", "a\x00b"):
            with pytest.raises(NotFound):
                shop.payport.erase_buyer(account, actor="Lan", reason="by letter")
        assert NOBODY not in stored(shop)


class TestTheMemosOfTransfers:
    """A buyer's name stands in them, whatever became of the line."""

    PERSON = "NGUYEN THI HOA"

    def test_JNL_09_go_where_a_person_confirmed_them_and_where_they_name_an_order(
        self, tmp_path: Path, database_url: str
    ) -> None:
        shop = open_transfers(tmp_path, database_url)
        mine, other = shop.order("hoa"), shop.order("an-binh")
        now = shop.clock.forward(minutes=5)
        memos = {
            "FT1": f"{self.PERSON} chuyen tien",  # confirmed by a person
            "FT2": f"{self.PERSON} chuyen tien",  # the same transfer once more
            "FT3": f"{self.PERSON} {mine.number} {other.number}",  # of either
            "FT4": f"{self.PERSON} {mine.number[:5]} {mine.number[5:].lower()}",  # as banks cut it
            "FT5": f"LE VAN AN {other.number}",  # another buyer's
            "FT6": "LE VAN AN",  # whose it is nobody knows
        }
        shop.read(a_line(memos["FT1"], at=now, reference="FT1"))
        shop.confirm(mine, reference="FT1", note=f"asked {self.PERSON}")
        for name in ("FT2", "FT3", "FT4", "FT5", "FT6"):
            shop.read(a_line(memos[name], 7 if name == "FT4" else TOTAL, at=now, reference=name))

        shop.shop.payport.erase_buyer("hoa", actor="Lan", reason="by letter")

        with shop.shop.payport.seller.database.reading() as connection:
            lines = connection.execute(select(t.statement_lines.c.reference, t.statement_lines.c.text))
            kept = {reference: text for reference, text in lines if text}
            assert kept == {name: memos[name] for name in ("FT5", "FT6")}
            assert self.PERSON not in everything_stored(connection)
        shop.read(a_line(memos["FT2"], at=now, reference="FT2"))  # the same file again
        with shop.shop.payport.seller.database.reading() as connection:
            assert self.PERSON not in everything_stored(connection)
        check_invariants(shop.shop.payport)
        shop.shop.payport.close()


def _orders(shop: Shop, account: str) -> list[str]:
    with shop.payport.seller.database.reading() as connection:
        return list(
            connection.execute(select(t.orders.c.number).where(t.orders.c.account == account)).scalars()
        )
