"""Every shipped contract against the vectors beside it, by the core's own verifier and signer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from pydantic import SecretStr

from payport.errors import CallbackRejected, RequestRefused
from payport.signing.contract import Contract, load_contract
from payport.signing.explain import explain
from payport.signing.keys import Key, Keyring
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import sign, verify

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
FOLDERS = ("vnpay", "onepay", "nganluong")
FILES = [
    file
    for folder in FOLDERS
    for file in sorted(files("payport_contracts").joinpath(folder).iterdir(), key=lambda file: file.name)
]
CONTRACTS = {
    f"{contract.id} {contract.major}": contract
    for file in FILES
    if file.name.endswith(".toml")
    for contract in [load_contract(file.read_bytes().decode(), source=file.name)]
}
VECTOR_FILES = [json.loads(file.read_bytes()) for file in FILES if file.name.endswith(".vectors.json")]
CASES = [
    pytest.param(CONTRACTS[document["contract"]], vector, id=vector["id"])
    for document in VECTOR_FILES
    for vector in document["vectors"]
]
RECEIVED = [case for case in CASES if case.values[0].direction != "request"]
SENT = [case for case in CASES if case.values[0].direction == "request"]


def keyring(vector: dict[str, Any]) -> Keyring:
    return Keyring(
        Key(role=role, id="vector", value=SecretStr(value), environment="sandbox")
        for role, value in vector["secret"].items()
    )


def received(vector: dict[str, Any]) -> Received:
    return Received(
        method=vector.get("method", "GET" if "query" in vector else "POST"),
        query=vector.get("query", "").encode(),
        headers=(),
        body=vector.get("body", "").encode(),
        received_at=AT,
    )


class TestAMessageThatWeReceive:
    @pytest.mark.parametrize(("contract", "vector"), RECEIVED)
    def test_is_judged_as_its_vector_says(self, contract: Contract, vector: dict[str, Any]) -> None:
        expected, message = vector["expected"], received(vector)
        keys, settings = keyring(vector), vector.get("settings", {})
        if not vector["valid"]:
            with pytest.raises(CallbackRejected) as rejection:
                verify(contract, message, keyring=keys, settings=settings, at=AT)
            assert rejection.value.reason == expected["reason"]
            return

        result = verify(contract, message, keyring=keys, settings=settings, at=AT)

        if isinstance(result, Hint):
            assert {result.locator: result.value} == expected["locator"]
            return
        assert isinstance(result, Verified)
        assert dict(result.fields) == expected["fields"]
        assert result.merchant_account == expected["merchant_account"]
        assert result.currency == expected["currency"]
        assert result.signed_text.decode() == vector["canonical"]

    @pytest.mark.parametrize(("contract", "vector"), RECEIVED)
    def test_has_the_signed_text_of_its_vector(self, contract: Contract, vector: dict[str, Any]) -> None:
        if vector["canonical"] is None:
            return
        keys, settings = keyring(vector), vector.get("settings", {})

        workings = explain(contract, received(vector), keyring=keys, settings=settings, at=AT)

        texts = {attempt.form: attempt.text.decode() for attempt in workings.attempts}
        form = vector["expected"].get("form", contract.document.message.forms[0])
        shown = vector["canonical"]
        if contract.document.signature.algorithm == "MD5":  # the secret is its last part, and never shown
            shown = shown.removesuffix(vector["secret"]["merchant_password"]) + "<secret>"
        assert texts[form] == shown


class TestARequestThatWeSend:
    @pytest.mark.parametrize(("contract", "vector"), SENT)
    def test_is_signed_or_refused_as_its_vector_says(
        self, contract: Contract, vector: dict[str, Any]
    ) -> None:
        if not vector["valid"]:
            with pytest.raises(RequestRefused) as refusal:
                sign(contract, vector["fields"], keyring=keyring(vector), settings={}, at=AT)
            assert refusal.value.field == vector["expected"]["refused"]
            return

        sent = sign(contract, vector["fields"], keyring=keyring(vector), settings={}, at=AT)

        [(at, signature)] = vector["expected"].items()
        assert sent[at] == signature
        assert {name: value for name, value in sent.items() if name != at}.items() <= vector["fields"].items()


class TestTheVectors:
    def test_every_contract_has_vectors(self) -> None:
        assert {document["contract"] for document in VECTOR_FILES} == set(CONTRACTS)

    @pytest.mark.parametrize("document", VECTOR_FILES, ids=lambda document: document["contract"])
    def test_a_contract_for_what_we_receive_has_more_that_must_fail(self, document: dict[str, Any]) -> None:
        valid = [vector["valid"] for vector in document["vectors"]]

        assert True in valid
        assert CONTRACTS[document["contract"]].direction == "request" or valid.count(False) > valid.count(
            True
        )
