"""How a history ends: faults stop, banks call until they are heard, work goes on until nothing is due, people
do what is left to people. Then the shop is compared with what really happened to money.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Final

from payport.service.auditing import check_database
from payport.service.events import event_id
from tests.simulation.acts import WHO, WHY
from tests.simulation.host import SUBSCRIBER
from tests.simulation.machine import Machine
from tests.simulation.world import ACCOUNTS, FINAL, Violation, World
from tests.support.oracle import check_invariants
from tests.support.transfers import ACCOUNT as BY_HAND

__all__ = ["check_truth", "heal"]

_LATER: Final = (timedelta(days=2), timedelta(days=60))

_A_WHILE: Final = timedelta(minutes=10)
_LONGEST_DELAY: Final = timedelta(hours=5)  # between two tries to tell an event
_ROUNDS: Final = 20


def heal(world: World) -> None:
    """Everything that was under way comes to its end. Raises Violation for what does not."""
    machine = world.machines[0]
    world.random = _Calm()  # every bank answers well from now on
    for bank in world.banks.values():
        bank.grows_up()
        for notice in list(bank.notices):
            if world.deliver(machine, notice) not in FINAL:
                raise Violation(f"the message {notice.says} of {notice.reference} is never taken")
            bank.notices.remove(notice)
    for later in _LATER:
        world.clock.now += later
        _work_it_off(world, machine)
    _people(world, machine)
    _tell_the_rest(world, machine)


def _work_it_off(world: World, machine: Machine) -> None:
    untold = world.host.untold
    report = machine.payport.work(1_000)
    if report.failed > world.host.untold - untold:
        raise Violation(f"work failed: {'; '.join(world.errors)}")


def check_truth(world: World) -> None:
    """Raises Violation, or what the oracle raises."""
    check_invariants(world.machines[1].payport, told=world.told)
    _what_came_is_counted(world)
    _nothing_is_left_open(world)
    _nothing_ended_early(world)
    _what_went_back_is_known(world)
    _transfers_are_counted_once(world)
    if world.told:
        _the_host_heard_all(world)
    else:
        _the_seals_hold(world)
    for account in ACCOUNTS:
        world.machines[1].payport.entitlement(account)


class _Calm(Random):
    def choice(self, seq):  # type: ignore[no-untyped-def]
        return seq[0]


def _people(world: World, machine: Machine) -> None:
    """Ask once more what nobody will ask any more, and end refunds that the bank never heard of."""
    payments = world.all("SELECT merchant_reference FROM payments WHERE state = 'pending'")
    refunds = world.all("SELECT reference FROM refunds WHERE state IN ('unknown', 'submitted')")
    for (reference,) in payments:
        machine.payport.ask(reference)
    for (reference,) in refunds:
        machine.payport.ask_refund(reference)
    if payments:
        world.clock.now += _A_WHILE  # an order looks again whether its payments are known
        _work_it_off(world, machine)
    unknown = world.all("SELECT reference, gateway_account FROM refunds WHERE state = 'unknown'")
    for reference, account in unknown:
        if f"{reference}#1" in world.banks[account].refunds:
            raise Violation(f"refund {reference} is unknown, and the bank knows it")
        machine.payport.settle_refund(reference, "failed", actor=WHO, reason=WHY)


def _tell_the_rest(world: World, machine: Machine) -> None:
    """A person has what was given up told again, and what ended its teller's process waits for its time."""
    for _ in range(_ROUNDS):
        if not world.all("SELECT 1 FROM deliveries WHERE state <> 'delivered' LIMIT 1"):
            return
        world.note_parked()
        machine.payport.replay_parked(SUBSCRIBER)
        world.clock.now += _LONGEST_DELAY
        _work_it_off(world, machine)
    raise Violation("an event is never told")


def _what_came_is_counted(world: World) -> None:
    stored = {
        reference: (state, received)
        for reference, state, received in world.all(
            "SELECT merchant_reference, state, received_minor FROM payments WHERE gateway_account <> ?",
            BY_HAND,
        )
    }
    for bank in world.banks.values():
        for session in bank.sessions.values():
            if session.reference not in stored:
                raise Violation(f"the bank has a page for {session.reference}, which is not stored")
            state, received = stored.pop(session.reference)
            if received != sum(session.paid.values()):
                raise Violation(f"{session.reference}: {session.paid} came, {received} are counted")
            if session.paid and state not in {"succeeded", "review"}:
                raise Violation(f"{session.reference} was paid, and is {state}")
            if not session.paid and state in {"succeeded", "review"}:
                raise Violation(f"{session.reference} was not paid, and is {state}")
    for reference, (state, received) in stored.items():
        if received or state in {"succeeded", "review"}:
            raise Violation(f"{reference} is {state} with {received}, and no bank knows it")


def _nothing_is_left_open(world: World) -> None:
    for (number,) in world.all("SELECT number FROM orders WHERE state = 'placed'"):
        raise Violation(f"order {number} is placed for ever")
    for reference, state in world.all("SELECT merchant_reference, state FROM payments"):
        if state in {"created", "pending"}:
            raise Violation(f"payment {reference} is {state} for ever")
    for reference, state in world.all("SELECT reference, state FROM refunds"):
        if state not in {"succeeded", "failed"}:
            raise Violation(f"refund {reference} is {state} for ever")


def _nothing_ended_early(world: World) -> None:
    """A payment expires once its window has closed, and a bank says so; by hand, with its order."""
    for (reference,) in world.all(
        "SELECT reference FROM journal JOIN payments ON merchant_reference = reference"
        " WHERE kind = 'payment.expired' AND at < closes_at AND gateway_account <> ?",
        BY_HAND,
    ):
        raise Violation(f"payment {reference} expired before its window had closed")


def _what_went_back_is_known(world: World) -> None:
    ours = {
        reference: (state, amount)
        for reference, state, amount in world.all(
            "SELECT reference, state, amount_minor FROM refunds WHERE way = 'gateway'"
        )
    }
    for bank in world.banks.values():
        for reference, times in bank.sent.items():
            if times > 1:
                raise Violation(f"refund {reference} was sent {times} times")
            if reference not in ours:
                raise Violation(f"refund {reference} was sent, and is not stored")
            went = bank.refunds[f"{reference}#1"]
            state, amount = ours.pop(reference)
            if (went["status"] == "paid") != (state == "succeeded") or went["amount"] != amount:
                raise Violation(f"refund {reference} is {state} with {amount}; the bank: {went}")
        for session in bank.sessions.values():
            if bank.given_back(session.reference) > sum(session.paid.values()):
                raise Violation(f"more of {session.reference} went back than came")
    for reference, (state, _) in ours.items():
        if state != "failed":
            raise Violation(f"refund {reference} is {state}, and the bank never heard of it")


def _transfers_are_counted_once(world: World) -> None:
    came = {each.reference: each for each in world.transfers}
    for reference, amount, number in world.all(
        "SELECT r.gateway_reference, r.amount_minor, p.order_number FROM receipts r"
        " JOIN payments p ON p.merchant_reference = r.merchant_reference WHERE r.gateway_account = ?",
        BY_HAND,
    ):
        transfer = came.pop(reference, None)
        if transfer is None or (transfer.amount, transfer.order) != (amount, number):
            raise Violation(f"{amount} of {reference} for {number} are counted, and never came so")


def _the_host_heard_all(world: World) -> None:
    rows = world.all("SELECT hash, account, account_sequence FROM journal")
    wrong = world.host.missed([(event_id(named), account, number) for named, account, number in rows])
    if wrong is not None:
        raise Violation(f"the host did not hear what was to be told: {wrong}")


def _the_seals_hold(world: World) -> None:
    """INV-6: the journal verifies, whoever sealed which part of it, and died in between."""
    seller = world.machines[1].payport.seller
    with seller.database.reading() as connection:
        verdict = check_database(connection, seller.sealing)
    if verdict.bad is not None:
        raise Violation(f"the journal is {verdict}")
