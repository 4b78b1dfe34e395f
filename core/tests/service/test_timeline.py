"""An order's whole story on one line: complete, in order, in sentences, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from payport.errors import Defect, NotFound
from payport.journal.entry import parse_entry
from payport.rules.acts import Cancel
from payport.rules.money import vnd
from payport.rules.order import Order
from payport.service.timeline_entries import Subjects, moment_of
from payport.signing.received import Channel
from payport.storage import tables as t
from payport.storage.order_records import find_order
from tests.support.bank_lines import TOTAL
from tests.support.receivers import telling
from tests.support.refund_shop import RefundShop
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.transfers import Transfers
from tests.support.unmoved import nothing_moves

BY = {"actor": "lan@example.vn", "reason": "an outage in February"}


def test_a_whole_life_is_told_in_order_each_moment_once_and_changes_nothing(giving: RefundShop) -> None:
    shop, payport = giving.shop, giving.shop.payport
    payment = giving.paid()
    shop.clock.forward(hours=1)
    payport.adjust("binh-minh", days=3, **BY)
    shop.clock.forward(hours=1)
    refund = giving.refund(payment, vnd(1_000))
    shop.clock.forward(hours=1)
    claim = payport.chargeback(payment.merchant_reference, vnd(1_000_000), **BY)
    shop.clock.forward(hours=1)
    payport.chargeback_lost(claim.reference, actor="minh")

    with nothing_moves(shop):
        line = payport.timeline(payment.order_number)

    assert [moment.name for moment in line] == [
        "order.placed",
        "payment.created",
        "call.initiate",
        "payment.handed_over",
        "callback.ipn",
        "money.received",
        "payment.succeeded",
        "order.paid",
        "entitlement.changed",  # given
        "entitlement.changed",  # adjusted by staff
        "refund.requested",
        "call.refund",
        "refund.submitted",
        "refund.succeeded",
        "order.partly_refunded",
        "chargeback.opened",
        "entitlement.changed",  # suspended
        "chargeback.lost",
        "entitlement.changed",  # reversed
    ]
    told = {moment.name: moment for moment in line}
    assert told["callback.ipn"].links.contract == "bank-query 1.0.0"
    assert told["money.received"].links.callback == told["callback.ipn"].links.callback
    assert told["money.received"].what.vi.startswith("nhận được 1.100.000\u00a0₫ qua ")
    assert (told["refund.succeeded"].money, told["refund.succeeded"].actor) == (vnd(1_000), None)
    assert told["refund.requested"].links.refund_reference == refund.reference
    assert (told["chargeback.opened"].actor, told["chargeback.lost"].actor) == (BY["actor"], "minh")
    assert [moment.actor for moment in line if moment.kind == "grant"] == [
        None,
        BY["actor"],
        BY["actor"],
        "minh",
    ]


def test_what_people_saw_and_what_the_bank_wrote_stand_on_it(desk: Transfers) -> None:
    order = desk.order(package="enterprise")
    desk.clock.forward(minutes=5)
    desk.confirm(order, order.total.minor, by="lan")
    desk.clock.forward(minutes=5)
    desk.confirm(order, order.total.minor, by="minh")
    other = desk.order("hoa-sen")
    desk.read(desk.line(other, TOTAL, reference="FT26328000002"))

    line = desk.shop.payport.timeline(order.number)
    of_other = desk.shop.payport.timeline(other.number)

    seen = [(moment.name, moment.actor) for moment in line if moment.kind == "confirmation"]
    assert seen == [("confirmation.waiting", "lan"), ("confirmation.counted", "minh")]
    assert "lan, minh saw" in next(each for each in line if each.state == "counted").what.en
    names = [moment.name for moment in of_other]
    assert names[-5:] == [
        "statement.line",
        "money.received",
        "payment.succeeded",
        "order.paid",
        "entitlement.changed",
    ]
    (bank,) = [moment for moment in of_other if moment.kind == "statement"]
    assert (bank.state, bank.actor, bank.money) == ("matched", "ke toan", vnd(TOTAL))


def test_callbacks_that_prove_nothing_are_told_with_their_verdicts(shop: Shop) -> None:
    payment = shop.pay(shop.order())
    shop.clock.forward(minutes=1)
    shop.deliver(ipn_query(payment.merchant_reference, payment.amount.minor), channel=Channel.RETURN)
    shop.clock.forward(minutes=1)
    shop.ipn(payment, vnd(1_099_999))

    line = shop.payport.timeline(payment.order_number)

    came = [(moment.name, moment.state) for moment in line if moment.kind == "callback"]
    assert came == [("callback.return", "hint"), ("callback.ipn", "proof")]
    wrong = next(moment for moment in line if moment.name == "callback.ipn")
    assert "another amount than was asked for" in wrong.what.en
    assert [moment.name for moment in line if moment.at == wrong.at][:2] == ["callback.ipn", "money.received"]


def test_what_one_person_proposed_and_another_approved_is_told_with_both(shop: Shop) -> None:
    order = shop.order()
    proposal = shop.payport.propose(Cancel(order_number=order.number, reason="a slip"), actor="lan")
    shop.clock.forward(minutes=1)
    shop.payport.approve(proposal.id, actor="minh")

    line = shop.payport.timeline(order.number)

    assert {moment.name for moment in line[2:]} == {"proposal.approved", "order.cancelled"}
    assert line[1].what.en == "lan proposed to cancel the order: a second person must approve it"
    approved = next(moment for moment in line if moment.name == "proposal.approved")
    assert approved.what.en == "minh approved what lan proposed: to cancel the order"
    assert (approved.actor, approved.links.proposal) == ("minh", proposal.id)


def test_an_adjustment_of_what_another_order_gave_is_not_its_story(shop: Shop) -> None:
    held = shop.pay(shop.order())
    shop.ipn(held)
    placed = shop.order("hoa-sen")
    shop.payport.start_trial("hoa-sen")
    shop.payport.adjust("hoa-sen", days=3, **BY)
    shop.clock.forward(hours=1)
    other = shop.pay(placed)
    shop.ipn(other, transaction="14422575")

    for payment in (held, other):
        line = shop.payport.timeline(payment.order_number)
        assert [moment.actor for moment in line if moment.kind == "grant"] == [None]


def test_it_says_whom_each_event_was_told(database_url: str, tmp_path: Path) -> None:
    shop = telling(tmp_path, database_url, subscribers={"host": lambda _: None})
    order = shop.order()
    shop.payport.work()

    (placed,) = shop.payport.timeline(order.number)

    assert [(told.subscriber, told.state) for told in placed.told] == [("host", "delivered")]
    assert placed.links.event is not None
    assert placed.links.entry == 1  # sealed by the same work
    shop.payport.close()


def test_after_an_erasure_the_line_stays_and_the_words_are_gone(shop: Shop) -> None:
    payment = shop.pay(shop.order())
    shop.ipn(payment)
    before = shop.payport.timeline(payment.order_number)
    shop.payport.erase_buyer("binh-minh", **BY)

    line = shop.payport.timeline(payment.order_number)

    assert [moment.name for moment in line] == [*(moment.name for moment in before), "account.erased"]
    assert not [moment for moment in line[:-1] if moment.because and moment.kind != "callback"]


def test_an_order_that_is_none_has_no_line(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.payport.timeline("SVAAAAAAAAAA")


def test_what_stood_before_there_was_a_journal_is_told_as_such(shop: Shop) -> None:
    order = shop.order()
    with shop.payport.seller.database.reading() as connection:
        text = connection.execute(select(t.journal.c.text)).scalar_one()
    entry = replace(parse_entry(text), kind="order.taken_over", to_state="paid")
    stored = Subjects(find(shop, order.number), order.quote, {}, {}, {})

    moment = moment_of(entry, None, stored, shop.payport.seller)

    assert moment.what.en == f"order {order.number} stood as paid before there was a journal"


def test_a_chain_that_cannot_be_read_is_not_told_in_part(shop: Shop) -> None:
    order = shop.order()
    with shop.payport.seller.database.engine.begin() as connection:
        (text,) = connection.execute(select(t.journal.c.text)).one()
        connection.execute(update(t.journal).values(text=text.replace("placed", "paid")[:-1]))

    with pytest.raises(Defect, match="journal check"):
        shop.payport.timeline(order.number)

    with shop.payport.seller.database.engine.begin() as connection:
        connection.execute(update(t.journal).values(text=text))


def find(shop: Shop, number: str) -> Order:
    order = shop.payport.seller.database.seeing(lambda connection: find_order(connection, number=number))
    assert order is not None
    return order
