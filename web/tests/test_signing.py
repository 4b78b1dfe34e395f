"""Cookies and tokens that nobody else can write."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from payport_web import signing
from payport_web.signing import SignedCookie, check_key, mac, same

KEY = b"k" * 32


def _cookie(name: str = "visit", *, key: bytes = KEY, lifetime_seconds: int = 60) -> SignedCookie:
    return SignedCookie(name, key=key, lifetime_seconds=lifetime_seconds, secure=True, path="/desk")


def _value(header: str) -> str:
    (morsel,) = SimpleCookie(header).values()
    return morsel.value


class TestASignedCookie:
    def test_gives_back_what_was_written(self) -> None:
        text, written_at = _cookie().read(_value(_cookie().header("Nguyễn Thu Hà"))) or ("", 0)

        assert text == "Nguyễn Thu Hà"
        assert written_at > 0

    def test_of_another_key_or_another_name_is_not_ours(self) -> None:
        value = _value(_cookie().header("ha"))

        assert _cookie(key=b"o" * 32).read(value) is None
        assert _cookie("other").read(value) is None

    def test_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        value, now = _value(_cookie().header("ha")), signing.time.time()

        monkeypatch.setattr(signing.time, "time", lambda: now + 62)
        assert _cookie().read(value) is None
        monkeypatch.setattr(signing.time, "time", lambda: now - 2)  # of the future: somebody moved a clock
        assert _cookie().read(value) is None

    @pytest.mark.parametrize("given", ["", ".", "a.b", "é.ü", "x" * 5000, "eyJ9.", "bnVsbA.0"])
    def test_of_any_other_shape_is_not_ours(self, given: str) -> None:
        assert _cookie().read(given) is None

    def test_is_out_of_reach_of_scripts_and_of_other_paths(self) -> None:
        written = _cookie().header("ha").lower()

        assert all(word in written for word in ("httponly", "secure", "path=/desk", "samesite=lax"))
        assert "max-age=0" in _cookie().ended().lower()


def test_parts_of_what_is_signed_keep_their_bounds() -> None:
    assert mac(KEY, "form", "ab", "c") != mac(KEY, "form", "a", "bc")
    assert mac(KEY, "form", "a\0b") != mac(KEY, "form", "a", "b")
    assert mac(KEY, "form", "a") != mac(KEY, "cookie", "a")


def test_whatever_a_browser_sends_can_be_compared() -> None:
    assert same("token", "token")
    assert not same("token", "tokén\udcff")


def test_a_key_that_is_too_short_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match=r"form_key: fewer than 32 bytes") as refused:
        check_key("form_key", b"short-secret")

    assert "short-secret" not in str(refused.value)
