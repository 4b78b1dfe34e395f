"""Each act's whole way: a form, what it would do, the act, the order; and how it does nothing."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import date
from typing import ClassVar

from backoffice.tests.acts.clerk import hidden, problems, said
from backoffice.tests.acts.conftest import Desk, TransferDesk
from backoffice.tests.office import PEOPLE, ROOM
from payport import Money, New, vnd
from tests.support.bank_lines import a_line, csv_of
from tests.support.transfers import FOUR_EYES_ABOVE
from tests.support.unmoved import nothing_moves

HUY, LAN = PEOPLE["huy"].name, PEOPLE["lan"].name
WHY = "the buyer called"


def refund_path(desk: Desk, purchase: New | None = None) -> str:
    payment = desk.giving.paid(purchase) if purchase else desk.giving.paid()
    return f"/orders/{payment.order_number}/refund"


def number_of(path: str) -> str:
    return path.split("/")[2]


class TestARefund:
    def test_shows_what_it_would_do_and_then_does_that(self, desk: Desk) -> None:
        path, huy = refund_path(desk, New(package="enterprise", months=12, extra_steps=1)), desk.clerk()

        with nothing_moves(desk.giving.shop):
            form = huy.opens(path).text
            effect = huy.asks(path, reason=WHY, **{"lines-1": "on"})

        assert "50 GB of extra capacity" in form
        assert "₫3,905,000" in form
        for words in ("Paid then Partly refunded", "10% ₫3,550,000 ₫355,000 ₫3,905,000", "₫11,000,000"):
            assert words in said(effect.text)
        answer = huy.does(effect)
        assert answer.headers["location"] == f"{ROOM}/orders/{number_of(path)}?done=refund_succeeded"
        (refund,) = desk.giving.shop.payport.order(number_of(path)).refunds
        assert (refund.amount, refund.lines, refund.requested_by, refund.reason) == (
            vnd(3_905_000), (1,), HUY, WHY,
        )  # fmt: skip

    def test_REF_07_by_a_double_click_is_one(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        effect = huy.asks(path, reason=WHY)

        first, second = huy.does(effect), huy.does(effect)

        assert first.headers["location"] == second.headers["location"]
        assert first.status_code == second.status_code == 303
        assert len(desk.giving.shop.payport.order(number_of(path)).refunds) == 1
        assert len(desk.giving.bank.sent) == 1

    def test_REF_07_in_two_tabs_or_by_two_operators_is_one_and_the_second_is_shown_anew(
        self, desk: Desk
    ) -> None:
        path, huy, lan = refund_path(desk), desk.clerk(), desk.clerk("lan")
        hers, his = lan.asks(path, amount="300.000", reason=WHY), huy.asks(path, amount="300.000", reason=WHY)

        assert lan.does(hers).status_code == 303
        stale = huy.does(his)

        assert stale.status_code == 422
        assert "what is left of the payment has changed since".casefold() in stale.text.casefold()
        assert 'value="300.000"' in stale.text  # nothing typed is lost
        assert [one.requested_by for one in desk.giving.shop.payport.order(number_of(path)).refunds] == [LAN]

    def test_that_would_do_something_else_by_now_is_shown_anew(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        effect = huy.asks(path, amount="300.000", reason=WHY)
        desk.giving.shop.payport.adjust("binh-minh", days=1, actor="minh", reason=WHY)

        with nothing_moves(desk.giving.shop):
            anew = huy.does(effect)

        assert anew.status_code == 409
        assert "Something changed since you looked, and nothing was done." in anew.text
        assert huy.does(anew).status_code == 303

    def test_WEB_07_with_another_amount_than_was_shown_is_not_done(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        effect = huy.asks(path, amount="300.000", reason=WHY)

        with nothing_moves(desk.giving.shop):
            assert huy.does(effect, amount="1.000.000").status_code == 409
            assert huy.does(effect, shown="0" * 64, once="x").status_code == 409
            assert huy.does(effect, shown="").status_code == 200  # shown first

    def test_too_large_is_refused_at_its_field_and_nothing_typed_is_lost(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()

        answer = huy.asks(path, amount="9.999.999", reason="<b>why</b>")

        assert answer.status_code == 422
        (problem,) = problems(answer.text)
        assert problem.startswith("amount: 9,999,999 VND asked, 1,100,000 VND left")
        assert 'value="9.999.999"' in answer.text
        assert 'value="&lt;b&gt;why&lt;/b&gt;"' in answer.text

    def test_without_a_reason_or_with_no_amount_is_said_in_the_readers_language(self, desk: Desk) -> None:
        path = refund_path(desk)
        huy = desk.clerk()
        huy.person.client.headers["accept-language"] = "vi"

        assert problems(huy.asks(path, reason=" ").text) == [
            "reason: Hãy cho biết lý do, trong một dòng, như kiểm toán viên cần đọc."
        ]
        assert problems(huy.asks(path, reason=WHY, amount="một triệu").text) == [
            "amount: Hãy ghi số tiền, như 1.100.000."
        ]

    def test_that_the_core_refuses_is_refused_in_the_readers_language(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        huy.person.client.headers["accept-language"] = "vi"

        answer = huy.asks(path, reason=WHY, amount="9.999.999")

        (payment,) = desk.giving.shop.payport.order(number_of(path)).payments
        assert problems(answer.text) == [
            f"amount: Yêu cầu 9,999,999 VND, giao dịch {payment.merchant_reference} chỉ còn 1,100,000 VND "
            "tiền của đơn hàng. Hãy hoàn tối đa 1,100,000 VND."
        ]
        assert '<span lang="en">' not in answer.text

    def test_by_hand_is_recorded_by_its_reference_and_calls_nobody(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()

        assert problems(huy.asks(path, reason=WHY, by_hand="on").text)[0].startswith(
            "gateway_reference: By hand"
        )
        assert huy.acts(path, reason=WHY, by_hand="on", gateway_reference="FT9").status_code == 303

        (refund,) = desk.giving.shop.payport.order(number_of(path)).refunds
        assert (refund.way, refund.gateway_reference, desk.giving.bank.sent) == ("by_hand", "FT9", [])

    def test_of_one_of_two_payments_asks_which_and_takes_no_other_for_it(self, desk: Desk) -> None:
        _, second = desk.giving.twice()
        path, huy = f"/orders/{second.order_number}/refund", desk.clerk()

        assert f'href="{ROOM}{path}?payment={second.merchant_reference}"' in huy.opens(path).text
        one = f"{path}?payment={second.merchant_reference}"
        assert huy.acts(one, reason=WHY, by_hand="on", gateway_reference="FT9").status_code in {303, 422}
        assert huy.opens(f"{path}?payment=SV0000").status_code == 409

    def test_REF_10_that_needs_a_second_person_becomes_a_proposal_that_another_approves(
        self, strict: Desk
    ) -> None:
        path, huy, lan = refund_path(strict), strict.clerk(), strict.clerk("lan")
        effect = huy.asks(path, reason=WHY)
        assert "It needs a second person" in effect.text
        assert "Propose it" in effect.text

        where = huy.does(effect).headers["location"].removeprefix(ROOM).partition("?")[0]
        assert huy.does(effect).headers["location"].startswith(f"{ROOM}{where}")  # a double click is one
        (proposal,) = strict.giving.shop.payport.proposals()
        assert where == f"/proposals/{proposal.id}"
        assert proposal.proposed_by == HUY
        assert proposal.id in lan.opens("/proposals").text
        assert "another person must approve it" in huy.opens(where).text
        seen = lan.opens(where).text
        assert "₫1,100,000" in seen
        approval = hidden(seen, f"{ROOM}{where}/approve")

        first, second = (lan.sends(f"{where}/approve", approval) for _ in range(2))

        assert first.status_code == second.status_code == 303
        order = strict.giving.shop.payport.order(number_of(path))
        assert [(one.requested_by, one.state) for one in order.refunds] == [(HUY, "succeeded")]

    def test_REF_10_is_approved_by_nobody_who_proposed_it_or_may_not(self, strict: Desk) -> None:
        path, lan = refund_path(strict), strict.clerk("lan")
        where = lan.acts(path, reason=WHY).headers["location"].removeprefix(ROOM).partition("?")[0]
        huy = strict.clerk()

        assert "/approve" not in lan.opens(where).text
        assert "/approve" not in huy.opens(where).text
        token = hidden(huy.opens(where).text, f"{ROOM}{where}/decline")["form_token"]
        assert huy.sends(f"{where}/approve", {"form_token": token, "shown": "x"}).status_code == 403
        assert strict.giving.shop.payport.order(number_of(path)).refunds == ()

    def test_REF_10_is_approved_as_it_was_seen_or_not_at_all(self, strict: Desk) -> None:
        path, lan = refund_path(strict), strict.clerk("lan")
        where = strict.clerk().acts(path, reason=WHY).headers["location"].removeprefix(ROOM).partition("?")[0]
        approval = hidden(lan.opens(where).text, f"{ROOM}{where}/approve")
        payment = strict.giving.shop.payport.order(number_of(path)).payments[0]
        strict.giving.refund(payment, vnd(1_000))

        with nothing_moves(strict.giving.shop):
            refused = lan.sends(f"{where}/approve", approval)
        assert refused.status_code == 422
        assert "It cannot be done as things stand now" in refused.text

        declined = lan.sends(
            f"{where}/decline", hidden(refused.text, f"{ROOM}{where}/decline") | {"reason": "not any more"}
        )
        assert declined.headers["location"] == f"{ROOM}/proposals?done=declined"
        assert "not any more" in lan.opens(where).text

    def test_in_doubt_is_ended_as_a_person_found_it(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        desk.giving.bank.loses_the_answer()
        unknown = huy.acts(path, amount="200.000", reason=WHY).headers["location"]
        assert unknown.endswith("refund_unknown")
        assert '<div class="notice warn" role="status">' in huy.opens(unknown.removeprefix(ROOM)).text
        settle = path.replace("/refund", "/settle")

        assert problems(huy.asks(settle, reason=WHY).text) == ["outcome: Please choose one."]
        assert huy.acts(settle, outcome="succeeded", reason=WHY).headers["location"].endswith("settled")

        (refund,) = desk.giving.shop.payport.order(number_of(path)).refunds
        assert (refund.state, refund.closed_by) == ("succeeded", HUY)


class TestAnOrder:
    def test_in_review_is_paid_or_cancelled_as_a_person_decides(self, desk: Desk) -> None:
        payment = desk.giving.shop.pay(desk.giving.shop.order())
        desk.giving.shop.ipn(payment, vnd(1_100_001))
        path, huy = f"/orders/{payment.order_number}/resolve", desk.clerk()
        assert "payment=-" in huy.opens(path).text

        effect = huy.asks(f"{path}?payment=-", outcome="paid", reason=WHY)
        assert "and holds then" in effect.text
        assert huy.does(effect).status_code == 303

        assert desk.giving.shop.payport.order(payment.order_number).state == "paid"

    def test_is_cancelled_once_however_often_it_is_clicked(self, desk: Desk) -> None:
        order = desk.giving.in_review()
        path, huy = f"/orders/{order.order_number}/cancel", desk.clerk()
        effect = huy.asks(path, reason=WHY)

        assert {huy.does(effect).headers["location"] for _ in range(2)} == {
            f"{ROOM}/orders/{order.order_number}?done=cancelled"
        }
        other = huy.does(effect, once="another tab")
        assert other.status_code == 422
        assert "This was refused, and nothing was done." in other.text
        told = [move.because for move in desk.giving.shop.payport.history(order.order_number)]
        assert sum(HUY in because for because in told) >= 1

    def test_REF_10_in_review_whose_payment_is_in_review_too_is_left_as_it_is(self, desk: Desk) -> None:
        payment = desk.giving.shop.pay(desk.giving.shop.order())
        desk.giving.shop.ipn(payment, response="07")
        path, huy = f"/orders/{payment.order_number}/resolve", desk.clerk()

        answer = huy.acts(path, outcome="failed", reason=WHY)

        assert answer.headers["location"].endswith("done=resolved")
        assert desk.giving.shop.payment(payment).state == "failed"


class TestAChargeback:
    def test_is_recorded_once_and_ended(self, desk: Desk) -> None:
        payment, huy = desk.giving.paid(), desk.clerk()
        path = f"/orders/{payment.order_number}/chargeback"
        effect = huy.asks(path, amount="1,100,000 ₫", reason=WHY)
        assert "suspended" in effect.text.casefold()

        assert huy.does(effect).status_code == huy.does(effect).status_code == 303
        assert huy.does(effect, once="another tab").status_code == 422
        (claim,) = desk.giving.shop.payport.chargebacks(payment.order_number)
        assert claim.opened_by == HUY

        end = f"{path}?close={claim.reference}"
        assert huy.acts(end, outcome="won", reason="the bank says so").status_code == 303
        assert huy.opens(end).status_code == 409  # it is closed: no other is taken for it
        assert [one.state for one in desk.giving.shop.payport.chargebacks(payment.order_number)] == ["won"]


class TestAnAccount:
    def test_is_adjusted_once_and_never_from_a_stale_form(self, desk: Desk) -> None:
        desk.giving.paid()
        path, huy, lan = "/accounts/binh-minh/adjust", desk.clerk(), desk.clerk("lan")
        hers, his = lan.asks(path, days="7", reason=WHY), huy.asks(path, days="7", reason=WHY)
        assert "7 days at the end of the last term" in hers.text

        assert lan.does(hers).headers["location"] == f"{ROOM}/accounts/binh-minh?done=adjusted"
        assert lan.does(hers).status_code == 303
        assert huy.does(his).status_code in {409, 422}
        assert desk.giving.shop.payport.entitlement("binh-minh").version == 2

    def test_is_not_adjusted_by_nothing_at_all(self, desk: Desk) -> None:
        desk.giving.paid()

        assert desk.clerk().asks("/accounts/binh-minh/adjust", reason=WHY).status_code == 422
        assert problems(desk.clerk().asks("/accounts/binh-minh/adjust", days="two", reason=WHY).text) == [
            "days: Please give a whole number."
        ]


class TestMoneyThatWasSeen:
    TYPED: ClassVar = {"bank_reference": "FT26328000001", "note": "seen at the bank"}

    def test_is_counted_once_on_one_word(self, till: TransferDesk) -> None:
        order, huy = till.transfers.order(), till.clerk()
        path = f"/orders/{order.number}/confirm"
        due = str(order.total.minor)

        effect = huy.asks(path, amount=due, **self.TYPED)
        assert {huy.does(effect).headers["location"] for _ in range(2)} == {
            f"{ROOM}/orders/{order.number}?done=confirmed"
        }

        assert till.transfers.now(order).received == order.total
        again = huy.acts(path, amount=due, **self.TYPED)
        assert again.status_code == 303  # the same transfer is the same one
        assert till.transfers.now(order).received == order.total

    def test_above_the_limit_waits_for_another_person(self, till: TransferDesk) -> None:
        order = till.transfers.order(package="enterprise")
        assert order.total > Money(FOUR_EYES_ABOVE, "VND")
        path, huy, lan = f"/orders/{order.number}/confirm", till.clerk(), till.clerk("lan")
        typed = {"amount": str(order.total.minor), **self.TYPED}

        effect = huy.asks(path, **typed)
        assert "It waits until a second person confirms the same" in effect.text
        assert huy.does(effect).headers["location"].endswith("confirmed_once")
        assert till.transfers.now(order).received == vnd(0)
        assert huy.asks(path, **typed).status_code == 422  # not the same person

        second = f"{path}?second=FT26328000001"
        assert 'name="amount" type="text" value=""' in lan.opens(second).text
        assert lan.acts(second, **typed).headers["location"].endswith("done=confirmed")
        (seen,) = till.transfers.shop.payport.confirmations(order.number)
        assert (seen.first_by, seen.second_by) == (HUY, LAN)

    def test_by_mistake_is_withdrawn(self, till: TransferDesk) -> None:
        order = till.transfers.order(package="enterprise")
        path, huy = f"/orders/{order.number}/confirm", till.clerk()
        huy.acts(path, amount=str(order.total.minor), **self.TYPED)
        page = huy.opens(path).text
        (link,) = re.findall(r'href="([^"]*/withdraw[^"]*)"', page)

        answer = huy.acts(link.removeprefix(ROOM).replace("&amp;", "&"), reason="a slip")

        assert answer.headers["location"].endswith("withdrawn")
        assert [one.state for one in till.transfers.shop.payport.confirmations(order.number)] == ["withdrawn"]

    def test_on_a_day_to_come_or_with_no_reference_is_refused_at_its_field(self, till: TransferDesk) -> None:
        path = f"/orders/{till.transfers.order().number}/confirm"
        later = date(2027, 1, 1).isoformat()
        answer = till.clerk().asks(path, amount="1", booked_on=later, **self.TYPED)

        assert [one.partition(":")[0] for one in problems(answer.text)] == ["booked_on"]
        assert 'value="2027-01-01"' in answer.text


class TestWhoMayAct:
    def test_is_operators_and_approvers_alone(self, desk: Desk) -> None:
        path = refund_path(desk)
        number = number_of(path)
        every = [
            f"/orders/{number}/{act}"
            for act in ("refund", "confirm", "cancel", "resolve", "chargeback", "settle", "withdraw")
        ] + ["/accounts/binh-minh/adjust", "/unmatched/dismiss?account=a&reference=b", "/work/x/unpark"]

        for name in ("anh", "bao"):
            for each in every:
                assert desk.clerk(name).opens(each).status_code == 403, each
                assert desk.clerk(name).sends(each, {"reason": WHY}).status_code == 403, each
            assert desk.clerk(name).opens("/proposals").status_code == 200

    def test_WEB_07_is_who_is_signed_in_and_never_a_field(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        effect = huy.asks(path, reason=WHY, actor=LAN)

        assert huy.does(effect, actor=LAN, by=LAN).status_code == 303
        assert [one.requested_by for one in desk.giving.shop.payport.order(number_of(path)).refunds] == [HUY]

    def test_WEB_06_needs_the_forms_token(self, desk: Desk) -> None:
        path, huy = refund_path(desk), desk.clerk()
        effect = huy.asks(path, reason=WHY)

        with nothing_moves(desk.giving.shop):
            assert huy.does(effect, form_token="x").status_code == 403
            assert desk.clerk("lan").does(effect).status_code == 403


class TestAStatement:
    def test_is_shown_line_by_line_and_then_imported_once_with_the_very_same_bytes(
        self, till: TransferDesk
    ) -> None:
        order, huy, path = till.transfers.order(), till.clerk(), "/statement-lines/import"
        memo = order.number
        lines = [
            a_line(f"thanh toan {memo}", at=till.transfers.clock()),
            a_line("x", 5, at=till.transfers.clock(), reference="FT2"),
        ]

        with nothing_moves(till.transfers.shop):
            shown = huy.asks(path, account="order-only", text=csv_of(lines).decode())
            assert order.number in said(shown.text)
            other = hidden(shown.text, f"{ROOM}{path}") | {"step": "do", "content": "YWJj"}
            assert huy.sends(path, other).status_code == 422
        fields = hidden(shown.text, f"{ROOM}{path}") | {"step": "do"}
        answers = [huy.sends(path, fields).headers.get("location") for _ in range(2)]

        assert answers == [f"{ROOM}/statement-lines?done=imported"] * 2
        assert till.transfers.now(order).received == order.total
        assert huy.sends(path, fields | {"once": "another tab"}).status_code == 409

    def test_SEC_03_comes_as_the_banks_file_and_no_card_in_it_is_shown_or_kept(
        self, till: TransferDesk
    ) -> None:
        order, huy, path = till.transfers.order(), till.clerk(), f"{ROOM}/statement-lines/import"
        content = csv_of([a_line(f"{order.number} 4111111111111111 cám ơn", at=till.transfers.clock())])
        empty = hidden(huy.opens("/statement-lines/import").text, path)
        del empty["content"]

        marked, shown = (
            huy.person.upload(path, empty | {"account": "order-only"}, content=("../<b>.csv", sent))
            for sent in (b"\xef\xbb\xbf" + content, content)
        )

        assert (marked.status_code, 'encoding = "utf-8-sig"' in said(marked.text)) == (422, True)
        assert "../" not in marked.text + shown.text
        assert "411111******1111 cám ơn" in said(shown.text)
        counted = hidden(shown.text, path) | {"step": "do"}
        assert huy.sends("/statement-lines/import", counted).status_code == 303
        assert till.transfers.now(order).received == order.total
        (line,) = till.transfers.shop.payport.statement_lines().rows
        assert line.text == f"{order.number} 411111******1111 cám ơn"

    def test_of_more_than_the_page_can_show_is_refused(self, till: TransferDesk) -> None:
        path, huy = "/statement-lines/import", till.clerk()
        typed = hidden(huy.opens(path).text, f"{ROOM}{path}")

        answer = huy.sends(path, typed | {"content": urlsafe_b64encode(b"x" * 2_000_001).decode()})

        assert (answer.status_code, "larger than 2 MB" in said(answer.text)) == (422, True)

    def test_that_cannot_be_read_is_refused_with_its_line_and_kept_in_the_form(
        self, till: TransferDesk
    ) -> None:
        answer = till.clerk().asks("/statement-lines/import", account="order-only", text="<b>no file")

        assert answer.status_code == 422
        assert "&lt;b&gt;no file" in answer.text


def test_a_form_without_its_mark_is_never_taken_for_another(desk: Desk) -> None:
    huy, payment = desk.clerk(), desk.giving.paid()
    path = f"/orders/{payment.order_number}/refund"

    for amount in ("1.000", "2.000"):
        assert huy.does(huy.asks(path, amount=amount, reason=WHY), once="").status_code == 303

    given = {one.amount for one in desk.giving.order(payment).refunds}  # of one instant, so in no order
    assert given == {vnd(1_000), vnd(2_000)}
