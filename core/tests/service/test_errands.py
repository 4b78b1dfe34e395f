"""Who did what that moves no money: kept before it is done, listed, told on the order's line, erased."""

from __future__ import annotations

from typing import Any

import pytest

from payport.errors import RequestRefused
from tests.support.refund_shop import RefundShop
from tests.support.shop import Shop

WHY = "the buyer called"


def noted(shop: Shop, **filters: Any) -> list[tuple[str, str, str]]:
    return [(each.actor, each.kind, each.about) for each in shop.payport.errands(**filters)]


def test_are_listed_the_newest_first_and_by_who_what_and_about_what(shop: Shop) -> None:
    note, payment = shop.payport.note_errand, shop.pay(shop.order())
    about = payment.merchant_reference
    note("ask", about, actor="huy", reason=WHY)
    shop.clock.forward(hours=1)
    note("export", "orders (state)", actor="lan")

    assert noted(shop) == [("lan", "export", "orders (state)"), ("huy", "ask", about)]
    assert noted(shop, kinds=["ask"]) == noted(shop, actor="huy") == noted(shop, about=about)
    assert noted(shop, order_number=payment.order_number) == [("huy", "ask", about)]
    assert noted(shop, at_from=shop.clock()) == [("lan", "export", "orders (state)")]
    first = shop.payport.errands(limit=1)
    assert [each.actor for each in shop.payport.errands(limit=1, after=first.next)] == ["huy"]


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("actor", {"actor": ""}),
        ("actor", {"actor": "x" * 10_000}),
        ("actor", {"actor": "a\x00b"}),
        ("reason", {"reason": ""}),
        ("reason", {"reason": "two\nlines"}),
        ("about", {"about": "x" * 256}),
        ("about", {"about": "a\x00"}),
        ("about", {"about": "\ud800"}),
        ("kind", {"kind": "steal"}),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(shop: Shop, field: str, changed: dict[str, str]) -> None:
    said: dict[str, Any] = {"kind": "ask", "about": "SVP1", "actor": "huy", "reason": WHY, **changed}

    with pytest.raises(RequestRefused) as refused:
        shop.payport.note_errand(said.pop("kind"), said.pop("about"), **said)

    assert refused.value.field == field
    assert noted(shop) == []


def test_stand_on_the_orders_line_with_who_and_why_until_the_buyer_is_erased(shop: Shop) -> None:
    payment = shop.pay(shop.order("hoa-sua"))
    shop.ipn(payment)
    number = payment.order_number
    shop.payport.note_errand("ask", payment.merchant_reference, actor="huy", reason="Mai called")

    (moment,) = [each for each in shop.payport.timeline(number) if each.kind == "errand"]
    assert moment.what.en == f"had the gateway asked about payment {payment.merchant_reference}"
    assert (moment.actor, moment.because) == ("huy", "Mai called")
    shop.payport.erase_buyer("hoa-sua", actor="lan", reason="asked for it")
    (moment,) = [each for each in shop.payport.timeline(number) if each.kind == "errand"]
    assert (moment.actor, moment.because) == ("huy", None)


def test_are_of_the_order_of_what_they_are_about_whatever_that_is(giving: RefundShop) -> None:
    payport, payment = giving.shop.payport, giving.paid()
    refund = giving.refund(payment)
    event = payport.events(payment.account)[0].event.id
    (callback, *_) = payport.callbacks(merchant_reference=payment.merchant_reference)
    number, paid = payment.order_number, payment.merchant_reference
    about = {"ask": paid, "ask_refund": refund.reference, "replay": event, "evidence": str(callback.id)}

    for kind, reference in about.items():
        payport.note_errand(kind, reference, actor="huy", reason="Mai called")
    for reference in (paid, refund.reference, number):
        payport.note_errand("unpark", reference, actor="huy", reason="Mai called")

    assert len(payport.errands()) == len(payport.errands(order_number=number)) == 7
    assert len([each for each in payport.timeline(number) if each.kind == "errand"]) == 7
    payport.erase_buyer(payment.account, actor="lan", reason="asked for it")
    assert {each.reason for each in payport.errands()} == {""}


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("ask", "SVNOTHING"),
        ("replay", "evt_nothing"),
        ("replay", "evt_" + "0" * 32),
        ("evidence", "9" * 30),
        ("evidence", "٣"),
        ("evidence", "0"),
        ("resume", "crm"),
        ("export", "orders (account)"),
    ],
)
def test_of_nothing_that_is_there_or_of_no_order_stand_on_no_orders_line(
    shop: Shop, kind: str, about: str
) -> None:
    shop.payport.note_errand(kind, about, actor="huy", reason=WHY)

    (errand,) = shop.payport.errands()
    assert errand.order_number is None
