"""The mutation suite: every contract of the language's page and every shipped one is tried, and holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payport.errors import SignatureMismatch
from payport.signing.contract import Contract
from payport.signing.received import Received, Verified
from payport_contracts.kit.messages import callback, contract, keyring
from payport_contracts.kit.mutations import mutations, run_mutations
from tests.docs.language import EXAMPLES, SETTINGS, Example, received

AT = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
HEARD = [each for each in EXAMPLES if not each.is_request]
VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.mark.parametrize("example", HEARD, ids=[each.heading for each in HEARD])
def test_each_word_of_the_language_holds(example: Example) -> None:
    report = run_mutations(
        example.contract, received(example.message), keyring=example.keyring, settings=SETTINGS, at=AT
    )

    assert report.surprises == ()
    assert report.made >= (4 if example.contract.grade == "none" else 20)


def genuine(file: str, secret: str) -> tuple[dict[str, Any], str]:
    vectors = json.loads((VECTORS / file).read_bytes())["vectors"]
    found: dict[str, Any] = next(
        each for each in vectors if each["operation"] in ("callback_verify", "ipn_decision") and each["valid"]
    )
    return found, str(found["secret"][secret])


@pytest.mark.parametrize(
    ("name", "file", "secret"),
    [("vnpay-ipn", "vnpay.json", "vnp_HashSecret"), ("onepay-callback", "onepay.json", "hash_secret")],
)
def test_the_shipped_callbacks_hold(name: str, file: str, secret: str) -> None:
    vector, key = genuine(file, secret)

    report = run_mutations(
        contract(name), callback(vector["query"]), keyring=keyring(name, key), settings={}, at=AT
    )

    assert report.surprises == ()
    assert report.held == report.made > 60


def test_is_no_report_of_a_message_that_is_not_genuine() -> None:
    example, message = HEARD[0], received(HEARD[0].message)
    forged = replace(message, body=message.body.replace(b"150000", b"1"))

    with pytest.raises(SignatureMismatch):
        run_mutations(example.contract, forged, keyring=example.keyring, settings=SETTINGS, at=AT)


def test_a_verifier_that_looks_at_no_signature_is_noticed_by_what_it_believes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def believes(contract: Contract, message: Received, **_: Any) -> Verified:
        return Verified(contract.label, "1", contract.read(message).values)

    example, message = HEARD[0], received(HEARD[0].message)
    monkeypatch.setattr("payport_contracts.kit.mutations.verify", believes)
    report = run_mutations(example.contract, message, keyring=example.keyring, settings=SETTINGS, at=AT)

    named = {each.name: each.verdict for each in report.surprises}
    assert named["amount changed"] == "believed, and says something else"
    assert {"another account's key", "no key at all"} <= set(named)


def test_every_change_differs_from_the_message_or_its_keys() -> None:
    for example in HEARD:
        message = received(example.message)
        for each in mutations(example.contract, message, keyring=example.keyring):
            assert each.keys is not None or each.received != message, (example.heading, each.name)
            assert isinstance(each.received, Received)
