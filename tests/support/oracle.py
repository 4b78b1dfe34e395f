"""The invariants that hold after every test, whatever it did: one oracle, reading the database itself.

INV-1 to INV-4 are here, INV-5 and INV-6 in oracle_journal.py and oracle_events.py, INV-7 in
oracle_secrets.py. INV-8 is asserted where a request is made, INV-9 where it is answered (durable.py).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Row

from payport.doors.host import Payport
from payport.rules.search_terms import buyer_terms
from tests.support.oracle_events import check_events
from tests.support.oracle_journal import check_journal
from tests.support.oracle_secrets import check_secrets
from tests.support.stored import Stored, everything_stored

__all__ = ["check_invariants", "everything_stored"]

_PAID = {"paid", "partly_refunded", "refunded"}


def check_invariants(payport: Payport, *, journal: bool = True, told: bool = True) -> None:
    """`journal` False: the test itself changed tables or journal by SQL, so that they cannot agree. `told`
    False: its subscribers came later, or somebody who does not know them wrote, or a person replayed."""
    with payport.seller.database.reading() as connection:
        stored = Stored.read(connection)
        check_money(stored)
        _orders_are_found_by_their_buyers(stored)
        if journal:
            check_journal(connection, stored)
            check_events(stored, payport.seller.subscribers.subscriptions if told else ())
    check_secrets(stored, payport)


def check_money(stored: Stored) -> None:
    """INV-1 to INV-4, and what follows from them."""
    _received_is_what_was_proven(stored)
    _receipts_by_hand_are_what_was_seen(stored)
    _paid_orders_are_covered(stored)
    _one_grant_for_each_paid_order(stored)
    _each_line_is_reversed_once(stored)
    _grants_follow_their_chargebacks(stored)
    _refunds_never_pass_what_came_in(stored)
    _orders_follow_their_refunds(stored)


def _orders_are_found_by_their_buyers(stored: Stored) -> None:
    """By all that was said of the buyer at placing; by nothing, once the buyer was erased."""
    terms = {(row.order_number, row.term, row.placed_at) for row in stored.rows["search_terms"]}
    expected = {
        (order.number, term, order.placed_at)
        for order in stored.orders
        if order.erased_at is None
        for term in buyer_terms(json.loads(order.buyer))
    }
    assert terms == expected, "orders are found by other terms than their buyers'"


def _received_is_what_was_proven(stored: Stored) -> None:
    """INV-1: money received for a payment is the sum of its receipts, and an order's that of its payments."""
    receipts: Counter[str] = Counter()
    callbacks = {row.id: row for row in stored.rows["callbacks"]}
    for receipt in stored.rows["receipts"]:
        receipts[receipt.merchant_reference] += receipt.amount_minor
        proof = receipt.proof.split()
        assert proof[0] in {"callback", "query", "confirmation", "statement", "resolution"}, (
            f"INV-1: receipt {receipt.id} names no proof"
        )
        if proof[0] == "callback":
            row = callbacks[int(proof[1])]
            assert row.verdict == "proof", f"INV-1: receipt {receipt.id} rests on a callback without proof"
        if proof[0] == "resolution":
            assert stored.payment[receipt.merchant_reference].state == "succeeded", (
                f"INV-1: receipt {receipt.id} rests on a person's word about a payment that did not succeed"
            )
    by_order: Counter[str] = Counter()
    for payment in stored.payments:
        reference = payment.merchant_reference
        assert payment.received_minor == receipts[reference], f"INV-1: {reference} is not what was proven"
        by_order[payment.order_number] += payment.received_minor
    for order in stored.orders:
        assert order.received_minor == by_order[order.number], (
            f"INV-1: {order.number} is not its payments' sum"
        )


def _receipts_by_hand_are_what_was_seen(stored: Stored) -> None:
    """INV-1: money that people or statements saw is counted once, as they said it, and what waits is not."""
    counted = {
        (row.gateway_account, row.gateway_reference): (
            row.proof.split()[0],
            row.amount_minor,
            stored.payment[row.merchant_reference].order_number,
        )
        for row in stored.rows["receipts"]
        if row.proof.split()[0] in {"confirmation", "statement"}
    }
    seen = {
        (row.gateway_account, row.bank_reference): ("confirmation", row.amount_minor, row.order_number)
        for row in stored.rows["confirmations"]
        if row.state == "counted"
    }
    matched = {
        (row.gateway_account, row.reference): ("statement", row.amount_minor, row.order_number)
        for row in stored.rows["statement_lines"]
        if row.fate == "matched"
    }
    assert not seen.keys() & matched.keys(), "INV-1: one bank reference was counted twice"
    assert counted == seen | matched, "INV-1: what was counted is not what was seen"


def _paid_orders_are_covered(stored: Stored) -> None:
    """INV-2: paid only when covered; covered and not paid: in review, or ended with its money flagged, as
    far as no issuer or refund took it."""
    gone = Counter(_lost(stored))
    for refund in stored.refunds:
        gone[refund.order_number] += _spent(refund)
    for order in stored.orders:
        covered = order.received_minor >= order.total_minor
        if order.state in _PAID:
            assert covered, f"INV-2: {order.number} is {order.state} without its money"
        elif covered and order.state != "review":
            assert order.state in {"cancelled", "expired"}, (
                f"INV-2: {order.number} is covered, and {order.state}"
            )
            flagged = any(payment.flags != "[]" for payment in stored.payments_by_order[order.number])
            assert flagged or order.received_minor <= gone[order.number], (
                f"INV-2: the money of {order.number} is not flagged"
            )


def _one_grant_for_each_paid_order(stored: Stored) -> None:
    """INV-3: exactly one grant for each paid order, none for any other; no gap in an account's sequence."""
    granted = Counter(row.order_number for row in stored.rows["grants"] if row.kind == "order")
    for order in stored.orders:
        due = 1 if order.state in _PAID else 0
        assert granted[order.number] == due, (
            f"INV-3: {order.number} is {order.state}, {granted[order.number]} grants"
        )
    sequences: dict[str, list[int]] = {}
    for row in sorted(stored.rows["grants"], key=lambda grant: grant.sequence):
        sequences.setdefault(row.account, []).append(row.sequence)
    for account, numbers in sequences.items():
        assert numbers == list(range(1, len(numbers) + 1)), f"INV-3: the grants of {account} have a gap"


def _each_line_is_reversed_once(stored: Stored) -> None:
    """INV-3: a line is there before it is taken, and taken once; suspended and restored in turn, by entries
    of their own that give and take nothing."""
    for grants in stored.grants.values():
        there: Counter[tuple[str, int]] = Counter()
        suspended: set[str] = set()
        for grant in grants:
            of, kind = grant["of"], grant["kind"]
            there.update({(grant["id"], line): 1 for line in range(len(grant["lines"]))})
            there.subtract({(of, line): 1 for line in grant["reversed_lines"]})
            assert min(there.values()) >= 0, f"INV-3: {grant['id']} takes a line that is not there, or twice"
            if kind in {"suspension", "restoring"}:
                assert not grant["lines"], f"INV-3: {grant['id']} gives something"
                assert not grant["reversed_lines"], f"INV-3: {grant['id']} takes something"
                assert (of in suspended) == (kind == "restoring"), f"INV-3: {grant['id']} comes out of turn"
                suspended ^= {of}


def _grants_follow_their_chargebacks(stored: Stored) -> None:
    """What is claimed back never passes what a payment received; an order whose money is gone holds nothing,
    one whose money is disputed is suspended. Surplus money that went back, or may, covers nothing."""
    lost = _lost(stored)
    claimed: Counter[str] = Counter()
    surplus: Counter[str] = Counter()
    for chargeback in stored.chargebacks:
        claimed[chargeback.merchant_reference] += chargeback.amount_minor
        claimed[chargeback.order_number] += chargeback.amount_minor
    for refund in stored.refunds:
        surplus[refund.order_number] += _spent(refund) if refund.of_what == "surplus" else 0
    for payment in stored.payments:
        reference = payment.merchant_reference
        assert claimed[reference] <= payment.received_minor, f"more of {reference} is claimed than came in"
    order_of = {payment.merchant_reference: payment.order_number for payment in stored.payments}
    receipts = Counter(order_of[receipt.merchant_reference] for receipt in stored.rows["receipts"])
    for order in stored.orders:
        number, covers = order.number, order.received_minor - surplus[order.number]
        for granted in stored.order_grants[number]:
            about = stored.grants_about[granted["id"]]
            taken = sorted(line for grant in about for line in grant["reversed_lines"])
            all_taken = taken == list(range(len(granted["lines"])))
            paused = [grant["kind"] for grant in about if grant["kind"] in {"suspension", "restoring"}]
            if lost[number] and covers - lost[number] < order.total_minor:
                assert all_taken, f"{number} lost its money and holds"
            elif claimed[number] and covers - claimed[number] < order.total_minor:
                assert all_taken or paused[-1:] == ["suspension"], f"{number} is disputed and not suspended"
            elif receipts[number] == 1:
                # what came after the dispute, of the same payment too, is surplus, and lifts nothing
                assert all_taken or paused[-1:] != ["suspension"], f"{number} is suspended without a dispute"


def _refunds_never_pass_what_came_in(stored: Stored) -> None:
    """INV-4: what is requested, submitted, unknown and succeeded of a payment, with what an issuer took or
    claims of it, never passes what it received. A gateway that says more than it was asked is a person's."""
    taken: Counter[str] = Counter()
    for chargeback in stored.chargebacks:
        taken[chargeback.merchant_reference] += chargeback.amount_minor
    for refund in stored.refunds:
        open_ = refund.state in {"requested", "submitted", "unknown"}
        taken[refund.merchant_reference] += refund.amount_minor if open_ else _spent(refund)
    for payment in stored.payments:
        reference = payment.merchant_reference
        assert taken[reference] <= payment.received_minor, f"INV-4: more of {reference} goes back than came"
    for refund in stored.refunds:
        row = stored.payment[refund.merchant_reference]
        # what came in parts, and never was all of it, goes back by hand alone
        assert row.state == "succeeded" or (refund.way == "by_hand" and row.received_minor), (
            f"INV-4: refund {refund.reference} is of a payment that is {row.state}"
        )


def _orders_follow_their_refunds(stored: Stored) -> None:
    """An order says what of its own money went back, and holds nothing once all of it did; each line that a
    refund names is named by one that did not fail, once."""
    own: Counter[str] = Counter()
    lines: Counter[tuple[str, int]] = Counter()
    for refund in stored.refunds:
        if refund.of_what == "order":
            own[refund.order_number] += _spent(refund) if refund.state == "succeeded" else 0
        lines.update((refund.order_number, line) for line in json.loads(refund.lines))
    assert all(count == 1 for count in lines.values()), "INV-3: a line is refunded twice"
    for order in (order for order in stored.orders if order.state in _PAID):
        back = own[order.number]
        due = "paid" if not back else "refunded" if back >= order.total_minor else "partly_refunded"
        assert order.state == due, f"{order.number} is {order.state}, and {back} of its money went back"
        (granted,) = stored.order_grants[order.number]
        taken = {line for grant in stored.grants_about[granted["id"]] for line in grant["reversed_lines"]}
        if due == "refunded":
            assert len(taken) == len(granted["lines"]), f"{order.number} got all its money back and holds"


def _spent(refund: Row[Any]) -> int:
    """What it takes: what really went back once that is known, else the larger of asked and said."""
    said = refund.amount_minor if refund.reported_minor is None else refund.reported_minor
    return int(said if refund.state == "succeeded" else max(said, refund.amount_minor))


def _lost(stored: Stored) -> Counter[str]:
    """For each order."""
    lost: Counter[str] = Counter()
    for chargeback in stored.chargebacks:
        lost[chargeback.order_number] += chargeback.amount_minor if chargeback.state == "lost" else 0
    return lost
