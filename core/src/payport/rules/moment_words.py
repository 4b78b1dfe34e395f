"""The sentences of an order's time line, in both languages, as a person on the phone can read them aloud.

What was given, refunds and chargebacks are told by story.py, so that two pages never tell them differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from payport.rules.confirmation import Confirmation
from payport.rules.confirmation import State as Seen
from payport.rules.grant import Grant, GrantLine
from payport.rules.money import Money
from payport.rules.order import Order, part_payments
from payport.rules.order import Received as Covered
from payport.rules.order import State as OrderState
from payport.rules.quote import Quote
from payport.rules.statement import Fate
from payport.rules.story import BY_HAND, as_is, given
from payport.rules.words import Text, say

__all__ = [
    "called", "called_back", "came_in", "confirmed", "entitled", "erased", "noted", "of_order", "of_payment",
    "of_statement", "placed", "proposed", "ran", "surplus_came", "taken_over",
]  # fmt: skip

_ORDER: Final[Mapping[OrderState, Text]] = {
    OrderState.PAID: Text(vi="đơn hàng đã thanh toán", en="the order is paid"),
    OrderState.CANCELLED: Text(vi="đơn hàng đã bị hủy", en="the order was cancelled"),
    OrderState.EXPIRED: Text(
        vi="đơn hàng hết hạn khi chưa thanh toán", en="the order's time ran out, and it was not paid"
    ),
    OrderState.REVIEW: Text(vi="đơn hàng chờ người xử lý", en="the order waits for a person to decide"),
    OrderState.PARTLY_REFUNDED: Text(
        vi="một phần tiền của đơn hàng đã được hoàn", en="part of the order's money went back"
    ),
    OrderState.REFUNDED: Text(
        vi="toàn bộ tiền của đơn hàng đã được hoàn", en="all of the order's money went back"
    ),
}
_PAYMENT: Final[Mapping[str, Text]] = {
    "created": Text(
        vi="bắt đầu thanh toán {payment}, {amount}, {by}", en="payment {payment} of {amount} began, {by}"
    ),
    "handed_over": Text(
        vi="khách nhận được cách trả {amount}, {by}", en="the buyer was shown how to pay {amount}, {by}"
    ),
    "succeeded": Text(
        vi="thanh toán {payment}, {amount}, thành công", en="payment {payment} of {amount} succeeded"
    ),
    "failed": Text(
        vi="thanh toán {payment}, {amount}, không thành công", en="payment {payment} of {amount} was not made"
    ),
    "expired": Text(
        vi="thanh toán {payment}, {amount}, hết hạn", en="the time for payment {payment} of {amount} ran out"
    ),
    "in_review": Text(
        vi="thanh toán {payment}, {amount}, chờ người xử lý",
        en="payment {payment} of {amount} waits for a person to decide",
    ),
}
_PAYMENT_NOTED: Final = Text(
    vi="có thêm thông tin về thanh toán {payment}, {amount}",
    en="more became known of payment {payment} of {amount}",
)
_CALLS: Final[Mapping[str, Text]] = {
    "initiate": Text(vi="nhờ {who} bắt đầu thanh toán", en="{who} was asked to begin the payment"),
    "query": Text(vi="hỏi {who} về thanh toán", en="{who} was asked what became of the payment"),
    "refund": Text(vi="nhờ {who} hoàn tiền", en="{who} was asked to give money back"),
    "query_refund": Text(vi="hỏi {who} về khoản hoàn tiền", en="{who} was asked what became of the refund"),
}
_ERRANDS: Final[Mapping[str, Text]] = {
    "ask": Text(
        vi="yêu cầu hỏi cổng về thanh toán {about}", en="had the gateway asked about payment {about}"
    ),
    "ask_refund": Text(
        vi="yêu cầu hỏi cổng về khoản hoàn {about}", en="had the gateway asked about refund {about}"
    ),
    "replay": Text(vi="yêu cầu báo lại sự kiện {about}", en="had event {about} told again"),
    "unpark": Text(vi="cho việc {about} chạy lại", en="let the work on {about} go on"),
    "evidence": Text(vi="tải bằng chứng của tin {about}", en="took the evidence of message {about}"),
}
_ERRAND: Final = Text(vi="làm việc {about}", en="did an errand: {about}")
_OUTCOMES: Final[Mapping[str, Text]] = {
    "done": Text(vi="đã xong", en="done, it says"),
    "pending": Text(vi="còn đang chờ", en="not finished yet, it says"),
    "declined": Text(vi="bị từ chối", en="no, it says"),
    "suspect": Text(vi="tiền có thể đã bị trừ và đang tranh chấp", en="money may be taken and is disputed"),
    "not_sent": Text(vi="không gửi được", en="the line was down, and it heard nothing"),
    "unknown": Text(vi="không có câu trả lời chắc chắn", en="it gave no sure answer"),
}
_VERDICTS: Final[Mapping[str, Text]] = {
    "proof": Text(vi="chữ ký đúng", en="its signature is right"),
    "hint": Text(vi="tự nó chưa chứng minh được gì", en="by itself it proves nothing"),
    "rejected": Text(vi="không xác thực", en="it is not authentic"),
    "unjudged": Text(vi="chưa xét được", en="it could not be judged"),
}
_DECISIONS: Final[Mapping[str, Text]] = {
    "recorded": Text(vi="đã ghi nhận", en="recorded"),
    "already_known": Text(vi="đã biết từ trước", en="known already"),
    "to_review": Text(vi="chuyển cho người xử lý", en="left to a person"),
    "wrong_amount": Text(vi="sai số tiền", en="another amount than was asked for"),
    "unknown_reference": Text(vi="không thuộc thanh toán nào", en="of no payment of ours"),
    "not_authentic": Text(vi="không thay đổi gì", en="nothing changed"),
    "no_input": Text(vi="không có nội dung", en="it said nothing"),
    "incomplete": Text(vi="thiếu thông tin", en="it is not complete"),
    "hint_taken": Text(vi="sẽ hỏi lại cổng", en="the gateway will be asked"),
    "try_again": Text(vi="cổng được yêu cầu gọi lại", en="the gateway was told to call again"),
}
_CHANNELS: Final[Mapping[str, Text]] = {
    "ipn": Text(vi="{who} báo cho máy chủ", en="{who} told our server"),
    "return": Text(vi="trình duyệt của khách trở về từ {who}", en="the buyer's browser came back from {who}"),
}
_SEEN: Final[Mapping[Seen, Text]] = {
    Seen.WAITING: Text(
        vi="{people} thấy {amount}, mã ngân hàng {reference}: cần người thứ hai xác nhận",
        en="{people} saw {amount} under bank reference {reference}: a second person must confirm it",
    ),
    Seen.COUNTED: Text(
        vi="{people} thấy {amount}, mã ngân hàng {reference}: được tính",
        en="{people} saw {amount} under bank reference {reference}: it counts",
    ),
    Seen.WITHDRAWN: Text(
        vi="rút lại xác nhận {amount}, mã ngân hàng {reference}",
        en="the confirmation of {amount} under bank reference {reference} was taken back",
    ),
}
_FATES: Final[Mapping[Fate, Text]] = {
    Fate.MATCHED: Text(vi="khớp với đơn hàng", en="it fits the order"),
    Fate.UNMATCHED: Text(vi="không thuộc đơn hàng nào", en="it names no order that waits"),
    Fate.WRONG_AMOUNT: Text(vi="khác số tiền cần trả", en="another amount than is due"),
    Fate.ALREADY_USED: Text(vi="đã được tính trước đó", en="it was counted before"),
    Fate.AMBIGUOUS: Text(vi="có thể hiểu nhiều cách", en="it can be read in more than one way"),
}
_ACTS: Final[Mapping[str, Text]] = {
    "confirm": Text(vi="xác nhận tiền", en="confirm money"),
    "withdraw": Text(vi="rút lại xác nhận", en="take a confirmation back"),
    "refund": Text(vi="hoàn tiền", en="give money back"),
    "settle_refund": Text(vi="ghi kết quả hoàn tiền", en="record how a refund ended"),
    "resolve_order": Text(vi="kết thúc xử lý đơn hàng", en="end the order's review"),
    "resolve_payment": Text(vi="kết thúc xử lý thanh toán", en="end a payment's review"),
    "cancel": Text(vi="hủy đơn hàng", en="cancel the order"),
    "adjust": Text(vi="điều chỉnh quyền sử dụng", en="adjust what the account holds"),
    "chargeback": Text(vi="ghi yêu cầu bồi hoàn", en="record a chargeback"),
    "close_chargeback": Text(vi="đóng yêu cầu bồi hoàn", en="close a chargeback"),
    "dismiss": Text(vi="bỏ qua tiền không thuộc đơn nào", en="dismiss money of no order"),
}
_PROPOSED: Final[Mapping[str, Text]] = {
    "waiting": Text(
        vi="{first} đề nghị {act}: cần người thứ hai duyệt",
        en="{first} proposed to {act}: a second person must approve it",
    ),
    "approved": Text(
        vi="{second} duyệt đề nghị của {first}: {act}", en="{second} approved what {first} proposed: to {act}"
    ),
    "declined": Text(
        vi="{second} từ chối đề nghị của {first}: {act}",
        en="{second} declined what {first} proposed: to {act}",
    ),
}


def placed(order: Order, quote: Quote) -> Text:
    """What was ordered, for how much in all."""
    return say(
        "khách đặt đơn {order}: {what}, tổng cộng {total}",
        "the buyer placed order {order}: {what}, {total} in all",
        order=as_is(order.number),
        what=_together(line.title for line in quote.lines if line.kind != "credit"),
        total=order.total,
    )


def of_order(order: Order, *, moved: bool) -> Text:
    """The order as it stood then. `moved`: it came to this state; else only its money changed."""
    if moved and order.state in _ORDER:
        return _ORDER[order.state]
    if part_payments(order) is Covered.UNDER:
        return say(
            "đã nhận {received} trong {total}",
            "{received} of {total} came in",
            received=order.received,
            total=order.total,
        )
    if order.received.minor == 0:
        return Text(
            vi="đơn hàng có thêm thời gian để thanh toán", en="the order was given more time to be paid"
        )
    return say("đơn hàng đã nhận {received}", "the order holds {received}", received=order.received)


def of_payment(what: str, payment: str, amount: Money, by: Text) -> Text:
    """`what`: what stands behind the dot of the entry's kind. `by`: which way it is paid."""
    form = _PAYMENT.get(what, _PAYMENT_NOTED)
    return say(form.vi, form.en, payment=as_is(payment), amount=amount, by=by)


def came_in(amount: Money, gateway_reference: str, who: Text) -> Text:
    return say(
        "nhận được {amount} qua {who}, mã giao dịch {reference}",
        "{amount} came in through {who}, transaction {reference}",
        amount=amount,
        who=who,
        reference=as_is(gateway_reference),
    )


def surplus_came(payment: str) -> Text:
    return say(
        "thanh toán {payment} có tiền thừa: cần hoàn lại",
        "payment {payment} holds more than is due: the surplus is to be given back",
        payment=as_is(payment),
    )


def confirmed(each: Confirmation) -> Text:
    """A confirmation as it stood then."""
    form = _SEEN[each.state]
    people = as_is(each.first_by) if each.second_by is None else _together(map(as_is, _both(each)))
    return say(form.vi, form.en, people=people, amount=each.amount, reference=as_is(each.bank_reference))


def entitled(grant: Grant, lines: Iterable[GrantLine]) -> Text:
    """What an order gave, or what was given or taken by hand. `lines`: those that it gives or is about."""
    gave = _together(map(given, lines))
    if grant.kind == "order":
        return say("tài khoản nhận: {gave}", "the account was given: {gave}", gave=gave)
    form = BY_HAND[grant.kind]
    what = say(form.vi, form.en, order=as_is(grant.order_number or "-"))
    return say("{what}: {gave}", "{what}: {gave}", what=what, gave=gave)


def called(kind: str, outcome: str, who: Text) -> Text:
    """A call of ours to a gateway, and how it ended."""
    form = _CALLS.get(kind, Text(vi="gọi {who}", en="{who} was called"))
    return say(
        "{what}: {outcome}",
        "{what}: {outcome}",
        what=say(form.vi, form.en, who=who),
        outcome=_OUTCOMES.get(outcome, as_is(outcome)),
    )


def ran(kind: str, about: str) -> Text:
    """An errand of a person's; who and why stand beside it."""
    form = _ERRANDS.get(kind, _ERRAND)
    return say(form.vi, form.en, about=as_is(about))


def called_back(channel: str, verdict: str, decision: str, contract: str | None, who: Text) -> Text:
    """A callback as it was judged, and what was made of it. `contract`: "id version", that judged it."""
    form = _CHANNELS.get(channel, _CHANNELS["ipn"])
    judged = _VERDICTS.get(verdict, as_is(verdict))
    if contract is not None:
        judged = say(
            "{judged} theo hợp đồng {contract}",
            "{judged} by contract {contract}",
            judged=judged,
            contract=as_is(contract),
        )
    return say(
        "{what}: {judged}; {decision}",
        "{what}: {judged}; {decision}",
        what=say(form.vi, form.en, who=who),
        judged=judged,
        decision=_DECISIONS.get(decision, as_is(decision)),
    )


def of_statement(amount: Money, booked_on: date, fate: str) -> Text:
    """A line of a bank's statement that names the order."""
    known = _FATES.get(Fate(fate)) if fate in list(Fate) else None
    return say(
        "sao kê ngân hàng ngày {day}: {amount}, {fate}",
        "the bank's statement of {day}: {amount}, {fate}",
        day=booked_on,
        amount=amount,
        fate=as_is(fate) if known is None else known,
    )


def proposed(act: str, state: str, first: str, second: str) -> Text:
    """What one person wanted done, and what became of it. `second`: who closed it; empty while it waits."""
    form = _PROPOSED.get(state, _PROPOSED["waiting"])
    return say(
        form.vi, form.en, act=_ACTS.get(act, as_is(act)), first=as_is(first), second=as_is(second or "-")
    )


def erased() -> Text:
    return Text(vi="thông tin về khách hàng đã được xóa", en="who the buyer is was erased")


def taken_over(subject: str, reference: str, state: str) -> Text:
    """What stood before there was a journal, as the journal took it over."""
    return say(
        "{subject} {reference} đã là {state} trước khi có sổ nhật ký",
        "{subject} {reference} stood as {state} before there was a journal",
        subject=as_is(subject),
        reference=as_is(reference),
        state=as_is(state),
    )


def noted(kind: str, reference: str) -> Text:
    """What happened, where nothing better is known to say: the entry's own words."""
    return say(
        "ghi nhận {kind}, {reference}",
        "{kind} was recorded of {reference}",
        kind=as_is(kind),
        reference=as_is(reference),
    )


def _both(each: Confirmation) -> tuple[str, ...]:
    return (each.first_by, each.second_by or "")


def _together(texts: Iterable[Text]) -> Text:
    """ "a, b"; a dash where there is none."""
    found = tuple(texts)
    if not found:
        return as_is("-")
    return Text(vi=", ".join(each.vi for each in found), en=", ".join(each.en for each in found))
