"""The fault panel of the payment page: which switches it shows, in two languages."""

from __future__ import annotations

from typing import Final

from payport_simulators.delivery import Delivery, Ipn
from payport_simulators.onepay.faults import Hash, QueryFault, RefundFault
from payport_simulators.switches import Group, Options, Switch

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
    Hash.LOWER_CASE: ("Chữ thường", "Lower case"),
    Hash.OF_THE_REQUEST: ("Của yêu cầu", "The request's"),
}
_QUERY: Final[Options] = {
    QueryFault.NONE: ("Bình thường", "Normal"),
    QueryFault.NOT_FOUND: ("DRExists=N", "DRExists=N"),
    QueryFault.NO_HASH: ("Không có chữ ký", "No hash"),
    QueryFault.WRONG_HASH: ("Chữ ký sai", "Wrong hash"),
    QueryFault.SERVER_ERROR: ("HTTP 503", "HTTP 503"),
    QueryFault.HTML: ("Trang HTML", "An HTML page"),
    QueryFault.SLOW: ("Chậm", "Slow"),
}
_REFUND: Final[Options] = {
    RefundFault.NONE: ("Hoàn thành công", "Succeeds"),
    RefundFault.WAITS: ("Chờ duyệt (300)", "Waits for approval (300)"),
    RefundFault.DECLINED: ("Bị từ chối (1)", "Declined (1)"),
    RefundFault.NO_HASH: ("Hoàn, không có chữ ký", "Done, no hash"),
    RefundFault.WRONG_HASH: ("Hoàn, chữ ký sai", "Done, wrong hash"),
    RefundFault.TIMED_OUT: ("Hoàn, không trả lời kịp", "Done, answer times out"),
    RefundFault.SERVER_ERROR: ("Hoàn, HTTP 503", "Done, HTTP 503"),
    RefundFault.HTML: ("Hoàn, trang HTML", "Done, an HTML page"),
}

GROUPS: Final = (
    Group(
        ("Gọi lại", "Callbacks"),
        (
            Switch("delivery", ("Thứ tự", "Order"), _DELIVERY),
            Switch("ipn", ("Gửi IPN", "IPN is sent"), _IPN),
            Switch("late_by", ("Muộn bao lâu", "Late by"), unit=("giây", "seconds")),
            Switch("told_of_tries", ("Báo IPN mỗi lần bị từ chối", "IPN for each declined try")),
            Switch("pending_first", ("300 trước, 0 sau", "300 first, 0 later")),
            Switch("success_after_decline", ("Thành công sau từ chối", "Success after a decline")),
            Switch("second_transaction", ("Mã giao dịch thứ hai", "Second TransactionNo")),
        ),
    ),
    Group(
        ("Nội dung gọi lại", "What callbacks say"),
        (
            Switch("amount_off_by", ("vpc_Amount lệch", "vpc_Amount is off by"), unit=("xu", "hundredths")),
            Switch("instalment_fee", ("Phí trả góp", "Instalment fee"), unit=("đồng", "đồng")),
            Switch("callback_hash", ("Chữ ký", "Hash"), _HASH),
            Switch("repeated_name", ("Lặp vpc_Amount", "vpc_Amount repeated")),
            Switch("other_merchant", ("Đơn vị khác, cùng khoá", "Another merchant, same secret")),
            Switch("double_question_mark", ("?? trong địa chỉ quay về", "?? in the return address")),
        ),
    ),
    Group(
        ("API", "API"),
        (
            Switch("query", ("queryDR trả lời", "queryDR answers"), _QUERY),
            Switch("refund", ("Hoàn tiền", "Refunds"), _REFUND),
            Switch("slow_for", ("Chậm bao lâu", "Slow by"), unit=("giây", "seconds")),
        ),
    ),
)
