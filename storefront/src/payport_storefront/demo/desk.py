"""The seller's desk in the demo: the bank's statement, the cash box, money given back. As an operator would.

Its pages are plain: an operator's own come with the back office.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from payport import Instructions, OrderView, Refund, Refundable, RequestRefused, Statement
from payport_storefront.demo.configuration import BANK_ACCOUNT, ORDER_ONLY
from payport_storefront.demo.gateways import BANK_PATH, Gateways
from payport_storefront.site import Site
from payport_web.languages import msg

__all__ = ["FATES", "REFUND_STATES", "CannotDo", "Desk", "Matter"]

FATES: Final[Mapping[str, str]] = {
    "matched": msg("counted for its order"),
    "unmatched": msg("names no order that waits for it"),
    "wrong_amount": msg("another amount than is due"),
    "already_used": msg("counted before"),
    "ambiguous": msg("can be read in two ways"),
}
REFUND_STATES: Final[Mapping[str, str]] = {
    "requested": msg("is being sent"),
    "submitted": msg("the gateway has taken it on, and has not finished it"),
    "unknown": msg("the gateway has not said yet what became of it"),
    "succeeded": msg("it went back"),
    "failed": msg("it did not go back"),
}
_CASHIER: Final = "demo cashier"
_MANAGER: Final = "demo manager"
_BACK_OFFICE: Final = "demo back office"
_NOTHING_DUE: Final = msg("No order of this customer waits for a transfer or for cash.")
_NOTHING_TO_GIVE: Final = msg("There is no money of this customer's last order to give back.")


class CannotDo(Exception):
    """What was asked for was refused; the words are for whoever asked, in English as operators read them."""


@dataclass(frozen=True, slots=True)
class Matter:
    """An order as it lies on the desk.

    Args:
        waits: for a transfer or for cash; `bank_app`: where its QR code can be paid.
        refunds: what was given back; `may_give_back`: whether anything is left.
    """

    order: OrderView
    waits: bool
    bank_app: str | None
    refunds: tuple[Refund, ...]
    may_give_back: bool


class Desk:
    """What an operator does with Payport's verbs, with names that stand in the order's history."""

    def __init__(self, site: Site, gateways: Gateways) -> None:
        self._site, self._gateways = site, gateways
        self.statement: Statement | None = None

    async def matter(self, order: OrderView | None, language: str) -> Matter | None:
        """All that the panel shows of it."""
        if order is None:
            return None
        told = await self._site.told(order)
        payload = told.checkout.qr_payload if told and isinstance(told.checkout, Instructions) else None
        app = urlencode({"qr": payload, "lang": language}) if payload else None
        return Matter(
            order,
            told is not None,
            f"{BANK_PATH}/bank/app?{app}" if app else None,
            (await self._site.shop.refunds(order.number)).rows,
            await self._refundable(order) is not None,
        )

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
        if order is None or await self._site.told(order) is None:
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
        """All that is left of the order's last paid payment: through its gateway, or else by hand.

        Raises: CannotDo.
        """
        may = None if order is None else await self._refundable(order)
        if may is None:
            raise CannotDo(_NOTHING_TO_GIVE)
        try:
            await self._site.shop.refund(
                may.merchant_reference,
                key=secrets.token_hex(8),
                actor=_BACK_OFFICE,
                reason="the demo gives it back",
                by_hand=not may.by_gateway,
                gateway_reference=None if may.by_gateway else f"BACK-{secrets.token_hex(4)}",
                seen_left=may.left,
            )
        except RequestRefused as refusal:
            raise CannotDo(str(refusal)) from None

    async def _refundable(self, order: OrderView) -> Refundable | None:
        """The last payment of which anything can be given back."""
        for payment in reversed(order.payments):
            may = await self._site.shop.refundable(payment.merchant_reference)
            if may.left.minor:
                return may
        return None
