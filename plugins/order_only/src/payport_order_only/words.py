"""How a payer reads an amount, a time and what to mind: Vietnamese and English, clocks of GMT+7."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from payport.plugin import Money, Names, Row

__all__ = ["EXACTLY", "money", "no_code", "same", "until"]

_GMT_7: Final = timezone(timedelta(hours=7))

EXACTLY: Final = Row(
    Names("Lưu ý", "Please note"),
    Names(
        vi="Ghi đúng nội dung chuyển khoản, không thêm bớt: nhờ đó tiền của bạn tìm đến đúng đơn hàng.",
        en="Write the transfer memo exactly, and nothing else: it is how your money finds this order.",
    ),
)


def no_code(most: Money) -> Row:
    shown = money(most)
    return Row(
        Names("Mã VietQR", "VietQR code"),
        Names(
            vi=f"Không có mã cho số tiền trên {shown.vi}: ứng dụng ngân hàng không chuyển quá mức đó trong"
            " một lần. Hãy chuyển tại quầy ngân hàng, hoặc chia nhiều lần, mỗi lần ghi đúng nội dung này.",
            en=f"None above {shown.en}: bank apps send no more in one transfer. Transfer it at your bank's"
            " counter, or in several parts, each with this memo.",
        ),
    )


def money(amount: Money) -> Names:
    grouped = f"{amount.minor:,}"
    return Names(vi=f"{grouped.replace(',', '.')} ₫", en=f"₫{grouped}")


def until(instant: datetime) -> Names:
    return same(f"{instant.astimezone(_GMT_7):%d/%m/%Y %H:%M} (GMT+7)")


def same(text: str) -> Names:
    return Names(text, text)
