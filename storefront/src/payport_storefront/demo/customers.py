"""The demo's businesses. Their account ids say which is which, so that nothing needs to be stored."""

from __future__ import annotations

import secrets
from typing import Final

from payport_storefront.settings import Customer

__all__ = ["FIRST", "DemoCustomers", "newcomer"]

FIRST: Final = Customer("binh-minh", "Công ty Bình Minh")
_COMPANIES: Final = {
    "an-tam": "Nhà thuốc An Tâm",
    "hoa-sua": "Tiệm bánh Hoa Sữa",
    "song-hong": "Vận tải Sông Hồng",
    "lang-gom": "Gốm Làng Xưa",
    "thanh-xuan": "Nội thất Thanh Xuân",
}


class DemoCustomers:
    """Nobody has to sign in: without a session one is the first business."""

    def signed_in(self, account: str | None) -> Customer | None:
        company = _COMPANIES.get(account.rpartition("-")[0]) if account else None
        return Customer(account, company) if account and company else FIRST


def newcomer() -> Customer:
    """A business that was never here before."""
    name = secrets.choice(list(_COMPANIES))
    return Customer(f"{name}-{secrets.token_hex(3)}", _COMPANIES[name])
