"""A town with buyers of every kind, for lists and the search: built once, and only looked at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from payport import AsyncPayport, BuyerDetails, New, OrderView, vnd
from tests.support.shop import Shop
from tests.support.transfers import ACCOUNTS, Transfers, open_transfers

__all__ = ["FORMULA", "SCRIPT", "Town", "settle"]

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example")'


@dataclass(frozen=True)
class Town:
    """A paid order of Hà's, given back in part; one of Mallory's, paid twice, with a name that is a formula.

    Beside them a business on trial, a line of a statement that is nobody's, and a forged message.
    """

    desk: Transfers
    ha: OrderView
    mallory: OrderView

    @property
    def seller(self) -> AsyncPayport:
        payport = self.desk.shop.payport
        return AsyncPayport(payport.seller, payport.configuration)


def settle(folder: Path, migrated_sqlite: Path, *, more: str = "") -> Town:
    """`more`: tables of its payport.toml."""
    shutil.copy(migrated_sqlite, folder / "payport.sqlite")
    desk = open_transfers(folder, f"sqlite:///{folder / 'payport.sqlite'}", accounts=ACCOUNTS + more)
    shop = desk.shop
    buyer = BuyerDetails(
        name="Nguyễn Thu Hà", email="ha@antam.example", phone="0912345678", company="Nhà thuốc An Tâm"
    )
    ha = desk.told(_bought(shop, "an-tam", buyer))
    desk.confirm(ha)
    shop.payport.refund(
        desk.payment(ha).merchant_reference,
        vnd(100_000),
        key="1",
        actor="lan",
        reason="khách đổi ý",
        by_hand=True,
        gateway_reference="BACK-1",
    )
    shop.clock.forward(hours=12, minutes=30)  # 0:30 of the next day in Việt Nam
    mallory = _bought(shop, "mallory", BuyerDetails(name=FORMULA, email="m@evil.example", company=SCRIPT))
    payment = shop.pay(mallory)
    shop.ipn(payment)
    shop.ipn(payment, transaction="19999999")
    shop.payport.start_trial("song-hong")
    desk.read(desk.line("=SUM(A1) <img src=x onerror=alert(1)>", 99_000, reference="FT-99"))
    shop.deliver(b"vnp_TxnRef=%3Cscript%3Ealert(1)%3C/script%3E&vnp_SecureHash=" + b"a" * 128)
    return Town(desk, ha, mallory)


def _bought(shop: Shop, account: str, buyer: BuyerDetails) -> OrderView:
    return shop.payport.place(shop.payport.quote(account, New(package="standard", months=12)), buyer)
