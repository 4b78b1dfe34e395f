"""All gateways and the bank of the demo, simulated, by the demo's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Mount

from payport_simulators import bank, nganluong, onepay, vnpay
from payport_simulators.delivery import IpnCall
from payport_storefront.demo.configuration import (
    BANK_ACCOUNT,
    BANK_BIN,
    BANK_HOLDER,
    DOMESTIC_MERCHANT,
    INTERNATIONAL_MERCHANT,
    RECEIVER,
    TERMINAL,
    VNPAY,
    WALLET_MERCHANT,
    Keys,
)
from payport_storefront.demo.presets import Preset

__all__ = ["BANK_PATH", "Gateways", "Told"]

BANK_PATH: Final = "/gateways/bank"


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a gateway's server to the shop, and what was answered."""

    gateway: str
    call: IpnCall


class Gateways:
    """Args: url: where the demo is reached; `keys`: what each gateway shares with the shop."""

    def __init__(self, url: str, keys: Keys, clock: Callable[[], datetime]) -> None:
        first = _first_number(clock())
        self.vnpay = vnpay.Simulator(
            {TERMINAL: vnpay.Terminal(TERMINAL, keys.vnpay, ipn_url=f"{url}/pay/{VNPAY}/ipn")},
            clock=clock,
            first_number=first,
        )
        self.onepay = onepay.Simulator(
            {
                code: onepay.Merchant(
                    onepay.Product.UNIFIED, code, access, secret, user="demo-query", password=keys.query
                )
                for code, access, secret in (
                    (DOMESTIC_MERCHANT, "D0ND0001", keys.domestic),
                    (INTERNATIONAL_MERCHANT, "D0UN0001", keys.international),
                )
            },
            clock=clock,
            first_number=first,
        )
        self.nganluong = nganluong.Simulator(
            {WALLET_MERCHANT: nganluong.Merchant(WALLET_MERCHANT, keys.wallet, RECEIVER)},
            clock=clock,
            first_number=first,
        )
        account = bank.Account(BANK_ACCOUNT, BANK_BIN, "Vietcombank", BANK_HOLDER)
        self.bank = bank.Bank([account], clock=clock, first_number=first)

    def routes(self) -> list[BaseRoute]:
        return [
            Mount("/gateways/vnpay", vnpay.app(self.vnpay)),
            Mount("/gateways/onepay", onepay.app(self.onepay)),
            Mount("/gateways/nganluong", nganluong.app(self.nganluong)),
            Mount(BANK_PATH, bank.app(self.bank)),
        ]

    def behave(self, preset: Preset) -> None:
        """From now on, each gateway in its own way."""
        self.vnpay.set_faults(preset.vnpay)
        self.onepay.set_faults(preset.onepay)
        self.nganluong.set_faults(preset.nganluong)

    @property
    def told(self) -> tuple[Told, ...]:
        """Every message, the oldest first."""
        calls = [Told(name, call) for name, each in self._tellers() for call in each.ipn_calls]
        return tuple(sorted(calls, key=lambda told: told.call.at))

    @property
    def waiting(self) -> int:
        """How many messages are still to be sent."""
        return sum(len(each.ipn_waiting) for _, each in self._tellers())

    async def keep_delivering(self) -> None:
        """For ever. Cancel to end."""
        await asyncio.gather(*(each.keep_delivering() for _, each in self._tellers()))

    def pay(self, url: str) -> bool:
        """What a buyer does who was sent there; that page does not misbehave, whatever the others do.

        The gateway has told the shop before this returns. Returns: whether there was anything to pay.
        """
        address = urlsplit(url)
        gateway, query = address.path.removeprefix("/gateways/").partition("/")[0], address.query.encode()
        match gateway:
            case "vnpay":
                opened = self.vnpay.open(query)
                if isinstance(opened, vnpay.Transaction):
                    self.vnpay.set_faults(vnpay.Faults(), token=opened.token)
                    self.vnpay.settle(opened.token)
                    return True
            case "onepay":
                begun = self.onepay.open(onepay.Product.UNIFIED, query)
                if isinstance(begun, onepay.Payment):
                    self.onepay.set_faults(onepay.Faults(), token=begun.token)
                    self.onepay.settle(begun.token)
                    return True
            case "nganluong":
                order = self.nganluong.by_token(address.path.rpartition("/")[2])
                if order is not None:
                    self.nganluong.set_faults(nganluong.Faults(), token=order.token)
                    self.nganluong.settle(order.token)
                    return True
        return False

    def close(self) -> None:
        for _, each in self._tellers():
            each.close()

    def _tellers(self) -> tuple[tuple[str, vnpay.Simulator | onepay.Simulator | nganluong.Simulator], ...]:
        return ("VNPAY", self.vnpay), ("OnePay", self.onepay), ("NgânLượng", self.nganluong)


def _first_number(now: datetime) -> int:
    """No number of an earlier run: those grew by less than one in each tenth of a second."""
    return int(now.timestamp() * 10)
