"""Small errands: a page that says what will happen, a button, and back; done twice, they do no harm."""

from __future__ import annotations

import pytest

from backoffice.tests.acts.clerk import Clerk, said
from backoffice.tests.acts.conftest import Desk
from backoffice.tests.office import ROOM
from tests.support.unmoved import nothing_moves

WHY = "khách gọi hỏi"


def runs(clerk: Clerk, path: str) -> str:
    """Where it leads."""
    answer = clerk.asks(path, reason=WHY)
    assert answer.status_code == 303, said(answer.text)
    return answer.headers["location"].removeprefix(ROOM)


def test_a_gateway_is_asked_now_and_its_answer_counts(desk: Desk) -> None:
    desk.giving.bank.loses_the_answer()
    payment = desk.giving.paid()
    refund = desk.giving.refund(payment)
    path = f"/orders/{payment.order_number}"

    page = desk.clerk().opens(f"{path}/ask-refund?refund={refund.reference}")
    assert refund.reference in said(page.text)
    assert runs(desk.clerk(), f"{path}/ask-refund?refund={refund.reference}").startswith(f"{path}?done=")
    assert runs(desk.clerk(), f"{path}/ask?payment={payment.merchant_reference}") == f"{path}?done=not_asked"
    assert len(desk.giving.order(payment).refunds) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/work/SV-NOTHING/unpark",
        "/events/nothing/replay",
        "/subscribers/nobody/resume",
        "/subscribers/x/replay",
    ],
)
def test_of_something_that_is_not_there_nothing_is_done(desk: Desk, path: str) -> None:
    with nothing_moves(desk.giving.shop):
        assert desk.clerk().asks(path, reason=WHY).status_code in {404, 409}


def test_WEB_09_an_errand_by_get_does_nothing_but_show_itself(desk: Desk) -> None:
    payment = desk.giving.begins()
    path = f"/orders/{payment.order_number}/ask?payment={payment.merchant_reference}"

    with nothing_moves(desk.giving.shop):
        assert "Ask it" in desk.clerk().opens(path).text
    assert desk.clerk("bao").opens(path).status_code == 403


class TestWhoDidIt:
    def test_is_kept_with_why_before_it_is_done_and_read_by_the_auditor(self, desk: Desk) -> None:
        payment = desk.giving.paid()
        path = f"/orders/{payment.order_number}"

        assert runs(desk.clerk(), f"{path}/ask?payment={payment.merchant_reference}")
        page = desk.clerk("bao").opens(f"/errands?order={payment.order_number}").text

        words = said(page)
        assert all(
            each in words for each in ("Phạm Quốc Huy", "Asked a gateway", payment.merchant_reference, WHY)
        )
        story = said(desk.clerk().opens(path).text)
        assert f"had the gateway asked about payment {payment.merchant_reference}".lower() in story.lower()
        assert desk.clerk().opens("/errands").status_code == 403

    def test_asked_through_another_orders_page_it_stands_on_the_line_of_its_own(self, desk: Desk) -> None:
        payment, other = desk.giving.paid(), desk.giving.begins(account="hoa-sua")

        assert runs(desk.clerk(), f"/orders/{other.order_number}/ask?payment={payment.merchant_reference}")

        (errand,) = desk.giving.shop.payport.errands()
        assert errand.order_number == payment.order_number

    @pytest.mark.parametrize("reason", ["", " ", "x" * 501])
    def test_without_a_reason_nothing_is_done(self, desk: Desk, reason: str) -> None:
        payment = desk.giving.begins()
        path = f"/orders/{payment.order_number}/ask?payment={payment.merchant_reference}"

        with nothing_moves(desk.giving.shop):
            assert desk.clerk().asks(path, reason=reason).status_code == 422
        assert len(desk.giving.shop.payport.errands()) == 0

    def test_a_list_that_is_saved_leaves_the_names_of_its_filters_and_not_what_was_asked(
        self, desk: Desk
    ) -> None:
        desk.giving.paid()
        huy = desk.clerk()

        assert huy.opens("/orders.csv?account=mai@example.vn&state=paid").status_code == 200

        (errand,) = desk.giving.shop.payport.errands()
        assert (errand.kind, errand.about) == ("export", "orders (account, state)")
        forged = "mai@example.vn=1&state)%20by%20lan%20(x=1&a%00b=1&after=x&state=&account=mai"
        assert huy.opens(f"/orders.csv?{forged}").status_code == 200
        assert next(iter(desk.giving.shop.payport.errands())).about == "orders (account)"
        assert huy.opens("/orders.csv?from=never").status_code == 400
        assert len(desk.giving.shop.payport.errands()) == 2
