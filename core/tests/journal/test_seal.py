"""Heads and the key that signs them."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from payport.errors import ConfigurationError
from payport.journal.check import Row, check_journal
from payport.journal.entry import leaf_hash
from payport.journal.seal import FIRST_HEAD, next_head, parse_head
from payport.journal.sealing_key import SealingKey, is_signed, new_private_key, public_keys

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
HASHES = [leaf_hash(f"entry {number}") for number in range(20)]


class TestAHead:
    def test_grows_out_of_the_one_before_and_names_it(self) -> None:
        key = SealingKey("k", new_private_key())
        first = next_head(None, HASHES[:5], at=NOW, key=key)
        second = next_head(first, HASHES[5:], at=NOW, key=None)
        at_once = next_head(None, HASHES, at=NOW, key=None)

        assert (parse_head(first.text).size, parse_head(first.text).previous) == (5, FIRST_HEAD)
        assert (parse_head(second.text).size, parse_head(second.text).previous) == (20, first.hash)
        assert parse_head(second.text).root == parse_head(at_once.text).root
        assert (parse_head(first.text).key, parse_head(second.text).key) == ("k", None)
        assert second.signature is None

    def test_is_written_in_one_way_alone(self) -> None:
        written = next_head(None, HASHES[:3], at=NOW, key=None).text
        read = json.loads(written)

        for other in (
            json.dumps(read),
            written + "\n",
            json.dumps({**read, "more": 1}, sort_keys=True, separators=(",", ":")),
            written.replace('"size":3', '"size":4'),
            written.replace('"size":3', '"size":"3"'),
            written.replace(read["root"], HASHES[0]),
            written.replace(read["peaks"][0], read["peaks"][0].upper()),
            written.replace('"key":null', '"key":[]'),
            written.replace('"key":null', '"key":0'),
            written.replace(f'"at":"{read["at"]}"', '"at":NaN'),
            "[" * 100_000,
            written.replace("head 1", "head 2"),
            "[]",
            "",
        ):
            with pytest.raises(ValueError):  # noqa: PT011 - each is wrong in its own way
                parse_head(other)

    def test_goes_on_from_no_head_that_contradicts_itself(self) -> None:
        last = next_head(None, HASHES[:3], at=NOW, key=None)

        with pytest.raises(ValueError, match="not written as a head is"):
            next_head(
                replace(last, text=last.text.replace(HASHES[2], HASHES[3])), HASHES[3:], at=NOW, key=None
            )


class TestAKey:
    def test_signs_what_its_public_half_verifies_and_nothing_else(self) -> None:
        key, other = (SealingKey(name, new_private_key()) for name in ("a", "b"))
        keys = public_keys({"a": key.public, "b": other.public})

        signature = key.sign("text")

        assert is_signed(keys["a"], "text", signature)
        assert not is_signed(keys["b"], "text", signature)
        assert not is_signed(keys["a"], "texts", signature)
        assert not is_signed(keys["a"], "text", signature[:-4])
        assert not is_signed(keys["a"], "text", "no base64")

    def test_SEC_07_is_shown_and_copied_by_nothing(self) -> None:
        private = new_private_key()
        key = SealingKey("a", private)

        assert repr(key) == "SealingKey('a')"
        for leave in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="stays in its process"):
                leave(key)

    @pytest.mark.parametrize("value", ["x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
    def test_that_is_none_is_refused_without_its_value(self, value: str) -> None:
        with pytest.raises(ConfigurationError, match="is no Ed25519 private key") as refused:
            SealingKey("a", SecretStr(value))

        assert value not in str(refused.value)

    @pytest.mark.parametrize("value", ["", "AAAA", "no base64!"])
    def test_that_is_public_has_32_bytes(self, value: str) -> None:
        with pytest.raises(ConfigurationError, match="public key a: is not 32 bytes"):
            public_keys({"a": value})


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "[" * 100_000, '{"form":1}', "NaN", '{"chain":"c"'])
@pytest.mark.parametrize("number", [None, 1])
def test_an_entry_that_cannot_be_read_stops_no_check(text: str, number: int | None) -> None:
    verdict = check_journal([Row(number, text, leaf_hash(text))], (), keys={})

    assert verdict.bad is not None
    assert verdict.bad.why == "it is no entry"


@pytest.mark.parametrize("text", [None, 5, b"{}", "\ud800", "Ă"])
def test_what_is_no_text_of_ours_has_no_hash(text: Any) -> None:
    verdict = check_journal([Row(1, text, "0")], (), keys={})

    assert verdict.bad is not None
    assert verdict.bad.why == "its text has another hash"


def test_a_journal_without_entries_is_whole_and_may_have_been_cut_off() -> None:
    verdict = check_journal((), (), keys={})

    assert str(verdict) == "whole, sealed up to 0 of 0, 0 not yet sealed"
    assert [note.partition(":")[0] for note in verdict.notes] == ["no head from outside was compared"]
