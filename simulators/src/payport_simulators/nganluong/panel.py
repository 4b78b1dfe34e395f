"""The fault panel of the payment page: which switches it shows, in two languages."""

from __future__ import annotations

from typing import Final

from payport_simulators.delivery import Ipn
from payport_simulators.nganluong.faults import ApiFault, Delivery, Hash, Method
from payport_simulators.switches import Group, Options, Switch

__all__ = ["GROUPS"]

_DELIVERY: Final[Options] = {
    Delivery.TOGETHER: ("Cùng lúc", "At the same time"),
    Delivery.IPN_FIRST: ("Thông báo trước, rồi quay về", "Notice, then return"),
    Delivery.RETURN_FIRST: ("Quay về trước, rồi thông báo", "Return, then notice"),
    Delivery.RETURN_ONLY: ("Chỉ quay về, không thông báo", "Return only, no notice"),
    Delivery.IPN_ONLY: ("Chỉ thông báo, người mua đóng cửa sổ", "Notice only, buyer closes the window"),
    Delivery.NEITHER: ("Không thông báo, không quay về", "No notice and no return"),
}
_IPN: Final[Options] = {
    Ipn.ONCE: ("Một lần", "Once"),
    Ipn.DUPLICATE: ("Hai lần liên tiếp", "Twice in a row"),
    Ipn.PARALLEL: ("Bốn lần cùng lúc", "Four at the same time"),
    Ipn.LATE: ("Muộn", "Late"),
    Ipn.MISSING: ("Lần đầu thất lạc", "First call is lost"),
}
_METHOD: Final[Options] = {method.value: (method.value, method.value) for method in Method}
_HASH: Final[Options] = {
    Hash.RIGHT: ("Đúng", "Right"),
    Hash.WRONG: ("Sai", "Wrong"),
    Hash.ABSENT: ("Không có", "Absent"),
}
_STATUS: Final[Options] = {
    "": ("Như thật", "As it is"),
    **{code: (f"00 với {code}", f"00 with {code}") for code in ("00", "01", "02", "03")},
}
_API: Final[Options] = {
    ApiFault.NONE: ("Bình thường", "Normal"),
    ApiFault.HTML: ("Trang HTML", "An HTML page"),
    ApiFault.SERVER_ERROR: ("HTTP 502", "HTTP 502"),
    ApiFault.SLOW: ("Chậm", "Slow"),
    ApiFault.HALF: ("Nửa câu trả lời", "Half an answer"),
    ApiFault.OTHER_ENCODING: ("UTF-16", "UTF-16"),
    ApiFault.REDIRECT: ("Chuyển hướng", "A redirect"),
    ApiFault.DTD: ("XML có DTD", "XML with a DTD"),
}

GROUPS: Final = (
    Group(
        ("Báo cho cửa hàng", "Telling the shop"),
        (
            Switch("delivery", ("Thứ tự", "Order"), _DELIVERY),
            Switch("ipn", ("Gọi notify_url", "notify_url is called"), _IPN),
            Switch("late_by", ("Muộn bao lâu", "Late by"), unit=("giây", "seconds")),
            Switch("method", ("Gọi bằng", "Called with"), _METHOD),
            Switch(
                "secure_code",
                ("secure_code khi quay về (bản cổ điển)", "secure_code on a classic return"),
                _HASH,
            ),
            Switch("success_after_failure", ("Thành công sau thất bại", "Success after failure")),
            Switch("hold", ("Thanh toán thành tạm giữ", "Paying ends as held money")),
        ),
    ),
    Group(
        ("Câu trả lời khi được hỏi", "What queries say"),
        (
            Switch("query", ("Trả lời", "Are answered"), _API),
            Switch("slow_for", ("Chậm bao lâu", "Slow by"), unit=("giây", "seconds")),
            Switch("status", ("transaction_status", "transaction_status"), _STATUS),
            Switch("amount_off_by", ("Số tiền lệch", "Amount is off by"), unit=("đồng", "đồng")),
            Switch("other_order", ("Dữ liệu của đơn khác", "Another order's data")),
            Switch("bare_ampersand", ("Dấu & trần trong XML", "A bare & in XML")),
            Switch("numbers_as_text", ("Số dạng chuỗi trong JSON", "Numbers as text in JSON")),
        ),
    ),
)
