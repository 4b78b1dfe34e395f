"""ORD-06, ORD-07: buyers, gateways and people at once, on a few accounts; afterwards all of it adds up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial

from payport.rules.order import State as OrderState
from tests.support.at_once import at_once
from tests.support.customer import Customer
from tests.support.replay import replay_all
from tests.support.shop import Shop
from tests.support.trader import ACCOUNTS, BUSY_CATALOG, RunningClock, Trader, busy_shop, start_trader

THREADS = 8
PROCESSES = 2
ROUNDS = 20
PAID = {OrderState.PAID, OrderState.PARTLY_REFUNDED, OrderState.REFUNDED}


def test_ORD_06_ORD_07_ten_traders_on_five_accounts_leave_every_rule_standing(
    open_seller: Callable[..., Shop],
) -> None:
    shop, clock = open_seller(catalog=BUSY_CATALOG), RunningClock()
    file = shop.folder / "payport.toml"
    busy = busy_shop(file, clock)
    children = [start_trader(file, clock, seed=100 + n, rounds=ROUNDS) for n in range(PROCESSES)]

    results = at_once(*[partial(Trader(busy, seed).trade, ROUNDS) for seed in range(THREADS)])
    counts = [json.loads(child.communicate(timeout=60)[0]) for child in children]
    shop.clock.now = clock()
    busy.payport.close()

    assert [result for result in results if not isinstance(result, Counter)] == []
    done = sum(map(Counter, [*results, *counts]), Counter())
    assert sum(done.values()) == (THREADS + PROCESSES) * ROUNDS
    granted = replay_all(shop.payport, at=shop.clock.now)
    orders = [order for account in ACCOUNTS for order in Customer(shop, account).orders]
    assert granted == sum(order.state in PAID for order in orders)
    assert granted >= len(ACCOUNTS)
    for account in ACCOUNTS:
        assert shop.payport.explain(account)[-1].after == shop.payport.entitlement(account)
