"""The checks: each goes from a subject to what it found. Source: docs/hooks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from payport.errors import CallbackRejected, Incomplete, PayportError
from payport.gateways.http import is_repeatable
from payport.gateways.types import Outcome, PaymentReport
from payport.rules.money import vnd
from payport.signing.received import Callback, Channel, Hint, Verified
from payport.testing import a_callback, a_payment
from payport_contracts.kit.conformance.driving import (
    HOSTILE,
    a_refund,
    an_answer,
    driven,
    outcome_of,
    sent,
    text_of,
)
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.pure import files_of, watching, written_clocks
from payport_contracts.kit.conformance.subject import Subject
from payport_contracts.kit.mutations import run_mutations

__all__ = ["CHECKS", "examine"]

Check: TypeAlias = Callable[[Subject], Iterator[Finding]]
_FLOWS: Final = ("initiate", "query", "refund", "query_refund")
_UNLISTED: Final = (
    "",
    "0",
    "000",
    "0000",
    " 00",
    "00 ",
    "０0",
    "OK",
    "ok",
    "true",
    "zz",
    "99999",
    "-0",
    "00;24",
)


def examine(subject: Subject) -> dict[str, tuple[Finding, ...] | str]:
    """Every check by its name, with what it found, or why it was skipped."""
    found: dict[str, tuple[Finding, ...] | str] = {}
    for name, check in CHECKS.items():
        try:
            found[name] = tuple(check(subject))
        except Skipped as reason:
            found[name] = str(reason)
    return found


def is_accepted_and_says_the_same_each_time(subject: Subject) -> Iterator[Finding]:
    """It is discovered with its contracts, and `describe()` does not change."""
    try:
        gateway = subject.ready
    except PayportError as error:
        yield Finding("discovery", error.problem, error.field, error.remedy)
        return
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
    if "verify_signature" not in subject.ready.capabilities:
        raise Skipped("it takes no callbacks")
    for channel in Channel:
        messages = (b"", b"type=MD5&alg=none&version=1", *(each.query for each in subject.callbacks))
        named = set()
        for query in messages:
            try:
                callback = a_callback(query, channel=channel)
                named.add(subject.ready.contract_for(callback, subject.account.settings).label)
            except PayportError as error:
                yield _at(
                    subject, "door", "verify_signature", error.problem, "Name one that describe() lists"
                )
                return
        if len(named) > 1:
            yield _at(
                subject, "door", "verify_signature", "looks into the message", "Look at callback.channel"
            )


def believes_a_genuine_message_and_no_changed_one(subject: Subject) -> Iterator[Finding]:
    """The mutation suite, on each genuine message."""
    for callback in _genuine(subject):
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
                "mutations", f"a genuine message is rejected: {error.problem}", contract.label, remedy
            )
            continue
        for each in report.surprises:
            problem = f"{each.name}: must be {each.expected}, came {each.verdict}"
            yield Finding(
                "mutations", problem, contract.label, "Sign that field, or state it in the contract"
            )


def reports_what_was_signed(subject: Subject) -> Iterator[Finding]:
    """Reference and amount are read from the message, never known beforehand."""
    for verified in _proofs(subject):
        report = subject.account.parse(verified)
        if report.outcome is not Outcome.DONE:
            yield _at(
                subject, "report", "parse_callback", f"a genuine success is {report.outcome}", "List its code"
            )
        covers = _contract(subject, verified).covers
        for meaning in ("merchant_reference", "amount", "merchant_account", "gateway_reference"):
            name = getattr(covers, meaning)
            if name is None:
                continue
            other = _parsed(subject, _with(verified, name, _another(verified[name])))
            if isinstance(other, PaymentReport) and getattr(other, meaning) == getattr(report, meaning):
                problem = f"{meaning} does not come from {name}"
                yield _at(subject, "report", "parse_callback", problem, "Read it from `verified`")


def takes_no_unlisted_code_for_a_success_or_a_no(subject: Subject) -> Iterator[Finding]:
    """Not listed is unknown."""
    for verified in _proofs(subject):
        name = _contract(subject, verified).covers.outcome
        if name is None:
            raise Skipped("its contract covers no outcome")
        for code in (each for each in _UNLISTED if each not in subject.done):
            report = _parsed(subject, _with(verified, name, code))
            if isinstance(report, PaymentReport) and report.outcome in (Outcome.DONE, Outcome.DECLINED):
                problem = f"code {code!r} is {report.outcome}"
                yield _at(subject, "codes", "parse_callback", problem, "Take what is not listed for unknown")
        for number in range(100):
            code = f"{number:02}"
            report = _parsed(subject, _with(verified, name, code))
            if (
                code not in subject.done
                and isinstance(report, PaymentReport)
                and report.outcome is Outcome.DONE
            ):
                yield _at(subject, "codes", "parse_callback", f"code {code} is done", "List successes alone")


def takes_silence_and_nonsense_for_unknown(subject: Subject) -> Iterator[Finding]:
    """Whatever a flow is answered that is no answer: neither a yes nor a no."""
    asked = False
    for hook in _flows(subject):
        for what, answer in HOSTILE.items():
            requests, value = driven(subject, hook, answer)
            asked = asked or bool(requests)
            outcome = outcome_of(value)
            if requests and outcome in (Outcome.DONE, Outcome.DECLINED):
                problem = f"{hook} takes {what} for {outcome}"
                yield _at(
                    subject, "answers", hook, problem, "Read the answer strictly; the default is unknown"
                )
    if not asked:
        raise Skipped("none of its flows asks anything")


def asks_its_own_hosts_and_repeats_nothing_that_counts_twice(subject: Subject) -> Iterator[Finding]:
    """Requests go where the settings say; a refund is repeatable only with a name that makes it one."""
    for hook in _flows(subject):
        for request in driven(subject, hook, HOSTILE["an empty answer"])[0]:
            origin = (request.url.scheme, request.url.host, request.url.port)
            known = {(each.scheme, each.host) for each in subject.account.hosts}
            if origin[:2] not in known:
                problem = f"{hook} asks {request.url.host}, which no setting names"
                yield _at(subject, "requests", hook, problem, "Make its URL a setting")
            text = text_of(request)
            repeats = is_repeatable(request)
            refund = a_refund()
            named = refund.idempotency_key in text or refund.refund_reference in text
            if hook == "refund" and repeats and not named:
                problem = "refund is repeatable, and the gateway cannot tell that it is the same"
                yield _at(subject, "requests", hook, problem, "Send idempotency_key, or say repeatable=False")


def asks_for_this_payment_and_this_amount(subject: Subject) -> Iterator[Finding]:
    """What goes out names the payment, and another amount is another request."""
    for hook in ("initiate", "refund"):
        if hook not in subject.ready.capabilities:
            continue
        first, again, dearer = (
            sent(subject, hook, amount) for amount in (vnd(150_000), vnd(150_000), vnd(151_000))
        )
        if first != again:
            yield _at(
                subject, "payment", hook, "the same payment is asked for otherwise", "Use context alone"
            )
        elif first == dearer:
            yield _at(subject, "payment", hook, "the amount does not go out", "Send the payment's amount")
        if hook == "initiate" and first and a_payment().merchant_reference not in first:
            problem = "the merchant reference does not go out"
            yield _at(subject, "payment", hook, problem, "Send payment.merchant_reference as it is")


def shows_no_secret(subject: Subject) -> Iterator[Finding]:
    """No key stands in a request, a report or an error."""
    secrets = [text for text in subject.account.secrets() if len(text) >= 6]
    if not secrets:
        raise Skipped("it has no secret")
    for hook in _flows(subject):
        for answer in (*HOSTILE.values(), an_answer(200, '{"code":"24","message":"' + secrets[0] + '"}')):
            requests, value = driven(subject, hook, answer)
            keys = {key.value.get_secret_value() for key in subject.account.keyring.keys}
            if any(key in text_of(request) for request in requests for key in keys):
                yield _at(subject, "secrets", hook, "a key goes out as it is", "Sign by context.sign")
            if any(text in repr(value) for text in secrets):
                yield _at(
                    subject, "secrets", hook, "a key is in what it gives", "Keep the gateway's code alone"
                )
            if any(text in str(value) for text in secrets if isinstance(value, BaseException)):
                yield _at(
                    subject, "secrets", hook, "a key is in its error", "Say what is wrong, not the value"
                )


def does_no_io(subject: Subject) -> Iterator[Finding]:
    """No socket, clock or randomness: what it needs comes in `context`."""
    files = files_of(subject)
    with watching(files) as seen:
        subject.ready.hooks.describe()
        for hook in _flows(subject):
            for answer in (HOSTILE["an empty answer"], an_answer(200, '{"code":"00"}')):
                driven(subject, hook, answer)
        for callback in subject.callbacks:
            try:
                result = subject.account.verify(callback)
                if isinstance(result, Verified):
                    subject.account.parse(result)
            except PayportError:
                continue
    for each in dict.fromkeys((*seen, *written_clocks(files))):
        what, _, where = each.rpartition(", ")
        yield Finding("pure", what, where, "Take it from context: now, request_id, or yield a request")


CHECKS: Final[Mapping[str, Check]] = {
    check.__name__: check
    for check in (
        is_accepted_and_says_the_same_each_time,
        chooses_a_contract_by_the_door_alone,
        believes_a_genuine_message_and_no_changed_one,
        reports_what_was_signed,
        takes_no_unlisted_code_for_a_success_or_a_no,
        takes_silence_and_nonsense_for_unknown,
        asks_its_own_hosts_and_repeats_nothing_that_counts_twice,
        asks_for_this_payment_and_this_amount,
        shows_no_secret,
        does_no_io,
    )
}


def _at(subject: Subject, check: str, hook: str, problem: str, remedy: str) -> Finding:
    return Finding(check, problem, subject.where(hook), remedy)


def _genuine(subject: Subject) -> tuple[Callback, ...]:
    if "parse_callback" not in subject.ready.capabilities:
        raise Skipped("none of its callbacks proves anything: nothing is parsed")
    if not subject.callbacks:
        raise Skipped("the subject has no genuine message: give one, signed with its keys")
    return subject.callbacks


def _proofs(subject: Subject) -> Iterator[Verified]:
    for callback in _genuine(subject):
        try:
            result = subject.account.verify(callback)
        except CallbackRejected:
            continue  # told by the mutation suite
        if isinstance(result, Hint):
            raise Skipped("its callbacks are hints: nothing is parsed")
        yield result


def _contract(subject: Subject, verified: Verified) -> Any:
    return next(each for each in subject.ready.contracts.values() if each.label == verified.contract)


def _with(verified: Verified, name: str, value: str) -> Verified:
    changed = replace(verified, fields={**verified.fields, name: value})
    if verified.merchant_reference == verified[name]:
        return replace(changed, merchant_reference=value)
    return changed


def _another(value: str) -> str:
    """Of the same form, so that a strict plugin still reads it: a digit or letter is another one."""
    for place, sign in reversed([*enumerate(value)]):
        if sign.isdigit():
            return f"{value[:place]}{(int(sign) + 1) % 10}{value[place + 1 :]}" if len(value) > 1 else "7"
        if sign.isalpha():
            return f"{value[:place]}{'A' if sign != 'A' else 'B'}{value[place + 1 :]}"
    return f"{value}1"


def _parsed(subject: Subject, verified: Verified) -> PaymentReport | Exception:
    try:
        return subject.account.parse(verified)
    except (Incomplete, PayportError) as error:
        return error


def _flows(subject: Subject) -> tuple[str, ...]:
    return tuple(hook for hook in _FLOWS if hook in subject.ready.capabilities)
