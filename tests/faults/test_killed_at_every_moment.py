"""DUR-01: a process is killed before and after every statement, commit and request; then others go on.

Whatever moment it was: nothing is half done when it dies, and in the end all is done once.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, groupby, islice
from typing import ClassVar

import pytest
from sqlalchemy import select

from payport.rules.order import State as OrderState
from payport.rules.payment import State
from payport.rules.refund import State as RefundState
from payport.storage import tables as t
from payport.storage.seal_records import has_unsealed
from tests.faults.conftest import Opener
from tests.support.bank_shop import accounts_text
from tests.support.customer import Customer
from tests.support.killing import Killer
from tests.support.ledger_bank import LedgerBank
from tests.support.oracle import check_invariants
from tests.support.paths import METHOD, REFUNDS, begin, deliver, give_back
from tests.support.receivers import Receiver, receiving, webhook
from tests.support.shop import Shop

pytestmark = pytest.mark.timeout(300)
KINDS = ("order.placed", "order.paid")
A_DATABASE = 16  # moments for each, so that looking at all that is stored stays cheap


@dataclass
class Sweep(ABC):
    """A path and its seller; `account` is new for each moment."""

    shop: Shop
    bank: LedgerBank
    account: str

    path: ClassVar[str]

    @abstractmethod
    def before(self) -> str:
        """What is there already; what the path is about."""

    @abstractmethod
    def afterwards(self, about: str) -> None:
        """The others go on: a worker, a buyer who comes back, a bank that got no answer, an operator."""

    @abstractmethod
    def is_once(self, about: str) -> bool: ...

    def told(self, *kinds: str) -> Counter[str]:
        """How often the journal, and so each host, was told of it for this account."""
        with self.shop.payport.seller.database.reading() as connection:
            rows = connection.execute(
                select(t.journal.c.kind).where(
                    t.journal.c.account == self.account, t.journal.c.kind.in_(kinds)
                )
            )
            return Counter(rows.scalars())


class Success(Sweep):
    path = "success"

    def before(self) -> str:
        return self.account

    def afterwards(self, about: str) -> None:
        """The bank calls again where the buyer has paid; else the buyer comes back, and pays."""
        shop = self.shop
        shop.clock.forward(minutes=1)
        paid = [payment for order in Customer(shop, about).orders for payment in order.payments]
        known = [
            payment.merchant_reference for payment in paid if payment.merchant_reference in self.bank.paid
        ]
        if not known:
            known = [begin(shop.payport, about)]
            self.bank.buyer_pays(known[0])
        (reference,) = known
        told = [deliver(shop.payport, shop.clock, self.bank.tells(reference)) for _ in range(2)]
        assert told[1] == "already_known", told

    def is_once(self, about: str) -> bool:
        orders = Customer(self.shop, about).orders
        payments = [payment for order in orders for payment in order.payments]
        return (
            [order.state for order in orders] == [OrderState.PAID]
            and [grant.order_number for grant in Customer(self.shop, about).grants] == [orders[0].number]
            and Counter(payment.state for payment in payments)[State.SUCCEEDED] == 1
            and sum(payment.received.minor for payment in payments) == orders[0].total.minor
            and self.told("order.paid", "payment.succeeded", "money.received", "entitlement.changed")
            == {"order.paid": 1, "payment.succeeded": 1, "money.received": 1, "entitlement.changed": 1}
        )


class Refunding(Sweep):
    path = "refund"

    def before(self) -> str:
        reference = begin(self.shop.payport, self.account)
        self.bank.buyer_pays(reference)
        deliver(self.shop.payport, self.shop.clock, self.bank.tells(reference))
        return reference

    def afterwards(self, about: str) -> None:
        """The operator sends the same forms again; a worker asks about what nobody knows."""
        for minor in REFUNDS:
            give_back(self.shop.payport, about, minor)
        for _ in range(2):
            self.shop.clock.forward(hours=2)  # no sender lives so long
            if not self.is_once(about):
                self.shop.payport.work(limit=5)

    def is_once(self, about: str) -> bool:
        (order,) = Customer(self.shop, self.account).orders
        done = {
            refund.reference: refund.amount.minor
            for refund in order.refunds
            if refund.state is RefundState.SUCCEEDED
        }
        ours = {refund.reference for refund in order.refunds}
        return (
            sorted(refund.amount.minor for refund in order.refunds) == list(REFUNDS)
            and {refund.state for refund in order.refunds} <= {RefundState.SUCCEEDED, RefundState.FAILED}
            and all(self.bank.sends[reference] <= 1 for reference in ours)
            and done == {each: self.bank.given_back[each] for each in ours & self.bank.given_back.keys()}
            and self.told("refund.succeeded")["refund.succeeded"] == len(done)
        )


class Expiry(Sweep):
    path = "expiry"

    def before(self) -> str:
        """With a code that may be used once: the next moment's order gets it if this one's gave it back."""
        order = self.shop.order(self.account, code="ONCE")
        self.shop.payport.pay(order.number, METHOD, buyer_ip="203.0.113.9")
        return self.shop.payport.order(order.number).payments[-1].merchant_reference

    def afterwards(self, about: str) -> None:
        self.shop.clock.forward(hours=1, minutes=1)
        self.shop.payport.work(limit=5)
        self.shop.clock.forward(hours=24)
        for _ in range(3):
            if not self.is_once(about):
                self.shop.payport.work(limit=5)
                self.shop.clock.forward(minutes=10)

    def is_once(self, about: str) -> bool:
        (order,) = Customer(self.shop, self.account).orders
        return (
            order.state is OrderState.EXPIRED
            and [payment.state for payment in order.payments] == [State.EXPIRED]
            and self.told("order.expired", "payment.expired") == {"order.expired": 1, "payment.expired": 1}
        )


class Telling(Sweep):
    """What became of an order, by web hook: that it was placed, then that it was paid."""

    path = "telling"
    receiver: ClassVar[Receiver]

    def before(self) -> str:
        reference = begin(self.shop.payport, self.account)
        self.bank.buyer_pays(reference)
        deliver(self.shop.payport, self.shop.clock, self.bank.tells(reference))
        return self.account

    def afterwards(self, about: str) -> None:
        """Another worker. What counts as told was told; one more may have been, whose teller died then."""
        known, heard = self._known_as_told(), self._heard()
        assert len(known) in {len(heard), len(heard) - 1}
        assert heard[: len(known)] == known
        self.shop.clock.forward(hours=1)  # no lease lasts so long, and all that a round does is due again
        self.shop.payport.work(limit=5)

    def is_once(self, about: str) -> bool:
        """In order, none left out, and at most one of them twice in a row: what its teller's death hid."""
        heard = self._heard()
        return (
            [name for name, _ in groupby(heard)] == self._known_as_told()
            and len(heard) <= len(KINDS) + 1
            and self.told(*KINDS) == dict.fromkeys(KINDS, 1)
            and len(self._known_as_told()) == len(KINDS)
            and not self._unsealed()
        )

    def _heard(self) -> list[str]:
        """Ids of events as they came."""
        bodies = [json.loads(got.body) for got in self.receiver.got]
        return [body["id"] for body in bodies if body["account"] == self.account]

    def _known_as_told(self) -> list[str]:
        events = [one for one in self.shop.payport.events(self.account) if one.deliveries]
        return [one.event.id for one in events if one.deliveries[0].state == "delivered"]

    def _unsealed(self) -> bool:
        with self.shop.payport.seller.database.reading() as connection:
            return has_unsealed(connection)


def walk(
    kind: type[Sweep], fresh_shop: Opener, bank: LedgerBank, dying: Killer, **configuration: str
) -> Iterator[str]:
    """Every moment of the path, by its name, once it was seen that nothing came of being killed there."""
    numbers = count(1)
    while True:
        with fresh_shop(**configuration) as shop:
            dying.open(shop.folder / "payport.toml", kind.path)
            for account in ("the-first", "the-second"):
                dying.walk(kind(shop, bank, account).before(), at=shop.clock())
                shop.clock.forward(days=2)
            for number in islice(numbers, A_DATABASE):
                sweep = kind(shop, bank, f"khach-{number}")
                about = sweep.before()

                moment = dying.die(about, at=shop.clock(), moment=number)

                check_invariants(shop.payport)
                sweep.afterwards(about)
                assert sweep.is_once(about), f"killed {moment} (moment {number})"
                if moment is None:
                    return
                yield moment


def test_DUR_01_a_success_happens_once(fresh_shop: Opener, bank: LedgerBank, dying: Killer) -> None:
    seen = Counter(walk(Success, fresh_shop, bank, dying))

    assert seen["after SEND /begin"] == 1
    assert seen["after INSERT INTO grants"] == 1
    assert seen["after COMMIT"] >= 4


def test_DUR_01_a_refund_happens_once(fresh_shop: Opener, bank: LedgerBank, dying: Killer) -> None:
    seen = Counter(walk(Refunding, fresh_shop, bank, dying))

    assert seen["after SEND /refund"] == 2
    assert seen["after SEND /refund/state"] == 1


def test_DUR_01_an_order_expires_once(fresh_shop: Opener, bank: LedgerBank, dying: Killer) -> None:
    seen = Counter(walk(Expiry, fresh_shop, bank, dying))

    assert seen["after SEND /state"] == 1
    assert seen["after UPDATE code_uses SET"] == 1


def test_DUR_01_what_is_told_by_web_hook_comes_in_order_and_is_never_lost(
    fresh_shop: Opener, bank: LedgerBank, dying: Killer
) -> None:
    with receiving() as Telling.receiver:
        accounts = accounts_text("bank_begin", endpoint=bank.url)
        hook = webhook(Telling.receiver.url, more=f"kinds = {json.dumps(KINDS)}")

        seen = Counter(walk(Telling, fresh_shop, bank, dying, accounts=accounts + hook))

    assert seen["after SEND /hook"] == len(KINDS)
    assert seen["after UPDATE deliveries SET"] == 5  # two are taken, kept, and one lets the other one come
    assert seen["after INSERT INTO journal_heads"] == 1
