"""ORD-06 where people confirm: crash, replay, race, statement, gateway around one transfer, in all pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import combinations_with_replacement, count, product
from pathlib import Path
from threading import get_ident
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event

from payport.errors import RequestRefused
from payport.rules.order import State as OrderState
from payport.service.viewing import OrderView
from tests.support.at_once import at_once
from tests.support.bank_lines import TOTAL
from tests.support.customer import transaction_of
from tests.support.oracle import check_invariants
from tests.support.transfers import Transfers, open_transfers
from tests.support.unmoved import nothing_moves

Trouble = Callable[[OrderView], object]
POINTS: Final = (
    "INSERT INTO confirmations",
    "INSERT INTO receipts",
    "UPDATE payments",
    "UPDATE orders",
    "INSERT INTO grants",
    "COMMIT",
)


class Died(Exception):
    """As if the process had ended here: nothing of its transaction is kept."""


@contextmanager
def dying_at(engine: Engine, point: str, *, time: int = 1) -> Iterator[None]:
    """This thread's next statement that begins so, or the one after so many, is not run."""
    me, left = get_ident(), count(time, -1)

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        is_there = get_ident() == me and statement.replace("payport.", "").startswith(point)
        if is_there and next(left) <= 1:
            raise Died

    def at_commit(_connection: Any) -> None:
        if get_ident() == me and point == "COMMIT":
            raise Died

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", at_commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "commit", at_commit)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Transfers]:
    opened = open_transfers(tmp_path, database_url)
    yield opened
    check_invariants(opened.shop.payport)
    opened.shop.payport.close()


def transfer(order: OrderView) -> str:
    """The one transfer that each order gets."""
    return f"FT-{order.number}"


@pytest.fixture
def troubles(desk: Transfers) -> Mapping[str, Trouble]:
    def confirm(order: OrderView, by: str = "lan") -> None:
        with suppress(RequestRefused):  # its line was imported already
            desk.confirm(order, by=by, reference=transfer(order))

    def crash(order: OrderView) -> None:
        with suppress(Died, RequestRefused), dying_at(desk.shop.payport.seller.database.engine, "COMMIT"):
            desk.confirm(order, reference=transfer(order))

    def cancel(order: OrderView) -> None:
        with suppress(RequestRefused):  # it is paid, or cancelled already
            desk.shop.payport.cancel(order.number, actor="minh", reason="the buyer called")

    def pay_online(order: OrderView) -> None:
        (online,) = [one for one in desk.now(order).payments if one.gateway_account == "vnpay-main"]
        desk.shop.ipn(online, transaction=transaction_of(online))

    return {
        "confirm": confirm,
        "another confirms": partial(confirm, by="hoa"),
        "crash": crash,
        "race": lambda order: at_once(*[partial(confirm, order, name) for name in ("lan", "hoa", "lan")]),
        "import": lambda order: desk.read(desk.line(order, reference=transfer(order))),
        "cancel": cancel,
        "pay online": pay_online,
    }


def an_order(desk: Transfers, pair: object) -> OrderView:
    """It may be paid online too: both pages are open."""
    order = desk.order(f"khach {pair}")
    desk.shop.pay(order)
    desk.clock.forward(seconds=1)
    return desk.now(order)


def granted_once(desk: Transfers, order: OrderView, pair: tuple[str, str]) -> None:
    """After one more confirmation, which is what a person does who saw no answer."""
    with suppress(RequestRefused):
        desk.confirm(order, reference=transfer(order))

    after = desk.now(order)
    paid_online = "pay online" in pair
    assert after.state is OrderState.PAID, pair
    assert desk.grants(order) == 1, pair
    assert after.received.minor == (2 * TOTAL if paid_online else TOTAL), pair
    flags = [flag for payment in after.payments for flag in payment.flags if flag == "surplus"]
    assert len(flags) == paid_online, pair


def test_ORD_06_one_after_the_other_grants_once(desk: Transfers, troubles: Mapping[str, Trouble]) -> None:
    for first, second in product(troubles, repeat=2):
        order = an_order(desk, f"{first} {second}")

        troubles[first](order)
        troubles[second](order)

        granted_once(desk, order, (first, second))


def test_ORD_06_at_one_moment_grants_once(desk: Transfers, troubles: Mapping[str, Trouble]) -> None:
    for first, second in combinations_with_replacement(troubles, 2):
        order = an_order(desk, f"{first} {second}")

        results = at_once(partial(troubles[first], order), partial(troubles[second], order))

        assert not [result for result in results if isinstance(result, Exception)], (first, second, results)
        granted_once(desk, order, (first, second))


def test_ORD_06_a_confirmation_that_dies_leaves_nothing_and_its_repetition_grants_once(
    desk: Transfers,
) -> None:
    for number, point in enumerate(POINTS):
        order = desk.order(f"khach-{number}")
        confirm = partial(desk.confirm, order, reference=transfer(order))

        engine = desk.shop.payport.seller.database.engine
        with nothing_moves(desk.shop), pytest.raises(Died), dying_at(engine, point):
            confirm()

        confirm()
        assert (desk.now(order).received.minor, desk.grants(order)) == (TOTAL, 1), point


def test_ORD_06_an_import_that_dies_is_run_again_and_grants_once(desk: Transfers) -> None:
    """Half of the file was counted; the rest is, and no line twice."""
    orders = [desk.order(f"khach-{number}") for number in range(4)]
    desk.clock.forward(minutes=1)
    lines = [desk.line(order, reference=transfer(order)) for order in orders]
    desk.confirm(orders[2], reference=transfer(orders[2]))
    engine = desk.shop.payport.seller.database.engine

    for time in (2, 1):
        with pytest.raises(Died), dying_at(engine, "INSERT INTO grants", time=time):
            desk.read(*lines)
    assert [desk.grants(order) for order in orders] == [1, 0, 1, 0]
    desk.read(*lines)

    assert [(desk.now(order).received.minor, desk.grants(order)) for order in orders] == [(TOTAL, 1)] * 4
