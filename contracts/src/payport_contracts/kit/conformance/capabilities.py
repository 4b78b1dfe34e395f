"""Each capability is real: what a gateway's flows do at its stand-in is what the sheet says they do.

The stand-in is written from the sheet and not by the plugin; where the two differ, one has misread it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from payport.errors import CallbackRejected, Incomplete, PayportError
from payport.gateways.flow import Called
from payport.gateways.types import NoCheckout, Outcome, PaymentReport
from payport.signing.received import Channel
from payport.testing import a_callback
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.places import place_of_contract
from payport_contracts.kit.conformance.simulated import LOST, Purchase
from payport_contracts.kit.conformance.subject import Subject

__all__ = [
    "asks_what_became_of_a_payment",
    "asks_what_became_of_a_refund",
    "begins_one_order_of_the_amount_asked_for",
    "gives_back_what_is_asked_for_and_no_more",
    "hears_what_the_gateway_tells",
]

_SURE: Final = (Outcome.DONE, Outcome.DECLINED)
_TAKEN: Final = (Outcome.DONE, Outcome.PENDING)


def begins_one_order_of_the_amount_asked_for(subject: Subject) -> Iterator[Finding]:
    """The buyer's page is there; the order has our reference and our amount; asked twice, also after an
    answer that was lost, it is one order."""
    bought = Purchase(subject)
    called = bought.begin()
    if called.value is None or isinstance(called.value, NoCheckout):
        yield _of(subject, "initiate", f"begins nothing at the simulator: {_said(called)}")
        return
    status = bought.visit(called.value)
    if status >= 400:
        problem = f"the page that the buyer is sent to is answered by HTTP {status}"
        yield _of(subject, "initiate", problem, "Send the buyer where the gateway's answer says")
        return
    payment = bought.payment
    if bought.references != [payment.merchant_reference]:
        named = ", ".join(bought.references) or "no order at all"
        problem = f"for {payment.merchant_reference} the simulator knows {named}"
        yield _of(subject, "initiate", problem, "Send payment.merchant_reference as it is")
        return
    ((_, minor),) = bought.simulator.orders()
    if minor != payment.amount.minor:
        problem = f"{payment.amount.minor} is due, and the simulator asks the buyer for {minor}"
        yield _of(subject, "initiate", problem, "Send the amount in the sheet's unit")
    bought.visit(bought.begin().value)
    may_repeat = bought.last_is_repeatable or not bought.has_asked
    if may_repeat and len(bought.references) != 1:
        problem = f"asked for twice, one payment is {len(bought.references)} orders"
        yield _of(subject, "initiate", problem, "Send the same reference each time")
    for spoil in LOST:
        broken = Purchase(subject)
        if broken.begin(spoil=spoil).outcome in _SURE and broken.has_asked:
            yield _of(subject, "initiate", f"an answer that is {spoil} is a yes or a no", "Leave it unknown")
        if may_repeat:
            broken.visit(broken.begin().value)
        if len(broken.references) > 1:
            problem = f"begun again after an answer that was {spoil}, it is {len(broken.references)} orders"
            yield _of(subject, "initiate", problem, "Say repeatable=False, or send the same reference")


def hears_what_the_gateway_tells(subject: Subject) -> Iterator[Finding]:
    """The simulator's IPN is believed, and says done with our reference, amount and account; of a payment
    that the buyer gave up nothing says done, and something says so."""
    if "parse_callback" not in subject.account.capabilities:
        raise Skipped("none of its callbacks proves anything: nothing is parsed")
    bought = Purchase(subject).opened()
    bought.simulator.pay(bought.payment.merchant_reference)
    if not bought.heard:
        problem = "a buyer has paid, and the simulator told nothing"
        yield _of(subject, "initiate", problem, "Send context.callback_url, or let the simulator `tell`")
        return
    yield from _of_message(subject, bought, bought.heard[0])
    left = Purchase(subject).opened()
    left.simulator.give_up(left.payment.merchant_reference)
    found = [each.outcome for each in left.heard if isinstance(each, PaymentReport)]
    if Outcome.DONE in found:
        yield _of(subject, "parse_callback", "what the buyer gave up is done", "List successes by the sheet")
    if "query" in subject.account.capabilities:
        found.append(left.ask().outcome)
    if subject.declined and Outcome.DECLINED not in found:
        problem = f"what the buyer gave up is never a no: {', '.join(found) or 'nothing is told'}"
        yield _of(subject, "parse_callback", problem, "List the sheet's code for it")


def _of_message(subject: Subject, bought: Purchase, said: object) -> Iterator[Finding]:
    payment, remedy = bought.payment, "Read the message by the sheet"
    if isinstance(said, Incomplete):
        problem = f"the simulator's IPN makes it fail: {said.field}: {said.problem}"
        yield _of(subject, "parse_callback", problem, "Read what the contract covers")
    elif isinstance(said, CallbackRejected):
        empty = a_callback(b"", account=subject.account.name, channel=Channel.IPN)
        contract = subject.ready.contract_for(empty, subject.account.settings)
        remedy = "Let contract and simulator say the same: `payport verify` shows the workings"
        where = place_of_contract(contract, "message")
        yield Finding("simulator", f"the simulator's IPN is rejected: {said.problem}", where, remedy)
    elif not isinstance(said, PaymentReport):
        came = f"{said.field}: {said.problem}" if isinstance(said, PayportError) else "a hint"
        yield _of(subject, "parse_callback", f"the simulator's IPN comes to {came}", remedy)
    elif said.outcome is not Outcome.DONE:
        problem = f"what the buyer paid is {said.outcome} (code {said.gateway_code!r})"
        yield _of(subject, "parse_callback", problem, "List the sheet's code for it")
    else:
        ours = {
            "merchant_reference": payment.merchant_reference,
            "amount": payment.amount,
            "merchant_account": subject.account.merchant_account,
        }
        for meaning, value in ours.items():
            if getattr(said, meaning) != value:
                problem = f"{meaning} is {value}, and the IPN is read as {getattr(said, meaning)}"
                yield _of(subject, "parse_callback", problem, remedy)


def asks_what_became_of_a_payment(subject: Subject) -> Iterator[Finding]:
    """Unpaid is neither done nor a no; paid is done, with the amount; given up is not done; an answer that is
    lost is neither."""
    _must_have(subject, "query")
    bought = Purchase(subject)
    if bought.ask().outcome is Outcome.DONE:
        yield _of(subject, "query", "a payment that was never begun is done", "List successes by the sheet")
    bought = Purchase(subject).opened()
    before = bought.ask().outcome
    if before in _SURE:
        problem = f"what nobody has paid yet is {before}, and can still be paid"
        yield _of(subject, "query", problem, "Report it as pending")
    bought.simulator.pay(bought.payment.merchant_reference)
    after, payment = bought.ask(), bought.payment
    report = after.value
    if after.outcome is not Outcome.DONE or report is None:
        yield _of(subject, "query", f"what the buyer paid is not found to be done: {_said(after)}")
    elif (report.amount, report.merchant_reference) != (payment.amount, payment.merchant_reference):
        problem = (
            f"{payment.amount} of {payment.merchant_reference} is paid, and the answer is read as"
            f" {report.amount} of {report.merchant_reference}"
        )
        yield _of(subject, "query", problem, "Read amount and reference by the sheet, in its unit")
    for spoil in LOST:
        if bought.ask(spoil=spoil).outcome in _SURE:
            yield _of(subject, "query", f"an answer that is {spoil} is a yes or a no", "Leave it unknown")
    left = Purchase(subject).opened()
    left.simulator.give_up(left.payment.merchant_reference)
    if left.ask().outcome is Outcome.DONE:
        yield _of(subject, "query", "what the buyer gave up is done", "List successes by the sheet")


def gives_back_what_is_asked_for_and_no_more(subject: Subject) -> Iterator[Finding]:
    """A part is that part at the simulator, then the rest; beyond it nothing, and that is no success; the
    same refund again, also after a lost answer, gives nothing twice."""
    _must_have(subject, "refund")
    bought = Purchase(subject).paid()
    whole = bought.payment.amount.minor
    part = whole // 3 if subject.ready.info.partial_refund else whole
    for number, minor in enumerate(filter(None, (part, whole - part)), start=1):
        yield from _of_refund(subject, bought, minor, number)
    beyond = bought.call("refund", refund=bought.refund(part, 3))
    if bought.given > whole:
        problem = f"{bought.given} was given back of {whole}"
        yield _of(subject, "refund", problem, "Let the simulator refuse it, as the sheet says")
    if beyond.outcome in _TAKEN:
        problem = f"a refund of what is no longer there is {beyond.outcome}: {_said(beyond)}"
        yield _of(subject, "refund", problem, "List successes by the sheet")
    for spoil in LOST:
        broken = Purchase(subject).paid()
        outcome = broken.call("refund", spoil=spoil, refund=broken.refund(part)).outcome
        if outcome in _SURE:
            yield _of(subject, "refund", f"an answer that is {spoil} is a yes or a no", "Leave it unknown")
        if broken.given > part:
            problem = f"after an answer that is {spoil}, {broken.given} is given back for {part}"
            yield _of(subject, "refund", problem, "Say repeatable=False: the gateway does not know it again")


def _of_refund(subject: Subject, bought: Purchase, minor: int, number: int) -> Iterator[Finding]:
    before, refund = bought.given, bought.refund(minor, number)
    called = bought.call("refund", refund=refund)
    given = bought.given - before
    if given != minor:
        problem = f"refund {number}, of {minor}, gives {given} at the simulator ({_said(called)})"
        yield _of(subject, "refund", problem, "Send refund.amount in the sheet's unit, and its own name")
        return
    if called.outcome not in _TAKEN:
        yield _of(subject, "refund", f"refund {number} was taken, and is {_said(called)}")
    if called.outcome is Outcome.DONE and hasattr(bought.simulator, "finish"):
        problem = "what still waits at the simulator is done"
        yield _of(subject, "refund", problem, "Report what was taken and not finished as pending")
    said = getattr(called.value, "amount", None)
    if said is not None and said != refund.amount:
        problem = f"a refund of {refund.amount} is reported as one of {said}"
        yield _of(subject, "refund", problem, "Read the amount by the sheet, in its unit")
    if not bought.last_is_repeatable:
        return
    again = bought.call("refund", refund=refund)
    if bought.given - before != minor:
        problem = f"asked for again, the same refund gives {bought.given - before} for {minor}"
        yield _of(subject, "refund", problem, "Name it by idempotency_key, or say repeatable=False")
    elif again.outcome is Outcome.DECLINED:
        yield _of(subject, "refund", "asked for again, a refund that was given is a no", "Leave it unknown")


def asks_what_became_of_a_refund(subject: Subject) -> Iterator[Finding]:
    """One that was taken is no no, and done once it is done; each with its own amount; one that was never
    asked for is not done."""
    _must_have(subject, "query_refund")
    bought = Purchase(subject).paid()
    never = bought.call("query_refund", refund=bought.refund(1, 9))
    if never.outcome is Outcome.DONE:
        problem = "a refund that was never asked for is done"
        yield _of(subject, "query_refund", problem, "Ask by the refund's own name")
    whole = bought.payment.amount.minor
    part = whole // 3 if subject.ready.info.partial_refund else whole
    refunds = [bought.refund(minor, n) for n, minor in enumerate(filter(None, (part, whole - part)), start=1)]
    for place, refund in enumerate(refunds):
        called = bought.call("refund", refund=refund)
        name = getattr(called.value, "gateway_reference", None)
        refunds[place] = replace(refund, gateway_reference=name)
        waiting = bought.call("query_refund", refund=refunds[place])
        if waiting.outcome is Outcome.DONE and hasattr(bought.simulator, "finish"):
            problem = "what still waits at the simulator is done"
            yield _of(subject, "query_refund", problem, "Report it as pending")
        yield from _is_no_no(subject, bought, waiting)
    getattr(bought.simulator, "finish", lambda: None)()
    for refund in refunds:
        called = bought.call("query_refund", refund=refund)
        said = getattr(called.value, "amount", None)
        if called.outcome is not Outcome.DONE:
            problem = f"a refund that was given is not found to be done: {_said(called)}"
            yield _of(subject, "query_refund", problem)
        elif said is not None and said != refund.amount:
            problem = f"a refund of {refund.amount} is found as one of {said}"
            yield _of(subject, "query_refund", problem, "Ask by the refund's own name")
    broken = Purchase(subject).paid()
    lost = broken.refund(part)
    broken.call("refund", spoil="lost", refund=lost)
    yield from _is_no_no(subject, broken, broken.call("query_refund", refund=lost))


def _is_no_no(subject: Subject, bought: Purchase, called: Called[Any]) -> Iterator[Finding]:
    """Of a refund that was taken, whether or not its answer came."""
    if called.outcome is Outcome.DECLINED and bought.given:
        problem = f"a refund that was taken is a no: {_said(called)}"
        yield _of(subject, "query_refund", problem, "List what is surely refused alone")


def _must_have(subject: Subject, hook: str) -> None:
    if hook not in subject.account.capabilities:
        raise Skipped(f"it has no {hook}")


def _of(subject: Subject, hook: str, problem: str, remedy: str = "Read the answer by the sheet") -> Finding:
    return subject.finding("simulator", hook, f"{hook}: {problem}", remedy)


def _said(called: Called[Any]) -> str:
    """What came of a call, and why: for whoever mends the plugin or its stand-in."""
    value = called.value
    code = f", code {called.gateway_code!r}" if called.gateway_code else ""
    kind = type(value).__name__ if value is not None and not isinstance(value, NoCheckout) else ""
    why = called.problem or kind
    return f"{called.outcome}{code}{f' ({why})' if why else ''}"
