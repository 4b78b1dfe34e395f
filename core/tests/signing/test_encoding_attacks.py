"""Attacks on canonical form, encodings and types (ENC), against every shipped callback contract.

JSON rows run against VNPAY's query answer, and against contracts of other shapes written here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from payport.errors import CallbackRejected, Incomplete, Malformed, NoInput, SignatureMismatch
from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received, Verified
from payport.signing.verify import verify

if TYPE_CHECKING:
    from conftest import Sender

ARABIC, FULL_WIDTH = "\u0663\u0660\u0660", "\uff11\uff10\uff10"


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(CallbackRejected) as rejection:
        call()
    return rejection.value.reason


class TestANameThatComesTwice:
    @pytest.mark.parametrize("value", ["1", "", None])
    def test_ENC_01_is_refused_before_any_digest(self, sender: Sender, value: str | None) -> None:
        for name in sender.fields:
            again = f"{name}={sender.fields[name] if value is None else value}".encode()
            after = sender.message(extra=b"&" + again)
            before = sender.deliver(again + b"&" + (sender.message().query or sender.message().body))

            assert reason_of(lambda message=after: sender.judge(message)) == "repeated"
            assert reason_of(lambda message=before: sender.judge(message)) == "repeated"

    def test_ENC_01_is_refused_even_where_the_signature_covers_both(self, vnpay: Sender) -> None:
        text = vnpay.raw(dict(sorted(vnpay.fields.items())))
        doubled = text.replace(b"vnp_Amount=15000000", b"vnp_Amount=1&vnp_Amount=15000000")
        signature = hmac.new(vnpay.key.encode(), doubled, hashlib.sha512).hexdigest()

        message = vnpay.deliver(doubled + b"&vnp_SecureHash=" + signature.encode())

        assert reason_of(lambda: vnpay.judge(message)) == "repeated"

    def test_ENC_01_is_refused_behind_an_escape(self, sender: Sender) -> None:
        hidden = "".join(f"%{byte:02x}" for byte in sender.amount.encode())

        assert reason_of(lambda: sender.judge(sender.message(extra=f"&{hidden}=1".encode()))) == "repeated"

    def test_that_is_not_ours_may_come_as_often_as_it_likes(self, sender: Sender) -> None:
        message = sender.message(extra=b"&lang=vi&lang=en&x=%zz&x=%ff")

        assert sender.judge(message) == sender.judge(sender.message())


@pytest.mark.parametrize("suffix", ["[]", "[0]", "%5B%5D", "[a][b]", "%20", "%00", "%C3%A9", "-x"])
def test_ENC_02_brackets_and_other_names_that_no_field_has(
    vnpay: Sender, onepay: Sender, suffix: str
) -> None:
    for sender in (vnpay, onepay):
        message = sender.message(extra=f"&{sender.amount}{suffix}=1".encode())

        assert reason_of(lambda sender=sender, message=message: sender.judge(message)) == "bad_name"


def test_ENC_02_brackets_are_another_name_where_names_are_listed(sender: Sender) -> None:
    if sender.contract.document.message.select is not None:
        return

    message = sender.message(extra=f"&{sender.amount}[]=1".encode())

    assert sender.judge(message) == sender.judge(sender.message())


class TestBlanks:
    def test_ENC_03_are_one_value_however_they_travel(self, sender: Sender) -> None:
        genuine = sender.message()
        raw = genuine.query or genuine.body
        assert b"+" in raw

        rewritten = sender.deliver(raw.replace(b"+", b"%20"))

        assert sender.judge(rewritten) == sender.judge(genuine)

    def test_ENC_03_signed_as_percent_20_verify_as_received(self, vnpay: Sender) -> None:
        text = vnpay.raw(dict(sorted(vnpay.fields.items()))).replace(b"+", b"%20")
        signature = hmac.new(vnpay.key.encode(), text, hashlib.sha512).hexdigest().encode()

        result = vnpay.judge(vnpay.deliver(text + b"&vnp_SecureHash=" + signature))

        assert result["vnp_OrderInfo"] == vnpay.fields["vnp_OrderInfo"]

    def test_ENC_03_in_a_form_that_the_contract_does_not_name_are_refused(self, onepay: Sender) -> None:
        values = {name: quote(value, safe="") for name, value in onepay.fields.items()}

        message = onepay.message(signature=onepay.sign(values, onepay.key))

        assert reason_of(lambda: onepay.judge(message)) == "mismatch"


@pytest.mark.parametrize("value", ["%41", "%2B", "%26vnp_Amount%3D1", "%", "%%", "100%", "+"])
def test_ENC_04_a_value_is_decoded_once(sender: Sender, value: str) -> None:
    fields = {**sender.fields, sender.text: value, sender.reference: value}

    result = sender.judge(sender.message(fields))

    assert sender.seen(sender.message(fields), sender.reference) == value
    if isinstance(result, Verified):
        assert dict(result.fields) == {name: text for name, text in fields.items() if text}


@pytest.mark.parametrize(
    "bad",
    [b"\xc0\xaf", b"\xed\xa0\x80", b"\xff", b"\xe1\xbb", b"\xf4\x90\x80\x80", b"a\x80", b"\xf0\x9f\x98"],
)
def test_ENC_05_what_is_not_utf_8_is_refused_even_signed(sender: Sender, bad: bytes) -> None:
    for name in (sender.text, sender.reference):
        fields = {**sender.fields, name: bad}
        raw = sender.message(fields)
        unescaped = b"&".join(
            field.encode() + b"=" + (value if isinstance(value, bytes) else quote(value).encode())
            for field, value in fields.items()
        )
        bare = sender.deliver(unescaped + f"&{sender.signature}={sender.sign(fields, sender.key)}".encode())

        assert reason_of(lambda message=raw: sender.judge(message)) == "bad_encoding"
        assert reason_of(lambda message=bare: sender.judge(message)) == "bad_encoding"


@pytest.mark.parametrize("name", [b"%FF", b"\xff", b"%C0%AFvnp_Amount", b"%zz", b"vnp_%E1%BB"])
def test_ENC_05_a_name_that_cannot_be_decoded_could_be_ours(sender: Sender, name: bytes) -> None:
    assert reason_of(lambda: sender.judge(sender.message(extra=b"&" + name + b"=1"))) == "bad_encoding"


class TestComposedAndDecomposed:
    TEXT = "Đơn hàng thứ nhất"

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_ENC_06_each_verifies_as_it_was_signed(self, sender: Sender, form: Any) -> None:
        text = unicodedata.normalize(form, self.TEXT)
        fields = {**sender.fields, sender.reference: text}

        assert sender.seen(sender.message(fields), sender.reference) == text

    def test_ENC_06_one_under_the_signature_of_the_other_is_refused(self, sender: Sender) -> None:
        composed = {**sender.fields, sender.text: unicodedata.normalize("NFC", self.TEXT)}
        decomposed = {**sender.fields, sender.text: unicodedata.normalize("NFD", self.TEXT)}

        message = sender.message(decomposed, signature=sender.sign(composed, sender.key))

        assert reason_of(lambda: sender.judge(message)) == "mismatch"


@pytest.mark.parametrize("control", ["\x00", "\r\n", "\n", "\t", "\x1b[2J", "\x7f"])
def test_ENC_07_control_characters_are_refused_even_signed(sender: Sender, control: str) -> None:
    for name in (sender.reference, sender.text, sender.amount):
        fields = {**sender.fields, name: f"{sender.fields[name]}{control}"}

        assert reason_of(lambda fields=fields: sender.judge(sender.message(fields))) == "malformed"


@pytest.mark.parametrize(
    "amount",
    ["1e5", "100000.0", "1E+5", "0x186A0", "1_000", "+100", " 100", "100 ", "-0", "-1", "00100", "",
     FULL_WIDTH, ARABIC, "9" * 5_000, "1,000"],
)  # fmt: skip
def test_ENC_11_no_amount_in_disguise_becomes_a_number(sender: Sender, amount: str) -> None:
    """The signature may be right; what is not plain digits is never an integer. ENC-09 likewise."""
    message = sender.message({**sender.fields, sender.amount: amount})
    if not sender.is_proof:
        return

    def read() -> int:
        result = sender.judge(message)
        assert isinstance(result, Verified)
        return result.integer(sender.amount)

    with pytest.raises(Incomplete):
        read()


def test_ENC_09_the_greatest_amount_keeps_every_digit(vnpay: Sender) -> None:
    result = vnpay.judge(vnpay.message({**vnpay.fields, "vnp_Amount": "9007199254740993"}))

    assert result.integer("vnp_Amount") == 9_007_199_254_740_993


class TestEmptyAndMissing:
    def test_ENC_12_at_vnpay_an_empty_field_is_signed_and_an_absent_one_is_not(self, vnpay: Sender) -> None:
        empty = {**vnpay.fields, "vnp_BankTranNo": ""}
        absent = {name: value for name, value in vnpay.fields.items() if name != "vnp_BankTranNo"}

        assert vnpay.judge(vnpay.message(empty))["vnp_BankTranNo"] == ""
        assert "vnp_BankTranNo" not in vnpay.judge(vnpay.message(absent))
        crossed = vnpay.message(empty, signature=vnpay.sign(absent, vnpay.key))
        assert reason_of(lambda: vnpay.judge(crossed)) == "mismatch"

    def test_ENC_12_at_onepay_an_empty_field_counts_as_absent(self, onepay: Sender) -> None:
        result = onepay.judge(onepay.message(extra=b"&vpc_AuthorizeId=&user_x"))

        assert "vpc_AuthorizeId" not in result

    def test_ENC_12_an_unsigned_empty_field_changes_nothing(self, sender: Sender) -> None:
        assert sender.judge(sender.message(extra=b"&lang=&x")) == sender.judge(sender.message())

    def test_ENC_12_at_nganluong_every_signed_field_must_be_there(self, sender: Sender) -> None:
        if sender.contract.document.message.select is not None:
            return

        for name in sender.fields:
            fields = {other: value for other, value in sender.fields.items() if other != name}
            assert reason_of(lambda fields=fields: sender.judge(sender.message(fields))) == "absent"


@pytest.mark.parametrize(
    "charset", [b"utf-16", b"iso-8859-1", b"utf-7", b"klingon", b"utf-8; charset=utf-16"]
)
def test_ENC_14_a_charset_in_a_header_changes_nothing(sender: Sender, charset: bytes) -> None:
    plain = sender.message()
    header = (b"Content-Type", b"application/x-www-form-urlencoded; charset=" + charset)

    message = Received(plain.method, plain.query, (header, header), plain.body, plain.received_at)

    assert sender.judge(message) == sender.judge(plain)


class TestOtherSeparators:
    @pytest.mark.parametrize(
        ("sign", "instead"), [(b"&", b";"), (b"&", b"&amp;"), (b"=", b"%3D"), (b"&", b"\n")]
    )
    def test_ENC_15_are_no_separators(self, sender: Sender, sign: bytes, instead: bytes) -> None:
        raw = sender.message().query or sender.message().body

        with pytest.raises(CallbackRejected):
            sender.judge(sender.deliver(raw.replace(sign, instead)))

    def test_ENC_15_empty_pieces_are_no_pairs(self, sender: Sender) -> None:
        raw = sender.message().query or sender.message().body

        assert sender.judge(sender.deliver(b"&&" + raw.replace(b"&", b"&&&") + b"&"))

    @pytest.mark.parametrize("value", ["a=b=c", "a;b", "what?", "#1", "?a=1", "x:y/z"])
    def test_ENC_15_are_plain_characters_of_a_value(self, sender: Sender, value: str) -> None:
        fields = {**sender.fields, sender.reference: value}

        assert sender.seen(sender.message(fields), sender.reference) == value

    def test_ENC_15_a_fragment_belongs_to_the_last_value(self, sender: Sender) -> None:
        assert reason_of(lambda: sender.judge(sender.message(extra=b"#top"))) in (
            "signature_form",
            "mismatch",
        )

    def test_ENC_15_a_second_question_mark_belongs_to_the_first_name(self, vnpay: Sender) -> None:
        raw = vnpay.message().query

        assert reason_of(lambda: vnpay.judge(vnpay.deliver(b"?" + raw))) == "mismatch"


class TestAMovedBoundary:
    """onepay.md 3: a buyer-controlled text turns a cancelled payment into an approved one."""

    def test_is_refused_where_raw_values_are_joined(self, onepay: Sender) -> None:
        fields = {**onepay.fields, "vpc_TxnResponseCode": "99", "vpc_Message": "x&vpc_TxnResponseCode=0"}

        assert reason_of(lambda: onepay.judge(onepay.message(fields))) == "ambiguous"

    def test_cannot_be_cut_another_way_under_the_same_signature(self, onepay: Sender) -> None:
        fields = {**onepay.fields, "vpc_OrderInfo": "DH1&vpc_TxnResponseCode=0&vpc_U=1"}
        recut = {**onepay.fields, "vpc_OrderInfo": "DH1", "vpc_U": "1"}
        recut["vpc_TxnResponseCode"] = "0&vpc_U=1"

        with pytest.raises(CallbackRejected):
            onepay.judge(onepay.message(recut, signature=onepay.sign(fields, onepay.key)))


SLOTS = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip


class Answer:
    """VNPAY's answer to querydr, signed for itself."""

    def __init__(self, contract: Contract, at: datetime) -> None:
        self.contract, self.at = contract, at
        self.fields = {
            "vnp_ResponseId": "0f3d5c0a", "vnp_Command": "querydr", "vnp_ResponseCode": "00",
            "vnp_Message": "OK", "vnp_TmnCode": "TESTTMN1", "vnp_TxnRef": "PPAB23CD45EF",
            "vnp_Amount": "15000000", "vnp_TransactionNo": "15000001", "vnp_TransactionStatus": "00",
        }  # fmt: skip

    def signature(self) -> str:
        text = "|".join(self.fields.get(f"vnp_{slot}", "") for slot in SLOTS)
        return hmac.new(b"synthetic-secret", text.encode(), hashlib.sha512).hexdigest()

    def body(self) -> str:
        return json.dumps({**self.fields, "vnp_SecureHash": self.signature()})

    def judge(self, body: str | bytes) -> Verified:
        raw = body if isinstance(body, bytes) else body.encode()
        keys = Keyring([Key("hash_secret", "k", SecretStr("synthetic-secret"), "sandbox")])
        message = Received("ANSWER", b"", (), raw, self.at)
        result = verify(self.contract, message, keyring=keys, settings={}, at=self.at)
        assert isinstance(result, Verified)
        return result


@pytest.fixture
def answer(shipped: Callable[[str], Contract], at: datetime) -> Answer:
    return Answer(shipped("vnpay/querydr-answer.toml"), at)


class TestAJsonAnswer:
    def test_that_is_genuine_is_believed(self, answer: Answer) -> None:
        assert dict(answer.judge(answer.body()).fields) == answer.fields

    @pytest.mark.parametrize("value", ['["15000000"]', '{"a": 1}', "[]", "{}"])
    def test_ENC_02_takes_no_list_or_object_for_text(self, answer: Answer, value: str) -> None:
        body = answer.body().replace('"15000000"', value)

        assert reason_of(lambda: answer.judge(body)) == "nested"

    @pytest.mark.parametrize("again", ["vnp_ResponseCode", "vnp_SecureHash", "vnp_Respons\\u0065Code"])
    def test_ENC_08_takes_no_name_twice(self, answer: Answer, again: str) -> None:
        body = f'{{"{again}": "01", {answer.body()[1:]}'

        assert reason_of(lambda: answer.judge(body)) == "repeated"

    def test_ENC_09_takes_an_integer_as_its_digits(self, answer: Answer) -> None:
        answer.fields["vnp_Amount"] = "9007199254740993"

        result = answer.judge(answer.body().replace('"9007199254740993"', "9007199254740993"))

        assert result["vnp_Amount"] == "9007199254740993"

    @pytest.mark.parametrize(
        "number",
        ["15000000.0", "1.5e7", "15E6", "15000000.00000001", "NaN", "Infinity", "-Infinity", "1e400"],
    )
    def test_ENC_10_takes_no_other_number(self, answer: Answer, number: str) -> None:
        assert reason_of(lambda: answer.judge(answer.body().replace('"15000000"', number))) == "bad_number"

    @pytest.mark.parametrize(
        "number", ["0x186A0", "1_000", "+100", "00100", "１００", "٣٠٠", ".5", "1.", "- 1"]
    )
    def test_ENC_11_takes_nothing_that_is_no_json_number(self, answer: Answer, number: str) -> None:
        assert reason_of(lambda: answer.judge(answer.body().replace('"15000000"', number))) == "malformed"

    def test_ENC_07_takes_no_escaped_nul(self, answer: Answer) -> None:
        answer.fields["vnp_TxnRef"] = "A\x00"

        assert reason_of(lambda: answer.judge(answer.body())) == "malformed"

    @pytest.mark.parametrize("surrogate", ["\\ud800", "\\udc00x", "\\ud800\\ud800"])
    def test_ENC_05_takes_no_half_of_a_surrogate_pair(self, answer: Answer, surrogate: str) -> None:
        body = answer.body().replace("PPAB23CD45EF", surrogate)

        assert reason_of(lambda: answer.judge(body)) == "bad_encoding"

    @pytest.mark.parametrize("raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80"])
    def test_ENC_05_takes_no_body_that_is_not_utf_8(self, answer: Answer, raw: bytes) -> None:
        body = answer.body().encode().replace(b"PPAB23CD45EF", raw)

        assert reason_of(lambda: answer.judge(body)) == "bad_encoding"

    def test_ENC_13_is_read_and_not_compared_as_text(self, answer: Answer) -> None:
        """Its values are signed, not its layout: spacing, order and escapes are free."""
        fields = {**answer.fields, "vnp_SecureHash": answer.signature()}
        turned = json.dumps(dict(reversed(fields.items())), indent=3).replace("PPAB", "P\\u0050AB") + "\n"

        assert dict(answer.judge(turned).fields) == answer.fields

    @pytest.mark.parametrize("charset", ["utf-16", "utf-32", "utf-8-sig"])
    def test_ENC_14_is_utf_8_without_a_mark(self, answer: Answer, charset: str) -> None:
        assert reason_of(lambda: answer.judge(answer.body().encode(charset))) in ("bad_encoding", "malformed")

    @pytest.mark.parametrize(
        "body", ["[" * 100_000, '{"a":' * 100_000, '{"vnp_Amount":' + "[" * 40 + "]" * 40 + "}"]
    )
    def test_that_is_too_deep_is_refused_in_time(self, answer: Answer, body: str) -> None:
        assert reason_of(lambda: answer.judge(body)) == "malformed"

    @pytest.mark.parametrize("body", ["null", "1", '"text"', "[]", "<html>", "{", '{"a":1} x', "{'a': 1}"])
    def test_that_is_no_object_is_refused(self, answer: Answer, body: str) -> None:
        assert reason_of(lambda: answer.judge(body)) == "malformed"

    @pytest.mark.parametrize("body", ["", "  \n", "{}", '{"RspCode": "00"}'])
    def test_that_says_nothing_of_ours_is_no_input(self, answer: Answer, body: str) -> None:
        with pytest.raises(NoInput):
            answer.judge(body)


class TestASignedBody:
    """The bytes as they came are signed, and the same bytes are read."""

    CONTRACT = """
        id = "bank-hook"
        version = "1.0.0"
        source = "written for this test"
        grade = "proof"
        fields = "body as json"
        covers = { merchant_reference = "ref", amount = "amount", currency = "currency", outcome = "status" }
        message = { parts = ["body"] }
        signature = { at = "header.X-Signature", algorithm = "HMAC-SHA256", key = "hook", written = "base64" }
    """
    BODY = b'{"ref": "P1", "amount": 150000, "currency": "VND", "status": "paid", "card": {"last4": "1091"}}'

    def judge(self, body: bytes, at: datetime, signed: bytes | None = None) -> Verified:
        digest = hmac.new(b"synthetic", body if signed is None else signed, hashlib.sha256).digest()
        headers = ((b"x-signature", base64.b64encode(digest)),)
        keys = Keyring([Key("hook", "k", SecretStr("synthetic"), "sandbox")])
        contract = load_contract(self.CONTRACT, source="hook.toml")
        result = verify(contract, Received("POST", b"", headers, body, at), keyring=keys, settings={}, at=at)
        assert isinstance(result, Verified)
        return result

    def test_gives_its_plain_fields(self, at: datetime) -> None:
        result = self.judge(self.BODY, at)

        assert dict(result.fields) == {"ref": "P1", "amount": "150000", "currency": "VND", "status": "paid"}
        assert result.currency == "VND"

    @pytest.mark.parametrize("layout", [b"%b\n", b" %b", b"\t%b\r\n"])
    def test_ENC_13_verifies_over_the_bytes_that_came(self, at: datetime, layout: bytes) -> None:
        assert self.judge(layout % self.BODY, at)["ref"] == "P1"

    def test_ENC_13_printed_again_is_another_message(self, at: datetime) -> None:
        again = json.dumps(json.loads(self.BODY), separators=(",", ":")).encode()

        with pytest.raises(SignatureMismatch):
            self.judge(again, at, signed=self.BODY)

    def test_ENC_08_takes_no_name_twice_though_both_are_signed(self, at: datetime) -> None:
        doubled = self.BODY.replace(b'"status"', b'"status": "failed", "status"')

        with pytest.raises(Malformed, match="more than once"):
            self.judge(doubled, at)
