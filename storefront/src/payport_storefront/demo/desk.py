"""The seller's desk in the demo: the bank's statement, the cash box, money given back. As an operator would.

Its pages are plain: an operator's own come with the back office.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from payport import Instructions, OrderView, RequestRefused, Statement
from payport_storefront.demo.configuration import BANK_ACCOUNT, ORDER_ONLY
from payport_storefront.demo.gateways import BANK_PATH, Gateways
from payport_storefront.i18n import msg
from payport_storefront.site import Site

__all__ = ["CannotDo", "Desk", "Waiting"]

_CASHIER: Final = "demo cashier"
_MANAGER: Final = "demo manager"
_BACK_OFFICE: Final = "demo back office"
_NOTHING_DUE: Final = msg("No order of this customer waits for a transfer or for cash.")
_NOTHING_TO_GIVE: Final = msg("There is no money of this customer's last order to give back.")


class CannotDo(Exception):
    """What was asked for was refused; the words are for whoever asked, in English as operators read them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for a transfer or for cash, and where its QR code can be paid."""

    order: OrderView
    bank_app: str | None


class Desk:
    """What an operator does with Payport's verbs, with names that stand in the order's history."""

    def __init__(self, site: Site, gateways: Gateways) -> None:
        self._site, self._gateways = site, gateways
        self.statement: Statement | None = None

    async def waiting(self, order: OrderView | None) -> Waiting | None:
        """The order, if its buyer was told how to pay and has not paid all of it."""
        told = None if order is None else await self._site.told(order)
        if order is None or told is None:
            return None
        payload = told.checkout.qr_payload if isinstance(told.checkout, Instructions) else None
        app = f"{BANK_PATH}/bank/app?{urlencode({'qr': payload})}" if payload else None
        return Waiting(order, app)

    async def read_statement(self, *, for_real: bool) -> None:
        """The bank's export of all that was booked by now. Raises: CannotDo."""
        content = self._gateways.bank.statement_csv(BANK_ACCOUNT).encode()
        try:
            self.statement = await self._site.shop.import_statement(
                content, gateway_account=ORDER_ONLY, actor=_BACK_OFFICE, dry_run=not for_real
            )
        except RequestRefused as refusal:
            raise CannotDo(str(refusal)) from None

    async def take_cash(self, order: OrderView | None) -> None:
        """All that is still due, with the number of a receipt; the manager looks too where policy asks for a
        second person. Raises: CannotDo."""
        if order is None or await self.waiting(order) is None:
            raise CannotDo(_NOTHING_DUE)
        due, receipt = order.total - order.received, f"CASH-{secrets.token_hex(4)}"
        today = self._gateways.bank.clock().date()
        try:
            for actor in (_CASHIER, _MANAGER):
                seen = await self._site.shop.confirm(
                    order.number, due, actor=actor, booked_on=today, bank_reference=receipt
                )
                if seen.state != "waiting":
                    break
        except RequestRefused as refusal:
            raise CannotDo(str(refusal)) from None

    async def give_back(self, order: OrderView | None) -> None:
        """All that is left of the order's last payment: through its gateway, or else by hand."""
        paid = [] if order is None else [payment for payment in order.payments if payment.received.minor]
        if not paid:
            raise CannotDo(_NOTHING_TO_GIVE)
        shop, reference = self._site.shop, paid[-1].merchant_reference
        may = await shop.refundable(reference)
        try:
            await shop.refund(
                reference,
                key=secrets.token_hex(8),
                actor=_BACK_OFFICE,
                reason="the demo gives it back",
                by_hand=not may.by_gateway,
                gateway_reference=None if may.by_gateway else f"BACK-{secrets.token_hex(4)}",
            )
        except RequestRefused as refusal:
            raise CannotDo(str(refusal)) from None
