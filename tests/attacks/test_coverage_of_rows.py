"""Every attack of the sections that are built has a test that carries its id."""

from __future__ import annotations

import pytest

from tests.support.rows import Row, rows, rows_without_a_test, with_a_test

BUILT = {
    1: "truth of the report",
    2: "delivery, order and time",
    3: "signature: presence and form",
    4: "keys, algorithms, environments",
    5: "canonical form, encodings, types",
    6: "channels: return, IPN, query",
    7: "web surface",
    8: "resources and parsers",
    9: "order, price, entitlement",
    10: "refunds, settlement, operators",
    11: "crash, database, disk",
    12: "background work",
    13: "plugins and embedding",
    14: "journal",
    15: "secrets, logs, privacy",
}


@pytest.mark.parametrize("section", BUILT, ids=BUILT.get)
def test_every_row_of_a_built_section_has_a_test(section: int) -> None:
    missing: list[Row] = [row for row in rows_without_a_test() if row.section == section]

    assert not missing, ", ".join(f"{row.id} {row.title}" for row in missing)


def test_no_test_carries_an_id_that_no_row_has() -> None:
    assert set(with_a_test()) <= {row.id for row in rows()}


def test_the_list_is_read_whole() -> None:
    ids = [row.id for row in rows()]

    assert len(ids) == len(set(ids)) == 165
    assert {row.section for row in rows()} == set(range(1, 16))
