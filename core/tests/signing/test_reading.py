"""The edges of reading: limits, nulls, dotted names, parts that may be skipped, and keys with a prefix."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from payport.errors import CallbackRejected, ConfigurationError
from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received, Verified
from payport.signing.verify import check_keys, verify

if TYPE_CHECKING:
    from conftest import Sender

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def contract(
    fields: str, message: str, *, at: str = "field.sig", more: str = 'written = "hex lower"'
) -> Contract:
    text = f"""
        id = "edge"
        version = "1.0.0"
        source = "written for this test"
        grade = "proof"
        fields = "{fields}"
        covers = {{ merchant_reference = "ref", amount = "amount", outcome = "status" }}
        message = {{ {message} }}
        signature = {{ at = "{at}", algorithm = "HMAC-SHA256", key = "hook", {more} }}
    """
    return load_contract(text, source="edge.toml")


def judge(used: Contract, body: bytes, *headers: tuple[bytes, bytes]) -> Verified:
    keys = Keyring([Key("hook", "k", SecretStr("synthetic"), "sandbox")])
    result = verify(used, Received("POST", b"", headers, body, AT), keyring=keys, settings={}, at=AT)
    assert isinstance(result, Verified)
    return result


def mac(text: bytes) -> str:
    return hmac.new(b"synthetic", text, hashlib.sha256).hexdigest()


def reason(used: Contract, body: bytes, *headers: tuple[bytes, bytes]) -> str:
    with pytest.raises(CallbackRejected) as rejection:
        judge(used, body, *headers)
    return rejection.value.reason


NAMED = 'names = true, join = "&"'
PAIRS = f'parts = ["field.ref", "field.amount", "field.status", "field.note"], {NAMED}'
TEXT = 'parts = ["field.^data"]'
BODY = 'parts = ["body"]'


class TestLimits:
    @pytest.mark.parametrize("flood", [b"&x=1" * 1_001, b"&x=" + b"y" * 300_000], ids=["pairs", "bytes"])
    def test_a_message_longer_than_any_genuine_one_is_refused(self, sender: Sender, flood: bytes) -> None:
        with pytest.raises(CallbackRejected) as rejection:
            sender.judge(sender.message(extra=flood))

        assert rejection.value.reason == "malformed"

    def test_many_names_that_are_not_ours_do_no_harm(self, sender: Sender) -> None:
        assert sender.judge(sender.message(extra=b"&x=1" * 900))

    def test_depth_counts_everywhere_and_not_inside_text(self) -> None:
        used = contract("json", f'select = {{ prefix = ["ref", "amount", "status"] }}, {NAMED}')
        fields = {"ref": '[[{{"' + "[" * 60, "amount": 1, "status": 0}
        signed = mac(f"amount=1&ref={fields['ref']}&status=0".encode())
        body = json.dumps({**fields, "sig": signed}).encode()
        deep = b'{"x":' + b"[" * 40 + b"]" * 40 + b"," + body[1:]

        assert judge(used, body)["ref"] == fields["ref"]
        assert judge(used, b'{"x":[[],[],' + b"[]," * 60 + b"0]," + body[1:])
        assert reason(used, deep) == "malformed"


class TestNamesAndNulls:
    def test_a_name_may_hold_a_dot(self, onepay: Sender) -> None:
        fields = {**onepay.fields, "user_1.a": "x", "vpc_3DS.x": "y"}

        assert onepay.judge(onepay.message(fields))["user_1.a"] == "x"

    def test_null_is_refused_where_the_contract_does_not_allow_it(self) -> None:
        body = json.dumps({"ref": "P", "amount": 1, "status": 0, "note": None, "sig": mac(b"")}).encode()

        assert reason(contract("json", PAIRS), body) == "null"
        assert reason(contract("json", PAIRS), body.replace(b"null", b"false")) == "malformed"

    @pytest.mark.parametrize("name", ["a b", "a[]", "é", "a&b", ""])
    def test_in_a_signed_body_every_name_is_ours(self, name: str) -> None:
        used = contract("body as json", BODY, at="header.x-sig")
        body = json.dumps({"ref": "P", "amount": 1, "status": 0, name: "x"}).encode()

        assert reason(used, body, (b"x-sig", mac(body).encode())) == "bad_name"

    def test_a_named_field_that_nests_in_a_signed_body_is_refused(self) -> None:
        used = contract("body as json", BODY, at="header.x-sig")
        body = b'{"ref": ["P"], "amount": 1, "status": 0}'

        assert reason(used, body, (b"x-sig", mac(body).encode())) == "nested"

    @pytest.mark.parametrize("data", ["1", "null", "true", '{"ref": "P"}', "[]"])
    def test_a_text_that_is_no_text_is_refused(self, data: str) -> None:
        used = contract("text in json.data", TEXT, at="field.^mac")

        assert reason(used, f'{{"data": {data}, "mac": "00"}}'.encode()) == "malformed"

    def test_without_data_there_is_no_input(self) -> None:
        for place, message in (("text in json.data", TEXT), ("json.data", PAIRS)):
            used = contract(place, message, at="field.^mac")
            assert reason(used, b'{"mac": "00"}') == "no_input"


class TestPartsThatMayBeSkipped:
    USED = contract("form", f'{PAIRS}, empty = "skip", absent = "empty"')

    @pytest.mark.parametrize("note", [b"", b"&note="])
    def test_empty_and_absent_leave_no_name_behind(self, note: bytes) -> None:
        signed = mac(b"ref=P&amount=1&status=0").encode()

        result = judge(self.USED, b"ref=P&amount=1&status=0" + note + b"&sig=" + signed)

        assert "note" not in result

    def test_others_are_kept(self) -> None:
        text = b"ref=P&amount=1&status=0&note=x"

        assert judge(self.USED, text + b"&sig=" + mac(text).encode())["note"] == "x"


class TestWrittenForms:
    @pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
    def test_base64_of_another_length_is_refused(self, size: int) -> None:
        used = contract("body as json", BODY, at="header.x-sig", more='written = "base64"')
        sent = base64.b64encode(b"\0" * size)

        assert reason(used, b'{"ref": "P"}', (b"x-sig", sent)) in ("signature_form", "empty_signature")

    def test_a_key_that_is_nothing_but_its_prefix_is_refused(self) -> None:
        used = contract("form", PAIRS, more='written = "hex lower", key_prefix = "sk_"')

        for value in ("sk_", "sk_  "):
            with pytest.raises(ConfigurationError, match="empty or blank"):
                check_keys(used, Keyring([Key("hook", "k", SecretStr(value), "sandbox")]))
