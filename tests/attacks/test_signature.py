"""SIG, through the door: whatever is presented as a signature and is none. For each contract of callbacks."""

from __future__ import annotations

import hashlib
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
from tests.support.gateways import ONE_OF_EACH, Speaker
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.site import Site
from tests.support.unmoved import genuine_still_works, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]


@pytest.fixture(params=ONE_OF_EACH, ids=str)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    """A contract is one document, whatever plugin and generation reads the message after it."""
    chosen: Speaker = request.param
    return chosen


@pytest.fixture
def payment(shop: Shop) -> Payment:
    """VNPAY's."""
    return shop.pay(shop.order())


class TestNoSignature:
    def test_SIG_01_left_out_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        name, signature = speaker.name, speaker.signature.encode()
        message = genuine.partition(name)[0]
        renamed = genuine.replace(name, b"&" + signature + b"es=")

        site.refuses(message, message + b"&", renamed, genuine.replace(name, b"#" + signature + b"="))

        assert last_callback(site.shop)[2].startswith("missing_signature")
        site.genuine_still_works(pending)

    def test_SIG_02_empty_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        zeros = b"0" * (2 * speaker.size)
        words = [b"", b"+", b"%20%20", b"null", b"0", b"undefined", b"None", b"false", zeros]

        site.refuses(*(speaker.with_signature(genuine, word) for word in words))

        site.genuine_still_works(pending)

    def test_SIG_04_present_is_not_enough(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        made_up = speaker.written(b"\xaa" * speaker.size)

        site.refuses(speaker.with_signature(genuine, b"1"), speaker.with_signature(genuine, made_up))

        site.genuine_still_works(pending)


class TestAnEmptySecret:
    """Anybody could sign with it."""

    def test_SIG_03_stops_the_start(self, site: Site, speaker: Speaker) -> None:
        file = site.shop.folder / "payport.toml"
        text = file.read_text(encoding="utf-8")

        for secret in ("", " ", "\\t", "\u00a0"):
            file.write_text(text.replace(speaker.secret, secret), encoding="utf-8")
            with pytest.raises(ConfigurationError, match=r"keys\[0\]"):
                Payport.from_config(file)

    def test_SIG_03_left_out_stops_the_start_too(self, site: Site, speaker: Speaker) -> None:
        file = site.shop.folder / "payport.toml"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(line for line in lines if speaker.secret not in line), encoding="utf-8")

        with pytest.raises(ConfigurationError, match=speaker.role):
            Payport.from_config(file)

    def test_SIG_03_never_verifies(self, site: Site, pending: Payment) -> None:
        site.refuses(site.told(pending, secret=""))

        site.genuine_still_works(pending)


class TestAGenuineSignatureThatWasTouched:
    def test_SIG_05_cut_or_grown_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        signature = speaker.signature_of(genuine)
        cut = [signature[: 2 * size] for size in (1, 8, 16, 31, 32, 63) if size < speaker.size]
        grown = [signature + b"00", signature + b"0", signature + b"%0A", signature + b"+", b"00" + signature]

        site.refuses(*(speaker.with_signature(genuine, each) for each in [*cut, signature[:-1], *grown]))

        site.genuine_still_works(pending)

    def test_SIG_06_in_other_letters_is_not_the_form_that_the_contract_names(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        signature = speaker.signature_of(genuine)
        others = (signature.swapcase(), signature.title(), b"0x" + signature)

        site.refuses(*(speaker.with_signature(genuine, each) for each in others))

        assert last_callback(site.shop)[2].startswith("signature_form")
        site.genuine_still_works(pending)

    def test_SIG_07_flipped_in_any_one_bit_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        signature = bytearray.fromhex(speaker.signature_of(genuine).decode())
        flips = [(place, 1 << bit) for place in range(len(signature)) for bit in range(8)]
        step = 1 if site.shop.payport.seller.database.is_sqlite else 7  # what is compared is the same on both

        with nothing_moves(site.shop):
            for place, mask in flips[::step]:
                flipped = bytearray(signature)
                flipped[place] ^= mask
                receipt = site.deliver(speaker.with_signature(genuine, speaker.written(bytes(flipped))))
                assert receipt.decision is Decision.NOT_AUTHENTIC, (place, mask)

        site.genuine_still_works(pending)

    def test_SIG_07_flipped_at_both_ends_or_whole_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        raw = bytes.fromhex(speaker.signature_of(genuine).decode())
        rest = bytes(speaker.size - 1)
        masks = (b"\xff" + rest, rest + b"\xff", b"\xff" * speaker.size)
        touched = [bytes(a ^ b for a, b in zip(raw, mask, strict=True)) for mask in masks]

        site.refuses(*(speaker.with_signature(genuine, speaker.written(each)) for each in touched))

        site.genuine_still_works(pending)

    def test_SIG_08_moved_from_another_message_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        theirs = site.told(site.pay(site.shop.order("hai")))
        dearer = site.told(pending, pending.amount.minor + 1)

        site.refuses(
            *(speaker.with_signature(genuine, speaker.signature_of(each)) for each in (theirs, dearer))
        )

        site.genuine_still_works(pending)

    def test_SIG_08_over_a_boundary_that_moved_is_refused(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        """The text of two fields is the text of one whose value holds the other: only escaping tells."""
        extra = f"{speaker.prefix}ZA", f"{speaker.prefix}ZB"
        two = site.told(pending, **dict.fromkeys(extra, "1"))
        first, second = (f"&{name}=1".encode() for name in extra)

        site.refuses(two.replace(first + second, first + second.replace(b"&", b"%26").replace(b"=", b"%3D")))

        site.genuine_still_works(pending)


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
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        reference = speaker.reference.encode()
        ours = b"&" + speaker.prefix.encode() + b"SignedFields=" + reference
        lists = (ours, b"&signed_field_names=" + reference, b"&verify_key=" + reference)
        dear = f"{speaker.amount}=110000000".encode()
        cheap = genuine.replace(dear, f"{speaker.amount}=500000".encode())

        assert dear in genuine
        site.refuses(*(cheap + each for each in lists), genuine + ours)

        site.genuine_still_works(pending)

    def test_SIG_11_unsigned_fields_are_not_seen(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        like_ours = f"&{speaker.amount.capitalize()}=1&{speaker.reference.upper()}=X"
        shadow = b"&amount=1&status=99&isSuccess=false&order_id=X&transactionId=1" + like_ours.encode()

        answer = site.ipn(genuine + shadow)

        assert answer.body == speaker.stored
        paid = site.payment(pending)
        assert paid.received == pending.amount
        assert paid.gateway_reference == speaker.transaction_of(pending.merchant_reference)

    def test_SIG_12_what_was_verified_is_what_is_read(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        """A GET is read from its query, whatever else comes along."""
        failed = site.told(pending, **speaker.declined)

        answer = site.ipn(genuine, body=failed, headers=[(speaker.signature.encode(), b"0" * 128)])

        assert answer.body == speaker.stored
        assert site.payment(pending).state is State.SUCCEEDED

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_SIG_12_query_and_body_are_never_put_together(
        self, method: str, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        """Half of a genuine message in each place, and the signature in the other."""
        message, signature = genuine.partition(speaker.name)[0], speaker.signature_of(genuine)
        signed = speaker.name[1:] + signature
        first, _, rest = message.partition(b"&")

        with nothing_moves(site.shop):
            for query, body in ((message, signed), (signed, message), (first, rest + b"&" + signed)):
                answer = site.ipn(query, method=method, body=body)
                assert (answer.status, answer.body) == (200, speaker.refused)

        site.genuine_still_works(pending)

    def test_SIG_12_a_body_is_no_query(self, shop: Shop, door: Door, payment: Payment) -> None:
        with nothing_moves(shop):
            answer = door.ipn(
                b"", method="POST", body=ipn_query(payment.merchant_reference, payment.amount.minor)
            )

        assert answer.body == b'{"RspCode":"99","Message":"Input data required"}'
        genuine_still_works(shop, payment)

    def test_SIG_12_vnpay_is_read_from_the_query_by_any_method(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        said = payment.merchant_reference, payment.amount.minor

        answer = door.ipn(ipn_query(*said), method="POST", body=ipn_query(*said, response="24"))

        assert answer.body == b'{"RspCode":"00","Message":"Confirm Success"}'
        assert shop.payment(payment).state is State.SUCCEEDED

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


class TestAnAlgorithmThatTheSenderNames:
    """The field for it is there in both gateways' messages, unsigned."""

    def test_KEY_01_changes_nothing_about_what_is_computed(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        text = genuine.partition(speaker.name)[0]
        digests = [hashlib.new(name, text).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]
        keyed = [hmac.new(b"", text, name).hexdigest() for name in ("md5", "sha256", "sha512")]
        kind = f"&{speaker.signature}Type=".encode()

        site.refuses(
            *(
                speaker.with_signature(genuine, written.encode()) + kind + name
                for digest in (*digests, *keyed, "")
                for written in (digest, digest.upper())
                for name in (b"MD5", b"none", b"", b"SHA256", b"HMACSHA512")
            )
        )

        site.genuine_still_works(pending)

    def test_KEY_01_does_not_stand_in_the_way_of_a_genuine_message(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        assert site.ipn(genuine + f"&{speaker.signature}Type=MD5".encode()).body == speaker.stored
        assert site.payment(pending).state is State.SUCCEEDED


def test_SIG_13_a_signature_that_is_no_ascii_raises_nothing(
    site: Site, speaker: Speaker, pending: Payment, genuine: bytes
) -> None:
    digits = 2 * speaker.size
    odd = ["é".encode(), b"%C3%A9" * 64, b"%00" * digits, b"%ED%A0%80", b"\xff" * digits, b"a" * 10_000]
    digit = "１".encode()

    site.refuses(*(speaker.with_signature(genuine, each) for each in [*odd, digit * digits]))

    site.genuine_still_works(pending)


def test_SIG_14_whatever_breaks_in_the_verifier_is_a_no(
    site: Site, speaker: Speaker, pending: Payment, genuine: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a library's error")

    for step in ("gather", "presented", "_usable", "_fitting", "_check_kind"):
        with monkeypatch.context() as broken:
            broken.setattr(verifier, step, breaks)
            site.refuses(genuine)
    with monkeypatch.context() as broken:
        broken.setattr(verifier, "_no_fit", breaks)
        site.refuses(speaker.with_signature(genuine, b"0" * (2 * speaker.size)))

    site.genuine_still_works(pending)


def test_SIG_15_one_comparison_in_constant_time_is_always_reached(
    site: Site, speaker: Speaker, genuine: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    really = hmac.compare_digest

    def spy(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return really(first, second)

    monkeypatch.setattr("payport.signing.signature.hmac.compare_digest", spy)
    site.ipn(speaker.with_signature(genuine, b"0" * (2 * speaker.size)))

    assert compared
    assert all(type(each) is bytes and len(each) == speaker.size for pair in compared for each in pair)


def test_SIG_16_two_signatures_are_refused(
    site: Site, speaker: Speaker, pending: Payment, genuine: bytes
) -> None:
    name, signature = speaker.name, speaker.signature_of(genuine)
    bad = b"0" * (2 * speaker.size)
    first = speaker.signature.encode()
    escaped = first.replace(b"S", b"%53", 1)

    site.refuses(
        genuine + name + bad,
        speaker.with_signature(genuine, bad) + name + signature,
        genuine + name + signature,
        genuine + b"&" + escaped + b"=" + signature,
        genuine + b"&" + first.lower() + b"=" + signature,
        genuine + b"&" + first + b"%20=" + signature,
    )

    site.genuine_still_works(pending)
