"""The three pages behind one protocol, and what each response code says on them (sheet 1, 2, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["CODES", "PAY_PATHS", "QUERY_PATHS", "REFUND_PATH", "UNDECIDED", "Product", "message"]

_Names = tuple[str, str]  # vi, en


class Product(StrEnum):
    """Which page a merchant's account is for."""

    DOMESTIC = "domestic"
    INTERNATIONAL = "international"
    UNIFIED = "unified"


PAY_PATHS: Final[Mapping[Product, str]] = {
    Product.DOMESTIC: "/onecomm-pay/vpc.op",
    Product.INTERNATIONAL: "/vpcpay/vpcpay.op",
    Product.UNIFIED: "/paygate/vpcpay.op",
}
QUERY_PATHS: Final[Mapping[Product, str]] = {
    Product.DOMESTIC: "/onecomm-pay/Vpcdps.op",
    Product.INTERNATIONAL: "/vpcpay/Vpcdps.op",
    Product.UNIFIED: "/msp/api/v1/vpc/invoices/queries",
}
REFUND_PATH: Final = "/msp/api/v1/vpc/refunds"

UNDECIDED: Final = frozenset({"98", "99", "253"})  # ended before any card was asked for money

_APPROVED: Final[_Names] = ("Thành công", "Approved")
_COMMON: Final[Mapping[str, _Names]] = {
    "99": ("Người mua huỷ", "Canceled"),
    "253": ("Hết thời gian thanh toán", "Session expired"),
    "100": ("Đang xử lý hoặc chưa thanh toán", "Transaction is in progress"),
    "300": ("Đang chờ", "Pending"),
}
_CARD_DATA: Final[Mapping[str, _Names]] = {
    "9": ("Sai tên chủ thẻ", "Card holder name is wrong"),
    "10": ("Thẻ hết hạn hoặc bị khoá", "Card expired or locked"),
    "11": ("Thẻ chưa đăng ký thanh toán trực tuyến", "Card not registered for online payment"),
    "12": ("Sai ngày phát hành hoặc hết hạn", "Issue or expiry date is wrong"),
    "13": ("Vượt hạn mức", "Over the limit"),
    "21": ("Không đủ số dư", "Insufficient funds"),
    "22": ("Sai thông tin tài khoản", "Account is wrong"),
    "23": ("Tài khoản bị khoá", "Account is locked"),
    "24": ("Sai thông tin thẻ", "Card data is wrong"),
    "25": ("Sai mã OTP", "OTP is wrong"),
}
_AUTHENTICATION: Final[Mapping[str, _Names]] = {
    "B": ("Xác thực 3-D Secure không thành công", "Authentication failed"),
    "E": ("Sai mã CSC", "CSC is wrong"),
    "F": ("3-D Secure thất bại", "3-D Secure failed"),
    "U": ("Không kiểm tra được CSC", "CSC failed"),
    "Z": ("Bị chặn do nghi ngờ gian lận", "Blocked by fraud rules"),
    "D": ("Hoãn, đang chờ xử lý", "Deferred, awaiting processing"),
    "?": ("Không rõ trạng thái", "Unknown"),
}

CODES: Final[Mapping[Product, Mapping[str, _Names]]] = {
    Product.DOMESTIC: {
        "0": _APPROVED,
        "1": ("Ngân hàng từ chối", "Bank declined"),
        "3": ("Không có đơn vị bán này", "No such merchant"),
        "4": ("Sai mã truy cập", "Invalid access code"),
        "5": ("Số tiền không hợp lệ", "Invalid amount"),
        "6": ("Mã tiền tệ không tồn tại", "Invalid currency code"),
        "7": ("Lỗi không xác định", "Unspecified Failure"),
        "8": ("Sai số thẻ", "Card number is wrong"),
        **_CARD_DATA,
        **_COMMON,
    },
    Product.INTERNATIONAL: {
        "0": _APPROVED,
        "1": ("Ngân hàng phát hành từ chối", "Issuer declined"),
        "2": ("Ngân hàng từ chối: số dư hoặc chưa đăng ký", "Issuer declined, funds or not registered"),
        "3": ("Ngân hàng phát hành không trả lời", "No reply from issuer"),
        "4": ("Thẻ hết hạn", "Card expired"),
        "5": ("Không đủ số dư", "Insufficient funds"),
        "6": ("Lỗi liên lạc với ngân hàng", "Error talking to issuer"),
        "7": ("Lỗi xử lý", "Processing error"),
        "8": ("Thẻ không thanh toán qua internet", "No internet payments"),
        "9": ("Ngân hàng phát hành từ chối giao dịch", "Issuer declined the transaction"),
        **_AUTHENTICATION,
        "A": ("Giao dịch bị dừng", "Aborted"),
        "C": ("Giao dịch bị huỷ", "Cancelled"),
        "I": ("Kiểm tra CSC thất bại", "CSC verification failed"),
        "N": ("Chủ thẻ chưa đăng ký xác thực", "Not enrolled"),
        "R": ("Quá số lần thử lại", "Retry limit reached"),
        "T": ("Kiểm tra địa chỉ thất bại", "Address verification failed"),
        "V": ("Kiểm tra địa chỉ và CSC thất bại", "Address and CSC failed"),
        "P": ("Đang được xử lý", "Being processed"),
        "L": ("Giao dịch bị khoá", "Locked"),
        "S": ("Trùng phiên giao dịch", "Duplicate session"),
        **_COMMON,
    },
    Product.UNIFIED: {
        "0": _APPROVED,
        "1": ("Ngân hàng phát hành từ chối cấp phép", "Issuer declined to authorise"),
        "2": ("Ngân hàng phát hành từ chối", "Issuer declined"),
        "3": ("Ngân hàng phát hành không trả lời", "No reply from issuer"),
        "4": ("Sai ngày hết hạn hoặc thẻ hết hạn", "Expiry wrong or card expired"),
        "5": ("Không đủ số dư hoặc hạn mức", "Insufficient funds or limit"),
        "6": ("Lỗi liên lạc với ngân hàng", "Error talking to bank"),
        "7": ("Lỗi hệ thống", "System error"),
        "8": ("Thẻ không thanh toán trực tuyến", "No online payments"),
        **_CARD_DATA,
        "14": ("Sai số thẻ", "Card number is wrong"),
        "26": ("Mã OTP hết hạn", "OTP expired"),
        "98": ("Huỷ xác thực", "Authentication cancelled"),
        **_AUTHENTICATION,
        **_COMMON,
    },
}


def message(product: Product, code: str) -> str:
    """vpc_Message of a result; a code that is not in the table has one all the same."""
    return CODES[product].get(code, ("", "Transaction was not successful"))[1]
