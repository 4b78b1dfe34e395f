"""DUR-08: any statement of a use case may lose a race (40001, 40P01, SQLite busy): it is done anew, once."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from typing import Final

import pytest
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.exc import DBAPIError

from payport import Payport
from payport.storage import tables as t
from tests.faults.conftest import Opener
from tests.faults.desk import NO_VERBS, READS, USE_CASES, Desk, configuration_of
from tests.support.ledger_bank import LedgerBank
from tests.support.losing import CODES, losing
from tests.support.oracle import check_invariants
from tests.support.shop import Shop

WRITES: Final = ("INSERT", "UPDATE", "DELETE")
MOST: Final = 2  # places for each use case
KEPT: Final = union_all(
    *(select(literal(table.name), func.count()).select_from(table) for table in t.metadata.sorted_tables),
    select(t.journal.c.kind, func.count()).group_by(t.journal.c.kind),
)


def kept(shop: Shop) -> Counter[str]:
    """How many rows there are of each table, and entries of each kind."""
    with shop.payport.seller.database.reading() as connection:
        return Counter({row[0]: row[1] for row in connection.execute(KEPT)})


def places(names: list[str]) -> list[int]:
    """Of the first statement, those that write and the last one: the last, and one in the middle."""
    wanted = {1, len(names)} | {n for n, name in enumerate(names, 1) if name.startswith(WRITES)}
    listed = sorted(wanted)
    return listed[:: -max(1, len(listed) // MOST)][:MOST]


def test_DUR_08_all_verbs_are_known_to_write_or_to_read() -> None:
    verbs = {name for name in dir(Payport) if not name.startswith("_") and callable(getattr(Payport, name))}

    assert verbs == USE_CASES.keys() | READS.keys() | NO_VERBS.keys()
    assert not USE_CASES.keys() & READS.keys()


def test_DUR_08_what_reads_writes_nothing_that_could_be_lost(fresh_shop: Opener, bank: LedgerBank) -> None:
    with fresh_shop(**configuration_of(bank)) as shop:
        engine, desk = shop.payport.seller.database.engine, Desk(shop, bank, "binh-minh")
        quote = desk.quote()().id
        desk.paid()

        for name, read in READS.items():
            with losing(engine) as watched:
                read(desk, quote)

            assert not [each for each in watched.names if each.startswith(WRITES)], name


def test_DUR_08_each_use_case_is_done_anew_and_once(fresh_shop: Opener, bank: LedgerBank) -> None:
    codes = cycle(CODES)
    with fresh_shop(**configuration_of(bank)) as shop:
        engine = shop.payport.seller.database.engine
        for number in range(3):  # what a process keeps in mind after it is not what is raced for
            Desk(shop, bank, f"the-first-{number}").paid()
        for name, use_case in USE_CASES.items():
            undisturbed = use_case(Desk(shop, bank, f"{name}-0"))
            before = kept(shop)
            with losing(engine) as race:
                undisturbed()
            once = kept(shop) - before
            assert any(each.startswith(WRITES) for each in race.names), name
            for place in places(race.names):
                disturbed = use_case(Desk(shop, bank, f"{name}-{place}"))
                before = kept(shop)

                with losing(engine, place, code=next(codes)) as lost:
                    disturbed()

                assert lost.seen > place, (name, place)
                assert kept(shop) - before == once, (name, race.names[place - 1])
        check_invariants(shop.payport)


def test_DUR_08_a_race_that_is_lost_again_and_again_ends_and_leaves_nothing(
    fresh_shop: Opener, bank: LedgerBank
) -> None:
    with fresh_shop() as shop:
        engine, desk = shop.payport.seller.database.engine, Desk(shop, bank, "binh-minh")
        receive = desk.receive()

        with losing(engine, *range(1, 1000)) as race:
            assert receive() == "try_again"
            with pytest.raises(DBAPIError):
                desk.quote()()

        assert race.seen <= 12  # six times each
        check_invariants(shop.payport)
        assert [receive() for _ in range(2)] == ["recorded", "already_known"]
