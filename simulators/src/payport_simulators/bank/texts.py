"""Every word that the bank app says, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["problem_text", "texts"]

_Pair = tuple[str, str]

_TEXTS: Final[Mapping[str, _Pair]] = {
    "simulation": ("Mô phỏng", "Simulation"),
    "no_money": (
        "Trang này giả lập ứng dụng ngân hàng để thử nghiệm. Không có tiền thật.",
        "This page stands in for a bank's app, for testing. No real money moves.",
    ),
    "skip": ("Tới phần chuyển tiền", "Skip to the transfer"),
    "title": ("Ứng dụng ngân hàng mô phỏng", "Simulated bank app"),
    "scan": ("Quét mã VietQR", "Scan a VietQR code"),
    "scan_hint": (
        "Dán nội dung của mã QR vào đây, như ứng dụng đọc được từ máy ảnh.",
        "Paste the text of the QR code here, as an app reads it from the camera.",
    ),
    "qr_text": ("Nội dung mã QR", "Text of the QR code"),
    "read": ("Đọc mã", "Read the code"),
    "recent": ("Mã đã quét", "Scanned before"),
    "refused": ("Không thể chuyển tiền theo mã này", "This code cannot be paid"),
    "transfer": ("Chuyển tiền", "Transfer"),
    "bank": ("Ngân hàng nhận", "Receiving bank"),
    "account": ("Số tài khoản", "Account number"),
    "holder": ("Tên người nhận", "Account holder"),
    "amount": ("Số tiền", "Amount"),
    "amount_field": ("Số tiền (đồng)", "Amount (đồng)"),
    "amount_hint": ("Mã này không có số tiền.", "This code has no amount."),
    "memo": ("Nội dung chuyển tiền", "Text for the receiver"),
    "memo_hint": ("Bạn có thể sửa.", "You may change it."),
    "send": ("Chuyển tiền", "Send"),
    "wrong_amount": (
        "Số tiền phải là số nguyên đồng và trong hạn mức một lần chuyển.",
        "The amount must be whole đồng, within the limit of one transfer.",
    ),
    "panel": ("Bảng điều khiển mô phỏng", "Simulator controls"),
    "panel_hint": (
        "Không thuộc ứng dụng nào: cách ngân hàng ghi lần chuyển này vào sao kê.",
        "Not part of any app: how the bank writes this transfer down.",
    ),
    "faults": ("Biến đổi trên sao kê", "Changes on the statement"),
    "faults_hint": (
        "Có hiệu lực từ lần chuyển tiếp theo.",
        "They hold from the next transfer on.",
    ),
    "save_faults": ("Lưu công tắc", "Save switches"),
    "saved": ("Đã lưu các công tắc.", "The switches are saved."),
    "sent_title": ("Đã chuyển tiền", "The transfer is on its way"),
    "later": ("Sẽ được ghi có lúc", "It will be booked at"),
    "line": ("Mã giao dịch", "Transaction"),
    "time": ("Thời gian", "Time"),
    "text": ("Nội dung trên sao kê", "Text on the statement"),
    "statement": ("Sao kê", "Statement"),
    "again": ("Quét mã khác", "Scan another code"),
    "language": ("English", "Tiếng Việt"),
    "unknown_title": ("Không tìm thấy giao dịch", "No such transfer"),
}
_PROBLEMS: Final[Mapping[str, _Pair]] = {
    "unknown_account": (
        "Không tìm thấy tài khoản này ở ngân hàng đó.",
        "There is no such account at that bank.",
    ),
    "crc_missing": ("Mã QR không đầy đủ.", "The QR code is not complete."),
    "crc_mismatch": ("Mã QR bị đọc sai.", "The QR code was not read rightly."),
    "amount": ("Số tiền trong mã không hợp lệ.", "The amount in the code is not valid."),
}
_OTHER: Final[_Pair] = ("Đây không phải mã chuyển tiền VietQR.", "This is no VietQR code for a transfer.")


def texts(lang: str) -> dict[str, str]:
    """Every word of the pages in one language, by its name."""
    return {name: pair[lang == "en"] for name, pair in _TEXTS.items()}


def problem_text(problem: str, lang: str) -> str:
    """Why a QR text is refused, in words for a payer."""
    return _PROBLEMS.get(problem, _OTHER)[lang == "en"]
