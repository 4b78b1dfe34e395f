"""What an auditor is shown: the text, each key's digest, the verdict, and where two texts part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from payport.signing.explain import Explanation, explain
from payport.signing.keys import Key, Keyring
from payport.signing.received import Received

if TYPE_CHECKING:
    from conftest import Sender

LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def explained(
    sender: Sender, message: Received, *, keys: Keyring | None = None, offered: bytes | None = None
) -> Explanation:
    return explain(
        sender.contract,
        message,
        keyring=keys or sender.keyring(),
        settings=sender.settings,
        at=message.received_at,
        offered=offered,
    )


def test_a_genuine_message_fits_one_key_and_one_form(sender: Sender) -> None:
    shown = explained(sender, sender.message())

    assert shown.verdict == ("authentic" if sender.is_proof else "hint")
    assert shown.reason == shown.problem == ""
    assert any(attempt.fits and attempt.key_id == "key-0" for attempt in shown.attempts)


def test_each_key_is_shown_with_the_digest_that_it_makes(sender: Sender) -> None:
    keys = sender.keyring(sender.other_key, sender.key)

    shown = explained(sender, sender.message(), keys=keys)

    digests = {attempt.key_id: attempt.digest for attempt in shown.attempts}
    assert digests["key-1"] == sender.sign(sender.fields, sender.key)
    assert digests["key-0"] == sender.sign(sender.fields, sender.other_key)


def test_a_key_out_of_its_dates_is_shown_to_fit_and_not_tried(sender: Sender) -> None:
    role = sender.contract.key_role or ""
    ended = Key(role, "old", SecretStr(sender.key), "sandbox", not_after=LAST_YEAR + timedelta(days=1))

    shown = explained(sender, sender.message(), keys=Keyring([ended]))

    assert (shown.verdict, shown.reason) == ("rejected", "no_key")
    assert any(attempt.fits and not attempt.tried for attempt in shown.attempts)


def test_a_rejection_says_its_reason(sender: Sender) -> None:
    shown = explained(sender, sender.message(extra=f"&{sender.amount}=1".encode()))

    assert (shown.verdict, shown.reason, shown.result, shown.attempts) == ("rejected", "repeated", None, ())


def test_the_secret_is_never_shown(sender: Sender) -> None:
    for message in (sender.message(), sender.message(key=sender.other_key)):
        shown = explained(sender, message)

        assert sender.key not in repr(shown)
        assert all(sender.key.encode() not in attempt.text for attempt in shown.attempts)


def test_another_programs_text_is_compared_with_the_nearest_of_ours(vnpay: Sender) -> None:
    text = vnpay.raw(dict(sorted(vnpay.fields.items())))
    theirs = text.replace(b"vnp_CardType=ATM", b"vnp_CardType=atm")

    difference = explained(vnpay, vnpay.message(), offered=theirs).difference

    assert difference is not None
    assert difference.offset == text.index(b"ATM")
    assert difference.ours.endswith(b"ATM&vnp_OrderInfo=Thanh+")
    assert b"atm" in difference.offered
    assert explained(vnpay, vnpay.message(), offered=text).difference is None
