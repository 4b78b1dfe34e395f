"""What vpc_TxnResponseCode means on each of OnePay's pages, for the machine and for people.

Codes are text, compared exactly: `0` alone is a success. The same code means one thing on the domestic page
and another on the international one. A code that is not listed is unknown: asked about, never a no.
Sheet: onepay.md, 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payport.plugin import Names, Outcome

__all__ = ["DOMESTIC", "INTERNATIONAL", "UNIFIED", "Code", "Codes", "explain", "outcome_of"]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code table: what it means, and how to say it."""

    outcome: Outcome
    text: Names


Codes = Mapping[str, Code]


def outcome_of(codes: Codes, code: str) -> Outcome:
    """What a code of this page means; unknown where the table does not list it."""
    return codes[code].outcome if code in codes else Outcome.UNKNOWN


def explain(codes: Codes, gateway_code: str) -> Names:
    """In words, a `gateway_code` of a report: `24` of a callback, `queryDR 24` of an answer."""
    found = codes.get(gateway_code.rpartition(" ")[2])
    return found.text if found is not None else Names(vi="Chưa rõ kết quả", en="The result is not known yet")


def _declined(vi: str, en: str) -> Code:
    return Code(Outcome.DECLINED, Names(vi=vi, en=en))


def _unknown(vi: str, en: str) -> Code:
    return Code(Outcome.UNKNOWN, Names(vi=vi, en=en))


def _pending(vi: str, en: str) -> Code:
    return Code(Outcome.PENDING, Names(vi=vi, en=en))


_APPROVED: Final = Code(Outcome.DONE, Names(vi="Giao dịch thành công", en="Approved"))
_BANK_DECLINED: Final = _declined("Ngân hàng từ chối giao dịch", "Declined by the bank")
_ISSUER_DECLINED: Final = _declined("Ngân hàng phát hành từ chối", "Declined by the card's issuer")
_NO_REPLY: Final = _unknown("Ngân hàng phát hành không trả lời", "No reply from the card's issuer")
_NO_LINE: Final = _unknown("Lỗi kết nối với ngân hàng", "Error while talking to the bank")
_FAILURE: Final = _unknown("Lỗi không xác định", "A failure without a reason")
_SYSTEM: Final = _unknown("Lỗi hệ thống hoặc dữ liệu", "A failure of the system, or of the form")
_EXPIRED_CARD: Final = _declined("Thẻ hết hạn", "The card has expired")
_EXPIRY_OR_LOCKED: Final = _declined("Thẻ hết hạn hoặc bị khóa", "The card has expired, or is locked")
_NO_FUNDS: Final = _declined("Tài khoản không đủ số dư", "Not enough money")
_FUNDS_OR_LIMIT: Final = _declined("Không đủ số dư hoặc vượt hạn mức", "Not enough money, or over the limit")
_NOT_ONLINE: Final = _declined("Thẻ không hỗ trợ thanh toán trực tuyến", "The card takes no online payments")
_NOT_REGISTERED: Final = _declined("Chưa đăng ký thanh toán trực tuyến", "Not registered for online payments")
_CARD_NUMBER: Final = _declined("Sai số thẻ", "The card number is wrong")
_HOLDER: Final = _declined("Sai tên chủ thẻ", "The holder's name is wrong")
_CARD_DATE: Final = _declined("Sai ngày phát hành hoặc ngày hết hạn", "The issue or expiry date is wrong")
_OVER_LIMIT: Final = _declined("Vượt hạn mức thanh toán", "Over the limit")
_ACCOUNT: Final = _declined("Sai thông tin tài khoản", "The account is wrong")
_LOCKED: Final = _declined("Tài khoản bị khóa", "The account is locked")
_CARD_DATA: Final = _declined("Sai thông tin thẻ", "The card data are wrong")
_OTP: Final = _declined("Sai mã OTP", "Wrong OTP")
_OTP_EXPIRED: Final = _declined("Mã OTP hết hạn", "The OTP has expired")
_CANCELLED: Final = _declined("Khách hàng hủy giao dịch", "Cancelled by the buyer")
_TIMED_OUT: Final = _declined("Đã hết thời gian thanh toán", "The time to pay ran out")
_IN_PROGRESS: Final = _pending("Đang thực hiện hoặc chưa thanh toán", "In progress, or not paid yet")
_WAITING: Final = _pending("Đang chờ xử lý", "Waiting")
_SECURE: Final = _declined("Xác thực 3-D Secure không thành công", "3-D Secure did not succeed")
_CSC: Final = _declined("Sai mã CSC", "The card's security code is wrong")
_FRAUD: Final = _declined("Bị chặn bởi quy tắc chống gian lận", "Blocked by the rules against fraud")
_DEFERRED: Final = _unknown(
    "Chờ xử lý hoặc xác thực không thành công", "Deferred in old texts, refused in newer ones"
)

DOMESTIC: Final[Codes] = {  # the legacy page /onecomm-pay
    "0": _APPROVED,
    "1": _BANK_DECLINED,
    "3": _declined("Không có đơn vị chấp nhận thẻ này", "No such merchant: our configuration"),
    "4": _declined("Sai mã truy cập", "The access code is wrong: our configuration"),
    "5": _declined("Số tiền không hợp lệ", "The amount is not valid: our configuration"),
    "6": _declined("Mã tiền tệ không tồn tại", "The currency is not known: our configuration"),
    "7": _FAILURE,
    "8": _CARD_NUMBER,
    "9": _HOLDER,
    "10": _EXPIRY_OR_LOCKED,
    "11": _NOT_REGISTERED,
    "12": _CARD_DATE,
    "13": _OVER_LIMIT,
    "21": _NO_FUNDS,
    "22": _ACCOUNT,
    "23": _LOCKED,
    "24": _CARD_DATA,
    "25": _OTP,
    "99": _CANCELLED,
    "253": _TIMED_OUT,
    "100": _IN_PROGRESS,
    "300": _WAITING,
}

INTERNATIONAL: Final[Codes] = {  # the legacy page /vpcpay
    "0": _APPROVED,
    "1": _ISSUER_DECLINED,
    "2": _declined("Không đủ số dư hoặc chưa đăng ký", "Not enough money, or not registered"),
    "3": _NO_REPLY,
    "4": _EXPIRED_CARD,
    "5": _NO_FUNDS,
    "6": _NO_LINE,
    "7": _unknown("Lỗi trong quá trình xử lý", "An error while it was processed"),
    "8": _NOT_ONLINE,
    "9": _ISSUER_DECLINED,
    "99": _CANCELLED,
    "253": _TIMED_OUT,
    "100": _IN_PROGRESS,
    "300": _WAITING,
    "A": _declined("Giao dịch bị hủy bỏ", "Aborted"),
    "B": _declined(
        "Xác thực 3-D Secure không thành công, bị chặn", "Not authenticated, or blocked as a risk"
    ),
    "C": _CANCELLED,
    "D": _DEFERRED,
    "E": _CSC,
    "F": _SECURE,
    "I": _CSC,
    "L": _unknown("Giao dịch đang bị khóa", "Locked"),
    "N": _declined("Thẻ chưa đăng ký xác thực", "Not enrolled for authentication"),
    "P": _pending("Đang xử lý", "Being processed"),
    "R": _declined("Quá số lần thử", "Tried too often"),
    "S": _unknown("Trùng phiên giao dịch", "The session came twice"),
    "T": _declined("Xác minh địa chỉ không thành công", "The address was not verified"),
    "U": _CSC,
    "V": _declined("Xác minh địa chỉ và CSC không thành công", "Neither address nor code was verified"),
    "Z": _FRAUD,
    "?": _FAILURE,
}

UNIFIED: Final[Codes] = {  # /paygate, and refunds
    "0": _APPROVED,
    "1": _ISSUER_DECLINED,
    "2": _ISSUER_DECLINED,
    "3": _NO_REPLY,
    "4": _EXPIRED_CARD,
    "5": _FUNDS_OR_LIMIT,
    "6": _NO_LINE,
    "7": _SYSTEM,
    "8": _NOT_ONLINE,
    "9": _HOLDER,
    "10": _EXPIRY_OR_LOCKED,
    "11": _NOT_REGISTERED,
    "12": _CARD_DATE,
    "13": _OVER_LIMIT,
    "14": _CARD_NUMBER,
    "21": _NO_FUNDS,
    "22": _ACCOUNT,
    "23": _LOCKED,
    "24": _CARD_DATA,
    "25": _OTP,
    "26": _OTP_EXPIRED,
    "98": _declined("Hủy xác thực", "The authentication was cancelled"),
    "99": _CANCELLED,
    "253": _TIMED_OUT,
    "100": _IN_PROGRESS,
    "300": _WAITING,
    "B": _declined("Xác thực không thành công", "The authentication failed"),
    "D": _DEFERRED,
    "E": _CSC,
    "F": _SECURE,
    "U": _CSC,
    "Z": _FRAUD,
    "?": _FAILURE,
}
