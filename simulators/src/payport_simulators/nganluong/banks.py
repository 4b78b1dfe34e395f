"""Ways to pay and banks by the gateway's own names (sheet 4.4, 4.5); they are not those of VietQR."""

from __future__ import annotations

from typing import Final

__all__ = ["BANKS", "CARDS", "CHOICES", "METHODS", "WALLETS", "is_bank"]

WALLETS: Final = ("NL", "WALLET")
CHOICES: Final = ("NL", "ATM_ONLINE", "VISA", "IB_ONLINE")  # what the buyer of a wallet payment may choose
METHODS: Final = (
    *WALLETS, "VISA", "ATM_ONLINE", "IB_ONLINE", "QRCODE", "QRCODE247", "BANK_TRANSFER_ONLINE",
    "CREDIT_CARD_PREPAID", "ATM_OFFLINE", "NH_OFFLINE", "TTVP", "CASH_IN_SHOP",
)  # fmt: skip
CARDS: Final = ("VISA", "MASTER", "JCB")
BANKS: Final = (
    "VCB", "DAB", "TCB", "MB", "VIB", "ICB", "EXB", "ACB", "HDB", "MSB", "NVB", "VAB", "VPB", "STB", "BAB",
    "GPB", "AGB", "BIDV", "OJB", "PGB", "SHB", "TPB", "NAB", "SGB", "ABB", "SCB", "IVB", "OCB", "SEA", "LVB",
    "WRB", "PVCOMBANK", "CFC", "VCCB", "UOB", "BVB", "SHNB", "KLB", "PBVN", "VRB", "ZALOPAY", "MOMO",
    "VIETTELPAY", "VINID",
)  # fmt: skip


def is_bank(method: str, bank: str) -> bool:
    """Whether the bank, or card scheme, is one that the way to pay knows."""
    return bank in (CARDS if method == "VISA" else BANKS)
