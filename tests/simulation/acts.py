"""What buyers, banks, operators and workers do, each by the luck of its step; `ACTS` names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final, TypeVar

from payport.errors import RequestRefused
from payport.rules.acts import Act as Wanted
from payport.rules.acts import Adjust, GiveBack
from payport.rules.money import vnd
from payport.rules.purchase import read_purchase
from payport.service.events import event_id
from payport.service.judge import Decision
from payport.signing.received import Channel
from tests.simulation.banks import Bank
from tests.simulation.host import SUBSCRIBER
from tests.simulation.machine import Machine
from tests.simulation.world import ACCOUNTS, FINAL, Act, Transfer, Violation, World
from tests.support.bank_lines import a_line, csv_of
from tests.support.shop import BUYER
from tests.support.transfers import ACCOUNT as BY_HAND

__all__ = ["ACTS", "WHO", "WHY"]

_Value = TypeVar("_Value")
WHO: Final = "lan"
WHY: Final = "by chance"
_WAITS: Final = (
    *(timedelta(seconds=seconds) for seconds in (2, 20, 61, -5, -90)),
    *(timedelta(minutes=minutes) for minutes in (6, 16, 130, -10)),
    *(timedelta(days=days) for days in (1, 8, 29)),
)


def _buy(world: World, machine: Machine) -> str:
    account = world.random.choice(ACCOUNTS)
    offered = [offer.kind for offer in machine.payport.offers(account) if offer.is_open]
    form: dict[str, Any] = {
        "package": world.random.choice(("standard", "standard", "enterprise")),
        "months": 1,
        "code": world.random.choice((*[None] * 8, "ONCE", "GIFT")),
    }
    kind = world.random.choice(offered or ["new"])
    match kind:
        case "add_capacity":
            form = {"steps": 1}
        case "renew":
            del form["package"]
    quote = machine.payport.quote(account, read_purchase({"kind": kind, **form}))
    order = machine.payport.place(quote, BUYER)
    return f"{order.number} for {kind}; {_pay(world, machine, order.number)}"


def _pay_again(world: World, machine: Machine) -> str:
    return _pay(world, machine, _one(world, "SELECT number FROM orders ORDER BY rowid"))


def _pay(world: World, machine: Machine, number: str) -> str:
    method = world.random.choice(("bank", "bank", "bank", "other_bank", "order_only"))
    checkout = machine.payport.pay(number, method, buyer_ip="203.0.113.9")
    return f"{number} by {method}: {type(checkout).__name__}"


def _buyer_pays(world: World, _: Machine) -> str:
    bank, reference = _session(world)
    amount = bank.sessions[reference].amount
    if world.random.randrange(12) == 0:
        amount = world.random.choice((amount // 2, amount + 1, amount * 10))
    bank.pays(reference, amount)
    return f"{reference} with {amount}"


def _buyer_fails(world: World, _: Machine) -> str:
    bank, reference = _session(world)
    bank.fails(reference)
    return reference


def _session(world: World) -> tuple[Bank, str]:
    """A page that some buyer has; most of them pay once."""
    pages = [
        (bank, reference)
        for bank in world.banks.values()
        for reference, session in bank.sessions.items()
        if not session.is_over
    ]
    unpaid = [(bank, reference) for bank, reference in pages if not bank.sessions[reference].paid]
    if world.random.randrange(8) and unpaid:
        pages = unpaid
    return _any(world, pages, "page")


def _deliver(world: World, machine: Machine) -> str:
    notices = [notice for bank in world.banks.values() for notice in bank.notices]
    notice = _any(world, notices, "message")
    fate = world.random.choice((*["once"] * 6, *["twice"] * 2, "unheard", "lost", "lost"))
    if fate == "lost":
        shown = "SELECT 1 FROM payments WHERE merchant_reference = ? AND checkout IS NOT NULL"
        if world.all(shown, notice.reference) and world.banks[notice.account].forgets(notice):
            return f"{notice.says} {notice.reference}, lost for ever"
        return f"{notice.says} {notice.reference}, lost on its way"
    decision = world.deliver(machine, notice)
    if fate == "twice":
        decision = world.deliver(machine, notice)
    waiting = world.banks[notice.account].notices
    if decision in FINAL and fate != "unheard" and notice in waiting:
        waiting.remove(notice)
    return f"{notice.says} {notice.reference}, {fate}: {decision}"


def _forge(world: World, machine: Machine) -> str:
    """A success that nobody signed, of a payment that exists."""
    account, reference, amount = _any(
        world,
        world.all(
            "SELECT gateway_account, merchant_reference, amount_minor FROM payments"
            " WHERE gateway_account <> ? ORDER BY rowid",
            BY_HAND,
        ),
        "payment",
    )
    query = f"amount={amount}&currency=VND&merchant=SAMPLE01&order_ref={reference}&status=paid&txn=T9"
    receipt = machine.payport.receive(world.callback(account, f"{query}&sig={'0' * 64}".encode()))
    if receipt.decision is not Decision.NOT_AUTHENTIC:
        raise Violation(f"a forged message was {receipt.decision}")
    return str(reference)


def _hint(world: World, machine: Machine) -> str:
    """The buyer's browser comes back: nothing of it is signed."""
    bank, reference = _session(world)
    machine.payport.receive(world.callback(bank.name, f"token=token-{reference}".encode(), Channel.RETURN))
    return reference


def _work(world: World, machine: Machine) -> str:
    untold = world.host.untold
    report = machine.payport.work(world.random.choice((1, 3, 100)))
    if report.failed > world.host.untold - untold and not machine.struck:
        raise Violation(f"work failed: {'; '.join(world.errors)}")
    return str(report)


def _wait(world: World, _: Machine) -> str:
    by = world.random.choice(_WAITS)
    world.clock.now += by
    return str(by)


def _refund(world: World, machine: Machine) -> str:
    reference = _one(world, "SELECT merchant_reference FROM payments WHERE received_minor > 0 ORDER BY rowid")
    left = machine.payport.refundable(reference)
    if not left.left.minor:
        raise _refused("money")
    amount = world.random.choice((None, None, max(1, left.left.minor // 3)))
    how: dict[str, Any] = {"key": f"key-{world.random.getrandbits(40)}"}
    if not left.by_gateway or world.random.randrange(10) == 0:
        how |= {"by_hand": True, "gateway_reference": f"H{how['key']}"}
    world.refund_forms.append((reference, amount, how))
    return _asks_for_refund(world, machine, reference, amount, how)


def _refund_again(world: World, machine: Machine) -> str:
    form = _any(world, world.refund_forms, "refund")
    return _asks_for_refund(world, machine, *form)


def _asks_for_refund(
    world: World, machine: Machine, reference: str, amount: int | None, how: dict[str, Any]
) -> str:
    money = None if amount is None else vnd(amount)
    refund = machine.payport.refund(reference, money, actor=WHO, reason=WHY, **how)
    return f"{refund.amount} of {reference}: {refund.state}"


def _resolve(world: World, machine: Machine) -> str:
    """A person ends a review: of an order as they like it, of a payment by what the bank's books say."""
    reviews = world.all(
        "SELECT 'order', number FROM orders WHERE state = 'review'"
        " UNION ALL SELECT 'payment', merchant_reference FROM payments WHERE state = 'review' ORDER BY 1, 2"
    )
    what, reference = _any(world, reviews, "review")
    if what == "order":
        outcome = world.random.choice(("paid", "paid", "cancelled"))
        return f"order {machine.payport.resolve_order(reference, outcome, actor=WHO, reason=WHY).state}"
    paid = any(reference in bank.sessions and bank.sessions[reference].paid for bank in world.banks.values())
    outcome = "succeeded" if paid else "failed"
    return f"payment {machine.payport.resolve_payment(reference, outcome, actor=WHO, reason=WHY).state}"


def _propose(world: World, machine: Machine) -> str:
    reference = _one(world, "SELECT merchant_reference FROM payments WHERE received_minor > 0 ORDER BY rowid")
    act: Wanted = world.random.choice(
        (
            GiveBack(merchant_reference=reference, key=f"key-{world.random.getrandbits(40)}", reason=WHY),
            GiveBack(merchant_reference=reference, amount=vnd(1_000), key=f"key-{reference}", reason=WHY),
            Adjust(account=world.random.choice(ACCOUNTS), days=1, reason=WHY),
        )
    )
    return f"{machine.payport.propose(act, actor=WHO).act}"


def _approve(world: World, machine: Machine) -> str:
    """A second person, or the first one who forgot; what waits, or what was closed long ago."""
    proposal = _one(world, "SELECT id FROM proposals ORDER BY state <> 'waiting', proposed_at, rowid LIMIT 3")
    done = machine.payport.approve(proposal, actor=world.random.choice(("minh", "minh", "hoa", WHO)))
    return f"{done.act.act}: {done.state}"


def _ask(world: World, machine: Machine) -> str:
    reference = _one(world, "SELECT merchant_reference FROM payments ORDER BY rowid")
    return f"{reference}: {machine.payport.ask(reference)}"


def _cancel(world: World, machine: Machine) -> str:
    number = _one(world, "SELECT number FROM orders WHERE state IN ('placed', 'review') ORDER BY rowid")
    machine.payport.cancel(number, actor=WHO, reason=WHY)
    return number


def _dispute(world: World, machine: Machine) -> str:
    """An issuer claims money back, and an earlier claim may end."""
    opened = world.all("SELECT reference FROM chargebacks WHERE state = 'opened' ORDER BY rowid")
    if opened:
        end = world.random.choice((machine.payport.chargeback_won, machine.payport.chargeback_lost))
        return f"{end(opened[0][0], actor=WHO).state}"
    reference = _one(
        world, "SELECT merchant_reference FROM payments WHERE state = 'succeeded' ORDER BY rowid"
    )
    amount = world.all("SELECT amount_minor FROM payments WHERE merchant_reference = ?", reference)[0][0]
    machine.payport.chargeback(reference, vnd(amount), actor=WHO, reason=WHY)
    return f"all of {reference}"


def _transfer(world: World, machine: Machine) -> str:
    """A buyer whose order is not by hand asks for the bank's details first."""
    by_hand = (
        "SELECT number, total_minor FROM orders JOIN payments ON order_number = number"
        " WHERE gateway_account = ? ORDER BY orders.rowid"
    )
    rows = world.all(by_hand, BY_HAND)
    if not rows:
        number = _one(world, "SELECT number FROM orders WHERE state = 'placed' ORDER BY rowid")
        machine.payport.pay(number, "order_only", buyer_ip="203.0.113.9")
        rows = world.all(by_hand, BY_HAND)
    number, total = _any(world, rows, "order by hand")
    amount = world.random.choice((total, total, total, total // 2, total + 1))
    sent = Transfer(number, amount, f"FT{26328000001 + len(world.transfers)}", world.clock())
    world.transfers.append(sent)
    return f"{sent.amount} for {sent.order}"


def _confirm(world: World, machine: Machine) -> str:
    seen = _any(world, world.transfers, "transfer")
    confirmed = machine.payport.confirm(
        seen.order,
        vnd(seen.amount),
        actor=world.random.choice(("lan", "minh")),
        booked_on=seen.at.astimezone(UTC).date(),
        bank_reference=seen.reference,
    )
    return f"{seen.reference}: {confirmed.state}"


def _statement(world: World, machine: Machine) -> str:
    """Some of what came, in any order, some of it for a second time."""
    seen = world.random.sample(world.transfers, world.random.randint(0, len(world.transfers)))
    if not seen:
        raise _refused("transfer")
    import_statement(machine, seen)
    return " ".join(each.reference for each in seen)


def import_statement(machine: Machine, seen: Sequence[Transfer]) -> None:
    lines = [
        a_line(f"CK {each.order} mua hang", each.amount, at=each.at, reference=each.reference)
        for each in seen
    ]
    machine.payport.import_statement(csv_of(lines), gateway_account=BY_HAND, actor="ke toan", dry_run=False)


def _use_up(world: World, machine: Machine) -> str:
    account, gb = world.random.choice(ACCOUNTS), world.random.choice((1, 9, 60))
    machine.payport.report_usage(account, gb * 2**30, world.clock())
    return f"{account}: {gb} GB"


def _adjust(world: World, machine: Machine) -> str:
    account = world.random.choice(ACCOUNTS)
    given: dict[str, Any] = world.random.choice(
        ({"gb": 5}, {"days": 3}, {"days": -2}, {"package": "standard", "months": 1})
    )
    machine.payport.adjust(account, actor=WHO, reason=WHY, **given)
    return f"{account}: {given}"


def _withdraw(world: World, machine: Machine) -> str:
    rows = world.all(
        "SELECT order_number, bank_reference FROM confirmations WHERE state = 'waiting' ORDER BY rowid"
    )
    number, reference = _any(world, rows, "confirmation")
    machine.payport.withdraw_confirmation(number, reference, actor=WHO, reason=WHY)
    return str(reference)


def _tell_again(world: World, machine: Machine) -> str:
    """A person replays one event, or all that a host was not told in three days."""
    rows = world.all("SELECT hash FROM journal WHERE ? ORDER BY id", world.told)
    event = event_id(_any(world, rows, "event")[0])
    world.note_parked()
    if world.random.randrange(2):
        return f"{machine.payport.replay_parked(SUBSCRIBER)} that were parked"
    machine.payport.replay(event)
    return event


def _erase(world: World, machine: Machine) -> str:
    account = world.random.choice(ACCOUNTS)
    machine.payport.erase_buyer(account, actor=WHO, reason=WHY)
    return account


def _one(world: World, statement: str) -> str:
    rows = world.all(statement)
    return str(_any(world, rows, "row")[0])


def _any(world: World, found: Sequence[_Value], what: str) -> _Value:
    if not found:
        raise _refused(what)
    return world.random.choice(found)


def _refused(what: str) -> RequestRefused:
    return RequestRefused(field=what, problem="there is none", remedy="Wait")


ACTS: Final[Mapping[str, Act]] = {
    "buy": _buy,
    "pay_again": _pay_again,
    "buyer_pays": _buyer_pays,
    "buyer_fails": _buyer_fails,
    "deliver": _deliver,
    "forge": _forge,
    "hint": _hint,
    "work": _work,
    "wait": _wait,
    "refund": _refund,
    "refund_again": _refund_again,
    "resolve": _resolve,
    "propose": _propose,
    "approve": _approve,
    "ask": _ask,
    "cancel": _cancel,
    "dispute": _dispute,
    "transfer": _transfer,
    "confirm": _confirm,
    "statement": _statement,
    "use_up": _use_up,
    "adjust": _adjust,
    "withdraw": _withdraw,
    "tell_again": _tell_again,
    "erase": _erase,
}
