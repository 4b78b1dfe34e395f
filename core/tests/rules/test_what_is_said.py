"""Every sentence that the rules say: to buyers in both languages, to hosts and operators in English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from payport.errors import Defect, PayportError
from payport.rules.calendar import first_term
from payport.rules.catalog import Catalogs, ExtraCapacity, ExtraPrice, PackageTerm, Promotion
from payport.rules.credit import surplus_days
from payport.rules.effect import Review
from payport.rules.grant import Paid, Price
from payport.rules.line import Draft, bounded
from payport.rules.money import MOST_MINOR, Money, vnd
from payport.rules.pricing import added_capacity_line, extra_capacity_line
from payport.rules.purchase import AddCapacity, New, Renew, Switch, read_purchase
from payport.rules.words import Text, say

JANUARY_15 = date(2026, 1, 15)
AUGUST_20 = date(2026, 8, 20)
IN_THE_WINDOW = date(2027, 1, 5)
NEW = New(package="small", months=12)
NAMES = Text(vi="Ưu đãi", en="Offer")


@pytest.fixture
def small(desk: Any) -> Any:
    desk.on(JANUARY_15).paid(NEW)
    return desk


def said_of(line: Any) -> list[str]:
    return [line.title.vi, line.title.en, line.unit.vi, line.unit.en, line.how.vi, line.how.en]


def refusal(call: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(PayportError) as refused:
        call()
    return refused.value.field, refused.value.problem, refused.value.remedy


class TestALine:
    def test_of_a_package_with_bonus_months(self, desk: Any) -> None:
        [line] = desk.quote(New(package="large", months=24)).lines

        assert said_of(line) == [
            "Large (vi)",
            "Large",
            "kỳ hạn 24 tháng",
            "term of 24 months",
            "giá niêm yết cho 24 tháng; tặng thêm 6 tháng miễn phí",
            "list price of 24 months; 6 months more at no cost",
        ]

    def test_of_extra_capacity_with_a_term(self, catalog_with: Any) -> None:
        line = extra_capacity_line(2, PackageTerm(months=24, price=1, bonus_months=1), catalog_with())

        assert said_of(line) == [
            "Dung lượng bổ sung 10 GB",
            "Extra capacity 10 GB",
            "phần 5 GB cho 12 tháng",
            "step of 5 GB for 12 months",
            "3.550.000\u00a0₫ × 2 × 24 tháng ÷ 12 tháng; miễn phí trong 1 tháng tặng thêm",
            "₫3,550,000 × 2 × 24 months ÷ 12 months; free in the 1 month on top",
        ]

    @pytest.mark.parametrize(
        ("policy", "vi", "en"),
        [
            (
                "days",
                "3.550.000\u00a0₫ × 2 × 12 tháng ÷ 12 tháng × 148 ngày còn lại ÷ 365 ngày của kỳ hạn",
                "₫3,550,000 × 2 × 12 months ÷ 12 months × 148 days left ÷ 365 days of the term",
            ),
            (
                "full",
                "3.550.000\u00a0₫ × 2 × 12 tháng ÷ 12 tháng, cho cả kỳ hạn",
                "₫3,550,000 × 2 × 12 months ÷ 12 months, for the whole term",
            ),
            (
                "months_up",
                "3.550.000\u00a0₫ × 2 × 5 tháng còn lại ÷ 12 tháng",
                "₫3,550,000 × 2 × 5 months left ÷ 12 months",
            ),
            (
                "months_down",
                "3.550.000\u00a0₫ × 2 × 4 tháng còn lại ÷ 12 tháng",
                "₫3,550,000 × 2 × 4 months left ÷ 12 months",
            ),
        ],
    )
    def test_of_capacity_added_in_mid_term_is_a_formula_to_check(
        self, desk_with: Any, policy: str, vi: str, en: str
    ) -> None:
        desk = desk_with(policies={"capacity_proration": policy})
        desk.on(JANUARY_15).paid(NEW)

        [line] = desk.on(AUGUST_20).uses(10).quote(AddCapacity(steps=2)).lines

        assert (line.how.vi, line.how.en) == (vi, en)

    def test_of_a_percent_off(self, desk_with: Any) -> None:
        desk = desk_with(promotions=(Promotion(id="ten", names=NAMES, percent=10),))

        _, line = desk.quote(NEW).lines

        assert said_of(line) == [
            "Ưu đãi",
            "Offer",
            "lần giảm",
            "discount",
            "giảm 10% của 1.200.000\u00a0₫",
            "10% off ₫1,200,000",
        ]

    def test_of_a_share_in_an_amount_off(self, desk_with: Any) -> None:
        both = ("package", "extra_capacity")
        desk = desk_with(promotions=(Promotion(id="off", names=NAMES, amount=1_000_000, on=both),))

        quote = desk.quote(New(package="huge", months=12, extra_steps=4))
        package, extra = quote.lines[2:]

        assert said_of(package)[4:] == [
            "phần của “Huge (vi)” trong mức giảm 1.000.000\u00a0₫",
            "the share of “Huge” in ₫1,000,000 off",
        ]
        assert extra.how.en == "the share of “Extra capacity 20 GB” in ₫1,000,000 off"
        assert (extra.quantity, extra.unit.en, extra.unit_price) == (1, "discount", extra.amount)

    def test_of_credit(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch_any_time": True})
        desk.on(JANUARY_15).paid(NEW)

        line = desk.uses(1).quote(Switch(package="large", months=12)).lines[-1]

        assert said_of(line) == [
            "Giá trị còn lại của Small (vi)",
            "Unused value of Small",
            "lần trừ",
            "credit",
            "giá đã tính × số ngày còn lại ÷ số ngày của kỳ hạn: "
            "1.200.000\u00a0₫ × 365 ÷ 365 = 1.200.000\u00a0₫",
            "price × days left ÷ days of the term: ₫1,200,000 × 365 ÷ 365 = ₫1,200,000",
        ]

    @pytest.mark.parametrize(
        ("prices", "back", "vi", "en"),
        [("net", 5_400_000, ", chưa gồm thuế", ", without tax"), ("gross", 5_000_000, "", "")],
    )
    def test_of_credit_beyond_what_was_received_and_the_price(
        self, desk_with: Any, prices: str, back: int, vi: str, en: str
    ) -> None:
        desk = desk_with(policies={"switch_any_time": True}, prices=prices)
        desk.on(JANUARY_15).paid(New(package="huge", months=12))
        desk.refunded = {"PP0": vnd(back)}

        line = desk.uses(1).quote(Switch(package="small", months=12)).lines[-1]

        assert said_of(line)[-2:] == [
            "giá đã tính × số ngày còn lại ÷ số ngày của kỳ hạn: "
            "10.000.000\u00a0₫ × 365 ÷ 365 = 10.000.000\u00a0₫; "
            f"nhiều nhất là 5.000.000\u00a0₫ đã nhận{vi}; trong đó trừ vào giá 1.200.000\u00a0₫",
            "price × days left ÷ days of the term: ₫10,000,000 × 365 ÷ 365 = ₫10,000,000; "
            f"at most the ₫5,000,000 received for it{en}; ₫1,200,000 of it off this price",
        ]

    def test_of_credit_from_many_parts(self, desk_with: Any) -> None:
        """Those beyond the sixth are one; a part that cost nothing is none."""
        free = Promotion(id="free", names=NAMES, percent=100, packages=("small",), code="FREE")
        desk = desk_with(policies={"switch_any_time": True}, promotions=(free,))
        desk.on(JANUARY_15).paid(New(package="small", months=12, code="FREE"))
        for bought in range(9):
            desk.uses(10 + 5 * bought).paid(AddCapacity(steps=1))

        line = desk.uses(1).quote(Switch(package="huge", months=12)).lines[-1]

        in_vietnamese, in_english = ["3.550.000\u00a0₫ × 365 ÷ 365"] * 6, ["₫3,550,000 × 365 ÷ 365"] * 6
        assert " + ".join([*in_vietnamese, "10.650.000\u00a0₫ của 3 phần khác ="]) in line.how.vi
        assert " + ".join([*in_english, "₫10,650,000 of 3 more = ₫31,950,000;"]) in line.how.en


def test_the_note_on_a_code_that_is_worth_less(desk_with: Any) -> None:
    code = Promotion(id="code", names=NAMES, percent=10, code="CODE")
    desk = desk_with(promotions=(Promotion(id="more", names=NAMES, percent=20), code))

    [note] = desk.quote(New(package="small", months=12, code="CODE")).notes

    assert note.vi == "Mã giảm giá không được dùng: “Ưu đãi” giảm nhiều hơn và không cộng dồn với mã"
    assert note.en == "The code is not used: “Offer” takes off more and does not combine with it"


class TestAClosedPurchase:
    def reasons(self, desk: Any) -> dict[str, tuple[str, str]]:
        shown = {kind: desk.offer(kind) for kind in ("new", "add_capacity", "renew", "switch")}
        assert all(offer.is_open is (offer.reason is None) for offer in shown.values())
        return {kind: (offer.reason.vi, offer.reason.en) for kind, offer in shown.items() if offer.reason}

    def test_where_nothing_is_held(self, desk: Any) -> None:
        nothing = ("chưa có gói nào", "no package is held yet")

        assert self.reasons(desk) == {"add_capacity": nothing, "renew": nothing, "switch": nothing}

    def test_before_the_window(self, small: Any) -> None:
        late = ("chỉ mở trong 30 ngày cuối của kỳ hạn", "open only in the last 30 days of the term")

        assert self.reasons(small.uses(1)) == {
            "new": ("đã có một gói", "a package is held already"),
            "add_capacity": (
                "dung lượng đã dùng chưa đến 100%",
                "less than 100% of the capacity is used",
            ),
            "renew": late,
            "switch": late,
        }

    def test_while_usage_is_unknown(self, small: Any) -> None:
        unknown = (
            "hiện chưa biết dung lượng đang dùng",
            "how much is used is not known at present",
        )

        assert self.reasons(small)["add_capacity"] == self.reasons(small)["switch"] == unknown

    def test_after_the_end(self, small: Any) -> None:
        small.on(date(2027, 2, 1)).uses(1)

        assert self.reasons(small) == {
            "new": ("đã có một gói", "a package is held already"),
            "add_capacity": ("kỳ hạn đã hết", "the term has ended"),
        }

    def test_with_a_next_term(self, desk_with: Any) -> None:
        desk = desk_with(policies={"switch": "at_end"})
        desk.on(JANUARY_15).paid(NEW)
        desk.on(IN_THE_WINDOW).uses(1).paid(Renew(months=12))
        stands = ("kỳ hạn tiếp theo đã được mua", "the next term has been bought already")

        reasons = self.reasons(desk)

        assert reasons["new"] == reasons["renew"] == reasons["switch"] == stands

    def test_with_a_next_term_that_is_suspended(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(1).suspended(small.paid(Renew(months=12)))

        assert self.reasons(small)["switch"] == (
            "kỳ hạn tiếp theo đang bị tạm ngưng",
            "the next term is suspended",
        )

    def test_while_suspended(self, small: Any) -> None:
        small.suspended(small.grants[0])

        assert set(self.reasons(small).values()) == {
            ("tài khoản đang bị tạm ngưng", "the account is suspended")
        }

    def test_where_the_package_is_not_sold_any_more(self, small: Any, desk_with: Any) -> None:
        later = desk_with(packages=small.catalog.packages[1:])
        later.grants = small.grants
        reasons = self.reasons(later.on(IN_THE_WINDOW).uses(1))

        assert reasons["renew"] == ("gói này không còn được bán", "this package is not sold any more")
        assert reasons["add_capacity"] == (
            "gói này không bán thêm dung lượng",
            "this package takes no extra capacity",
        )

    def test_where_there_is_no_other_package(self, small: Any, desk_with: Any) -> None:
        later = desk_with(packages=small.catalog.packages[:1])
        later.grants = small.grants

        assert self.reasons(later.uses(1))["switch"] == ("không có gói nào khác", "there is no other package")


def test_each_kind_of_purchase_has_its_name(small: Any) -> None:
    names = {kind: small.offer(kind).names for kind in ("new", "add_capacity", "renew", "switch")}

    assert {kind: (text.vi, text.en) for kind, text in names.items()} == {
        "new": ("mua mới", "new"),
        "add_capacity": ("thêm dung lượng", "add capacity"),
        "renew": ("gia hạn", "renew"),
        "switch": ("đổi gói", "switch"),
    }
    assert small.on(IN_THE_WINDOW).offer("renew").names.en == "renew"


class TestARefusal:
    def test_of_what_is_not_open(self, small: Any) -> None:
        small.on(JANUARY_15).uses(1)

        assert refusal(lambda: small.quote(NEW)) == (
            "kind",
            "a package is held already",
            "Nothing is open at present",
        )
        assert refusal(lambda: small.uses(10).quote(NEW))[2] == "Open instead: add capacity, switch"

    def test_of_extra_capacity_that_the_package_does_not_take(self, small: Any) -> None:
        expected = (
            "extra_steps",
            "Small takes no extra capacity at renew",
            "Leave it out, or choose another package",
        )

        assert refusal(lambda: small.on(IN_THE_WINDOW).quote(Renew(months=12, extra_steps=1))) == expected

    @pytest.mark.parametrize("steps", [1, 21])
    def test_of_more_or_fewer_steps_than_an_order_may_hold(self, desk_with: Any, steps: int) -> None:
        extra = ExtraCapacity(
            step_gb=5,
            price=ExtraPrice(amount=1, months=12),
            tax="vat",
            least_steps=2,
            most_steps=20,
        )
        desk = desk_with(extra_capacity=extra)
        says = ("more or fewer steps than one order may hold", "Choose from 2 to 20")

        at_new = refusal(lambda: desk.quote(New(package="huge", months=12, extra_steps=steps)))
        desk.on(JANUARY_15).paid(NEW)
        in_mid_term = refusal(lambda: desk.uses(10).quote(AddCapacity(steps=steps)))

        assert (at_new, in_mid_term) == (("extra_steps", *says), ("steps", *says))
        assert desk.quote(AddCapacity(steps=2)).total < desk.quote(AddCapacity(steps=20)).total

    def test_of_a_switch_to_what_is_held(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(1)

        assert refusal(lambda: small.quote(Switch(package="small", months=12))) == (
            "package",
            "this package is held already",
            "Renew it, or choose another",
        )

    def test_of_a_switch_below_what_is_used(self, desk: Any) -> None:
        desk.on(JANUARY_15).paid(New(package="large", months=12))
        desk.on(IN_THE_WINDOW).uses(10)
        desk.quote(Switch(package="small", months=12))  # filled to the last byte
        desk.usage = desk.usage.__class__(desk.usage.used_bytes + 1, desk.now)

        assert refusal(lambda: desk.quote(Switch(package="small", months=12))) == (
            "package",
            "holds 10 GB, 1 GB less than is used",
            "Choose a larger package or more extra capacity, or free some",
        )

    def test_of_a_code(self, desk_with: Any) -> None:
        def says(code: str, **facts: Any) -> tuple[str, str, str]:
            desk = desk_with(promotions=(Promotion(id="p", names=NAMES, percent=1, code="CODE", **facts),))
            desk.code_uses = {"CODE": 1}
            return refusal(lambda: desk.quote(New(package="small", months=12, code=code)))

        assert says("OTHER") == ("code", "there is no such code", "Check its spelling, or leave it out")
        assert says("CODE", uses=1) == ("code", "the code has been used up", "Leave it out")
        assert says("CODE", before=date(2020, 1, 1)) == (
            "code",
            "the code does not hold today",
            "Leave it out",
        )
        assert says("CODE", packages=("huge",)) == (
            "code",
            "the code is not for this purchase",
            "Choose what it is for, or leave it out",
        )

    def test_of_a_credit_that_money_cannot_hold(self, desk_with: Any) -> None:
        policies = {
            "switch_any_time": True,
            "renewal_window": timedelta(days=400),
            "credit_surplus": "forfeit",
        }
        desk = desk_with(policies=policies)
        most = vnd(MOST_MINOR)
        for purchase in (NEW, Renew(months=12)):
            granted = desk.uses(1).paid(purchase)
            line = granted.lines[0]
            desk.grants[-1] = granted.model_copy(
                update={
                    "lines": (line.model_copy(update={"price": Price(net=most, gross=most)}),),
                    "paid": Paid(net=most, total=most),
                }
            )
        purchase = Switch(package="large", months=12)

        assert refusal(lambda: desk.quote(purchase)) == (
            "kind",
            "the unused value is more than money can hold",
            "Use up some of it first",
        )
        desk.reversed(desk.grants[1])
        assert "= ₫9,007,199,254,740,991; " in desk.quote(purchase).lines[-1].how.en

    def test_of_days_beyond_a_century(self, desk: Any) -> None:
        term = first_term(desk.now, zone="Asia/Ho_Chi_Minh", months=12)
        line = Draft("package", "package", NAMES, 1, NAMES, 1, 1, NAMES, "vat")

        assert refusal(lambda: surplus_days(1_000_000, [line], term, desk.catalog)) == (
            "package",
            "the unused value would lengthen the term by more than a century",
            "Choose a larger package or a longer term",
        )

    def test_of_a_price_that_money_cannot_hold(self) -> None:
        assert bounded(MOST_MINOR, field="total") == MOST_MINOR
        assert bounded(-MOST_MINOR, field="total") == -MOST_MINOR
        assert refusal(lambda: bounded(MOST_MINOR + 1, field="total")) == (
            "total",
            "the price would be more than can be paid",
            "Choose less of it",
        )

    def test_of_capacity_where_none_is_sold(self, catalog_with: Any, desk: Any) -> None:
        term = first_term(desk.now, zone="Asia/Ho_Chi_Minh", months=12)

        assert refusal(lambda: added_capacity_line(1, term, catalog_with(extra_capacity=None), desk.now)) == (
            "extra_steps",
            "extra capacity is not sold",
            "Leave it out, or choose 0",
        )

    def test_of_added_capacity_above_what_money_holds_names_the_steps(self, desk_with: Any) -> None:
        extra = ExtraCapacity(step_gb=5, price=ExtraPrice(amount=MOST_MINOR, months=1), tax="vat")
        desk = desk_with(extra_capacity=extra)
        desk.on(JANUARY_15).paid(NEW)

        assert refusal(lambda: desk.uses(10).quote(AddCapacity(steps=100)))[0] == "steps"

    @pytest.mark.parametrize(
        ("given", "field", "problem"),
        [
            ({"kind": "new", "package": "a", "months": "1"}, "months", "Input should be a valid integer"),
            ({"kind": "switch", "package": 7, "months": 1}, "package", "Input should be a valid string"),
            ({"kind": "renew", "months": 1, "price": 1}, "price", "Extra inputs are not permitted"),
            ({"kind": "renew", "months": 1, "<b>": 1}, "purchase", "Extra inputs are not permitted"),
            ({"kind": "gift"}, "kind", "not a kind of purchase"),
            ({}, "kind", "not a kind of purchase"),
        ],
    )
    def test_of_a_form_that_makes_no_sense(self, given: Any, field: str, problem: str) -> None:
        assert refusal(lambda: read_purchase(given)) == (
            field,
            problem,
            "Give a whole number or a known id, and only the fields of this kind of purchase",
        )


class TestAReview:
    """`reason` is for the operator, who decides by it."""

    def test_of_a_new_package(self, small: Any, desk_with: Any) -> None:
        desk = desk_with()
        quote = desk.quote(NEW)

        assert small.pay(quote) == Review(
            "a first package was paid, but the account is active or has a term to come"
        )

    def test_of_added_capacity(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10).paid(Renew(months=12))
        quote = small.quote(AddCapacity(steps=1))

        assert small.on(date(2027, 1, 15)).pay(quote) == Review(
            "extra capacity was paid for a term that has ended; another one runs"
        )

    def test_of_a_following_term(self, small: Any) -> None:
        quote = small.on(IN_THE_WINDOW).quote(Renew(months=12))
        small.pay(quote)

        assert small.pay(quote) == Review("a following term was paid, but one stands already")

    def test_of_a_switch(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(10)
        first, second = (small.quote(Switch(package=to, months=12)) for to in ("huge", "large"))
        small.suspended(small.grants[0])
        suspended = small.pay(first)
        small.restored(small.grants[0])
        touched = small.pay(first)
        small.grants = small.grants[:1]
        small.paid(AddCapacity(steps=1))
        uncredited = small.pay(first)
        small.grants = small.grants[:1]
        small.pay(first)
        spent = small.pay(second)

        assert [suspended, touched, uncredited, spent] == [
            Review("a switch was paid, but the account is suspended"),
            Review("a switch was paid with the credit of a grant that was taken back or suspended since"),
            Review("a switch was paid, but something bought since its quote would be lost uncredited"),
            Review("a switch was paid with a credit that another switch has spent"),
        ]

    def test_of_a_switch_that_would_replace_a_suspended_term(self, small: Any) -> None:
        small.on(IN_THE_WINDOW).uses(1).paid(Renew(months=12))
        quote = small.quote(Switch(package="huge", months=12))
        small.suspended(small.grants[1])

        assert small.pay(quote) == Review(
            "a switch was paid, but the term that it would replace is suspended"
        )


class TestADefect:
    def test_of_an_order_beside_what_is_not_its_own(self, desk: Any, desk_with: Any) -> None:
        quote = desk.quote(NEW)

        assert refusal(lambda: desk_with(version="other").pay(quote)) == (
            "quote",
            "met another account's grants, another catalog, or its own grant",
            "Grant nothing, and look at the order",
        )

    def test_of_two_currencies(self) -> None:
        assert refusal(lambda: vnd(1) + Money(1, "USD")) == (
            "currency",
            "VND met USD",
            "Send the payment to review; money of two currencies is never added or compared",
        )

    def test_of_grants_that_contradict_each_other(self, small: Any) -> None:
        remedy = "Stop selling to this account and look at its grants"
        small.reversed(small.grants[0])
        small.reversed(small.grants[0])
        twice = refusal(small.held)
        small.grants.reverse()
        small.grants[0] = small.grants[0].model_copy(
            update={"effective_at": small.now + timedelta(seconds=1)}
        )

        assert twice == ("reversed_lines", "a reversal takes a line that is not there, or twice", remedy)
        assert refusal(lambda: small.held(small.now + timedelta(days=1))) == (
            "grants",
            "out of order, or of two accounts",
            remedy,
        )
        with pytest.raises(Defect):
            small.held(small.now + timedelta(days=1))


class TestCatalogs:
    def test_that_cannot_stand_together(self, catalog_with: Any) -> None:
        one = catalog_with()
        same_instant = catalog_with(version="other")
        same_name = catalog_with(effective_from=datetime(2021, 1, 1, tzinfo=UTC))

        assert refusal(lambda: Catalogs([])) == ("versions", "no catalog given", "Name one catalog file")
        assert refusal(lambda: Catalogs([one, same_name])) == (
            "version",
            "two files have one version",
            "Give each its own",
        )
        assert refusal(lambda: Catalogs([one, same_instant])) == (
            "effective_from",
            "test and other come into force at the same instant",
            "Move one of them",
        )

    def test_that_do_not_have_what_is_asked_for(self, catalog_with: Any) -> None:
        catalogs = Catalogs([catalog_with()])

        assert refusal(lambda: catalogs.in_force(datetime(2019, 1, 1, tzinfo=UTC))) == (
            "effective_from",
            "no catalog is in force yet",
            "Add one that begins earlier",
        )
        assert refusal(lambda: catalogs.version("gone")) == (
            "version",
            "a version that was used is neither stored nor listed",
            "List its file again",
        )
        assert catalogs.in_force(datetime(2020, 1, 1, tzinfo=UTC)).version == "test"

    def test_whose_packages_and_terms_are_others(self, catalog_with: Any) -> None:
        catalog = catalog_with()

        assert refusal(lambda: catalog.package("tiny")) == (
            "package",
            "not sold in this catalog",
            "Choose one of small, large, huge",
        )
        assert refusal(lambda: catalog.package("huge").term(1)) == (
            "months",
            "Huge is not sold for this many months",
            "Choose one of 12, 30",
        )


class TestATrial:
    def test_that_cannot_be_given(self, desk: Any, small: Any) -> None:
        assert refusal(small.trial) == (
            "account",
            "a trial or a package is held",
            "Start trials for new accounts only",
        )

    @pytest.mark.parametrize("days", [0, 3661])
    def test_of_a_length_that_it_may_not_have(self, desk_with: Any, days: int) -> None:
        assert refusal(lambda: desk_with().trial(days=days)) == (
            "days",
            "not a number of days that a trial may have",
            "Give 1 to 3660",
        )

    @pytest.mark.parametrize("days", [1, 3660])
    def test_of_a_length_that_it_may_have(self, desk: Any, days: int) -> None:
        desk.trial(days=days)

        assert desk.held().term.days == days


def test_amounts_are_written_with_their_sign() -> None:
    assert [say("{m}", "{m}", m=vnd(minor)).en for minor in (-1, 0, 1)] == ["-₫1", "₫0", "₫1"]
