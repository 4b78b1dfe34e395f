"""Small errands: a page that says what will happen, a button, and back; done twice, they do no harm."""

from __future__ import annotations

import pytest

from backoffice.tests.acts.clerk import Clerk, said
from backoffice.tests.acts.conftest import Desk
from backoffice.tests.office import ROOM
from tests.support.unmoved import nothing_moves


def runs(clerk: Clerk, path: str) -> str:
    """Where it leads."""
    answer = clerk.asks(path)
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
        assert desk.clerk().asks(path).status_code in {404, 409}


def test_WEB_09_an_errand_by_get_does_nothing_but_show_itself(desk: Desk) -> None:
    payment = desk.giving.begins()
    path = f"/orders/{payment.order_number}/ask?payment={payment.merchant_reference}"

    with nothing_moves(desk.giving.shop):
        assert "Ask it" in desk.clerk().opens(path).text
    assert desk.clerk("bao").opens(path).status_code == 403
