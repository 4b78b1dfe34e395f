"""SIG, through the door: whatever is presented as a signature and is none."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pytest

from payport import Payport
from payport.errors import ConfigurationError
from payport.rules.payment import Payment, State
from payport.service.judge import Decision
from payport.signing import verify as verifier
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import BANK_SECRET, bank_fields, digest_query, md5_extended, pairs
from tests.support.door import Door
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.unmoved import genuine_still_works, is_refused, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
NAME = b"&vnp_SecureHash="


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.pay(shop.order())


@pytest.fixture
def genuine(payment: Payment) -> bytes:
    return ipn_query(payment.merchant_reference, payment.amount.minor)


def signed_with(genuine: bytes, signature: bytes) -> bytes:
    return genuine.partition(NAME)[0] + NAME + signature


def refuses(door: Door, *queries: bytes) -> None:
    """All of them, in one answer, and nothing moves."""
    with nothing_moves(door.shop):
        for query in queries:
            assert is_refused(door.ipn(query)), query


class TestNoSignature:
    def test_SIG_01_left_out_is_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        message = genuine.partition(NAME)[0]
        renamed = genuine.replace(NAME, b"&vnp_SecureHashes=")

        refuses(door, message, message + b"&", renamed, genuine.replace(NAME, b"#vnp_SecureHash="))

        assert last_callback(shop)[2].startswith("missing_signature")
        genuine_still_works(shop, payment)

    def test_SIG_02_empty_is_refused(self, shop: Shop, door: Door, payment: Payment, genuine: bytes) -> None:
        words = [b"", b"+", b"%20%20", b"null", b"0", b"undefined", b"None", b"false", b"0" * 128]

        refuses(door, *(signed_with(genuine, word) for word in words))

        genuine_still_works(shop, payment)

    def test_SIG_04_present_is_not_enough(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        refuses(door, signed_with(genuine, b"1"), signed_with(genuine, b"a" * 128))

        genuine_still_works(shop, payment)


class TestAnEmptySecret:
    """Anybody could sign with it."""

    def test_SIG_03_stops_the_start(self, shop: Shop) -> None:
        file = shop.folder / "payport.toml"
        text = file.read_text(encoding="utf-8")

        for secret in ("", " ", "\\t", "\u00a0"):
            file.write_text(text.replace(SECRET, secret), encoding="utf-8")
            with pytest.raises(ConfigurationError, match=r"keys\[0\]"):
                Payport.from_config(file)

    def test_SIG_03_left_out_stops_the_start_too(self, shop: Shop) -> None:
        file = shop.folder / "payport.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text("\n".join(line for line in text.splitlines() if SECRET not in line), encoding="utf-8")

        with pytest.raises(ConfigurationError, match="hash_secret"):
            Payport.from_config(file)

    def test_SIG_03_never_verifies(self, shop: Shop, door: Door, payment: Payment) -> None:
        refuses(door, ipn_query(payment.merchant_reference, payment.amount.minor, secret=""))

        genuine_still_works(shop, payment)


class TestAGenuineSignatureThatWasTouched:
    def test_SIG_05_cut_or_grown_is_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        signature = genuine.partition(NAME)[2]
        cut = [signature[: 2 * size] for size in (1, 8, 16, 31, 32, 63)]
        grown = [signature + b"00", signature + b"0", signature + b"%0A", signature + b"+", b"00" + signature]

        refuses(door, *(signed_with(genuine, each) for each in [*cut, signature[:-1], *grown]))

        genuine_still_works(shop, payment)

    def test_SIG_06_in_other_letters_is_not_the_form_that_the_contract_names(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        signature = genuine.partition(NAME)[2]
        others = (signature.upper(), signature.title(), b"0x" + signature)

        refuses(door, *(signed_with(genuine, each) for each in others))

        assert last_callback(shop)[2].startswith("signature_form")
        genuine_still_works(shop, payment)

    def test_SIG_07_flipped_in_any_one_bit_is_refused(
        self, shop: Shop, payment: Payment, genuine: bytes
    ) -> None:
        signature = bytearray.fromhex(genuine.partition(NAME)[2].decode())
        flips = [(place, 1 << bit) for place in range(len(signature)) for bit in range(8)]
        step = 1 if shop.payport.seller.database.is_sqlite else 7  # what is compared is the same on both

        with nothing_moves(shop):
            for place, mask in flips[::step]:
                flipped = bytearray(signature)
                flipped[place] ^= mask
                receipt = shop.deliver(signed_with(genuine, flipped.hex().encode()))
                assert receipt.decision is Decision.NOT_AUTHENTIC, (place, mask)

        genuine_still_works(shop, payment)

    def test_SIG_07_flipped_at_both_ends_or_whole_is_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        raw = bytes.fromhex(genuine.partition(NAME)[2].decode())
        masks = (b"\xff" + bytes(63), bytes(63) + b"\xff", b"\xff" * 64)

        refuses(
            door,
            *(
                signed_with(genuine, bytes(a ^ b for a, b in zip(raw, mask, strict=True)).hex().encode())
                for mask in masks
            ),
        )

        genuine_still_works(shop, payment)

    def test_SIG_08_moved_from_another_message_is_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        other = shop.pay(shop.order("hai"))
        theirs = ipn_query(other.merchant_reference, other.amount.minor)
        dearer = ipn_query(payment.merchant_reference, payment.amount.minor + 1)

        refuses(door, *(signed_with(genuine, each.partition(NAME)[2]) for each in (theirs, dearer)))

        genuine_still_works(shop, payment)


class TestABareDigest:
    def test_SIG_09_extended_without_the_key_moves_nothing(self, open_bank: OpenBank) -> None:
        """The digest of secret + values is continued over `suffix`; here the status is the last value."""
        bank = open_bank("bank_digest")
        payment = bank.pay()
        failed = bank_fields(payment.merchant_reference, 1_100_000, status="failed")
        forged = md5_extended(digest_query(failed), failed, secret_length=len(BANK_SECRET), suffix=b"paid")

        with nothing_moves(bank.shop):
            receipt = bank.deliver(forged)

        assert receipt.decision is Decision.NOT_AUTHENTIC

    def test_SIG_09_even_genuine_it_only_prompts_a_query(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_digest")
        payment = bank.pay()

        receipt = bank.deliver(digest_query(bank_fields(payment.merchant_reference, 1_100_000)))

        assert receipt.decision is Decision.HINT_TAKEN
        assert bank.shop.payment(payment).state is State.PENDING
        assert bank.shop.payport.work().asked == 1


class TestWhatTheSenderWouldLikeToChoose:
    def test_SIG_10_the_list_of_signed_names_is_the_contracts(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        lists = (
            b"&vnp_SignedFields=vnp_TxnRef",
            b"&signed_field_names=vnp_TxnRef",
            b"&verify_key=vnp_TxnRef",
        )
        cheap = genuine.replace(b"vnp_Amount=110000000", b"vnp_Amount=500000")

        refuses(door, *(cheap + each for each in lists), genuine + lists[0])

        genuine_still_works(shop, payment)

    def test_SIG_11_unsigned_fields_are_not_seen(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        shadow = b"&amount=1&status=99&isSuccess=false&order_id=X&transactionId=1&Vnp_Amount=1&VNP_TXNREF=X"

        answer = door.ipn(genuine + shadow)

        assert answer.body == b'{"RspCode":"00","Message":"Confirm Success"}'
        assert shop.payment(payment).received == payment.amount
        assert shop.payment(payment).gateway_reference == "15000001"

    def test_SIG_12_what_was_verified_is_what_is_read(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        failed = ipn_query(payment.merchant_reference, payment.amount.minor, response="24")

        answer = door.ipn(genuine, method="POST", body=failed, headers=[(b"vnp_SecureHash", b"0" * 128)])

        assert answer.body == b'{"RspCode":"00","Message":"Confirm Success"}'
        assert shop.payment(payment).state is State.SUCCEEDED

    def test_SIG_12_a_body_is_no_query(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        with nothing_moves(shop):
            answer = door.ipn(b"", method="POST", body=genuine)

        assert answer.body == b'{"RspCode":"99","Message":"Input data required"}'
        genuine_still_works(shop, payment)

    def test_SIG_12_query_and_form_are_never_mixed(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_form")
        payment = bank.pay()
        mine = bank.pay(bank.shop.order("hai"))
        query, form = (
            pairs(bank_fields(each.merchant_reference, each.amount.minor)) for each in (payment, mine)
        )

        bank.deliver(query, method="POST", body=form)

        assert bank.shop.payment(payment).state is State.PENDING
        assert bank.shop.payment(mine).state is State.SUCCEEDED


def test_SIG_13_a_signature_that_is_no_ascii_raises_nothing(
    shop: Shop, door: Door, payment: Payment, genuine: bytes
) -> None:
    odd = ["é".encode(), b"%C3%A9" * 64, b"%00" * 128, b"%ED%A0%80", b"\xff" * 128, b"a" * 10_000]

    refuses(door, *(signed_with(genuine, each) for each in odd))

    genuine_still_works(shop, payment)


def test_SIG_14_whatever_breaks_in_the_verifier_is_a_no(
    shop: Shop, door: Door, payment: Payment, genuine: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a library's error")

    for step in ("gather", "presented", "_usable", "_fitting", "_check_kind"):
        with monkeypatch.context() as broken:
            broken.setattr(verifier, step, breaks)
            refuses(door, genuine)
    with monkeypatch.context() as broken:
        broken.setattr(verifier, "_no_fit", breaks)
        refuses(door, signed_with(genuine, b"0" * 128))

    genuine_still_works(shop, payment)


def test_SIG_15_one_comparison_in_constant_time_is_always_reached(
    shop: Shop, door: Door, payment: Payment, genuine: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    really = hmac.compare_digest

    def spy(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return really(first, second)

    monkeypatch.setattr("payport.signing.signature.hmac.compare_digest", spy)
    door.ipn(signed_with(genuine, b"0" * 128))

    assert compared
    assert all(type(each) is bytes and len(each) == 64 for pair in compared for each in pair)


def test_SIG_16_two_signatures_are_refused(shop: Shop, door: Door, payment: Payment, genuine: bytes) -> None:
    signature = genuine.partition(NAME)[2]
    bad = NAME + b"0" * 128

    refuses(
        door,
        genuine + bad,
        signed_with(genuine, b"0" * 128) + NAME + signature,
        genuine + NAME + signature,
        genuine + b"&vnp_%53ecureHash=" + signature,
        genuine + b"&vnp_securehash=" + signature,
        genuine + b"&vnp_SecureHash%20=" + signature,
    )

    genuine_still_works(shop, payment)
