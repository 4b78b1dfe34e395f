"""A shop that is paid by transfer and in cash too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.oracle import check_invariants
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.transfers import Transfers, open_transfers


@pytest.fixture
def open_desk(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Transfers]]:
    """Opens such a shop with other policies or accounts; its invariants are checked at the end."""
    opened: list[Transfers] = []

    def open_(**configuration: Any) -> Transfers:
        opened.append(open_transfers(tmp_path, database_url, **configuration))
        return opened[-1]

    yield open_
    for each in opened:
        check_invariants(each.shop.payport)
        each.shop.payport.close()


@pytest.fixture
def desk(open_desk: Callable[..., Transfers]) -> Transfers:
    return open_desk()


@pytest.fixture
def giving(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    """A shop that is paid through a gateway that gives money back."""
    with refund_shop(tmp_path, database_url) as opened:
        yield opened
