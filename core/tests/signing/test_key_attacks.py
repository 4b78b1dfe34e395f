"""Attacks on keys and algorithms (KEY), against every shipped callback contract."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from payport.errors import ConfigurationError, SignatureMismatch
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received, Verified
from payport.signing.verify import verify

if TYPE_CHECKING:
    from conftest import Sender

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def key(name: str = "a", value: str = "synthetic", role: str = "hash_secret", **span: datetime) -> Key:
    return Key(role, name, SecretStr(value), "sandbox", **span)


@pytest.mark.parametrize("named", ["MD5", "", "none", "SHA256", "HmacSHA1", "SHA512"])
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_KEY_01_the_message_does_not_name_the_algorithm(vnpay: Sender, named: str, algorithm: str) -> None:
    text = b"&".join(f"{name}={value}".encode() for name, value in sorted(vnpay.fields.items()))
    bare = hashlib.new(algorithm, vnpay.key.encode() + text).hexdigest()
    other = hmac.new(vnpay.key.encode(), text, algorithm).hexdigest()
    told = f"&vnp_SecureHashType={named}".encode()

    for signature in (bare, other):
        with pytest.raises(SignatureMismatch):
            vnpay.judge(vnpay.message(signature=signature, extra=told))

    assert isinstance(vnpay.judge(vnpay.message(extra=told)), Verified)  # and is not hindered by it either


def test_KEY_02_sandbox_and_live_keys_never_lie_on_one_ring() -> None:
    with pytest.raises(ConfigurationError, match="another environment"):
        Keyring([key("a"), Key("hash_secret", "b", SecretStr("other"), "live", not_before=NOON)])


def test_KEY_02_another_accounts_key_is_refused(sender: Sender) -> None:
    with pytest.raises(SignatureMismatch):
        sender.judge(sender.message(key=sender.other_key))


class TestAKeyWithDates:
    def test_KEY_05_after_its_end_verifies_nothing_and_the_operator_sees_it(self, sender: Sender) -> None:
        role = sender.contract.key_role or ""
        keys = Keyring([
            Key(role, "old", SecretStr(sender.key), "sandbox", not_after=NOON),
            Key(role, "new", SecretStr(sender.other_key), "sandbox", not_before=NOON),
        ])  # fmt: skip

        with pytest.raises(SignatureMismatch, match="tried: new; out of date and not tried: old"):
            verify(sender.contract, sender.message(), keyring=keys, settings=sender.settings, at=NOON)

    def test_KEY_05_when_all_are_over_there_is_no_key(self, sender: Sender) -> None:
        keys = Keyring(
            [Key(sender.contract.key_role or "", "old", SecretStr(sender.key), "sandbox", None, NOON)]
        )

        with pytest.raises(SignatureMismatch, match="out of date and not tried: old") as rejection:
            verify(sender.contract, sender.message(), keyring=keys, settings=sender.settings, at=NOON)
        assert rejection.value.reason == "no_key"

    def test_counts_from_its_first_instant_and_not_at_its_last(self) -> None:
        day = key(not_before=NOON, not_after=NOON + HOUR)

        assert [day.valid(NOON + shift) for shift in (-timedelta(microseconds=1), timedelta(0), HOUR)] == [
            False, True, False,
        ]  # fmt: skip


class TestRotation:
    def test_KEY_06_while_both_keys_are_valid_either_verifies_and_is_named(self, sender: Sender) -> None:
        keys = sender.keyring(sender.key, sender.other_key)

        for value, name in ((sender.key, "key-0"), (sender.other_key, "key-1")):
            result = sender.judge(sender.message(key=value), keys)
            if isinstance(result, Verified):
                assert result.key_id == name

    def test_KEY_06_the_newest_begun_key_signs(self) -> None:
        ring = Keyring([key("old"), key("new", not_before=NOON), key("next", not_before=NOON + HOUR)])

        signing = [ring.signing("hash_secret", NOON + shift).id for shift in (-HOUR, 0 * HOUR, HOUR)]

        assert signing == ["old", "new", "next"]

    def test_KEY_06_a_process_that_has_not_heard_of_the_new_key_loses_nothing_of_the_old(
        self, sender: Sender
    ) -> None:
        """And refuses the new one's messages until it has: what the gateway sends again is not lost."""
        role = sender.contract.key_role or ""
        old = Key(role, "old", SecretStr(sender.key), "sandbox")
        new = Key(role, "new", SecretStr(sender.other_key), "sandbox", not_before=NOON)
        behind, ahead = Keyring([old]), Keyring([old, new])
        by_old, by_new = sender.message(), sender.message(key=sender.other_key)

        for at in (NOON - HOUR, NOON, NOON + HOUR):
            for ring in (behind, ahead):
                assert self.verifies(sender, by_old, ring, at)
            assert not self.verifies(sender, by_new, behind, at)
            assert self.verifies(sender, by_new, ahead, at) is (at >= NOON)

    def verifies(self, sender: Sender, message: Received, ring: Keyring, at: datetime) -> bool:
        try:
            verify(sender.contract, message, keyring=ring, settings=sender.settings, at=at)
        except SignatureMismatch:
            return False
        return True

    def test_two_keys_that_begin_together_leave_open_which_one_signs(self) -> None:
        with pytest.raises(ConfigurationError, match="begins together with a"):
            Keyring([key("a"), key("b")])

    def test_one_id_names_one_key(self) -> None:
        with pytest.raises(ConfigurationError, match="listed twice"):
            Keyring([key("a"), key("a", not_before=NOON)])


def test_KEY_07_a_secret_in_the_place_of_another_is_refused(sender: Sender) -> None:
    swapped = Keyring([key("api", sender.other_key, role=sender.contract.key_role or "")])
    elsewhere = Keyring([key("api", sender.key, role="api_secret")])

    with pytest.raises(SignatureMismatch, match="tried: api"):
        sender.judge(sender.message(), swapped)
    with pytest.raises(SignatureMismatch) as rejection:
        sender.judge(sender.message(), elsewhere)
    assert rejection.value.reason == "no_key"


class TestAKey:
    def test_signs_for_no_role_but_its_own(self) -> None:
        with pytest.raises(ConfigurationError, match=r"keys\.api_secret"):
            Keyring([key()]).signing("api_secret", NOON)

    def test_needs_dates_with_a_zone(self) -> None:
        with pytest.raises(ConfigurationError, match="date without a zone"):
            key(not_before=datetime(2026, 1, 1))  # noqa: DTZ001

    def test_does_not_end_before_it_begins(self) -> None:
        with pytest.raises(ConfigurationError, match="ends before it begins"):
            key(not_before=NOON, not_after=NOON)

    def test_never_shows_its_value(self) -> None:
        secret = key(value="marker-secret")

        shown = f"{secret} {secret!r} {Keyring([secret])!r}"

        assert "marker-secret" not in shown

    @pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_is_never_serialised(self, copying) -> None:
        with pytest.raises(TypeError, match="never serialised"):
            copying(key())

    def test_keeps_every_blank_of_its_value(self, vnpay: Sender) -> None:
        padded = f" {vnpay.key} "

        assert vnpay.judge(vnpay.message(key=padded), vnpay.keyring(padded))
        with pytest.raises(SignatureMismatch):
            vnpay.judge(vnpay.message(key=padded))
