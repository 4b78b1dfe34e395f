"""Every word that the pages say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport_simulators.onepay.products import CODES, Product
from payport_simulators.onepay.records import Reason

__all__ = ["code_text", "fail_codes", "language", "reason_text", "texts"]

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "simulation": ("Mô phỏng", "Simulation"),
    "no_money": (
        "Trang này giả lập cổng thanh toán OnePay để thử nghiệm. Không có tiền thật.",
        "This page stands in for the OnePay payment gateway, for testing. No real money moves.",
    ),
    "skip": ("Tới phần thanh toán", "Skip to payment"),
    "title": ("Cổng OnePay mô phỏng", "Simulated OnePay gateway"),
    "order": ("Đơn hàng", "Your order"),
    "amount": ("Số tiền", "Amount"),
    "merchant": ("Đơn vị bán", "Merchant"),
    "reference": ("Mã tham chiếu", "Reference"),
    "content": ("Nội dung", "Description"),
    "valid_until": ("Thanh toán trước", "Pay before"),
    "gmt7": ("giờ Việt Nam", "Vietnam time"),
    "choose_method": ("Chọn cách thanh toán", "Choose how to pay"),
    "domestic": ("Thẻ nội địa", "Domestic card"),
    "international": ("Thẻ quốc tế", "International card"),
    "app": ("Ứng dụng, mã QR", "App or QR code"),
    "quick": ("Trả bằng thẻ thử", "Pay with the test card"),
    "quick_app": ("Xác nhận trong ứng dụng", "Confirm in the app"),
    "quick_hint": ("Không cần nhập gì: dùng thẻ", "Nothing to type: it uses card"),
    "app_hint": (
        "Ở cổng thật, bước này diễn ra trên điện thoại. Ở đây chỉ cần bấm nút.",
        "At the real gateway this step happens on a phone. Here, just press the button.",
    ),
    "or_type": ("Hoặc nhập thẻ", "Or type a card"),
    "bank": ("Ngân hàng", "Bank"),
    "scheme": ("Loại thẻ", "Card type"),
    "by_number": ("Theo số thẻ", "By the card's number"),
    "card_number": ("Số thẻ", "Card number"),
    "card_number_hint": ("Chỉ thẻ thử; đừng nhập thẻ thật", "Test cards only; never type a real card"),
    "card_holder": ("Tên chủ thẻ", "Name on card"),
    "card_holder_hint": ("Không dấu, như in trên thẻ", "As printed on the card"),
    "card_issued": ("Ngày phát hành", "Issued"),
    "card_issued_hint": ("Tháng/năm: 01/13", "Month/year: 01/13"),
    "card_expires": ("Ngày hết hạn", "Expires"),
    "card_expires_hint": ("Tháng/năm, bất kỳ trong tương lai", "Month/year, any in the future"),
    "card_otp": ("Mã OTP", "One-time password"),
    "card_otp_hint": ("Thẻ thử dùng 123456", "Test cards take 123456"),
    "card_csc": ("Mã CSC", "Security code"),
    "card_csc_hint": ("Thẻ thử dùng 123", "Test cards take 123"),
    "pay": ("Thanh toán", "Pay"),
    "cancel": ("Huỷ giao dịch", "Cancel payment"),
    "test_cards": ("Thẻ thử", "Test cards"),
    "test_cards_hint": ("Bấm một thẻ để điền vào biểu mẫu.", "Press a card to fill in the form."),
    "declined": ("Không thanh toán được", "The payment was declined"),
    "tries_left": ("Bạn có thể thử lại. Số lần còn lại:", "You may try again. Tries left:"),
    "panel": ("Bảng điều khiển mô phỏng", "Simulator controls"),
    "panel_hint": (
        "Không thuộc cổng thanh toán: chỉ để thử xem cửa hàng xử lý ra sao.",
        "Not part of any gateway: they show how a shop copes.",
    ),
    "end_as": ("Kết thúc giao dịch", "End this payment"),
    "fail_with": ("Kết thúc với mã", "End with code"),
    "fail": ("Kết thúc", "End it"),
    "stay": ("Trả tiền rồi đóng cửa sổ", "Pay, then close the window"),
    "leave": ("Rời trang, không báo gì", "Leave, tell nobody"),
    "faults": ("Công tắc lỗi", "Fault switches"),
    "faults_hint": (
        "Có hiệu lực với giao dịch này khi bấm bất kỳ nút nào trên trang.",
        "They hold for this payment once any button on the page is pressed.",
    ),
    "save_faults": ("Lưu công tắc", "Save switches"),
    "saved": ("Đã lưu các công tắc lỗi.", "The fault switches are saved."),
    "error_title": ("Không mở được trang thanh toán", "The payment page cannot be opened"),
    "error_detail": ("Chi tiết cho lập trình viên", "Detail for the developer"),
    "error_hint": (
        "Hãy đóng trang này và quay lại cửa hàng để thử lại. Bạn chưa bị trừ tiền.",
        "Close this page and go back to the shop to try again. You have not been charged.",
    ),
    "left_title": ("Bạn đã rời trang thanh toán", "You left the payment page"),
    "left_text": (
        "Cửa hàng không được báo gì, giao dịch vẫn mở (mã 100).",
        "The shop was told nothing; the payment stays open (code 100).",
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
        "Giao dịch không còn hiệu lực. Bạn chưa bị trừ tiền.",
        "This payment is no longer possible. You have not been charged.",
    ),
    "unknown_title": ("Không tìm thấy giao dịch", "No such payment"),
    "refunds": ("Hoàn tiền", "Refunds"),
    "refunds_text": (
        "Như trên cổng dành cho đơn vị bán: duyệt hoặc từ chối yêu cầu hoàn tiền đang chờ.",
        "As in the merchant portal: approve or reject refunds that wait.",
    ),
    "no_refunds": ("Chưa có yêu cầu hoàn tiền nào.", "There are no refunds yet."),
    "refund_of": ("hoàn cho", "of"),
    "waiting": ("Đang chờ duyệt", "Waiting for approval"),
    "done": ("Đã hoàn", "Refunded"),
    "rejected": ("Bị từ chối", "Rejected"),
    "approve": ("Duyệt", "Approve"),
    "reject": ("Từ chối", "Reject"),
}

_REASONS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.MALFORMED: ("Yêu cầu không đọc được", "The request cannot be read"),
    Reason.MERCHANT: ("Không có đơn vị bán này", "There is no such merchant"),
    Reason.ACCESS_CODE: ("Mã truy cập không đúng", "The access code is wrong"),
    Reason.HASH: ("Chữ ký không hợp lệ", "The signature is not valid"),
    Reason.FIELD: ("Dữ liệu gửi sang không hợp lệ", "The data sent is not valid"),
}


def language(locale: str) -> str:
    """The page's language for a vpc_Locale."""
    return "en" if locale == "en" else "vi"


def texts(lang: str) -> dict[str, str]:
    """Every word of the pages in one language, by its name."""
    return {name: pair[lang == "en"] for name, pair in _TEXTS.items()}


def code_text(product: Product, code: str, lang: str) -> str:
    """What a vpc_TxnResponseCode means on one of the pages; empty where it means nothing there."""
    return CODES[product].get(code, ("", ""))[lang == "en"]


def fail_codes(product: Product) -> tuple[str, ...]:
    """Every code of the page's table but the one for success."""
    return tuple(code for code in CODES[product] if code != "0")


def reason_text(reason: Reason, lang: str) -> str:
    return _REASONS[reason][lang == "en"]
