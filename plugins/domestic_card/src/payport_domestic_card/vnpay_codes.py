"""What VNPAY's codes mean, for the machine and for people; and the banks that its page offers.

Codes are text: `0` is not `00`. A code that is not listed is pending in a callback and unknown in an answer.
Sheet: vnpay.md, 3 (banks), 4.2, 6 and 7 (meanings), 8 (codes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payport.plugin import Choice, Names, Outcome

__all__ = [
    "API_CODES", "CHOICES", "OUTCOMES", "PUBLISHED", "REFUND_CODES", "REFUND_OUTCOMES", "REFUND_STATUSES",
    "RESPONSES", "STATUSES", "Code", "Meaning", "answered", "explain", "refund_answered", "refund_found",
    "reported",
]  # fmt: skip


class Meaning(StrEnum):
    """The sheet's own words for what a message says."""

    PAID = "paid"
    REVIEW = "review"  # money may be taken; a person decides in VNPAY's portal
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"  # nobody came to the page
    RETRY_LATER = "retry_later"
    CONFIG_ERROR = "config_error"  # ours to fix: terminal, form or secret
    REFUNDED = "refunded"
    REFUND_PENDING = "refund_pending"  # taken over, or sent to the bank
    REFUND_REJECTED = "refund_rejected"
    ALREADY_REQUESTED = "already_requested"  # a refund is in work: ours or another one, who knows
    UNKNOWN = "unknown"


OUTCOMES: Final[Mapping[Meaning, Outcome]] = {
    Meaning.PAID: Outcome.DONE,
    Meaning.REVIEW: Outcome.SUSPECT,
    Meaning.CANCELLED: Outcome.DECLINED,
    Meaning.EXPIRED: Outcome.DECLINED,
    Meaning.FAILED: Outcome.DECLINED,
    Meaning.PENDING: Outcome.PENDING,
    Meaning.NOT_FOUND: Outcome.PENDING,
    Meaning.RETRY_LATER: Outcome.UNKNOWN,
    Meaning.CONFIG_ERROR: Outcome.UNKNOWN,
    Meaning.UNKNOWN: Outcome.UNKNOWN,
}
REFUND_OUTCOMES: Final[Mapping[Meaning, Outcome]] = {  # of a refund; a refusal of the request ends it
    Meaning.REFUNDED: Outcome.DONE,
    Meaning.REFUND_PENDING: Outcome.PENDING,
    Meaning.REFUND_REJECTED: Outcome.DECLINED,
    Meaning.NOT_FOUND: Outcome.DECLINED,
    Meaning.CONFIG_ERROR: Outcome.DECLINED,
    Meaning.ALREADY_REQUESTED: Outcome.UNKNOWN,
    Meaning.UNKNOWN: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code table: what it means, and how to say it."""

    meaning: Meaning
    text: Names


def reported(response: str, status: str) -> Meaning:
    """What a callback's two codes say together, read from the top (sheet 4.2)."""
    if response == "07" or status in {"07", "04"}:
        return Meaning.REVIEW
    if response == status == "00":
        return Meaning.PAID
    if status == "02" and response in RESPONSES and response != "00":
        return RESPONSES[response].meaning
    return Meaning.PENDING


def answered(code: str, kind: str, status: str) -> Meaning:
    """What an authentic answer says (sheet 6); `kind` is vnp_TransactionType, 01 for a payment."""
    if code != "00":
        return API_CODES[code].meaning if code in API_CODES else Meaning.UNKNOWN
    return STATUSES[status].meaning if kind == "01" and status in STATUSES else Meaning.UNKNOWN


def refund_answered(code: str, status: str) -> Meaning:
    """What the authentic answer to a refund says (sheet 7)."""
    table, said = (REFUND_STATUSES, status) if code == "00" else (REFUND_CODES, code)
    return table[said].meaning if said in table else Meaning.UNKNOWN


def refund_found(code: str, kind: str, status: str) -> Meaning:
    """What an authentic answer about a refund says (sheet 6, step 7); `kind` 02 or 03. That no such row is
    known proves nothing: VNPAY has named it before, or was not told which one we mean."""
    is_refund = code == "00" and kind in {"02", "03"} and status in REFUND_STATUSES
    return REFUND_STATUSES[status].meaning if is_refund else Meaning.UNKNOWN


def explain(gateway_code: str) -> Names:
    """In words, a `gateway_code` that this gateway gave: `24/02` of a callback, `querydr 91` of an answer,
    `refund 00/05` and `querydr refund 00/09` of a refund."""
    kind, _, rest = gateway_code.rpartition(" ")
    code, _, status = rest.partition("/")
    if kind.endswith("refund"):
        found = REFUND_STATUSES.get(status) if code == "00" else REFUND_CODES.get(code, API_CODES.get(code))
    elif kind in {"querydr", "unsigned"}:
        found = STATUSES.get(status) if code == "00" and status else API_CODES.get(code)
    else:
        found = STATUSES.get(status) if code == "00" else RESPONSES.get(code)
    return found.text if found is not None else _UNKNOWN.text


def _code(meaning: Meaning, vi: str, en: str) -> Code:
    return Code(meaning, Names(vi=vi, en=en))


_UNKNOWN: Final = _code(Meaning.UNKNOWN, "Chưa rõ kết quả", "The result is not known yet")

RESPONSES: Final[Mapping[str, Code]] = {  # vnp_ResponseCode of a callback; meaning: together with status 02
    "00": _code(Meaning.PAID, "Giao dịch thành công", "Paid"),
    "05": _code(Meaning.FAILED, "Sai mật khẩu thanh toán quá số lần cho phép", "Wrong password too often"),
    "06": _code(Meaning.FAILED, "Sai mã OTP", "Wrong OTP"),
    "07": _code(
        Meaning.REVIEW, "Đã trừ tiền, giao dịch bị nghi ngờ gian lận", "Money taken, suspected of fraud"
    ),
    "08": _code(Meaning.FAILED, "Ngân hàng đang bảo trì", "The bank is under maintenance"),
    "09": _code(
        Meaning.FAILED,
        "Thẻ hoặc tài khoản chưa đăng ký Internet Banking",
        "The card or account has no internet banking",
    ),
    "10": _code(
        Meaning.FAILED, "Sai thông tin thẻ hoặc tài khoản quá 3 lần", "Card data wrong three times over"
    ),
    "11": _code(Meaning.EXPIRED, "Đã hết hạn chờ thanh toán", "The time to pay ran out"),
    "12": _code(Meaning.FAILED, "Thẻ hoặc tài khoản bị khóa", "The card or account is locked"),
    "13": _code(Meaning.FAILED, "Sai mã OTP", "Wrong OTP"),
    "24": _code(Meaning.CANCELLED, "Khách hàng hủy giao dịch", "Cancelled by the buyer"),
    "51": _code(Meaning.FAILED, "Tài khoản không đủ số dư", "Not enough money in the account"),
    "65": _code(Meaning.FAILED, "Vượt hạn mức giao dịch trong ngày", "Over the daily limit"),
    "75": _code(Meaning.FAILED, "Ngân hàng đang bảo trì", "The bank is under maintenance"),
    "79": _code(Meaning.FAILED, "Sai mật khẩu thanh toán quá số lần cho phép", "Wrong password too often"),
    "99": _code(Meaning.FAILED, "Lỗi khác", "Another error"),
}

STATUSES: Final[Mapping[str, Code]] = {  # vnp_TransactionStatus of a payment in an answer
    "00": _code(Meaning.PAID, "Giao dịch thành công", "Paid"),
    "01": _code(Meaning.PENDING, "Giao dịch chưa hoàn tất", "Not finished"),
    "02": _code(Meaning.FAILED, "Giao dịch bị lỗi", "Not paid"),
    "04": _code(
        Meaning.REVIEW,
        "Giao dịch đảo: ngân hàng đã trừ tiền, VNPAY chưa thành công",
        "Reversed: the bank took the money, VNPAY has no success",
    ),
    "05": _code(Meaning.UNKNOWN, "VNPAY đang xử lý hoàn tiền", "A refund is in work"),
    "06": _code(Meaning.UNKNOWN, "Đã gửi yêu cầu hoàn tiền sang ngân hàng", "A refund was sent to the bank"),
    "07": _code(Meaning.REVIEW, "Giao dịch bị nghi ngờ gian lận", "Suspected of fraud"),
    "09": _code(Meaning.UNKNOWN, "Hoàn tiền bị từ chối", "A refund was refused"),
    "10": _code(Meaning.UNKNOWN, "Đã giao hàng", "Delivered"),
    "20": _code(Meaning.UNKNOWN, "Đã thanh quyết toán", "Settled"),
}

API_CODES: Final[Mapping[str, Code]] = {  # vnp_ResponseCode of an answer; 00 only says that the query worked
    "00": _code(Meaning.UNKNOWN, "Đã trả lời", "Answered"),
    "02": _code(Meaning.CONFIG_ERROR, "Mã website (TmnCode) không hợp lệ", "The terminal code is wrong"),
    "03": _code(Meaning.CONFIG_ERROR, "Dữ liệu sai định dạng", "The form is wrong"),
    "08": _code(Meaning.UNKNOWN, "Hệ thống đang bảo trì", "Maintenance"),
    "91": _code(Meaning.NOT_FOUND, "Không tìm thấy giao dịch", "No such transaction"),
    "94": _code(Meaning.RETRY_LATER, "Yêu cầu bị trùng, hỏi lại sau", "Asked again too soon"),
    "97": _code(Meaning.CONFIG_ERROR, "Chữ ký không hợp lệ", "The checksum is wrong"),
    "98": _code(Meaning.UNKNOWN, "Hết thời gian chờ", "Time-out"),
    "99": _code(Meaning.UNKNOWN, "Lỗi khác", "Another error"),
}


REFUND_STATUSES: Final[Mapping[str, Code]] = {  # vnp_TransactionStatus of a refund in an answer
    "00": _code(Meaning.REFUNDED, "Đã hoàn tiền", "Refunded"),
    "05": _code(Meaning.REFUND_PENDING, "VNPAY đang xử lý hoàn tiền", "The refund is in work"),
    "06": _code(
        Meaning.REFUND_PENDING, "Đã gửi yêu cầu hoàn tiền sang ngân hàng", "The refund was sent to the bank"
    ),
    "09": _code(Meaning.REFUND_REJECTED, "Hoàn tiền bị từ chối", "The refund was refused"),
}

REFUND_CODES: Final[Mapping[str, Code]] = {  # vnp_ResponseCode of the answer to a refund, but for 00
    "02": _code(Meaning.CONFIG_ERROR, "Mã website (TmnCode) không hợp lệ", "The terminal code is wrong"),
    "03": _code(Meaning.CONFIG_ERROR, "Dữ liệu sai định dạng", "The form is wrong"),
    "04": _code(
        Meaning.REFUND_REJECTED,
        "Không hoàn toàn phần sau khi đã hoàn một phần",
        "No full refund after a partial one",
    ),
    "13": _code(Meaning.REFUND_REJECTED, "Chỉ cho phép hoàn một phần", "Only partial refunds are allowed"),
    "91": _code(Meaning.NOT_FOUND, "Không tìm thấy giao dịch", "No such transaction"),
    "93": _code(Meaning.REFUND_REJECTED, "Số tiền hoàn không hợp lệ", "The amount to refund is too large"),
    "94": _code(
        Meaning.ALREADY_REQUESTED,
        "Giao dịch đã được gửi yêu cầu hoàn tiền và đang xử lý",
        "A refund was asked for already, and is in work",
    ),
    "95": _code(
        Meaning.REFUND_REJECTED,
        "Giao dịch không thành công, VNPAY từ chối hoàn tiền",
        "The payment was not successful; VNPAY gives nothing back",
    ),
    "97": _code(Meaning.CONFIG_ERROR, "Chữ ký không hợp lệ", "The checksum is wrong"),
}


def _bank(code: str, name: str) -> Choice:
    return Choice(code, Names(vi=name, en=name))


CHOICES: Final[
    tuple[Choice, ...]
] = (  # vnp_BankCode; not the short names of VietQR. Cards from abroad left out
    Choice("VNBANK", Names(vi="Thẻ ATM hoặc tài khoản nội địa", en="Domestic card or account")),
    Choice("VNPAYQR", Names(vi="Quét mã VNPAY-QR bằng ứng dụng ngân hàng", en="VNPAY-QR in a banking app")),
    _bank("VIETCOMBANK", "Vietcombank"),
    _bank("VIETINBANK", "VietinBank"),
    _bank("BIDV", "BIDV"),
    _bank("AGRIBANK", "Agribank"),
    _bank("TECHCOMBANK", "Techcombank"),
    _bank("MBBANK", "MB"),
    _bank("ACB", "ACB"),
    _bank("VPBANK", "VPBank"),
    _bank("TPBANK", "TPBank"),
    _bank("SACOMBANK", "Sacombank"),
    _bank("HDBANK", "HDBank"),
    _bank("OCB", "OCB"),
    _bank("MSBANK", "MSB"),
    _bank("EXIMBANK", "Eximbank"),
    _bank("SCB", "SCB"),
    _bank("NAMABANK", "Nam A Bank"),
    _bank("NCB", "NCB"),
    _bank("DONGABANK", "DongA Bank"),
    _bank("OJB", "OceanBank"),
    _bank("IVB", "Indovina Bank"),
    Choice("VNMART", Names(vi="Ví VnMart", en="VnMart wallet")),
)

PUBLISHED: Final = frozenset(  # SHA-256 of keys and terminals printed in kits, shops and our own vectors
    {
        "133c1d8be5ccaf8769c053e82adcc3466d37186b8940c529074e6015628f641e",
        "b20f71a23582b0df78d922624d06f51ac17554942d0ca5ada5d5dd2e2f12d718",
        "4fed51fc989ee99c7f852bdfdb9658b7cb1aeaef7008a02640ecdef7c02fe120",
        "62e1ee8667299cea44df452c047a3b45b00138af03efa0e705d6b22b4d4edf9b",
        "8696aae77a4f7aec06322e299c109add59a775417bfd43c6446307e956fc06d4",
        "432d28ce96510ab6745d1e48e1a793c1e1c3bbc6203da3030a511e69ec251801",
        "fdbd95b678d5f0696942871ce76bd0d6e1bd9c703f9b4fda00445f8b04bf2849",
    }
)
