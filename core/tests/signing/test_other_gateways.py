"""Shapes of signature that no shipped gateway has yet: the language holds them, and their attacks fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import SecretStr

from payport.errors import CallbackRejected, ConfigurationError, Malformed, SignatureMismatch, Stale
from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.public_key import public_half
from payport.signing.received import Received, Verified
from payport.signing.verify import check_keys, sign, verify

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
BODY = b'{"ref":"P1","amount":150000,"status":"paid","items":[{"sku":"a.b"}]}'
HEAD = 'id = "other"\nversion = "1.0.0"\nsource = "written for this test"\ngrade = "proof"\n'
COVERS = 'covers = { merchant_reference = "ref", amount = "amount", outcome = "status" }\n'


def judge(
    contract: Contract,
    body: bytes,
    secret: str = "synthetic",
    *,
    at: datetime = AT,
    settings: dict[str, str] | None = None,
    **headers: str,
) -> Verified:
    sent = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    keys = Keyring([Key("hook", "k", SecretStr(secret), "sandbox")])
    message = Received("POST", b"", sent, body, AT)
    result = verify(contract, message, keyring=keys, settings=settings or {}, at=at)
    assert isinstance(result, Verified)
    return result


def mac(text: bytes, key: bytes = b"synthetic") -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()


class TestAHeaderWithTimeAndSeveralSignatures:
    """`Signature: t=…,v1=…,v1=…`, over time, a point, and the body."""

    CONTRACT = load_contract(
        HEAD
        + COVERS
        + """
        fields = "body as json"
        freshness = { at = "signature.t", unit = "seconds", tolerance = 300 }
        message = { parts = ["signature.t", "body"], join = "." }
        [signature]
        at = "header.Signature"
        algorithm = "HMAC-SHA256"
        key = "hook"
        written = "hex lower"
        entries = { split = ",", take = "v1=" }
        """,
        source="other.toml",
    )

    def signed(self, stamp: str = STAMP) -> str:
        return f"t={stamp},v1={mac(stamp.encode() + b'.' + BODY)}"

    def test_is_believed(self) -> None:
        assert judge(self.CONTRACT, BODY, signature=self.signed()).integer("amount") == 150_000

    def test_may_carry_a_signature_of_an_older_key_beside(self) -> None:
        header = self.signed().replace(",v1=", f",v1={'0' * 64},v1=") + ",v0=abc"

        assert judge(self.CONTRACT, BODY, signature=header)

    @pytest.mark.parametrize("shift", [-300, 0, 300])
    def test_DEL_11_is_fresh_at_the_tolerance_itself(self, shift: int) -> None:
        assert judge(self.CONTRACT, BODY, at=AT + timedelta(seconds=shift), signature=self.signed())

    @pytest.mark.parametrize("shift", [-301, 301, 86_400])
    def test_DEL_11_is_stale_beyond_it(self, shift: int) -> None:
        with pytest.raises(Stale, match="clock"):
            judge(self.CONTRACT, BODY, at=AT + timedelta(seconds=shift), signature=self.signed())

    @pytest.mark.parametrize(
        "stamp", ["0", "-1", "1" + "0" * 18, "now", "", " 1764039600", "1764039600.5", "1e9", "０"]
    )
    def test_DEL_11_a_stamp_that_is_no_time_is_refused(self, stamp: str) -> None:
        with pytest.raises(CallbackRejected):
            judge(self.CONTRACT, BODY, signature=self.signed(stamp) if stamp.isascii() else self.signed("x"))

    def test_DEL_11_a_missing_stamp_is_refused(self) -> None:
        with pytest.raises(Malformed, match=r"signature\.t"):
            judge(self.CONTRACT, BODY, signature=f"v1={mac(b'.' + BODY)}")

    def test_takes_no_second_time(self) -> None:
        with pytest.raises(Malformed, match="more than once"):
            judge(self.CONTRACT, BODY, signature=self.signed() + ",t=1")

    def test_with_no_entry_that_counts_is_refused(self) -> None:
        with pytest.raises(SignatureMismatch):
            judge(self.CONTRACT, BODY, signature=self.signed().replace("v1=", "v0="))

    def test_SIG_16_twice_is_refused(self) -> None:
        header = (b"Signature", self.signed().encode())
        keys = Keyring([Key("hook", "k", SecretStr("synthetic"), "sandbox")])

        with pytest.raises(Malformed, match="more than once"):
            verify(
                self.CONTRACT, Received("POST", b"", (header, header), BODY, AT),
                keyring=keys, settings={}, at=AT,
            )  # fmt: skip

    @pytest.mark.parametrize("text", [b"\xff", b"t=1,v1=\x00", "é".encode()])
    def test_SIG_13_holds_ascii_text_only(self, text: bytes) -> None:
        keys = Keyring([Key("hook", "k", SecretStr("synthetic"), "sandbox")])
        message = Received("POST", b"", ((b"signature", text),), BODY, AT)

        with pytest.raises(Malformed):
            verify(self.CONTRACT, message, keyring=keys, settings={}, at=AT)


class TestStandardWebhooks:
    """`webhook-signature: v1,… v1,…`, over id, time and body; a key with a prefix, in base64."""

    KEY = base64.b64encode(b"synthetic-key-of-24-byte").decode()
    CONTRACT = load_contract(
        HEAD
        + COVERS
        + """
        fields = "body as json"
        freshness = { at = "header.webhook-timestamp", unit = "seconds", tolerance = 300 }
        message = { parts = ["header.webhook-id", "header.webhook-timestamp", "body"], join = "." }
        [signature]
        at = "header.webhook-signature"
        algorithm = "HMAC-SHA256"
        key = "hook"
        key_text = "base64"
        key_prefix = "whsec_"
        written = "base64"
        entries = { split = " ", take = "v1," }
        """,
        source="other.toml",
    )

    def headers(self, name: str = "msg_1") -> dict[str, str]:
        digest = hmac.digest(b"synthetic-key-of-24-byte", f"{name}.{STAMP}.".encode() + BODY, "sha256")
        signature = base64.b64encode(digest).decode()
        return {
            "webhook_id": name, "webhook_timestamp": STAMP, "webhook_signature": f"v1a,zz v1,{signature}",
        }  # fmt: skip

    def test_are_believed(self) -> None:
        assert judge(self.CONTRACT, BODY, f"whsec_{self.KEY}", **self.headers())["ref"] == "P1"

    def test_a_joiner_in_the_id_is_refused(self) -> None:
        with pytest.raises(Malformed, match="joins"):
            judge(self.CONTRACT, BODY, f"whsec_{self.KEY}", **self.headers("msg.1"))

    @pytest.mark.parametrize(
        "value", [KEY, "whsec_", "whsec_é", "whsec_c2hvcnQ=", f"whsec_ {KEY}", f"{KEY}whsec_"]
    )
    def test_a_key_of_another_form_is_refused_at_start(self, value: str) -> None:
        with pytest.raises(ConfigurationError, match=r"keys\.hook\.k"):
            check_keys(self.CONTRACT, Keyring([Key("hook", "k", SecretStr(value), "sandbox")]))

    def test_base64_is_taken_in_its_one_canonical_form(self) -> None:
        headers = self.headers()
        signature = headers["webhook_signature"]
        for other in (
            signature.rstrip("="),
            signature[:-2] + "B=",
            signature + "\n",
            signature.replace("=", ""),
        ):
            with pytest.raises((SignatureMismatch, Malformed)):
                judge(self.CONTRACT, BODY, f"whsec_{self.KEY}", **{**headers, "webhook_signature": other})


class TestFieldsBesideASignature:
    """`{"code": …, "data": {…}, "signature": …}`, over the sorted members of data."""

    CONTRACT = load_contract(
        HEAD
        + """
        fields = "json.data"
        covers = { merchant_reference = "orderCode", amount = "amount", outcome = "code" }
        [message]
        select = { prefix = [""] }
        names = true
        join = "&"
        null = "empty"
        nested = "sorted json"
        [signature]
        at = "field.^signature"
        algorithm = "HMAC-SHA256"
        key = "hook"
        written = "hex lower"
        """,
        source="other.toml",
    )
    DATA: ClassVar[dict[str, Any]] = {
        "orderCode": 123, "amount": 150000, "code": "00", "note": None, "items": [{"b": "đ", "a": 1}],
    }  # fmt: skip
    TEXT = 'amount=150000&code=00&items=[{"a":1,"b":"đ"}]&note=&orderCode=123'.encode()

    def body(self, data: Any, text: bytes = TEXT, **more: Any) -> bytes:
        return json.dumps({"code": "99", "data": data, "signature": mac(text), **more}).encode()

    def test_are_believed_as_they_stand_in_data(self) -> None:
        result = judge(self.CONTRACT, self.body(self.DATA))

        assert (result["code"], result["note"], result["items"]) == ("00", "", '[{"a":1,"b":"đ"}]')

    def test_outside_of_data_are_never_seen(self) -> None:
        assert "desc" not in judge(self.CONTRACT, self.body(self.DATA, desc="x", amount=1))

    @pytest.mark.parametrize("data", [None, [], "text", 1, True, [DATA]])
    def test_need_an_object(self, data: Any) -> None:
        with pytest.raises(Malformed):
            judge(self.CONTRACT, self.body(data))

    def test_that_change_are_refused(self) -> None:
        with pytest.raises(SignatureMismatch):
            judge(self.CONTRACT, self.body({**self.DATA, "amount": 1}))

    @pytest.mark.parametrize("nested", [b'{"a":1,"a":2}', b"[1.5]", b"[NaN]", b'{"x":[1e3]}'])
    def test_that_nest_are_read_in_one_way(self, nested: bytes) -> None:
        body = self.body(self.DATA).replace(b'[{"b": "\\u0111", "a": 1}]', nested)
        assert nested in body

        with pytest.raises(Malformed):
            judge(self.CONTRACT, body)

    def test_are_no_second_data(self) -> None:
        with pytest.raises(Malformed, match="more than once"):
            judge(self.CONTRACT, self.body(self.DATA).replace(b'{"code"', b'{"data": {"amount": 1}, "code"'))


class TestATextInsideJson:
    """`{"data": "{…}", "mac": …}`: the inner text is signed as it stands, and then read."""

    CONTRACT = load_contract(
        HEAD
        + COVERS
        + """
        fields = "text in json.data"
        message = { parts = ["field.^data"] }
        signature = { at = "field.^mac", algorithm = "HMAC-SHA256", key = "hook", written = "hex any" }
        """,
        source="other.toml",
    )
    INNER = '{"ref": "P1",\n "amount": 150000, "status": "1", "extra": {"deep": [1.5]}}'

    def body(self, inner: str, signed: str | None = None) -> bytes:
        return json.dumps({"data": inner, "mac": mac((signed or inner).encode()), "type": 1}).encode()

    def test_gives_the_fields_of_the_text(self) -> None:
        result = judge(self.CONTRACT, self.body(self.INNER))

        assert (result["ref"], result.integer("amount")) == ("P1", 150_000)
        assert "type" not in result
        assert "extra" not in result

    def test_SIG_06_may_be_written_in_any_case_where_the_contract_says_so(self) -> None:
        body = self.body(self.INNER)
        digest = mac(self.INNER.encode())

        assert judge(self.CONTRACT, body.replace(digest.encode(), digest.upper().encode()))

    def test_that_is_printed_again_is_refused(self) -> None:
        again = json.dumps(json.loads(self.INNER))

        with pytest.raises(SignatureMismatch):
            judge(self.CONTRACT, self.body(again, signed=self.INNER))

    @pytest.mark.parametrize("inner", ["", "[]", "{", '{"ref": "P1", "ref": "P2"}', '{"amount": 1.5}'])
    def test_that_is_no_plain_object_is_refused(self, inner: str) -> None:
        with pytest.raises(CallbackRejected):
            judge(self.CONTRACT, self.body(inner))


class TestNamedPartsWithASetting:
    """`accessKey=…&amount=…`, raw, with a value that only we and the gateway know."""

    CONTRACT = load_contract(
        HEAD
        + COVERS
        + """
        fields = "json"
        [message]
        parts = ["setting.accesskey", "field.amount", "field.ref", "field.status"]
        names = true
        join = "&"
        [signature]
        at = "field.signature"
        algorithm = "HMAC-SHA256"
        key = "hook"
        written = "hex lower"
        """,
        source="other.toml",
    )

    def test_are_believed_and_the_setting_is_no_field(self) -> None:
        text = b"accesskey=KEY&amount=150000&ref=P1&status=0"
        body = json.dumps({"ref": "P1", "amount": 150000, "status": 0, "signature": mac(text)}).encode()

        result = judge(self.CONTRACT, body, settings={"accesskey": "KEY"})

        assert dict(result.fields) == {"ref": "P1", "amount": "150000", "status": "0"}


class TestPublicKeys:
    TEXT = b"ref=P1&amount=150000&status=paid"
    ED25519 = Ed25519PrivateKey.from_private_bytes(b"synthetic seed, 32 bytes of it !")
    RSA = generate_private_key(65537, 2048)

    def contract(self, algorithm: str, key_text: str = "utf-8", direction: str = "callback") -> Contract:
        head = HEAD if direction == "callback" else HEAD.replace('grade = "proof"\n', "")
        covers = COVERS if direction == "callback" else ""
        text = f"""
            direction = "{direction}"
            fields = "form"
            [message]
            parts = ["field.ref", "field.amount", "field.status"]
            names = true
            join = "&"
            [signature]
            at = "field.sig"
            algorithm = "{algorithm}"
            key = "hook"
            key_text = "{key_text}"
            written = "hex lower"
        """
        return load_contract(head + covers + text, source="other.toml")

    def pem(self, key: Any) -> str:
        return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signature(self, algorithm: str, text: bytes = TEXT) -> bytes:
        return (
            self.ED25519.sign(text) if algorithm == "Ed25519" else self.RSA.sign(text, PKCS1v15(), SHA256())
        )

    def key(self, algorithm: str) -> Any:
        return self.ED25519 if algorithm == "Ed25519" else self.RSA

    @pytest.mark.parametrize("algorithm", ["Ed25519", "RSA-SHA256"])
    def test_verify_what_their_owner_signed(self, algorithm: str) -> None:
        body = self.TEXT + b"&sig=" + self.signature(algorithm).hex().encode()

        assert judge(self.contract(algorithm), body, self.pem(self.key(algorithm)))["ref"] == "P1"

    @pytest.mark.parametrize("algorithm", ["Ed25519", "RSA-SHA256"])
    def test_SIG_07_refuse_flipped_bits_and_other_texts(self, algorithm: str) -> None:
        contract, pem = self.contract(algorithm), self.pem(self.key(algorithm))
        genuine = self.signature(algorithm)
        for place in (0, len(genuine) // 2, -1):
            flipped = bytearray(genuine)
            flipped[place] ^= 1
            with pytest.raises(SignatureMismatch):
                judge(contract, self.TEXT + b"&sig=" + flipped.hex().encode(), pem)
        with pytest.raises(SignatureMismatch):
            judge(contract, self.TEXT.replace(b"150000", b"1") + b"&sig=" + genuine.hex().encode(), pem)

    def test_may_be_raw_bytes_in_base64(self) -> None:
        raw = self.ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        body = self.TEXT + b"&sig=" + self.signature("Ed25519").hex().encode()

        assert judge(self.contract("Ed25519", "base64"), body, base64.b64encode(raw).decode())

    @pytest.mark.parametrize("algorithm", ["Ed25519", "RSA-SHA256"])
    def test_of_another_algorithm_are_refused_at_start_and_prove_nothing(self, algorithm: str) -> None:
        wrong = self.RSA if algorithm == "Ed25519" else self.ED25519
        contract = self.contract(algorithm)
        for value in (self.pem(wrong), "-----BEGIN nothing", "text"):
            with pytest.raises(ConfigurationError, match="is not a key of the contract's algorithm"):
                check_keys(contract, Keyring([Key("hook", "k", SecretStr(value), "sandbox")]))
            with pytest.raises(SignatureMismatch):
                judge(contract, self.TEXT + b"&sig=" + self.signature(algorithm).hex().encode(), value)

    def test_that_are_short_are_refused(self) -> None:
        short = generate_private_key(65537, 1024)

        with pytest.raises(ConfigurationError):
            check_keys(
                self.contract("RSA-SHA256"),
                Keyring([Key("hook", "k", SecretStr(self.pem(short)), "sandbox")]),
            )

    @pytest.mark.parametrize("algorithm", ["Ed25519", "RSA-SHA256"])
    def test_sign_with_their_private_half(self, algorithm: str) -> None:
        key = self.key(algorithm)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        keys = Keyring([Key("hook", "k", SecretStr(private), "sandbox")])
        fields = {"ref": "P1", "amount": 150_000, "status": "paid"}

        sent = sign(self.contract(algorithm, direction="request"), fields, keyring=keys, settings={}, at=AT)

        assert sent.pop("sig") == self.signature(algorithm).hex()
        assert sent == {"ref": "P1", "amount": "150000", "status": "paid"}

    @pytest.mark.parametrize("algorithm", ["Ed25519", "RSA-SHA256"])
    def test_have_a_public_half_that_may_be_shown_whatever_half_is_given(self, algorithm: str) -> None:
        key = self.key(algorithm)
        pem = self.pem(key).encode()
        given = [
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            pem,
        ]
        if algorithm == "Ed25519":
            given.append(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

        assert [public_half(each) for each in given] == [pem] * len(given)
