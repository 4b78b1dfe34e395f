"""Does to a few accounts, at random, all that buyers, gateways and people may do, as often as it is told.

`Trader` does it in a thread; `python -m tests.support.trader payport.toml seed rounds began` in a process of
its own, and prints what it did as a JSON object. All share one clock that runs ten days a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import select

from payport import Payport
from payport.errors import RequestRefused
from payport.rules.money import vnd
from payport.rules.payment import Payment, State
from payport.rules.purchase import AddCapacity, New, Renew, Switch, read_purchase
from payport.rules.refund import Of
from payport.service import expiring
from payport.storage import tables as t
from payport.storage.payment_records import payment_from
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer, transaction_of
from tests.support.shop import NOON, Clock, Shop

__all__ = ["ACCOUNTS", "BUSY_CATALOG", "RunningClock", "Trader", "busy_shop", "start_trader"]

ACCOUNTS: Final = tuple(f"khach-{number}" for number in range(5))
BUSY_CATALOG: Final = catalog_text(
    ("{ months = 12, price = 10_000_000 }", "{ months = 1, price = 1_000_000 }"),
    ("uses = 1", "uses = 3"),
    policies="""add_capacity_threshold = 1
switch_any_time = true
usage_max_age = { days = 3660 }
quote_lifetime = { days = 20 }
order_lifetime = { days = 20 }""",
)
"""Short terms, and next to everything open at any time."""

_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("package", "months", "code"),
    "renew": ("months", "code"),
    "switch": ("package", "months", "code"),
    "add_capacity": ("steps",),
}
_ROOT: Final = Path(__file__).parents[2]
_DAYS_A_SECOND: Final = 10


@dataclass
class RunningClock(Clock):
    """`began`: the machine's own time at which it was NOON."""

    began: float = field(default_factory=time.time)

    def __call__(self) -> datetime:
        return NOON + timedelta(days=(time.time() - self.began) * _DAYS_A_SECOND)


@dataclass
class Trader:
    shop: Shop
    seed: int
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def trade(self, rounds: int) -> Counter[str]:
        """What was done, and how often it was refused. Raises whatever is not a refusal."""
        acts: tuple[Callable[[], None], ...] = (
            *[self._buy] * 6,
            *[self._succeed] * 8,
            *[self._use_up] * 2,
            *[self._refund] * 2,
            *(self._fail, self._cancel, self._expire, self._adjust, self._dispute),
        )
        for _ in range(rounds):
            act = self._random.choice(acts)
            try:
                act()
                self.done[act.__name__] += 1
            except RequestRefused:
                self.done[f"{act.__name__} refused"] += 1
        return self.done

    def _customer(self) -> Customer:
        return Customer(self.shop, self._random.choice(ACCOUNTS))

    def _payment(self, *states: State) -> Payment:
        """One of the newest, of any account; RequestRefused where there is none."""
        with self.shop.payport.seller.database.reading() as connection:
            rows = connection.execute(
                select(t.payments)
                .where(t.payments.c.state.in_(states or tuple(State)))
                .order_by(t.payments.c.handed_over_at.desc())
                .limit(12)
            ).all()
        if not rows:
            raise RequestRefused(field="payment", problem="none yet", remedy="Buy something")
        return payment_from(self._random.choice(rows))

    def _buy(self) -> None:
        """What is open by the offers, or else anything; somebody else may have been faster."""
        customer = self._customer()
        offered = [offer.kind for offer in self.shop.payport.offers(customer.account) if offer.is_open]
        order = customer.places(self._purchase(self._random.choice(offered or list(_KINDS))))
        for _ in range(self._random.randint(1, 2)):  # two attempts, now and then
            choice = self._random.choice((None, "NCB"))
            self.shop.payport.pay(order.number, "domestic_card", choice, buyer_ip="203.0.113.9")

    def _purchase(self, kind: str) -> New | AddCapacity | Renew | Switch:
        given = {
            "package": self._random.choice(("standard", "enterprise")),
            "months": 1,
            "code": self._random.choice((None, None, None, "ONCE", "GIFT")),
            "steps": self._random.randint(1, 3),
        }
        return read_purchase({"kind": kind, **{field: given[field] for field in _KINDS[kind]}})

    def _succeed(self) -> None:
        """Of any payment: a first time, again, late, and after everything else."""
        payment = self._payment()
        for _ in range(self._random.randint(1, 2)):
            self.shop.ipn(payment, transaction=transaction_of(payment))

    def _fail(self) -> None:
        self.shop.ipn(self._payment(State.PENDING), response="51", transaction="0")

    def _use_up(self) -> None:
        self._customer().uses(self._random.choice((1, 5, 10, 60, 100)))

    def _cancel(self) -> None:
        self.shop.payport.cancel(self._payment().order_number, actor="lan", reason="by chance")

    def _expire(self) -> None:
        seller = self.shop.payport.seller
        with seller.database.reading() as connection:
            numbers = expiring.due(connection, seller, 3)
        for number in numbers:
            seller.database.transaction(partial(expiring.expire, seller=seller, number=number))

    def _adjust(self) -> None:
        given = self._random.choice(
            ({"gb": 5}, {"days": 3}, {"days": -2}, {"package": "standard", "months": 1})
        )
        self.shop.payport.adjust(self._customer().account, actor="lan", reason="by chance", **given)

    def _dispute(self) -> None:
        payment = self._payment(State.SUCCEEDED)
        opened = self.shop.payport.chargeback(
            payment.merchant_reference, payment.amount, actor="lan", reason="by chance"
        )
        end = self._random.choice(
            (*[self.shop.payport.chargeback_won] * 2, self.shop.payport.chargeback_lost, None)
        )
        if end is not None:
            with suppress(RequestRefused):
                end(opened.reference, actor="lan")

    def _refund(self) -> None:
        """All or a part of what is left, of either kind, with or without lines: recorded by hand."""
        payment = self._payment(State.SUCCEEDED)
        left = self.shop.payport.refundable(payment.merchant_reference)
        key = f"{self.seed}-{self._random.getrandbits(64)}"
        minor = self._random.choice((None, max(left.left.minor // 2, 1)))
        lines = [line.number for line in left.lines] if left.of is Of.ORDER else []
        self.shop.payport.refund(
            payment.merchant_reference,
            None if minor is None else vnd(minor),
            key=key,
            actor="lan",
            reason="by chance",
            lines=self._random.sample(lines, self._random.randint(0, len(lines))),
            by_hand=True,
            gateway_reference=f"FT{key}",
        )


def busy_shop(configuration: Path, clock: RunningClock) -> Shop:
    return Shop(Payport.from_config(configuration, clock=clock), clock, configuration.parent)


def start_trader(
    configuration: Path, clock: RunningClock, *, seed: int, rounds: int
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.support.trader", str(configuration)),
            *(str(seed), str(rounds), repr(clock.began)),
        ],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _main(configuration: str, seed: str, rounds: str, began: str) -> None:
    shop = busy_shop(Path(configuration), RunningClock(began=float(began)))
    print(json.dumps(Trader(shop, int(seed)).trade(int(rounds))))
    shop.payport.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
