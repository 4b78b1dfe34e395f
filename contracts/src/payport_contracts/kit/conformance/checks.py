"""The checks: each goes from a subject to what it found. Source: docs/hooks.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final, TypeAlias

from payport.errors import CallbackRejected, ConfigurationError, PayportError, PluginRefused
from payport.gateways.hookspec import __all__ as HOOKS
from payport.gateways.library import ContractLibrary
from payport.gateways.types import Outcome, PaymentReport
from payport.signing.received import Callback, Channel
from payport.testing import a_callback
from payport_contracts.kit.conformance.answered import believes_a_whole_answer_and_no_broken_one
from payport_contracts.kit.conformance.beside import agrees_with_the_vectors_beside_its_contracts
from payport_contracts.kit.conformance.capabilities import (
    asks_what_became_of_a_payment,
    asks_what_became_of_a_refund,
    begins_one_order_of_the_amount_asked_for,
    gives_back_what_is_asked_for_and_no_more,
    hears_what_the_gateway_tells,
)
from payport_contracts.kit.conformance.codes import takes_no_unlisted_code_for_a_success_or_a_no
from payport_contracts.kit.conformance.driving import HOSTILE, driven, flows, outcome_of
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.places import place_of, place_of_contract
from payport_contracts.kit.conformance.proofs import (
    another,
    contract_of,
    genuine,
    parsed,
    proofs,
    with_value,
)
from payport_contracts.kit.conformance.pure import does_no_io
from payport_contracts.kit.conformance.replies import answers_so_that_money_is_told_again_or_not
from payport_contracts.kit.conformance.requests import (
    asks_for_this_payment_and_this_amount,
    asks_its_own_hosts_and_sends_once_what_counts_twice,
    keeps_to_its_currencies_and_limits,
    shows_no_secret,
)
from payport_contracts.kit.conformance.simulated import SimulatorFailed
from payport_contracts.kit.conformance.subject import Subject
from payport_contracts.kit.conformance.values import reads_a_signed_value_in_one_way
from payport_contracts.kit.mutations import run_mutations

__all__ = ["CHECKS", "examine", "found_by"]

Check: TypeAlias = Callable[[Subject], Iterator[Finding]]


def examine(subject: Subject) -> dict[str, tuple[Finding, ...] | str]:
    """Every check by its name, with what it found, or why it was skipped."""
    return {name: found_by(name, subject) for name in CHECKS}


def found_by(name: str, subject: Subject) -> tuple[Finding, ...] | str:
    """What one check found, or why it was skipped. Of a subject without an account only the first tells."""
    if name != is_accepted_and_says_the_same_each_time.__name__:
        try:
            _ = subject.account
        except ConfigurationError as error:
            return f"there is no account to try: {error.field}: {error.problem}"
    try:
        return tuple(dict.fromkeys(CHECKS[name](subject)))
    except Skipped as reason:
        return str(reason)
    except SimulatorFailed as failed:
        return (Finding("simulator", failed.problem, failed.where, "Mend it, or what the plugin asks it"),)


def is_accepted_and_says_the_same_each_time(subject: Subject) -> Iterator[Finding]:
    """It is discovered with its contracts, and `describe()` does not change."""
    try:
        gateway = subject.ready
    except PayportError as error:
        where = error.where if isinstance(error, PluginRefused) else ""
        yield Finding("discovery", error.problem, where or error.field, error.remedy)
        if isinstance(error, PluginRefused):
            for file in ContractLibrary.installed().refused:
                yield Finding("discovery", file.reason.rstrip("."), file.source, "Mend the contract file")
        return
    plugin = gateway.hooks.describe.get_hookimpls()[0].plugin
    for hook in sorted(set(HOOKS) - gateway.capabilities):
        function = getattr(plugin, hook, None)
        if inspect.isfunction(function) and function.__module__ == getattr(plugin, "__name__", ""):
            code = function.__code__
            where = place_of(code.co_filename, code.co_firstlineno)
            problem = f"{hook} is not marked, so that it is no hook"
            yield Finding("discovery", problem, where, "Write @hookimpl above it, or give it another name")
    said = [gateway.hooks.describe() for _ in range(3)]
    if any(each != said[0] for each in said):
        yield Finding(
            "discovery",
            "describe() says something else each time",
            subject.where("describe"),
            "Return constants",
        )


def chooses_a_contract_by_the_door_alone(subject: Subject) -> Iterator[Finding]:
    """Whoever sends a message must not pick the lock."""
    if "verify_signature" not in subject.account.capabilities:
        raise Skipped("it takes no callbacks")
    for channel in Channel:
        odd = b"type=MD5&alg=none&version=1"
        messages = (a_callback(), a_callback(odd), a_callback(body=odd), *subject.callbacks)
        named, read = set[str](), set[str]()
        for message in messages:
            try:
                callback = _watched(replace(message, channel=channel), read)
                named.add(subject.ready.contract_for(callback, subject.account.settings).label)
            except PayportError as error:
                yield subject.finding(
                    "door", "verify_signature", error.problem, "Name one that describe() lists"
                )
                return
        if read or len(named) > 1:
            what = ", ".join(sorted(read)) or "method"
            yield subject.finding(
                "door", "verify_signature", f"looks into the message ({what})", "Look at callback.channel"
            )


def _watched(callback: Callback, read: set[str]) -> Callback:
    """The same, which remembers what of its sender's was looked at."""

    class Watched(Callback):
        def __getattribute__(self, name: str) -> Any:
            if name in ("query", "body", "headers"):
                read.add(name)
            return super().__getattribute__(name)

    return Watched(**{each.name: getattr(callback, each.name) for each in fields(callback)})


def believes_a_genuine_message_and_no_changed_one(subject: Subject) -> Iterator[Finding]:
    """The mutation suite, on each genuine message."""
    for callback in genuine(subject):
        contract = subject.ready.contract_for(callback, subject.account.settings)
        try:
            report = run_mutations(
                contract,
                callback,
                keyring=subject.account.keyring,
                settings=subject.account.signing_settings,
                at=callback.received_at,
            )
        except CallbackRejected as error:
            remedy = "Correct the message, the keys or the contract: `payport verify` shows the workings"
            yield Finding(
                "mutations",
                f"a genuine message is rejected by {contract.label}: {error.problem}",
                place_of_contract(contract, "message"),
                remedy,
            )
            continue
        for each in report.surprises:
            problem = f"{each.name}: must be {each.expected}, came {each.verdict}"
            where = place_of_contract(contract, "message")
            yield Finding("mutations", problem, where, "Sign that field, or state it in the contract")


def reports_what_was_signed(subject: Subject) -> Iterator[Finding]:
    """Reference and amount are read from the message, never known beforehand."""
    for verified in proofs(subject):
        report = parsed(subject, verified)
        if not isinstance(report, PaymentReport):
            problem = f"a genuine success makes it fail: {report.field}: {report.problem}"
            yield subject.finding("report", "parse_callback", problem, "Read what the contract covers")
            continue
        if report.outcome is not Outcome.DONE:
            yield subject.finding(
                "report", "parse_callback", f"a genuine success is {report.outcome}", "List its code"
            )
        covers = contract_of(subject, verified).covers
        for meaning in ("merchant_reference", "amount", "merchant_account", "gateway_reference"):
            name = getattr(covers, meaning)
            if name is None:
                continue
            other = parsed(subject, with_value(verified, name, another(verified[name])))
            if isinstance(other, PaymentReport) and getattr(other, meaning) == getattr(report, meaning):
                problem = f"{meaning} does not come from {name}"
                yield subject.finding("report", "parse_callback", problem, "Read it from `verified`")


def takes_silence_and_nonsense_for_unknown(subject: Subject) -> Iterator[Finding]:
    """Whatever a flow is answered that is no answer: neither a yes nor a no."""
    asked = False
    for hook in flows(subject):
        for what, answer in HOSTILE.items():
            requests, value = driven(subject, hook, answer)
            asked = asked or bool(requests)
            outcome = outcome_of(value)
            if requests and outcome in (Outcome.DONE, Outcome.DECLINED):
                problem = f"{hook} takes {what} for {outcome}"
                yield subject.finding(
                    "answers", hook, problem, "Read the answer strictly; the default is unknown"
                )
    if not asked:
        raise Skipped("none of its flows asks anything")


CHECKS: Final[Mapping[str, Check]] = {
    check.__name__: check
    for check in (
        is_accepted_and_says_the_same_each_time,
        agrees_with_the_vectors_beside_its_contracts,
        chooses_a_contract_by_the_door_alone,
        believes_a_genuine_message_and_no_changed_one,
        reports_what_was_signed,
        reads_a_signed_value_in_one_way,
        takes_no_unlisted_code_for_a_success_or_a_no,
        takes_silence_and_nonsense_for_unknown,
        believes_a_whole_answer_and_no_broken_one,
        answers_so_that_money_is_told_again_or_not,
        asks_its_own_hosts_and_sends_once_what_counts_twice,
        asks_for_this_payment_and_this_amount,
        keeps_to_its_currencies_and_limits,
        shows_no_secret,
        does_no_io,
        begins_one_order_of_the_amount_asked_for,
        hears_what_the_gateway_tells,
        asks_what_became_of_a_payment,
        gives_back_what_is_asked_for_and_no_more,
        asks_what_became_of_a_refund,
    )
}
