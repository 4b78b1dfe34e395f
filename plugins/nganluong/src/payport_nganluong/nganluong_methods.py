"""What a buyer may choose before NgânLượng's page: payment_method and bank_code, and the least of each.

Bank codes are NgânLượng's own, and not VietQR's short names. Of the 2024 table only banks that still go by
the name of that table are offered; which bank has which method, the server decides. Sheet: 4.4 and 4.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payport.plugin import Choice, Money, Names, vnd

__all__ = ["BANKS", "CHOICES", "LEAST", "WALLET", "Way", "way_of"]

WALLET: Final = "NL"  # the buyer logs in there, and chooses there

BANKS: Final[Mapping[str, str]] = {
    "VCB": "Vietcombank",
    "ICB": "VietinBank",  # VietQR: another code
    "BIDV": "BIDV",
    "AGB": "Agribank",  # VietQR: VBA
    "TCB": "Techcombank",
    "MB": "MB",
    "ACB": "ACB",
    "VPB": "VPBank",
    "TPB": "TPBank",
    "STB": "Sacombank",  # SCB in older tables
    "HDB": "HDBank",
    "VIB": "VIB",
    "SHB": "SHB",
    "MSB": "MSB",
    "EXB": "Eximbank",  # VietQR: EIB
    "OCB": "OCB",
    "SEA": "SeABank",  # SB in older tables
    "NAB": "Nam A Bank",
    "ABB": "ABBANK",
    "BAB": "Bac A Bank",
    "SCB": "SCB",  # Saigon Commercial Bank; once Sacombank
}
_CARDS: Final[Mapping[str, str]] = {"VISA": "Visa", "MASTER": "Mastercard", "JCB": "JCB"}
_INTERNET_BANKING: Final = ("VCB", "ICB", "BIDV", "TCB", "MB", "ACB", "VPB")
_TRANSFER: Final = ("VCB", "ICB", "BIDV", "TCB", "MB", "VPB")

LEAST: Final = vnd(2_000)
_LEAST_OF: Final[Mapping[tuple[str, str], Money]] = {("IB_ONLINE", "VCB"): vnd(10_000)} | {
    ("BANK_TRANSFER_ONLINE", bank): vnd(50_000) for bank in _TRANSFER
}


@dataclass(frozen=True, slots=True)
class Way:
    """What to send for a choice."""

    method: str
    bank: str = ""

    @property
    def least(self) -> Money:
        return _LEAST_OF.get((self.method, self.bank), LEAST)


def way_of(choice: str | None) -> Way:
    """No choice is the wallet: its page asks the buyer. A card type is a choice by itself."""
    if choice is not None and choice in _CARDS:
        return Way("VISA", choice)
    method, _, bank = (choice or WALLET).partition("-")
    return Way(method, bank)


def _of_banks(method: str, vi: str, en: str, banks: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(f"{method}-{bank}", Names(vi=f"{vi} {BANKS[bank]}", en=f"{BANKS[bank]} {en}"))
        for bank in banks
    )


CHOICES: Final[tuple[Choice, ...]] = (
    Choice(WALLET, Names(vi="Số dư ví NgânLượng", en="NgânLượng balance")),
    *(Choice(code, Names(vi=f"Thẻ {name}", en=f"{name} card")) for code, name in _CARDS.items()),
    *_of_banks("ATM_ONLINE", "Thẻ ATM", "domestic card", tuple(BANKS)),
    *_of_banks("IB_ONLINE", "Internet Banking", "internet banking", _INTERNET_BANKING),
    *_of_banks("BANK_TRANSFER_ONLINE", "Chuyển khoản", "bank transfer", _TRANSFER),
)
"""Every choice can be sent whole. QRCODE and QRCODE247 are left to NgânLượng's page."""
