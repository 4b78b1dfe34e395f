"""What a process does until it is killed: the ways of money, through the verbs that a host calls.

Each takes the seller, a clock that it moves, and what it is about: a buyer account, or a merchant reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.request import urlopen

from sqlalchemy import select

from payport import Payport
from payport.rules.money import vnd
from payport.rules.purchase import New
from payport.rules.refund import Refund
from payport.signing.received import Callback, Channel
from payport.storage import tables as t
from tests.support.shop import BUYER, Clock

__all__ = ["ACCOUNT", "APPROVER", "METHOD", "PATHS", "REFUNDS", "begin", "deliver", "give_back"]

ACCOUNT: Final = "bank-main"
METHOD: Final = "bank"
APPROVER: Final = "minh"
REFUNDS: Final = (100_000, 200_000)
"""The second one's answer is lost, see `LOST_ANSWER`."""


def begin(shop: Payport, account: str) -> str:
    """The buyer buys and goes to pay, or goes on where the order is placed already: the reference."""
    with shop.seller.database.reading() as connection:
        waiting = (t.orders.c.account == account) & (t.orders.c.state == "placed")
        number = connection.execute(select(t.orders.c.number).where(waiting)).scalar()
    if number is None:
        number = shop.place(shop.quote(account, New(package="standard", months=12)), BUYER).number
    shop.pay(number, METHOD, buyer_ip="203.0.113.9")
    return shop.order(number).payments[-1].merchant_reference


def deliver(shop: Payport, clock: Clock, query: bytes) -> str:
    """What the IPN door decided."""
    callback = Callback("GET", query, (), b"", clock(), account=ACCOUNT, channel=Channel.IPN)
    return str(shop.receive(callback).decision)


def give_back(shop: Payport, reference: str, minor: int) -> Refund:
    """By a form of its own, however often that is sent."""
    return shop.refund(
        reference, vnd(minor), actor="lan", reason="the buyer asked for it", key=f"{reference} {minor}"
    )


def _success(shop: Payport, clock: Clock, account: str) -> None:
    """From the price list to the grant: the bank is asked for a page, the buyer pays, the bank tells us."""
    reference = begin(shop, account)
    endpoint = getattr(shop.seller.accounts[ACCOUNT].settings, "endpoint", None)
    with urlopen(f"{endpoint}buyer?order_ref={reference}") as told:
        deliver(shop, clock, told.read())


def _refund(shop: Payport, clock: Clock, reference: str) -> None:
    """One is answered, the other one is not: a worker asks what became of it."""
    for minor in REFUNDS:
        give_back(shop, reference, minor)
    clock.forward(minutes=2)
    shop.work(limit=5)


def _approval(shop: Payport, _clock: Clock, proposal: str) -> None:
    """Somebody proposed a refund; it is done, then sent."""
    shop.approve(proposal, actor=APPROVER)


def _expiry(shop: Payport, clock: Clock, _reference: str) -> None:
    """Nobody pays: the bank says so once its window is closed, then the order's time is over."""
    clock.forward(hours=1, minutes=1)
    shop.work(limit=5)
    clock.forward(hours=24)
    shop.work(limit=5)


def _telling(shop: Payport, clock: Clock, _account: str) -> None:
    """A worker's round: what is due is told by web hook, one after the other, then the journal is sealed."""
    clock.forward(minutes=1)
    shop.work(limit=5)


PATHS: Final[Mapping[str, Callable[[Payport, Clock, str], None]]] = {
    "success": _success,
    "refund": _refund,
    "approval": _approval,
    "expiry": _expiry,
    "telling": _telling,
}
