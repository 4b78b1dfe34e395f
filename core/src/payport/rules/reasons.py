"""By which rule something was given, taken or held back: named as the rules name it, to be found there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payport.rules.catalog import PurchaseKind
from payport.rules.entitlement import State
from payport.rules.grant import Grant, GrantKind, TermLine
from payport.rules.words import Text

__all__ = ["REVIEW", "RULES", "bought_by_rule"]

REVIEW: Final = Text(
    vi="review: tiền được giữ an toàn và ghi rõ, chưa cấp gì, người phụ trách được báo",
    en="review: the money is safe and named, nothing is granted, the back office is told",
)
RULES: Final[Mapping[GrantKind, Text]] = {
    "trial": Text(
        vi="trial: chưa có gói nào, nên tính từ lúc đó đến nửa đêm của ngày cuối",
        en="trial: nothing was held, so from that moment to a local midnight",
    ),
    "adjustment": Text(
        vi="adjustment by staff: có người làm và lý do, không có thanh toán; không được trừ tiền khi đổi gói",
        en="adjustment by staff: with actor and reason, without a payment; gives no credit at a switch",
    ),
    "suspension": Text(
        vi="chargeback opened: tạm ngưng phần đã cấp của đơn hàng",
        en="chargeback opened: the order's grant is suspended",
    ),
    "restoring": Text(
        vi="chargeback won: không còn yêu cầu bồi hoàn nào giữ lại, nên khôi phục",
        en="chargeback won: no other one holds the grant, so it is restored",
    ),
    "reversal": Text(
        vi="reversal: thu hồi từ lúc đó; những gì nằm bên dưới có hiệu lực trở lại",
        en="reversal: taken from that moment; what lay beneath it stands again",
    ),
}
_BOUGHT_BY: Final[Mapping[tuple[PurchaseKind, State], Text]] = {
    ("new", State.NONE): Text(
        vi="new: chưa có gói nào, nên tính từ lúc thanh toán", en="new: nothing was held, so from payment"
    ),
    ("new", State.TRIAL): Text(
        vi="new: đang dùng thử, nên tính từ lúc thanh toán; dùng thử kết thúc",
        en="new: in a trial, so from payment; the trial ends",
    ),
    ("add_capacity", State.ACTIVE): Text(
        vi="add_capacity: đang có hiệu lực, nên đến hết kỳ hạn hiện tại",
        en="add_capacity: active, so until the end of the current term",
    ),
    ("renew", State.ACTIVE): Text(
        vi="renew: đang có hiệu lực, nên nối tiếp từ cuối kỳ hạn trước",
        en="renew: active, so from the last end",
    ),
    ("renew", State.EXPIRED): Text(
        vi="renew: đã hết hạn, nên tính từ lúc thanh toán", en="renew: expired, so from payment"
    ),
    ("switch", State.ACTIVE): Text(
        vi="switch at_once: đang có hiệu lực, nên tính từ lúc thanh toán, thay cho mọi kỳ hạn đang có",
        en="switch at_once: active, so from payment, in place of every term that stood",
    ),
    ("switch", State.EXPIRED): Text(
        vi="switch: đã hết hạn, nên tính từ lúc thanh toán", en="switch: expired, so from payment"
    ),
}
_SWITCH_AT_END: Final = Text(
    vi="switch at_end: đang có hiệu lực, nên nối tiếp từ cuối kỳ hạn trước, không trừ tiền",
    en="switch at_end: active, so from the last end, without credit",
)


def bought_by_rule(grant: Grant, kind: PurchaseKind, state: State) -> Text:
    """The row of "A paid order takes effect on the state at payment" that an order's grant came by.

    Args:
        state: of the account, when the order was paid.
    """
    at_end = any(isinstance(line, TermLine) and line.joins == "at_end" for line in grant.lines)
    return _SWITCH_AT_END if at_end and kind == "switch" else _BOUGHT_BY[kind, state]
