"""The sentences of an explanation, in both languages: what was given, for which price, and what is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from payport.rules.calendar import local_date
from payport.rules.catalog import PurchaseKind
from payport.rules.chargeback import Chargeback
from payport.rules.chargeback import State as Claim
from payport.rules.entitlement import GB, Entitlement, Holding, State
from payport.rules.grant import CapacityLine, DaysLine, GrantKind, GrantLine, TermLine
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.quote import Quote
from payport.rules.refund import Of, Refund, Way
from payport.rules.refund import State as Stage
from payport.rules.words import Text, months, say

__all__ = [
    "BOUGHT", "BY_HAND", "CHANGES_NOTHING", "as_is", "claimed_back", "given", "given_back", "held_words",
    "money_words", "passed", "price_lines", "still_open", "still_unknown", "surplus_words", "took_nothing",
    "usage_words", "waits",
]  # fmt: skip

BOUGHT: Final[Mapping[PurchaseKind, Text]] = {
    "new": Text(vi="mua gói", en="a package was bought"),
    "add_capacity": Text(vi="mua thêm dung lượng", en="extra capacity was bought"),
    "renew": Text(vi="gia hạn", en="the package was renewed"),
    "switch": Text(vi="đổi gói", en="the package was switched"),
}
BY_HAND: Final[Mapping[GrantKind, Text]] = {
    "trial": Text(vi="bắt đầu dùng thử", en="a trial began"),
    "adjustment": Text(vi="nhân viên điều chỉnh", en="staff adjusted it"),
    "suspension": Text(
        vi="tạm ngưng những gì đơn {order} đã cấp", en="what order {order} gave was suspended"
    ),
    "restoring": Text(vi="khôi phục những gì đơn {order} đã cấp", en="what order {order} gave was restored"),
    "reversal": Text(vi="thu hồi những gì đơn {order} đã cấp", en="what order {order} gave was reversed"),
}
_CLAIMS: Final[Mapping[Claim, Text]] = {
    Claim.OPENED: Text(vi="mở", en="opened"),
    Claim.WON: Text(vi="thắng, tiền ở lại", en="won, the money stays"),
    Claim.LOST: Text(vi="thua, mất tiền", en="lost, the money is gone"),
}
_STAGES: Final[Mapping[Stage, Text]] = {
    Stage.REQUESTED: Text(vi="đang gửi", en="is being sent"),
    Stage.SUBMITTED: Text(vi="cổng đang xử lý", en="is with the gateway"),
    Stage.UNKNOWN: Text(vi="chưa rõ kết quả", en="is not known yet"),
    Stage.SUCCEEDED: Text(vi="đã hoàn", en="went back"),
    Stage.FAILED: Text(vi="không hoàn được, tiền ở lại", en="did not go back, the money stays"),
}
_WAYS: Final[Mapping[Way, Text]] = {
    Way.GATEWAY: Text(vi="hoàn tiền qua cổng", en="refund"),
    Way.BY_HAND: Text(vi="hoàn tiền bằng tay", en="refund by hand"),
}
_KINDS: Final[Mapping[Of, Text]] = {
    Of.ORDER: Text(vi="tiền của đơn hàng", en="the order's own money"),
    Of.SURPLUS: Text(vi="tiền thừa", en="surplus money"),
}
CHANGES_NOTHING: Final = Text(
    vi="không đổi gì: phần đã cấp không còn nằm trong những gì tài khoản đang có",
    en="nothing changes: what it is about is not part of what is held any more",
)
_STATES: Final[Mapping[State, Text]] = {
    State.NONE: Text(vi="chưa có gói nào", en="nothing"),
    State.TRIAL: Text(vi="dùng thử", en="trial"),
    State.ACTIVE: Text(vi="có hiệu lực", en="active"),
    State.EXPIRED: Text(vi="đã hết hạn", en="expired"),
    State.SUSPENDED: Text(vi="tạm ngưng", en="suspended"),
}


def given(line: GrantLine) -> Text:
    """What one line of a grant gives, or takes."""
    match line:
        case TermLine():
            return _term_given(line)
        case CapacityLine():
            return say(
                "{gb} GB dung lượng thêm, cho kỳ hạn đến hết ngày {last}",
                "{gb} GB of extra capacity, for the term to {last}",
                gb=_signed(line.gb),
                last=line.end_date - timedelta(days=1),
            )
        case DaysLine():
            return say(
                "{days} ngày ở cuối kỳ hạn sau cùng",
                "{days} days at the end of the last term",
                days=_signed(line.days),
            )


def price_lines(quote: Quote) -> Iterator[Text]:
    """How the price came about, line by line, then the tax for each rate."""
    for line in quote.lines:
        yield say(
            "{what}: {amount} ({how})",
            "{what}: {amount} ({how})",
            what=line.title,
            amount=line.amount,
            how=line.how,
        )
    for tax in quote.taxes:
        yield say(
            "{names} {percent}%: {tax}" if quote.prices == "net" else "trong đó {names} {percent}%: {tax}",
            "{names} {percent}%: {tax}" if quote.prices == "net" else "of which {names} {percent}%: {tax}",
            names=tax.names,
            percent=tax.percent,
            tax=tax.tax,
        )


def held_words(held: Entitlement) -> Text:
    """State, package, first and last day, capacity; and the term that follows."""
    words = _STATES[held.state]
    if held.held is not None:
        words = say("{state}: {term}", "{state}: {term}", state=words, term=_holding(held.held))
    if held.future is not None:
        following = _holding(held.future)
        words = say("{now}; tiếp theo là {next}", "{now}; next {next}", now=words, next=following)
        if held.future.is_suspended:
            words = say("{all} (tạm ngưng)", "{all} (suspended)", all=words)
    return words


def usage_words(held: Entitlement) -> Text | None:
    """How much of the capacity is used; None where nothing was reported, or nothing is held."""
    if held.usage is None or held.held is None:
        return None
    hundredths = held.usage.used_bytes * 100 // GB
    used = f"{hundredths // 100}.{hundredths % 100:02}"
    words = say(
        "đã dùng {used} trong {all} GB, theo số liệu ngày {day}",
        "{used} of {all} GB are used, as reported on {day}",
        used=Text(vi=used.replace(".", ","), en=used),
        all=held.capacity_bytes // GB,
        day=local_date(held.usage.at, held.held.term.zone),
    )
    return say("{used}: đã hết dung lượng", "{used}: exhausted", used=words) if held.exhausted else words


def passed(before: Entitlement, after: Entitlement) -> Text:
    """What a term's end or beginning changed by itself."""
    if after.held is not None and (before.held is None or after.held.grant != before.held.grant):
        return Text(vi="kỳ hạn tiếp theo bắt đầu", en="the next term began")
    if before.state is State.TRIAL:
        return Text(vi="hết thời gian dùng thử", en="the trial ended")
    return Text(vi="kỳ hạn kết thúc", en="the term ended")


def surplus_words(order: Order, given_back: Money) -> Iterator[Text]:
    """What is to be given back yet. `given_back`: surplus money that went back, or may."""
    surplus = order.received - order.total - given_back
    if surplus.minor > 0:
        yield say(
            "đã nhận thừa {surplus}: cần hoàn lại",
            "{surplus} more than its total came in: surplus money, to be given back",
            surplus=surplus,
        )


def waits(order: Order, money: Money) -> Text:
    """`money`: what of it is still there."""
    return say(
        "đơn {order} ({state}): đã nhận {money}, chưa cấp gì: cần người xử lý",
        "order {order} ({state}): {money} came in, nothing was granted: a person must decide",
        order=as_is(order.number),
        state=as_is(order.state),
        money=money,
    )


def given_back(refund: Refund) -> Text:
    """A refund and where it stands."""
    return say(
        "{what} {reference}, {amount} của thanh toán {payment} ({kind}): {state}",
        "{what} {reference} of {amount} on payment {payment} ({kind}): {state}",
        what=_WAYS[refund.way],
        reference=as_is(refund.reference),
        amount=refund.amount if refund.state is Stage.FAILED else refund.spent,
        payment=as_is(refund.merchant_reference),
        kind=_KINDS[refund.of],
        state=_STAGES[refund.state],
    )


def claimed_back(each: Chargeback, state: Claim) -> Text:
    """A chargeback that came to this state."""
    return say(
        "yêu cầu bồi hoàn {reference}, {amount} của thanh toán {payment}: {state}",
        "chargeback {reference} of {amount} on payment {payment}: {state}",
        reference=as_is(each.reference),
        amount=each.amount,
        payment=as_is(each.merchant_reference),
        state=_CLAIMS[state],
    )


def took_nothing(refund: Refund, *, gave: bool) -> Text:
    """Why nothing was taken for it. `gave`: whether its order gave anything."""
    if refund.state is Stage.FAILED:
        return Text(vi="không đổi gì", en="nothing changes")
    if refund.state is not Stage.SUCCEEDED:
        return Text(vi="không đổi gì cho đến khi rõ kết quả", en="nothing changes until it is known")
    if refund.of is Of.SURPLUS:
        return Text(vi="không đổi gì: đó là tiền thừa", en="nothing changes: it was surplus money")
    if not gave:
        return Text(vi="không đổi gì: đơn hàng chưa cấp gì", en="nothing changes: the order gave nothing")
    return Text(
        vi="không thu hồi gì: không dòng nào được nêu, hoặc đã thu hồi trước đó",
        en="nothing is taken: no line was named, or it was taken before",
    )


def still_unknown(refund: Refund) -> Text:
    return say(
        "hoàn tiền {reference}, {amount} của đơn {order}: {state}",
        "refund {reference} of {amount} on order {order} {state}",
        reference=as_is(refund.reference),
        amount=refund.spent,
        order=as_is(refund.order_number),
        state=_STAGES[refund.state],
    )


def still_open(each: Chargeback) -> Text:
    return say(
        "yêu cầu bồi hoàn {reference}, {amount} của đơn {order}, còn mở",
        "chargeback {reference} of {amount} on order {order} is open",
        reference=as_is(each.reference),
        amount=each.amount,
        order=as_is(each.order_number),
    )


def money_words(money: Money) -> Text:
    return say("{money}", "{money}", money=money)


def as_is(words: str) -> Text:
    """What a person or a program wrote, the same in both languages."""
    return Text(vi=words, en=words)


def _term_given(line: TermLine) -> Text:
    term = line.term
    length = months(term.months)
    if term.bonus_months:
        length = say(
            "{paid} và {bonus} tặng thêm",
            "{paid} and {bonus} more at no cost",
            paid=length,
            bonus=months(term.bonus_months),
        )
    if term.months == 0:
        length = say("{days} ngày", "{days} days", days=term.days)
    return say(
        "{names}, {gb} GB, {length}: {first} đến {last}",
        "{names}, {gb} GB, {length}: {first} to {last}",
        names=line.names,
        gb=line.included_gb,
        length=length,
        first=term.start_date,
        last=term.valid_to,
    )


def _holding(holding: Holding) -> Text:
    words = say(
        "{names} từ {first} đến {last}, {gb} GB",
        "{names} from {first} to {last}, {gb} GB",
        names=holding.line.names,
        first=holding.term.start_date,
        last=holding.term.valid_to,
        gb=holding.included_gb,
    )
    if not holding.extra_gb:
        return words
    return say("{base} + {gb} GB thêm", "{base} + {gb} GB extra", base=words, gb=holding.extra_gb)


def _signed(count: int) -> Text:
    form = "+{n}" if count >= 0 else "{n}"
    return say(form, form, n=count)
