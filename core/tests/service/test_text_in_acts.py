"""Text that no column holds, in any place of any act and at any of its doors: refused by our own error, by
the name of its field, before a database is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from payport.errors import NotFound, RequestRefused
from payport.rules.acts import ACTS, Act, Adjust, CloseChargeback, Confirm, ResolveOrder
from payport.rules.money import vnd
from tests.support.refund_shop import RefundShop
from tests.support.shop import Shop
from tests.support.unmoved import nothing_moves

TEXTS = ("\x00", "FT\x00", "\ud800", "Lan \udfff")
NAMES = {  # of things: what has no such name is not found
    "order_number": {"order"},
    "merchant_reference": {"merchant_reference"},
    "reference": {"reference", "refund", "chargeback"},
}
WHY = "the buyer asked for it"


def texts_of(kind: type[Act]) -> list[str]:
    return [each.name for each in fields(kind) if each.type in {"str", "str | None"}]


def acts(giving: RefundShop) -> Iterator[Act]:
    """One of each kind; what they name is there where anything is."""
    payment = giving.paid()
    given: dict[str, Any] = {
        "order_number": payment.order_number, "merchant_reference": payment.merchant_reference,
        "reference": "SV3", "amount": vnd(1), "booked_on": date(2026, 11, 24), "bank_reference": "FT1",
        "key": "k", "reason": WHY, "account": payment.account, "days": 1,
        "gateway_account": payment.gateway_account,
    }  # fmt: skip
    for kind in ACTS:
        given["outcome"] = {ResolveOrder: "paid", CloseChargeback: "won"}.get(kind, "succeeded")
        yield kind(**{name: given[name] for name in kind.__dataclass_fields__ if name in given})


def refused(shop: Shop, do: Callable[[], object]) -> str:
    """The field that is named."""
    with nothing_moves(shop), pytest.raises(RequestRefused) as refusal:
        do()
    assert refusal.value.remedy
    return refusal.value.field


def test_is_refused_in_every_field_of_every_act(giving: RefundShop) -> None:
    payport, seen = giving.shop.payport, 0
    for act in acts(giving):
        for name in texts_of(type(act)):
            for text in TEXTS[::2]:
                values = {each.name: getattr(act, each.name) for each in fields(act)} | {name: text}
                bad, seen = type(act)(**values), seen + 1
                doors: list[Callable[..., object]] = [payport.rehearse, payport.perform]
                if not isinstance(act, Confirm):  # which is never proposed
                    doors.append(payport.propose)
                for door in doors:
                    with pytest.raises(RequestRefused) as refusal:
                        door(bad, actor="lan")
                    wanted = NAMES.get(name, {name})
                    assert refusal.value.field in wanted, bad
                    assert isinstance(refusal.value, NotFound) is (name in NAMES), bad
    assert seen >= 4 * len(ACTS)


def test_is_refused_as_the_name_of_whoever_acts(giving: RefundShop) -> None:
    payport = giving.shop.payport
    for act in acts(giving):
        for door in (payport.rehearse, payport.perform):
            with pytest.raises(RequestRefused):
                door(act, actor="\x00")


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_is_refused_by_the_verbs_that_take_no_act(giving: RefundShop, text: str) -> None:
    payport, by = giving.shop.payport, {"actor": "lan", "reason": WHY}
    payment = giving.paid()
    wanted = Adjust(account=payment.account, days=1, reason=WHY)
    waiting = payport.propose(wanted, actor="lan").id

    fields_named = [
        refused(giving.shop, do)
        for do in (
            lambda: payport.approve(text, actor="minh"),
            lambda: payport.approve(waiting, actor=text),
            lambda: payport.decline(text, **by),
            lambda: payport.decline(waiting, actor=text, reason=WHY),
            lambda: payport.decline(waiting, actor="minh", reason=text),
            lambda: payport.proposal(text),
            lambda: payport.resolve_order(text, "paid", **by),
            lambda: payport.resolve_payment(text, "succeeded", **by),
            lambda: payport.dismiss(text, "FT1", **by),
            lambda: payport.dismiss("bank-main", text, **by),
            lambda: payport.adjust(text, days=1, **by),
            lambda: payport.adjust(payment.account, package=text, months=1, **by),
            lambda: payport.perform(wanted, actor="lan", shown=text),
        )
    ]

    assert fields_named == [
        "proposal", "actor", "proposal", "actor", "reason", "proposal", "order", "merchant_reference",
        "gateway_account", "reference", "account", "package", "shown",
    ]  # fmt: skip
    assert payport.proposals(order_number=text) == ()


def test_an_account_that_is_longer_than_its_column_is_refused_alike(giving: RefundShop) -> None:
    act = Adjust(account="x" * 500, days=1, reason=WHY)

    for door in (giving.shop.payport.rehearse, giving.shop.payport.perform, giving.shop.payport.propose):
        assert refused(giving.shop, lambda door=door: door(act, actor="lan")) == "account"  # type: ignore[misc]
