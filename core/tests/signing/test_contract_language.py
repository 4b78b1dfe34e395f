"""What a contract file may say, and what becomes of one that says too much or too little."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

import pytest
from pydantic import SecretStr

from payport.errors import ContractError, Malformed
from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received
from payport.signing.verify import verify

SAOMAI = """
id = "saomai-ipn"
version = "1.0.0"
grade = "proof"
source = "saomai.md, 4.1"
fields = "query"
covers = { merchant_account = "merchant", merchant_reference = "order_ref", amount = "amount", outcome = "status", gateway_reference = "txn" }
not_covered = ["bank_name"]
message = { select = { prefix = [""], leave_out = ["sig", "bank_name"] }, names = true, join = "&", values = ["php form"], empty = "keep" }
signature = { at = "field.sig", algorithm = "HMAC-SHA256", key = "ipn_secret", written = "hex lower" }
"""  # noqa: E501

PARTS = """
id = "parts"
version = "2.1.0"
grade = "{grade}"
source = "written for this test"
fields = "query"
{more}
covers = {{ merchant_reference = "ref", amount = "amount", outcome = "code" }}
[message]
parts = ["field.ref", "field.amount", "field.code"]
{message}
[signature]
at = "field.sig"
algorithm = "HMAC-SHA256"
key = "secret"
written = "hex lower"
"""


def saomai(was: str = "", becomes: str = "") -> Contract:
    assert was in SAOMAI
    return load_contract(SAOMAI.replace(was, becomes, 1), source="saomai/ipn.toml")


def parts(message: str = 'join = "|"', *, grade: str = "proof", more: str = "") -> Contract:
    return load_contract(PARTS.format(grade=grade, message=message, more=more), source="parts.toml")


class TestTheExampleOfOurStyleGuide:
    def test_loads(self) -> None:
        contract = saomai()

        assert (contract.id, contract.version, contract.major, contract.label) == (
            "saomai-ipn", "1.0.0", 1, "saomai-ipn 1.0.0",
        )  # fmt: skip
        assert (contract.grade, contract.computed_grade, contract.weaknesses) == ("proof", "proof", ())
        assert (contract.direction, contract.key_role, contract.source) == (
            "callback", "ipn_secret", "saomai.md, 4.1",
        )  # fmt: skip

    def test_has_the_digest_of_its_bytes(self) -> None:
        assert saomai().digest == hashlib.sha256(SAOMAI.encode()).hexdigest()


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ('id = "saomai-ipn"', "id = 5", "id"),
        ('id = "saomai-ipn"', 'id = "Sao Mai"', "id"),
        ('version = "1.0.0"', 'version = "1.0"', "version"),
        ('version = "1.0.0"', 'version = "1.0.0\\n"', "version"),
        ('version = "1.0.0"\n', "", "version"),
        ('grade = "proof"\n', "", "grade"),
        ('grade = "proof"', 'grade = "strong"', "grade"),
        ('source = "saomai.md, 4.1"\n', "", "source"),
        ('fields = "query"', 'fields = "anywhere"', "fields"),
        ('fields = "query"', 'fields = ["form", "query"]', "fields"),
        ('fields = "query"', 'fields = "none"', "fields"),
        ('fields = "query"', 'fields = "query"\nspeed = "fast"', "speed"),
        ('fields = "query"', 'fields = "query"\ncurrency = "dong"', "currency"),
        ('fields = "query"', 'fields = "query"\ndirection = "sideways"', "direction"),
        ('fields = "query"', 'fields = "query"\nrequired = ["bank_name"]', "required.bank_name"),
        ('fields = "query"', 'fields = "query"\nfixed = { sig = "1" }', "fixed.sig"),
        ('fields = "query"', 'fields = "query"\nlocate = { merchant_reference = "order_ref" }', "locate"),
        ('outcome = "status"', 'outcome = "^status"', "fields"),
        ('outcome = "status"', 'outcome = "bank_name"', "covers.bank_name"),
        ('outcome = "status"', 'result = "status"', "covers.result"),
        ('not_covered = ["bank_name"]', 'not_covered = ["status"]', "not_covered.status"),
        ('leave_out = ["sig", "bank_name"]', 'leave_out = ["bank_name"]', "signature.at"),
        ("names = true", 'names = "yes"', "message.names"),
        ("names = true", "names = 1", "message.names"),
        ('join = "&", ', "", "message.join"),
        ('values = ["php form"]', 'values = ["urlencoded"]', "message.values"),
        ('values = ["php form"]', 'values = ["raw", "raw"]', "message.values"),
        ('values = ["php form"]', "values = []", "message.values"),
        ('empty = "keep"', 'empty = "drop"', "message.empty"),
        ('empty = "keep"', 'joiner_in = ["amount"]', "message.joiner_in"),
        ('empty = "keep"', 'parts = ["field.amount"]', "message"),
        ('prefix = [""]', "prefix = []", "message.select.prefix"),
        ('algorithm = "HMAC-SHA256"', 'algorithm = "SHA256"', "signature.algorithm"),
        ('algorithm = "HMAC-SHA256"', 'algorithm = "none"', "signature.algorithm"),
        ('algorithm = "HMAC-SHA256"', 'algorithm = "MD5"', "signature.algorithm"),
        ('written = "hex lower"', 'written = "hex"', "signature.written"),
        ('key = "ipn_secret", ', "", "signature.key"),
        ('at = "field.sig"', 'at = "cookie.sig"', "signature.at"),
        ('written = "hex lower"', 'written = "hex any", entries = { take = "v=" }', "signature.entries"),
        ('written = "hex lower"', 'key_text = "rot13", written = "hex lower"', "signature.key_text"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_by_file_and_key(was: str, becomes: str, key: str) -> None:
    with pytest.raises(ContractError) as error:
        saomai(was, becomes)

    assert error.value.field.startswith(f"saomai/ipn.toml: {key}")
    assert error.value.remedy


@pytest.mark.parametrize("text", ["", "id =", "\x00", "[[", "id = 'x'\nid = 'y'"])
def test_what_is_no_contract_is_refused(text: str) -> None:
    with pytest.raises(ContractError, match=r"^empty\.toml"):
        load_contract(text, source="empty.toml")


class TestTheGrade:
    def test_may_be_claimed_lower_than_it_is(self) -> None:
        hint = parts(grade="hint", more='locate = { merchant_reference = "ref" }')

        assert (hint.grade, hint.computed_grade) == ("hint", "proof")

    @pytest.mark.parametrize(
        "ambiguous",
        ['join = ""', 'join = "||"', 'join = "|"\nempty = "skip"', 'join = "="\nnames = true',
         'join = ","\nnested = "sorted json"'],
    )  # fmt: skip
    def test_is_no_proof_where_the_text_can_be_read_in_two_ways(self, ambiguous: str) -> None:
        with pytest.raises(
            ContractError, match="can be hint at most: the joined text can be read in two ways"
        ):
            parts(ambiguous)

    @pytest.mark.parametrize("fine", ['join = "|"', 'join = "&"\nnames = true\nempty = "skip"', 'join = "."'])
    def test_is_proof_where_it_cannot(self, fine: str) -> None:
        assert parts(fine).computed_grade == "proof"

    @pytest.mark.parametrize("meaning", ["merchant_reference", "amount", "outcome"])
    def test_is_no_proof_where_nobody_signed_what_matters(self, meaning: str) -> None:
        text = PARTS.format(grade="proof", message='join = "|"', more="")
        name = {"merchant_reference": "ref", "amount": "amount", "outcome": "code"}[meaning]
        text = text.replace(f'{meaning} = "{name}"', f'gateway_reference = "{name}"')

        with pytest.raises(ContractError, match=f"covers does not name {meaning}"):
            load_contract(text, source="parts.toml")

    def test_of_values_without_names_in_a_selection_is_no_proof(self) -> None:
        with pytest.raises(ContractError, match="read in two ways"):
            saomai("names = true", "names = false")

    def test_of_a_body_that_is_not_the_last_part_is_no_proof(self) -> None:
        text = PARTS.format(grade="proof", message='join = "."', more="").replace(
            'parts = ["field.ref", "field.amount", "field.code"]', 'parts = ["body", "header.x-time"]'
        )

        with pytest.raises(ContractError, match="read in two ways"):
            load_contract(
                text.replace('"query"', '"body as json"').replace("field.sig", "header.x-sig"),
                source="parts.toml",
            )

    def test_of_a_message_without_signature_is_none(self) -> None:
        text = """
            id = "bare"
            version = "1.0.0"
            source = "written for this test"
            grade = "{}"
            fields = "query"
            locate = {{ checkout_reference = "token" }}
        """

        assert load_contract(text.format("none"), source="bare.toml").computed_grade == "none"
        for claimed in ("hint", "proof"):
            with pytest.raises(ContractError, match=r"grade|locate"):
                load_contract(text.format(claimed), source="bare.toml")

    def test_none_finds_its_payment_by_a_name_that_nobody_else_knows(self) -> None:
        text = """
            id = "bare"
            version = "1.0.0"
            source = "written for this test"
            grade = "none"
            fields = "query"
            locate = { merchant_reference = "order_ref" }
        """

        with pytest.raises(ContractError, match="a name that others see"):
            load_contract(text, source="bare.toml")

    def test_is_not_for_requests(self) -> None:
        with pytest.raises(ContractError, match="is for what we receive"):
            parts(more='direction = "request"')

    def test_of_an_answer_is_proof_or_it_needs_no_contract(self) -> None:
        with pytest.raises(ContractError, match="an answer that is no proof"):
            parts(grade="hint", more='direction = "answer"\nlocate = { merchant_reference = "ref" }')

    def test_of_a_hint_needs_a_way_to_find_the_payment(self) -> None:
        with pytest.raises(ContractError, match="locate"):
            parts(grade="hint")
        with pytest.raises(ContractError, match="names one reference"):
            parts(grade="hint", more="locate = {}")


@pytest.mark.parametrize("folder", ["vnpay", "onepay", "nganluong"])
def test_every_shipped_contract_loads_and_says_where_it_comes_from(folder: str) -> None:
    for file in files("payport_contracts").joinpath(folder).iterdir():
        if not file.name.endswith(".toml"):
            continue
        contract = load_contract(file.read_bytes().decode(), source=file.name)

        assert contract.source.startswith(f"{folder}.md, ")
        assert contract.id == f"{folder}-{file.name.removesuffix('.toml')}"
        assert contract.direction == "request" or contract.grade is not None


def test_the_shipped_grades_are_those_that_the_sheets_allow(shipped: Callable[[str], Contract]) -> None:
    grades = {
        path: (shipped(path).grade, shipped(path).computed_grade)
        for path in (
            "vnpay/ipn.toml", "vnpay/return.toml", "onepay/callback.toml", "nganluong/classic-return.toml",
            "nganluong/update-order.toml", "nganluong/refund-order.toml", "nganluong/v31-callback.toml",
        )
    }  # fmt: skip

    assert list(grades.values()) == [
        ("proof", "proof"), ("hint", "proof"), ("proof", "proof"), ("hint", "hint"),
        ("hint", "hint"), ("hint", "hint"), ("none", "none"),
    ]  # fmt: skip


@pytest.mark.parametrize("values", ["raw", "php form", "as received"])
def test_a_joiner_that_a_written_value_may_hold_is_refused_in_it(values: str, at: datetime) -> None:
    dotted = saomai('join = "&", values = ["php form"]', f'join = ".", values = "{values}"')
    keys = Keyring([Key("ipn_secret", "k", SecretStr("synthetic"), "sandbox")])
    query = f"merchant=M&order_ref=P.1&amount=1&status=00&txn=9&sig={'0' * 64}".encode()

    with pytest.raises(Malformed) as rejection:
        verify(dotted, Received("GET", query, (), b"", at), keyring=keys, settings={}, at=at)

    assert rejection.value.reason == "ambiguous"
