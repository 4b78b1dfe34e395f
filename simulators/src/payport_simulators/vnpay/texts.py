"""Every word that the pages say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["FAIL_CODES", "language", "page_error_text", "response_text", "texts"]

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "simulation": ("Mô phỏng", "Simulation"),
    "no_money": (
        "Trang này giả lập cổng thanh toán VNPAY để thử nghiệm. Không có tiền thật.",
        "This page stands in for the VNPAY payment gateway, for testing. No real money moves.",
    ),
    "skip": ("Tới phần thanh toán", "Skip to payment"),
    "title": ("Cổng thanh toán mô phỏng", "Simulated payment gateway"),
    "order": ("Đơn hàng", "Your order"),
    "amount": ("Số tiền", "Amount"),
    "merchant": ("Đơn vị bán", "Merchant"),
    "reference": ("Mã tham chiếu", "Reference"),
    "content": ("Nội dung", "Description"),
    "valid_until": ("Thanh toán trước", "Pay before"),
    "gmt7": ("giờ Việt Nam", "Vietnam time"),
    "choose_bank": ("Chọn ngân hàng", "Choose your bank"),
    "choose_bank_hint": (
        "Thẻ nội địa hoặc tài khoản ngân hàng. Thẻ thử là của NCB, nhưng ngân hàng nào cũng nhận.",
        "Domestic card or bank account. The test cards are NCB's, but every bank here takes them.",
    ),
    "card_of": ("Thẻ nội địa", "Domestic card"),
    "other_bank": ("Chọn ngân hàng khác", "Choose another bank"),
    "card_number": ("Số thẻ", "Card number"),
    "card_number_hint": ("16 đến 19 chữ số của một thẻ thử", "The 16 to 19 digits of a test card"),
    "card_holder": ("Tên chủ thẻ", "Name on card"),
    "card_holder_hint": ("Không dấu, như in trên thẻ", "As printed on the card"),
    "card_issued": ("Ngày phát hành", "Issued"),
    "card_issued_hint": ("Tháng/năm, ví dụ 07/15", "Month/year, such as 07/15"),
    "card_otp_hint": ("Mọi thẻ thử dùng 123456", "Every test card takes 123456"),
    "card_otp": ("Mã OTP", "One-time password"),
    "pay": ("Thanh toán", "Pay"),
    "cancel": ("Huỷ giao dịch", "Cancel payment"),
    "test_cards": ("Thẻ thử", "Test cards"),
    "test_cards_hint": ("Bấm một thẻ để điền vào biểu mẫu.", "Press a card to fill in the form."),
    "app_payment": ("Xác nhận trong ứng dụng", "Confirm in the app"),
    "app_payment_hint": (
        "Ở cổng thật, bước này diễn ra trên điện thoại hoặc trang tổ chức thẻ. Ở đây chỉ cần bấm Thanh toán.",
        "At the real gateway this step happens on a phone or at the card scheme. Here, just press Pay.",
    ),
    "method": ("Phương thức", "Method"),
    "panel": ("Bảng điều khiển mô phỏng", "Simulator controls"),
    "panel_hint": (
        "Không thuộc cổng thanh toán: chỉ để thử xem cửa hàng xử lý ra sao.",
        "Not part of any gateway: they show how a shop copes.",
    ),
    "end_as": ("Kết thúc giao dịch", "End this payment"),
    "fail_with": ("Thất bại với mã", "Fail with code"),
    "fail": ("Cho thất bại", "Fail"),
    "suspect": ("Nghi vấn (07)", "Suspect (07)"),
    "leave": ("Rời trang, không báo gì", "Leave, tell nobody"),
    "faults": ("Công tắc lỗi", "Fault switches"),
    "faults_hint": (
        "Có hiệu lực với giao dịch này khi bấm bất kỳ nút nào trên trang.",
        "They hold for this payment once any button on the page is pressed.",
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
        "Cửa hàng không được báo gì, giao dịch vẫn mở (trạng thái 01).",
        "The shop was told nothing; the transaction stays open (status 01).",
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
    "fix": ("Hãy xem lại các mục sau", "Please check these"),
    "not_a_test_card": (
        "Đây không phải thẻ thử. Đừng nhập thẻ thật; hãy chọn một thẻ thử trên trang.",
        "This is not a test card. Never type a real card here; choose a test card on this page.",
    ),
    "wrong_card": (
        "Tên chủ thẻ hoặc ngày phát hành không đúng. Sai ba lần thì giao dịch thất bại.",
        "Name or issue date is wrong. After three wrong tries the payment fails.",
    ),
    "wrong_otp": (
        "Mã OTP không đúng. Sai ba lần thì giao dịch thất bại.",
        "The one-time password is wrong. After three wrong tries the payment fails.",
    ),
}

_RESPONSES: Final[Mapping[str, tuple[str, str]]] = {
    "00": ("Thành công", "Succeeds"),
    "07": ("Đã trừ tiền, nghi ngờ gian lận", "Money taken, suspected fraud"),
    "09": ("Chưa đăng ký Internet Banking", "No internet banking"),
    "10": ("Sai thông tin thẻ quá 3 lần", "Wrong card data three times"),
    "11": ("Hết hạn thanh toán", "Time to pay is over"),
    "12": ("Thẻ bị khoá", "Card is locked"),
    "13": ("Sai mã OTP", "Wrong one-time password"),
    "24": ("Người mua huỷ", "Cancelled by the buyer"),
    "51": ("Không đủ số dư", "Not enough money"),
    "65": ("Vượt hạn mức ngày", "Daily limit reached"),
    "75": ("Ngân hàng bảo trì", "Bank is in maintenance"),
    "79": ("Sai mật khẩu quá số lần", "Wrong password too often"),
    "99": ("Lỗi khác", "Another error"),
}
_PAGE_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "01": ("Mã tham chiếu đã được dùng hôm nay", "The reference was used today already"),
    "03": ("Dữ liệu gửi sang không đúng định dạng", "The data sent is not well formed"),
    "15": ("Liên kết thanh toán đã hết hạn", "The payment link has expired"),
    "70": ("Chữ ký không hợp lệ", "The signature is not valid"),
    "71": ("Website chưa được duyệt", "The website is not approved"),
    "72": ("Không tìm thấy website", "The website is unknown"),
}

FAIL_CODES: Final = ("51", "75", "65", "09", "12", "13", "79", "99")


def language(locale: str) -> str:
    """The page's language for a vnp_Locale."""
    return "en" if locale == "en" else "vi"


def texts(lang: str) -> dict[str, str]:
    """Every word of the pages in one language, by its name."""
    return {name: pair[lang == "en"] for name, pair in _TEXTS.items()}


def response_text(code: str, lang: str) -> str:
    """What a vnp_ResponseCode means; one that is not listed is another error."""
    return _RESPONSES.get(code, _RESPONSES["99"])[lang == "en"]


def page_error_text(code: str, lang: str) -> str:
    """What one of the page's own error codes means."""
    return _PAGE_ERRORS[code][lang == "en"]
