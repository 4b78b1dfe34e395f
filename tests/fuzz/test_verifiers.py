"""No input crashes a verifier or gets past it: every word of the contract language, by hypothesis.

`make fuzz` looks for longer, guided by what of the code it reaches.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.verifiers import HEARD, attack, seeds

PIECES = st.sampled_from([
    b"", b"&", b"=", b"%", b"+", b"%20", b"0", b"|", b"\xff", b"\x00", b'"', b"\\", b"\\u0000", b"\\ud800",
    b"{", b"}", b"[", b"]", b",", b":", b"null", b"1e9", b"\n\n", b"v1=", b"A", "à".encode(), b"&amount=1",
    b'"amount":1,',
])  # fmt: skip


@pytest.mark.parametrize("number", range(len(HEARD)), ids=[each.heading for each in HEARD])
class TestAMessageThatWasHeard:
    def test_is_believed_as_it_was(self, number: int) -> None:
        attack(number, seeds()[number][1:])

    def test_is_refused_or_says_the_same_as_one_of_any_other_contract(self, number: int) -> None:
        """What is stale, of another kind or incomplete among them: all of it was signed by the key."""
        for seed in seeds():
            attack(number, seed[1:])

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_is_refused_or_says_the_same_whatever_is_changed(self, number: int, data: Any) -> None:
        message = bytearray(seeds()[number][1:])
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, max(0, len(message) - 1)))
            cut = data.draw(st.integers(0, 3))
            message[place : place + cut] = data.draw(PIECES | st.binary(max_size=4))

        attack(number, bytes(message))

    @settings(max_examples=40, deadline=None)
    @given(noise=st.binary(max_size=400))
    def test_is_not_made_of_noise(self, number: int, noise: bytes) -> None:
        attack(number, noise)
