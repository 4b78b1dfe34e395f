"""Scanning, sending, and what stands on the statement then (sheet vietqr.md, 11)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from payport_simulators.bank import Account, Bank, Noise, Refused, Scanned

Build = Callable[..., str]
SHOP = "0123456789"


@pytest.fixture
def scanned(bank: Bank, qr: Build) -> Scanned:
    found = bank.scan(qr())
    assert isinstance(found, Scanned)
    return found


class TestAScan:
    def test_shows_bank_account_amount_and_memo(self, scanned: Scanned) -> None:
        assert (scanned.account.bank, scanned.account.number) == ("Vietcombank", SHOP)
        assert (scanned.amount, scanned.memo) == (150_000, "DH1001")

    def test_of_an_unreadable_text_says_why(self, bank: Bank, qr: Build) -> None:
        refused = bank.scan(qr()[:-1])

        assert isinstance(refused, Refused)
        assert refused.problem == "crc_missing"

    @pytest.mark.parametrize("changes", [{"account": "0123456780"}, {"bank_bin": "970422"}])
    def test_of_an_account_that_is_not_there_is_refused(
        self, bank: Bank, qr: Build, data: Build, changes: dict[str, str]
    ) -> None:
        refused = bank.scan(qr(o38=data(**changes)))

        assert isinstance(refused, Refused)
        assert refused.problem == "unknown_account"

    def test_of_more_than_one_transfer_moves_is_refused(self, bank: Bank, qr: Build) -> None:
        refused = bank.scan(qr(o54="500000000"))

        assert isinstance(refused, Refused)
        assert refused.problem == "amount"
        assert isinstance(bank.scan(qr(o54="499999999")), Scanned)

    def test_is_remembered_once_the_last_first(self, bank: Bank, qr: Build) -> None:
        for amount in ("1000", "2000", "1000"):
            bank.scan(qr(o54=amount))
        bank.scan("no QR text")

        assert bank.scans == (qr(o54="1000"), qr(o54="2000"))


class TestATransfer:
    def test_is_a_line_of_the_receivers_statement(self, bank: Bank, scanned: Scanned, clock: Any) -> None:
        [line] = bank.send(scanned)

        assert bank.statement(SHOP) == (line,)
        assert bank.statement("SVA000123") == ()
        assert (line.id, line.time) == ("FT26328000001", clock.now)
        assert (line.account, line.amount, line.text) == (SHOP, 150_000, "DH1001")

    def test_takes_the_payers_own_memo(self, bank: Bank, scanned: Scanned) -> None:
        [line] = bank.send(scanned, memo="DH1001\tcảm\n ơn ")

        assert line.text == "DH1001 cảm ơn"

    def test_without_an_amount_in_its_text_takes_the_payers(self, bank: Bank, qr: Build) -> None:
        found = bank.scan(qr(o54=None, o01="11"))
        assert isinstance(found, Scanned)

        assert bank.send(found, amount=20_000)[0].amount == 20_000
        with pytest.raises(ValueError, match="one amount"):
            bank.send(found)

    def test_has_the_amount_of_its_text_and_no_other(self, bank: Bank, scanned: Scanned) -> None:
        with pytest.raises(ValueError, match="one amount"):
            bank.send(scanned, amount=1)

    @pytest.mark.parametrize("amount", [0, -1, 500_000_000])
    def test_moves_only_so_much(self, bank: Bank, amount: int) -> None:
        with pytest.raises(ValueError, match="1 to 499999999"):
            bank.transfer(SHOP, amount)

    def test_to_nobody_is_an_error(self, bank: Bank) -> None:
        with pytest.raises(KeyError):
            bank.transfer("1", 1_000)
        with pytest.raises(KeyError):
            bank.statement("1")
        with pytest.raises(KeyError):
            bank.line("FT1")

    def test_has_a_number_of_its_own_though_many_come_together(self, bank: Bank) -> None:
        with ThreadPoolExecutor(8) as pool:
            lines = list(pool.map(lambda _: bank.transfer(SHOP, 1_000)[0], range(64)))

        assert len({line.id for line in lines}) == 64
        assert len(bank.statement(SHOP)) == 64

    def test_after_a_new_start_has_none_of_the_earlier_runs_numbers(self, clock: Any) -> None:
        later = Bank([Account("1", "970436", "VCB", "A")], clock=clock, first_number=500)

        assert later.transfer("1", 1_000)[0].id == "FT26328000500"


class TestNoise:
    @pytest.mark.parametrize(
        ("noise", "text"),
        [
            ({}, "Don SVABCDEFGH23, cam-on!"),
            ({"upper_case": True}, "DON SVABCDEFGH23, CAM-ON!"),
            ({"strip_punctuation": True}, "Don SVABCDEFGH23 camon"),
            ({"prefix": True}, "MBVCB.1. Don SVABCDEFGH23, cam-on!"),
            ({"suffix": True}, "Don SVABCDEFGH23, cam-on! FT00000000001"),
            ({"split_code": True}, "Don SVABCD EFGH23, cam-on!"),
            ({"cut": True}, "Don SVABCDEFGH23, cam-on!"),
            ({"cut": True, "prefix": True}, "MBVCB.1. Don SVABCDEFGH23"),
            ({"drop_memo": True}, ""),
            ({"drop_memo": True, "prefix": True, "suffix": True}, "MBVCB.1. FT00000000001"),
            (
                {
                    "upper_case": True,
                    "strip_punctuation": True,
                    "split_code": True,
                    "prefix": True,
                    "suffix": True,
                },
                "MBVCB.1. DON SVABCD EFGH23 CAMON FT00000000001",
            ),
        ],
    )
    def test_alters_the_text(self, bank: Bank, noise: dict[str, bool], text: str) -> None:
        [line] = bank.transfer(SHOP, 1_000, "Don SVABCDEFGH23, cam-on!", noise=Noise(**noise))

        assert line.text == text

    def test_splits_no_code_where_there_is_none(self, bank: Bank) -> None:
        assert bank.transfer(SHOP, 1_000, "a b", noise=Noise(split_code=True))[0].text == "a b"

    def test_pays_twice(self, bank: Bank, scanned: Scanned) -> None:
        first, second = bank.send(scanned, noise=Noise(twice=True))

        assert first.id != second.id
        assert (first.amount, first.text) == (second.amount, second.text)

    @pytest.mark.parametrize("off", [-1, 1, 50_000])
    def test_pays_less_or_more(self, bank: Bank, scanned: Scanned, off: int) -> None:
        assert bank.send(scanned, noise=Noise(amount_off_by=off))[0].amount == 150_000 + off

    def test_never_pays_less_than_nothing(self, bank: Bank, scanned: Scanned) -> None:
        with pytest.raises(ValueError, match="1 to"):
            bank.send(scanned, noise=Noise(amount_off_by=-150_000))

    def test_pays_late(self, bank: Bank, scanned: Scanned, clock: Any) -> None:
        [line] = bank.send(scanned, noise=Noise(late_by=timedelta(hours=2)))
        clock.move(hours=1, minutes=59)
        assert bank.statement(SHOP) == ()

        clock.move(minutes=1)

        assert bank.statement(SHOP) == (line,)
        assert bank.line(line.id).time == clock.now

    def test_holds_for_every_transfer_once_it_is_set(self, bank: Bank, scanned: Scanned) -> None:
        bank.set_noise(Noise(drop_memo=True))

        assert bank.send(scanned)[0].text == ""
        assert bank.send(scanned, noise=Noise())[0].text == "DH1001"


class TestAStatement:
    def test_is_a_csv_as_banks_export_it(self, bank: Bank, clock: Any) -> None:
        clock.now = datetime(2026, 11, 30, 7, 3, 22, tzinfo=timezone.utc)  # noqa: UP017
        bank.transfer(SHOP, 3_550_000, "SVABCDEFGH23 chuyen tien", noise=Noise(prefix=True))
        bank.withdraw(SHOP, 1_000_000, 'Rút "tiền", phí')

        assert bank.statement_csv(SHOP) == (
            "Mã giao dịch,Thời gian,Số tài khoản,Ghi có,Nội dung\n"
            'FT26334000001,30/11/2026 14:03:22,0123456789,3550000,"MBVCB.1. SVABCDEFGH23 chuyen tien"\n'
            'FT26334000002,30/11/2026 14:03:22,0123456789,,"Rút ""tiền"", phí"\n'
        )

    def test_is_read_by_any_reader_of_csv(self, bank: Bank) -> None:
        bank.transfer(SHOP, 1_000, 'a,"b"\nc;đ')

        rows = list(csv.DictReader(io.StringIO(bank.statement_csv(SHOP), newline="")))

        assert [row["Nội dung"] for row in rows] == ['a,"b" c;đ']

    def test_is_json_too(self, bank: Bank) -> None:
        bank.transfer(SHOP, 1_000, "a")

        assert json.loads(bank.statement_json(SHOP)) == [
            {
                "id": "FT26328000001",
                "time": "2026-11-24T12:00:00+07:00",
                "account": SHOP,
                "amount": 1000,
                "text": "a",
            }
        ]

    def test_has_the_earliest_line_first(self, bank: Bank, clock: Any) -> None:
        bank.transfer(SHOP, 1_000, "late", noise=Noise(late_by=timedelta(hours=1)))
        bank.transfer(SHOP, 2_000, "at once")
        clock.move(days=1)

        assert [line.text for line in bank.statement(SHOP)] == ["at once", "late"]

    def test_takes_no_withdrawal_of_nothing(self, bank: Bank) -> None:
        with pytest.raises(ValueError, match="1 đồng"):
            bank.withdraw(SHOP, 0)
