"""What both kinds of doors say to a browser, and to every cache on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["NEUTRAL_PAGE", "NO_STORE"]

NO_STORE: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
NEUTRAL_PAGE: Final = """<!doctype html>
<html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Payport</title>
<p>Chúng tôi chưa xác nhận được giao dịch nào ở đây. Hãy quay lại cửa hàng và mở đơn hàng của bạn.</p>
<p lang="en">Nothing could be confirmed here. Please go back to the shop and open your order.</p>
</html>
"""
