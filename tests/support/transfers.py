"""A shop that is paid by transfer and in cash too: the order-only plugin, people, and a bank's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from payport.gateways.types import Instructions
from payport.rules.confirmation import Confirmation
from payport.rules.money import vnd
from payport.rules.payment import Payment
from payport.service.statements import JudgedLine, Statement
from payport.service.viewing import OrderView
from tests.support.bank_lines import ACCOUNT_NUMBER, TOTAL, a_line, csv_of
from tests.support.catalogs import catalog_text
from tests.support.shop import Clock, Shop, open_shop

__all__ = ["ACCOUNT", "ACCOUNTS", "FOUR_EYES_ABOVE", "Transfers", "open_transfers"]

ACCOUNT: Final = "order-only"
FOUR_EYES_ABOVE: Final = 2_000_000
ACCOUNTS: Final = f"""
[[accounts]]
name = "{ACCOUNT}"
plugin = "order_only"
environment = "sandbox"
settings = {{ bank_bin = "970436", account_number = "{ACCOUNT_NUMBER}", account_holder = "CONG TY SAO VIET" }}

[accounts.statement]
reference = "Mã giao dịch"
time = "Thời gian"
time_format = "%d/%m/%Y %H:%M:%S"
account = "Số tài khoản"
amount = "Ghi có"
text = "Nội dung"

[[methods]]
id = "order_only"
accounts = ["{ACCOUNT}"]
"""
_GMT_7: Final = timezone(timedelta(hours=7))


@dataclass
class Transfers:
    """Orders that are paid by hand, and the hands."""

    shop: Shop

    @property
    def clock(self) -> Clock:
        return self.shop.clock

    def order(self, account: str = "binh-minh", **purchase: Any) -> OrderView:
        """Placed, and the buyer was told how to pay."""
        return self.told(self.shop.order(account, **purchase))

    def told(self, order: OrderView) -> OrderView:
        checkout = self.shop.payport.pay(order.number, "order_only", buyer_ip="203.0.113.9")
        assert isinstance(checkout, Instructions)
        return self.now(order)

    def now(self, order: OrderView) -> OrderView:
        return self.shop.payport.order(order.number)

    def payment(self, order: OrderView) -> Payment:
        (found,) = [one for one in self.now(order).payments if one.gateway_account == ACCOUNT]
        return found

    def confirm(
        self,
        order: OrderView,
        minor: int = TOTAL,
        *,
        by: str = "lan",
        reference: str = "FT26328000001",
        on: date | None = None,
        **said: Any,
    ) -> Confirmation:
        day = on or self.clock.now.astimezone(_GMT_7).date()
        return self.shop.payport.confirm(
            order.number, vnd(minor), actor=by, booked_on=day, bank_reference=reference, **said
        )

    def grants(self, order: OrderView) -> int:
        return self.shop.payport.entitlement(order.account).version

    def line(self, order: OrderView | str, minor: int = TOTAL, **said: Any) -> Mapping[str, str]:
        """A line of the bank's, a minute ago, with a memo as banks write them."""
        number = order if isinstance(order, str) else order.number
        said.setdefault("at", self.clock.now)
        return a_line(f"MBVCB.123. {number} chuyen tien", minor, **said)

    def read(self, *lines: Mapping[str, str], dry_run: bool = False, by: str = "ke toan") -> Statement:
        return self.shop.payport.import_statement(
            csv_of(lines), gateway_account=ACCOUNT, actor=by, dry_run=dry_run
        )

    def read_one(self, line: Mapping[str, str], **how: Any) -> JudgedLine:
        (judged,) = self.read(line, **how).lines
        return judged


def open_transfers(
    folder: Path,
    database_url: str,
    *,
    policies: str = "",
    changes: Sequence[tuple[str, str]] = (),
    accounts: str = ACCOUNTS,
) -> Transfers:
    """A shop in which more than FOUR_EYES_ABOVE needs two people, unless `policies` say otherwise."""
    wanted = policies if "four_eyes" in policies else f"four_eyes_above = {FOUR_EYES_ABOVE}\n{policies}"
    catalog = catalog_text(*changes, policies=wanted)
    return Transfers(open_shop(folder, database_url, accounts=accounts, catalog=catalog))
