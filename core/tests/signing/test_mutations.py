"""An inverted check in the verifier would not go unnoticed (CVE-2026-0679 was one)."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from payport.errors import CallbackRejected
from payport.signing import signature, verify
from payport.signing.received import Received, Verified

if TYPE_CHECKING:
    from conftest import Sender

VERIFIER = [
    ("if fitting is None:", "if fitting is not None:"),
    ("if scheme.fits(secret, text, raw):", "if not scheme.fits(secret, text, raw):"),
    ("if scheme.fits(secret, text, raw):", "if raw:"),
    ("if signed.get(name) != only:", "if signed.get(name) == only:"),
    ("if not signed.get(name):", "if signed.get(name):"),
    ("if text is None:", "if text is not None:"),
    ('if document.grade != "proof":', 'if document.grade == "proof":'),
]
SCHEME = [
    ("hmac.compare_digest(digest(secret, text), raw)", "not hmac.compare_digest(digest(secret, text), raw)"),
    ("hmac.compare_digest(digest(secret, text), raw)", "True"),
    ("hmac.compare_digest(digest(secret, text), raw)", "None"),
    ("bytes.fromhex(text) if form(text) else None", "bytes.fromhex(text)"),
]


def mutated(module: ModuleType, was: str, becomes: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    assert source.count(was) == 1, "the mutation names a line that is no longer there"
    mutant = ModuleType("payport_signing_mutant")
    monkeypatch.setitem(sys.modules, mutant.__name__, mutant)
    exec(compile(source.replace(was, becomes), was, "exec"), mutant.__dict__)
    return mutant


def does_its_work(judge: Any, sender: Sender) -> bool:
    """A genuine message is believed, as proof; forged, foreign, bare and incomplete ones are not."""
    right = sender.sign(sender.fields, sender.key)
    another_kind = {**sender.fields, "vpc_Command": "refund"}
    without = {name: value for name, value in sender.fields.items() if name != sender.amount}

    def believes(message: Received) -> bool:
        try:
            result = judge(
                sender.contract,
                message,
                keyring=sender.keyring(),
                settings=sender.settings,
                at=message.received_at,
            )
        except CallbackRejected:
            return False
        return isinstance(result, Verified) and result.merchant_account == sender.fields["vpc_Merchant"]

    forged = [
        sender.message(signature="0" * len(right)),
        sender.message(signature=right[:-1]),
        sender.message(signature=right.lower()),
        sender.message(key=sender.other_key),
        sender.message(another_kind),
        sender.message(without),
        sender.deliver(sender.raw(sender.fields)),
    ]
    return believes(sender.message()) and not any(map(believes, forged))


def test_the_verifier_as_it_is_does_its_work(onepay: Sender) -> None:
    assert does_its_work(verify.verify, onepay)


@pytest.mark.parametrize(("was", "becomes"), VERIFIER)
def test_SIG_14_an_inverted_check_of_the_verifier_is_noticed(
    onepay: Sender, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str
) -> None:
    mutant = mutated(verify, was, becomes, monkeypatch)

    assert not does_its_work(mutant.verify, onepay)


@pytest.mark.parametrize(("was", "becomes"), SCHEME)
def test_SIG_14_an_inverted_comparison_is_noticed(
    onepay: Sender, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str
) -> None:
    mutant = mutated(signature, was, becomes, monkeypatch)
    scheme = mutant.compile_scheme(onepay.contract.document.signature)

    assert not does_its_work(verify.verify, replace(onepay, contract=replace(onepay.contract, scheme=scheme)))
