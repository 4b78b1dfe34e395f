"""Every word that the pages say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["FAIL_CODES", "METHODS", "code_text", "texts"]

_Pair = tuple[str, str]

_TEXTS: Final[Mapping[str, _Pair]] = {
    "simulation": ("Mô phỏng", "Simulation"),
    "no_money": (
        "Trang này giả lập ví NgânLượng để thử nghiệm. Không có tiền thật.",
        "This page stands in for the NgânLượng wallet, for testing. No real money moves.",
    ),
    "skip": ("Tới phần thanh toán", "Skip to payment"),
    "title": ("Ví NgânLượng mô phỏng", "Simulated NgânLượng wallet"),
    "order": ("Đơn hàng", "Your order"),
    "amount": ("Số tiền", "Amount"),
    "merchant": ("Người nhận", "Paid to"),
    "reference": ("Mã đơn hàng", "Order code"),
    "content": ("Nội dung", "Description"),
    "valid_until": ("Thanh toán trước", "Pay before"),
    "gmt7": ("giờ Việt Nam", "Vietnam time"),
    "choose": ("Bạn trả bằng gì?", "How would you like to pay?"),
    "bank": ("Ngân hàng", "Bank"),
    "bank_hint": ("Cho thẻ nội địa và tài khoản ngân hàng", "For a domestic card or a bank account"),
    "scheme": ("Loại thẻ quốc tế", "Card type"),
    "scheme_hint": ("Cho thẻ quốc tế", "For an international card"),
    "no_card": (
        "Ở đây không cần nhập số thẻ hay mật khẩu.",
        "No card number and no password is needed here.",
    ),
    "pay": ("Thanh toán", "Pay"),
    "cancel": ("Huỷ giao dịch", "Cancel payment"),
    "panel": ("Bảng điều khiển mô phỏng", "Simulator controls"),
    "panel_hint": (
        "Không thuộc cổng thanh toán: chỉ để thử xem cửa hàng xử lý ra sao.",
        "Not part of any gateway: they show how a shop copes.",
    ),
    "end_as": ("Kết thúc giao dịch", "End this payment"),
    "stay": ("Thanh toán và ở lại đây", "Pay and stay here"),
    "hold": ("Thanh toán tạm giữ", "Pay, held"),
    "fail_with": ("Thất bại với mã", "Fail with code"),
    "fail": ("Cho thất bại", "Fail"),
    "leave": ("Rời trang, không báo gì", "Leave, tell nobody"),
    "faults": ("Công tắc lỗi", "Fault switches"),
    "faults_hint": (
        "Có hiệu lực với đơn này khi bấm bất kỳ nút nào trên trang.",
        "They hold for this order once any button on the page is pressed.",
    ),
    "save_faults": ("Lưu công tắc", "Save switches"),
    "saved": ("Đã lưu các công tắc lỗi.", "The fault switches are saved."),
    "error_title": ("Không mở được trang thanh toán", "The payment page cannot be opened"),
    "error_code": ("Mã lỗi", "Error code"),
    "error_detail": ("Chi tiết cho lập trình viên", "Detail for the developer"),
    "error_hint": (
        "Hãy đóng trang này và quay lại cửa hàng để thử lại. Bạn chưa bị trừ tiền.",
        "Close this page and go back to the shop to try again. You have not been charged.",
    ),
    "left_title": ("Bạn đã rời trang thanh toán", "You left the payment page"),
    "left_text": (
        "Cửa hàng không được báo gì, đơn vẫn mở.",
        "The shop was told nothing; the order stays open.",
    ),
    "closed_title": ("Cửa sổ thanh toán đã đóng", "The payment window was closed"),
    "closed_text": (
        "Giao dịch đã kết thúc, nhưng trình duyệt không quay về cửa hàng.",
        "The payment has ended, but the browser does not go back to the shop.",
    ),
    "go_on": ("Tiếp tục thanh toán", "Go on with this payment"),
    "to_shop": ("Về trang cửa hàng", "Go to the shop's site"),
    "done_title": ("Giao dịch đã kết thúc", "This payment has ended"),
    "back_to_shop": ("Quay về cửa hàng", "Back to the shop"),
    "expired_title": ("Đã hết thời gian thanh toán", "The time to pay is over"),
    "expired_text": (
        "Đơn không còn hiệu lực. Bạn chưa bị trừ tiền.",
        "This order is no longer valid. You have not been charged.",
    ),
    "unknown_title": ("Không tìm thấy giao dịch", "No such payment"),
    "state": ("Kết quả", "Result"),
}

METHODS: Final[Mapping[str, tuple[_Pair, _Pair]]] = {  # name, and what it means
    "NL": (("Số dư ví", "Wallet balance"), ("Trừ vào số dư NgânLượng", "From your NgânLượng balance")),
    "ATM_ONLINE": (
        ("Thẻ nội địa", "Domestic card"),
        ("Thẻ ATM của ngân hàng Việt Nam", "A Vietnamese bank's card"),
    ),
    "VISA": (("Thẻ quốc tế", "International card"), ("Visa, Mastercard hoặc JCB", "Visa, Mastercard or JCB")),
    "IB_ONLINE": (("Tài khoản ngân hàng", "Bank account"), ("Internet Banking", "Internet banking")),
}

_CODES: Final[Mapping[str, _Pair]] = {
    "00": ("Thành công", "Succeeded"),
    "22": ("Ngân hàng từ chối", "Refused by the bank"),
    "24": ("Thẻ hết hạn", "Card has expired"),
    "25": ("Không đủ tiền", "Not enough money"),
    "27": ("Sai OTP quá số lần", "Wrong one-time password too often"),
    "115": ("Đã huỷ", "Cancelled"),
    "81": ("Chưa thanh toán", "Not paid yet"),
    "03": ("Tham số hoặc chữ ký không đúng", "Bad parameters or signature"),
    "06": ("Không tìm thấy người bán", "The merchant is unknown"),
    "08": ("Không tìm thấy ví người nhận", "The receiving wallet is unknown"),
    "11": ("Số tiền không hợp lệ", "The amount is not valid"),
}
_OTHER: Final[_Pair] = ("Dữ liệu gửi sang không đúng", "The data sent is not as specified")

FAIL_CODES: Final = ("25", "22", "24", "27")


def texts(lang: str) -> dict[str, str]:
    """Every word of the pages in one language, by its name."""
    return {name: pair[lang == "en"] for name, pair in _TEXTS.items()}


def code_text(code: str, lang: str) -> str:
    """What an error_code means to the buyer."""
    return _CODES.get(code, _OTHER)[lang == "en"]
