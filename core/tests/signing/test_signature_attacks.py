"""Attacks on presence and form of the signature (SIG), against every shipped callback contract."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from payport.errors import (
    CallbackRejected,
    ConfigurationError,
    ContractError,
    Malformed,
    NoInput,
    SignatureMismatch,
)
from payport.signing.contract import load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import check_keys, verify

if TYPE_CHECKING:
    from conftest import Sender


def test_the_gateway_itself_is_believed(sender: Sender) -> None:
    result = sender.judge(sender.message())

    assert isinstance(result, Verified if sender.is_proof else Hint)
    assert sender.seen(sender.message(), sender.reference) == "PPAB23CD45EF"


def test_SIG_01_without_a_signature_nothing_is_believed(sender: Sender) -> None:
    with pytest.raises(SignatureMismatch) as rejection:
        sender.judge(sender.deliver(sender.raw(sender.fields)))

    assert rejection.value.reason == "missing_signature"


@pytest.mark.parametrize("nothing", ["", " ", "   ", "null", "0", "undefined", "None", "true"])
def test_SIG_02_an_empty_signature_is_refused(sender: Sender, nothing: str) -> None:
    with pytest.raises(SignatureMismatch) as rejection:
        sender.judge(sender.message(signature=nothing))

    assert rejection.value.reason in ("empty_signature", "signature_form")


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0"])
def test_SIG_03_an_empty_or_blank_secret_is_refused_when_it_is_configured(blank: str) -> None:
    with pytest.raises(ConfigurationError, match=r"keys\.hash_secret\.first"):
        Key("hash_secret", "first", SecretStr(blank), "sandbox")


def test_SIG_03_without_any_key_a_message_signed_with_the_empty_one_is_refused(vnpay: Sender) -> None:
    forged = vnpay.message(signature=vnpay.sign(vnpay.fields, ""))

    with pytest.raises(SignatureMismatch) as rejection:
        vnpay.judge(forged, Keyring([]))

    assert rejection.value.reason == "no_key"


def test_SIG_04_any_signature_of_the_right_form_is_not_enough(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)

    for invented in ("0" * len(right), "F" * len(right) if right.isupper() else "f" * len(right)):
        with pytest.raises(SignatureMismatch, match="does not fit"):
            sender.judge(sender.message(signature=invented))


@pytest.mark.parametrize("length", [1, 2, 16, 31, 32, 62, 63, 127, -1])
def test_SIG_05_a_cut_signature_is_refused(sender: Sender, length: int) -> None:
    right = sender.sign(sender.fields, sender.key)
    cut = right[:length]
    if cut == right:
        cut = right[:-2]

    with pytest.raises(SignatureMismatch) as rejection:
        sender.judge(sender.message(signature=cut))

    assert rejection.value.reason == "signature_form"


@pytest.mark.parametrize("more", ["0", "00", "g", " ", "\n", "\x00", "=", "é"])
def test_SIG_05_a_signature_with_something_after_it_is_refused(sender: Sender, more: str) -> None:
    with pytest.raises((SignatureMismatch, Malformed)):
        sender.judge(sender.message(signature=sender.sign(sender.fields, sender.key) + more))


def test_SIG_06_letters_count_in_the_case_that_the_contract_names(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)
    mixed = "".join(digit.swapcase() if place % 2 else digit for place, digit in enumerate(right))

    for other in (right.swapcase(), mixed):
        with pytest.raises(SignatureMismatch) as rejection:
            sender.judge(sender.message(signature=other))
        assert rejection.value.reason == "signature_form"


def test_SIG_07_every_flipped_bit_is_refused(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)
    raw = int(right, 16)
    flips = [1 << bit for bit in range(4 * len(right))]

    for flip in [*flips, (1 << 4 * len(right)) - 1, 0xFF, 0xFF << 4 * len(right) - 8]:
        flipped = f"{raw ^ flip:0{len(right)}x}"
        with pytest.raises(SignatureMismatch):
            sender.judge(sender.message(signature=flipped.upper() if right.isupper() else flipped))


def test_SIG_08_the_signature_of_another_message_is_refused(sender: Sender) -> None:
    other = {**sender.fields, sender.reference: "PPZZ99ZZ99ZZ"}

    with pytest.raises(SignatureMismatch):
        sender.judge(sender.message(signature=sender.sign(other, sender.key)))


def test_SIG_08_every_signed_field_is_bound(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)

    for name, value in sender.fields.items():
        with pytest.raises(SignatureMismatch):
            sender.judge(sender.message({**sender.fields, name: value + "1"}, signature=right))


class TestASecretBeforeTheText:
    """Length extension: whoever saw one digest of secret and text can go on hashing without the secret."""

    TEXT = """
        id = "weak"
        version = "1.0.0"
        source = "public samples"
        grade = "{grade}"
        {locate}
        fields = "query"
        covers = {{ merchant_reference = "ref", amount = "amount", outcome = "code" }}
        message = {{ parts = ["secret", "field.ref", "field.amount", "field.code"], join = "" }}
        signature = {{ at = "field.sig", algorithm = "MD5", key = "secret", written = "hex lower" }}
    """

    def test_SIG_09_is_no_proof_and_loading_says_so(self) -> None:
        with pytest.raises(ContractError, match="claims proof, can be hint at most: a bare digest"):
            load_contract(self.TEXT.format(grade="proof", locate=""), source="weak.toml")

    def test_SIG_09_may_only_make_us_ask(self, at) -> None:
        weak = load_contract(
            self.TEXT.format(grade="hint", locate='locate = { merchant_reference = "ref" }'),
            source="weak.toml",
        )
        digest = hashlib.md5(b"syntheticP115000000").hexdigest()
        message = Received("GET", f"ref=P1&amount=150000&code=00&sig={digest}".encode(), (), b"", at)
        keys = Keyring([Key("secret", "k", SecretStr("synthetic"), "sandbox")])

        assert weak.weaknesses
        assert isinstance(verify(weak, message, keyring=keys, settings={}, at=at), Hint)


def test_SIG_10_the_message_does_not_choose_what_is_signed(vnpay: Sender) -> None:
    chosen = {**vnpay.fields, "vnp_SignedFields": "vnp_TxnRef"}
    short = vnpay.sign({"vnp_TxnRef": vnpay.fields["vnp_TxnRef"]}, vnpay.key)

    with pytest.raises(SignatureMismatch):
        vnpay.judge(vnpay.message(chosen, signature=short, extra=b"&signed_field_names=vnp_TxnRef"))


@pytest.mark.parametrize(
    "shadow",
    ["amount=1", "Amount=1", "status=00", "isSuccess=true", "order_id=X", "VNP_AMOUNT=1", "VPC_Amount=1",
     "transactionId=9", "price[]=1", "Price=1", "currency=USD", "environment=live"],
)  # fmt: skip
def test_SIG_11_unsigned_shadow_fields_are_never_seen(sender: Sender, shadow: str) -> None:
    plain = sender.judge(sender.message())
    shadowed = sender.judge(sender.message(extra=b"&" + shadow.encode()))

    assert shadowed == plain


def test_SIG_11_a_field_of_the_gateways_prefix_is_signed_or_refused(vnpay: Sender, onepay: Sender) -> None:
    for sender, name in (
        (vnpay, "vnp_amount"),
        (vnpay, "vnp_New"),
        (onepay, "vpc_amount"),
        (onepay, "user_x"),
    ):
        with pytest.raises(SignatureMismatch):
            sender.judge(sender.message(extra=f"&{name}=1".encode()))


def test_SIG_12_only_what_was_verified_is_read(sender: Sender) -> None:
    genuine = sender.message()
    raw = genuine.query or genuine.body
    lie = sender.raw({**sender.fields, sender.reference: "PPZZ99ZZ99ZZ", sender.amount: "1"})

    result = sender.judge(sender.deliver(raw, query=lie, body=lie))

    assert result == sender.judge(genuine)


def test_SIG_12_a_genuine_query_beside_a_posted_lie_is_refused(sender: Sender) -> None:
    raw = sender.message().query or sender.message().body
    swapped = (
        Received("GET", b"", (), raw, sender.message().received_at)
        if sender.method == "GET"
        else Received("POST", raw, (), b"", sender.message().received_at)
    )

    with pytest.raises(NoInput):
        sender.judge(swapped)


@pytest.mark.parametrize(
    "strange", ["é", b"\xed\xa0\x80", "\x00", "é" * 64, "０" * 128, "é" * 5_000, "a" * 10_000, "𝟎" * 64]
)
def test_SIG_13_a_signature_that_is_not_ascii_is_refused_without_a_crash(
    sender: Sender, strange: str | bytes
) -> None:
    with pytest.raises((SignatureMismatch, Malformed)):
        sender.judge(sender.message(signature=strange))


class TestAStepThatFails:
    """Whatever breaks inside, the answer is no."""

    @pytest.mark.parametrize("trouble", [RuntimeError, TypeError, MemoryError, KeyError, RecursionError])
    def test_SIG_14_in_the_comparison(self, sender: Sender, monkeypatch, trouble: type[Exception]) -> None:
        def broken(*_: object) -> bool:
            raise trouble("synthetic")

        monkeypatch.setattr(hmac, "compare_digest", broken)

        with pytest.raises(CallbackRejected):
            sender.judge(sender.message())

    @pytest.mark.parametrize(
        "step", ["gather", "presented", "_usable", "_fitting", "_check_kind", "MappingProxyType", "_hint"]
    )
    def test_SIG_14_in_any_step(self, sender: Sender, monkeypatch, step: str) -> None:
        if step == ("_hint" if sender.is_proof else "MappingProxyType"):
            return  # not on this contract's way

        def broken(*_: object, **__: object) -> None:
            raise LookupError("synthetic")

        monkeypatch.setattr(f"payport.signing.verify.{step}", broken)

        with pytest.raises(CallbackRejected) as rejection:
            sender.judge(sender.message())
        assert "synthetic" not in str(rejection.value)

    @pytest.mark.parametrize("bad", ["5A5A", "ZZ" * 16, "5A" * 15 + "5", "0x" + "5A" * 16, "5A 5A " * 8])
    def test_SIG_14_a_bad_hex_key_is_loud_at_start_and_proves_nothing(self, onepay: Sender, bad: str) -> None:
        keys = onepay.keyring(bad)

        with pytest.raises(ConfigurationError, match=r"keys\.secure_secret\.key-0") as error:
            check_keys(onepay.contract, keys)
        assert bad not in str(error.value)
        with pytest.raises(SignatureMismatch) as rejection:
            onepay.judge(onepay.message(), keys)
        assert rejection.value.reason == "no_key"

    def test_SIG_14_a_missing_setting_is_ours_to_fix(self, sender: Sender) -> None:
        if not sender.settings:
            return

        with pytest.raises(ConfigurationError, match=r"settings\.merchant_site_code"):
            verify(
                sender.contract,
                sender.message(),
                keyring=sender.keyring(),
                settings={},
                at=sender.message().received_at,
            )


def test_SIG_15_signatures_are_compared_once_in_constant_time_as_bytes(sender: Sender, monkeypatch) -> None:
    compared = []
    genuine = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return genuine(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    right = sender.sign(sender.fields, sender.key)
    wrong = ("0" if right[0] != "0" else "1") + right[1:]

    sender.judge(sender.message(signature=right))
    with pytest.raises(SignatureMismatch):
        sender.judge(sender.message(signature=wrong))

    assert len(compared) == 2  # a text that is canonical as received is not tried in a second form
    assert all(type(one) is type(other) is bytes and len(one) == len(other) for one, other in compared)


@pytest.mark.parametrize("first_is_right", [True, False])
def test_SIG_16_two_signatures_are_refused(sender: Sender, first_is_right: bool) -> None:
    right = sender.sign(sender.fields, sender.key)
    bad = "0" * len(right)
    first, second = (right, bad) if first_is_right else (bad, right)
    again = f"&{sender.signature}={second}".encode()
    hidden = f"&{sender.signature.replace('e', '%65', 1)}={second}".encode()

    for extra in (again, hidden):
        with pytest.raises(Malformed) as rejection:
            sender.judge(sender.message(signature=first, extra=extra))
        assert rejection.value.reason == "repeated"


def test_SIG_16_a_second_one_in_a_header_or_another_case_is_not_read(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)
    genuine = sender.message(
        signature="0" * len(right), extra=f"&{sender.signature.upper()}={right}".encode()
    )
    header = ((sender.signature.encode(), right.encode()),)
    both = Received(genuine.method, genuine.query, header, genuine.body, genuine.received_at)

    with pytest.raises(SignatureMismatch):
        sender.judge(both)


def test_no_rejection_shows_a_secret_a_signature_or_a_value(sender: Sender) -> None:
    right = sender.sign(sender.fields, sender.key)
    messages = [
        sender.message(signature=right.swapcase()),
        sender.message(signature="0" * len(right)),
        sender.message(extra=f"&{sender.amount}=1".encode()),
        sender.message({**sender.fields, sender.text: b"PERSONAL\xff"}),
    ]

    for message in messages:
        with pytest.raises(CallbackRejected) as rejection:
            sender.judge(message)
        shown = str(rejection.value).lower()
        assert not any(value.lower() in shown for value in (right, sender.key, "personal", "ppab23cd45ef"))
