"""REF-12 through the whole way: the page's QR is scanned, the bank writes the memo as banks do, and its file
is imported. What can be read in one way is matched, all else is for a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from payport.gateways.types import Instructions
from payport.rules.order import State as OrderState
from payport.rules.statement import Fate
from payport.service.statements import Statement
from payport.service.viewing import OrderView
from payport_simulators.bank import Account, Bank, Noise, Scanned
from tests.support.bank_lines import ACCOUNT_NUMBER, TOTAL
from tests.support.oracle import check_invariants
from tests.support.transfers import ACCOUNT, Transfers, open_transfers


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Transfers]:
    opened = open_transfers(tmp_path, database_url)
    yield opened
    check_invariants(opened.shop.payport)
    opened.shop.payport.close()


@pytest.fixture
def bank(desk: Transfers) -> Bank:
    return Bank([Account(ACCOUNT_NUMBER, "970436", "Vietcombank", "CONG TY SAO VIET")], clock=desk.clock)


def transferred(desk: Transfers, bank: Bank, noise: Noise, *, memo: str = "{number}") -> OrderView:
    """An order whose buyer scanned its QR and paid, a minute after it was placed."""
    order = desk.shop.order(f"khach-{len(bank.statement(ACCOUNT_NUMBER))}")
    checkout = desk.shop.payport.pay(order.number, "order_only", buyer_ip="203.0.113.9")
    assert isinstance(checkout, Instructions)
    assert checkout.qr_payload is not None
    desk.clock.forward(minutes=1)
    scanned = bank.scan(checkout.qr_payload)
    assert isinstance(scanned, Scanned)
    assert scanned.memo == order.number
    bank.send(scanned, memo=memo.format(number=order.number), noise=noise)
    return order


def imported(desk: Transfers, bank: Bank, *, dry_run: bool = False) -> Statement:
    content = bank.statement_csv(ACCOUNT_NUMBER).encode()
    return desk.shop.payport.import_statement(content, gateway_account=ACCOUNT, actor="lan", dry_run=dry_run)


@pytest.mark.parametrize(
    "noise",
    [
        Noise(),
        Noise(upper_case=True, strip_punctuation=True),
        Noise(prefix=True),
        Noise(suffix=True),
        Noise(split_code=True),
        Noise(prefix=True, suffix=True, split_code=True, upper_case=True),
        Noise(cut=True),
    ],
    ids=str,
)
def test_REF_12_what_banks_do_to_a_memo_leaves_it_one_orders(
    desk: Transfers, bank: Bank, noise: Noise
) -> None:
    order = transferred(desk, bank, noise)
    foreseen = imported(desk, bank, dry_run=True)
    read = imported(desk, bank)

    assert [(line.fate, line.order_number) for line in read.lines] == [(Fate.MATCHED, order.number)]
    assert read.lines == foreseen.lines
    assert desk.now(order).state is OrderState.PAID


@pytest.mark.parametrize(
    ("noise", "fate"),
    [
        (Noise(drop_memo=True), Fate.UNMATCHED),
        (Noise(prefix=True, cut=True), Fate.UNMATCHED),
        (Noise(amount_off_by=-1), Fate.WRONG_AMOUNT),
        (Noise(amount_off_by=1), Fate.WRONG_AMOUNT),
    ],
    ids=str,
)
def test_REF_12_what_is_lost_on_the_way_is_found_by_a_person(
    desk: Transfers, bank: Bank, noise: Noise, fate: Fate
) -> None:
    order = transferred(desk, bank, noise, memo="tien hang {number} cam on")
    (line,) = imported(desk, bank).lines
    assert (line.fate, desk.now(order).received.minor) == (fate, 0)

    desk.confirm(order, line.amount.minor, reference=line.reference)

    assert desk.now(order).received == line.amount
    assert [again.fate for again in imported(desk, bank).lines] == [Fate.ALREADY_USED]


def test_REF_12_a_payer_who_types_another_orders_code_pays_nobodys_order_by_accident(
    desk: Transfers, bank: Bank
) -> None:
    other = desk.order("khac")
    order = transferred(desk, bank, Noise(), memo=f"thanh toan {other.number} va don cu")

    (line,) = imported(desk, bank).lines

    assert (line.fate, line.order_number) == (Fate.MATCHED, other.number), "it is what the memo says"
    assert desk.now(order).received.minor == 0


def test_REF_09_money_that_comes_twice_is_counted_once_and_the_second_is_for_a_person(
    desk: Transfers, bank: Bank
) -> None:
    order = transferred(desk, bank, Noise(twice=True))

    first, second = imported(desk, bank).lines

    assert (first.fate, second.fate) == (Fate.MATCHED, Fate.ALREADY_USED)
    assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1)
    desk.confirm(order, reference=second.reference)
    assert (desk.now(order).received.minor, desk.grants(order)) == (2 * TOTAL, 1)


def test_REF_09_a_statement_that_grows_each_hour_counts_each_line_once(desk: Transfers, bank: Bank) -> None:
    orders = []
    for _ in range(5):
        orders.append(transferred(desk, bank, Noise(prefix=True)))
        bank.withdraw(ACCOUNT_NUMBER, 10_000, "phi dich vu")
        desk.clock.forward(hours=1)
        imported(desk, bank)

    assert [(desk.now(order).received.minor, desk.grants(order)) for order in orders] == [(TOTAL, 1)] * 5
    assert imported(desk, bank).missing == ()
