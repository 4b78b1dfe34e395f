"""What may wait for a person: each kind with what it is, and what to do, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from payport.rules.words import Text

__all__ = ["REMEDIES", "URGENT", "WHAT", "NeedKind"]


class NeedKind(StrEnum):
    """In the order in which a person should look: money first, then what keeps money from moving."""

    ORDERS_IN_REVIEW = "orders_in_review"
    PAYMENTS_IN_REVIEW = "payments_in_review"
    PROPOSALS = "proposals"
    CONFIRMATIONS = "confirmations"
    REFUNDS_IN_DOUBT = "refunds_in_doubt"
    REFUNDS_UNKNOWN = "refunds_unknown"
    SURPLUS = "surplus"
    UNMATCHED = "unmatched"
    LINES_UNDECIDED = "lines_undecided"
    LINES_UNNAMED = "lines_unnamed"
    CHARGEBACKS = "chargebacks"
    ASKS_USED_UP = "asks_used_up"
    EXPIRED_UNASKED = "expired_unasked"
    PARKED_WORK = "parked_work"
    LATE_WORK = "late_work"
    PARKED_EVENTS = "parked_events"
    STOPPED_SUBSCRIBERS = "stopped_subscribers"
    ACCOUNTS_UNUSABLE = "accounts_unusable"
    PLUGINS_REFUSED = "plugins_refused"
    KEYS_MISSING = "keys_missing"
    KEYS_ENDING = "keys_ending"
    CATALOGS_CHANGED = "catalogs_changed"
    JOURNAL = "journal"
    FLOODS = "floods"


URGENT: Final = frozenset(
    {
        NeedKind.ACCOUNTS_UNUSABLE, NeedKind.CATALOGS_CHANGED, NeedKind.JOURNAL, NeedKind.KEYS_MISSING,
        NeedKind.LATE_WORK, NeedKind.PARKED_WORK,
    }
)  # fmt: skip
"""Until somebody acts, money of others waits too, or evidence is not kept."""

WHAT: Final[Mapping[NeedKind, Text]] = {
    NeedKind.ORDERS_IN_REVIEW: Text(
        vi="đơn hàng có tiền nhưng chưa cấp gì", en="orders in review: their money is safe, nothing is given"
    ),
    NeedKind.PAYMENTS_IN_REVIEW: Text(
        vi="thanh toán chờ người xử lý", en="payments in review: what the gateway says does not fit"
    ),
    NeedKind.PROPOSALS: Text(
        vi="đề nghị chờ người thứ hai duyệt", en="proposals that a second person must approve"
    ),
    NeedKind.CONFIRMATIONS: Text(
        vi="tiền chờ người thứ hai xác nhận", en="money seen by one person, that a second one must confirm"
    ),
    NeedKind.REFUNDS_IN_DOUBT: Text(
        vi="hoàn tiền chưa rõ, không ai hỏi tiếp", en="refunds in doubt: no answer will settle them any more"
    ),
    NeedKind.REFUNDS_UNKNOWN: Text(
        vi="hoàn tiền chưa rõ kết quả, cổng đang được hỏi",
        en="refunds whose end is not known yet: the gateway is being asked",
    ),
    NeedKind.SURPLUS: Text(vi="tiền thừa cần hoàn lại", en="surplus money, to be given back"),
    NeedKind.UNMATCHED: Text(
        vi="tiền cổng báo đã nhận mà không thuộc thanh toán nào",
        en="money that a gateway proves, and that is of no payment of ours",
    ),
    NeedKind.LINES_UNDECIDED: Text(
        vi="dòng sao kê cần người xem",
        en="lines of bank statements to decide: ambiguous, of a wrong amount, or like one that is used",
    ),
    NeedKind.LINES_UNNAMED: Text(
        vi="dòng sao kê không thuộc đơn nào", en="lines of bank statements that name no order that waits"
    ),
    NeedKind.CHARGEBACKS: Text(vi="yêu cầu bồi hoàn còn mở", en="chargebacks that are open"),
    NeedKind.ASKS_USED_UP: Text(
        vi="thanh toán quá hạn, không ai hỏi tiếp",
        en="payments past their time, about which nobody will ask any more",
    ),
    NeedKind.EXPIRED_UNASKED: Text(
        vi="thanh toán hết hạn mà không hỏi được cổng",
        en="payments that expired, of which no gateway could say what became",
    ),
    NeedKind.PARKED_WORK: Text(vi="việc bị dừng sau nhiều lần lỗi", en="work that failed several times"),
    NeedKind.LATE_WORK: Text(vi="việc đến hạn mà chưa ai làm", en="work that is due, and that nobody does"),
    NeedKind.PARKED_EVENTS: Text(
        vi="sự kiện không gửi được", en="events that a subscriber could not be told"
    ),
    NeedKind.STOPPED_SUBSCRIBERS: Text(
        vi="nơi nhận sự kiện đã ngừng", en="subscribers that wanted nothing more"
    ),
    NeedKind.ACCOUNTS_UNUSABLE: Text(
        vi="tài khoản cổng không dùng được", en="gateway accounts that cannot be used"
    ),
    NeedKind.PLUGINS_REFUSED: Text(vi="plugin bị từ chối", en="plugins that are installed and were refused"),
    NeedKind.KEYS_MISSING: Text(
        vi="vai trò không có khóa nào còn hiệu lực", en="roles of which no key is valid now"
    ),
    NeedKind.KEYS_ENDING: Text(
        vi="khóa sắp hết hiệu lực, chưa có khóa kế tiếp", en="keys that end soon, with no successor"
    ),
    NeedKind.CATALOGS_CHANGED: Text(
        vi="bảng giá bị sửa sau khi đã dùng", en="catalogs whose files changed after they priced a quote"
    ),
    NeedKind.JOURNAL: Text(
        vi="sổ nhật ký chưa được niêm phong", en="the journal is not sealed as it should be"
    ),
    NeedKind.FLOODS: Text(
        vi="quá nhiều lượt gọi giả", en="hours in which more callbacks that prove nothing came than are kept"
    ),
}

REMEDIES: Final[Mapping[NeedKind, Text]] = {
    NeedKind.ORDERS_IN_REVIEW: Text(
        vi="Mở từng đơn, rồi cấp hoặc hủy, kèm lý do",
        en="Open each, and end its review: give what was bought, or cancel it, with a reason",
    ),
    NeedKind.PAYMENTS_IN_REVIEW: Text(
        vi="So với trang của cổng, rồi kết thúc xử lý",
        en="Compare it with the gateway's own pages, and end its review",
    ),
    NeedKind.PROPOSALS: Text(vi="Duyệt hoặc từ chối", en="Approve it or decline it; not your own"),
    NeedKind.CONFIRMATIONS: Text(
        vi="Người khác xem sao kê và xác nhận cùng số tiền",
        en="Another person looks into the bank's account, and confirms the same",
    ),
    NeedKind.REFUNDS_IN_DOUBT: Text(
        vi="Xem trang của cổng, rồi ghi kết quả",
        en="Look into the gateway's portal, and record how it ended",
    ),
    NeedKind.REFUNDS_UNKNOWN: Text(
        vi="Không gửi lại; hỏi cổng ngay nếu gấp",
        en="Never send it again; ask the gateway now if it is urgent",
    ),
    NeedKind.SURPLUS: Text(vi="Hoàn lại tiền thừa", en="Refund it as surplus money"),
    NeedKind.UNMATCHED: Text(
        vi="Hỏi cổng đó là tiền gì; trả lại, rồi ghi lý do bỏ qua",
        en="Ask the gateway what it is; once it is settled there, dismiss it with the reason",
    ),
    NeedKind.LINES_UNDECIDED: Text(
        vi="Xác nhận cho đúng đơn, hoặc bỏ qua kèm lý do",
        en="Confirm it for the right order, or dismiss it with a reason",
    ),
    NeedKind.LINES_UNNAMED: Text(
        vi="Tìm đơn theo số tiền và tên, xác nhận, hoặc bỏ qua kèm lý do",
        en="Find its order by amount and name and confirm it, or dismiss it with a reason",
    ),
    NeedKind.CHARGEBACKS: Text(
        vi="Ghi thắng hoặc thua khi có kết quả", en="Record it as won or lost, once the issuer says so"
    ),
    NeedKind.ASKS_USED_UP: Text(
        vi="Hỏi cổng ngay, hoặc xem trang của cổng", en="Ask the gateway now, or look at its own pages"
    ),
    NeedKind.EXPIRED_UNASKED: Text(
        vi="Xem trang của cổng một lần", en="Look at the gateway's own pages once"
    ),
    NeedKind.PARKED_WORK: Text(
        vi="Xem lỗi, sửa, rồi cho chạy tiếp", en="Read its error, mend the cause, and let it go on"
    ),
    NeedKind.LATE_WORK: Text(vi="Khởi động payport worker", en="Start a `payport worker`"),
    NeedKind.PARKED_EVENTS: Text(
        vi="Sửa nơi nhận, rồi gửi lại", en="Mend the receiver, and deliver them again"
    ),
    NeedKind.STOPPED_SUBSCRIBERS: Text(
        vi="Khi nơi nhận sẵn sàng, cho gửi tiếp", en="Once its receiver takes them, resume it"
    ),
    NeedKind.ACCOUNTS_UNUSABLE: Text(
        vi="Cài hoặc sửa plugin, hoặc đưa tài khoản trở lại payport.toml",
        en="Install or mend its plugin, or give the account back to payport.toml; its callbacks wait",
    ),
    NeedKind.PLUGINS_REFUSED: Text(
        vi="Xem lý do và sửa plugin", en="Read its reason; mend the plugin, or uninstall it"
    ),
    NeedKind.KEYS_MISSING: Text(vi="Thêm khóa, hoặc sửa ngày", en="Add a key, or correct its dates"),
    NeedKind.KEYS_ENDING: Text(vi="Thêm khóa kế tiếp trước ngày đó", en="Add its successor before that day"),
    NeedKind.CATALOGS_CHANGED: Text(
        vi="Lấy lại tệp cũ; bảng giá mới cần phiên bản mới",
        en="Take the old file back, and give the changed one a new version",
    ),
    NeedKind.JOURNAL: Text(
        vi="Chạy payport worker; nếu vẫn còn, chạy payport journal check",
        en="Run a `payport worker`; if it stays so, `payport journal check` says what is wrong",
    ),
    NeedKind.FLOODS: Text(vi="Tìm nơi gửi và chặn ở proxy", en="Find who sends them; your proxy can stop it"),
}
