"""The fault panel of the payment page: which switches it shows, in two languages."""

from __future__ import annotations

from typing import Final

from payport_simulators.delivery import Delivery, Ipn
from payport_simulators.switches import Group, Options, Switch
from payport_simulators.vnpay.faults import ApiFault, Hash, RefundFault
from payport_simulators.vnpay.signing import Encoder

__all__ = ["GROUPS"]

_DELIVERY: Final[Options] = {
    Delivery.IPN_FIRST: ("IPN trước, rồi quay về", "IPN, then return"),
    Delivery.RETURN_FIRST: ("Quay về trước, rồi IPN", "Return, then IPN"),
    Delivery.RETURN_ONLY: ("Chỉ quay về, không có IPN", "Return only, no IPN"),
    Delivery.IPN_ONLY: ("Chỉ IPN, người mua đóng cửa sổ", "IPN only, buyer closes the window"),
}
_IPN: Final[Options] = {
    Ipn.ONCE: ("Một lần", "Once"),
    Ipn.DUPLICATE: ("Hai lần liên tiếp", "Twice in a row"),
    Ipn.PARALLEL: ("Bốn lần cùng lúc", "Four at the same time"),
    Ipn.LATE: ("Muộn", "Late"),
    Ipn.MISSING: ("Lần đầu thất lạc", "First call is lost"),
}
_HASH: Final[Options] = {
    Hash.RIGHT: ("Đúng", "Right"),
    Hash.WRONG: ("Sai", "Wrong"),
    Hash.ABSENT: ("Không có", "Absent"),
}
_STATUS: Final[Options] = {
    "": ("Như thật", "As it is"),
    **{code: (code, code) for code in ("00", "01", "02", "04", "07")},
}
_ENCODER: Final[Options] = {encoder.value: (encoder.value, encoder.value) for encoder in Encoder}
_API: Final[Options] = {
    ApiFault.NONE: ("Bình thường", "Normal"),
    ApiFault.NO_HASH: ("Không có chữ ký", "No hash"),
    ApiFault.BAD_HASH: ("Chữ ký sai", "Wrong hash"),
    ApiFault.TOO_SOON: ("94, không chữ ký", "94, unsigned"),
    ApiFault.TIMED_OUT: ("98", "98"),
    ApiFault.SERVER_ERROR: ("HTTP 503", "HTTP 503"),
    ApiFault.HTML: ("Trang HTML", "An HTML page"),
    ApiFault.SLOW: ("Chậm", "Slow"),
}
_REFUND: Final[Options] = {
    RefundFault.NONE: ("Hoàn thành công", "Succeeds"),
    RefundFault.STUCK: ("Kẹt ở 05", "Stuck at 05"),
    RefundFault.REJECTED: ("Bị từ chối (09)", "Refused (09)"),
}

GROUPS: Final = (
    Group(
        ("Gọi lại", "Callbacks"),
        (
            Switch("delivery", ("Thứ tự", "Order"), _DELIVERY),
            Switch("ipn", ("Gửi IPN", "IPN is sent"), _IPN),
            Switch("late_by", ("Muộn bao lâu", "Late by"), unit=("giây", "seconds")),
            Switch("suspect", ("Thanh toán thành nghi vấn (07)", "Paying ends as suspect (07)")),
            Switch("success_after_failure", ("Thành công sau thất bại", "Success after failure")),
            Switch("second_transaction", ("Mã giao dịch thứ hai", "Second TransactionNo")),
        ),
    ),
    Group(
        ("Nội dung gọi lại", "What callbacks say"),
        (
            Switch("amount_off_by", ("Số tiền lệch", "Amount is off by"), unit=("đồng", "đồng")),
            Switch("status", ("TransactionStatus", "TransactionStatus"), _STATUS),
            Switch("callback_hash", ("Chữ ký", "Hash"), _HASH),
            Switch("encoder", ("Bộ mã hoá", "Encoder"), _ENCODER),
            Switch("other_terminal", ("Terminal khác", "Another terminal")),
            Switch("repeated_name", ("Lặp vnp_Amount", "vnp_Amount repeated")),
            Switch("extra_field", ("Thêm trường có ký", "Extra signed field")),
            Switch("empty_field", ("Trường rỗng có ký", "Empty signed field")),
        ),
    ),
    Group(
        ("API", "API"),
        (
            Switch("api", ("querydr, refund trả lời", "querydr and refund answer"), _API),
            Switch("slow_for", ("Chậm bao lâu", "Slow by"), unit=("giây", "seconds")),
            Switch("refund", ("Hoàn tiền", "Refunds"), _REFUND),
        ),
    ),
)
