"""What a contract says in words is what somebody read and found true, for every word of the language."""

from __future__ import annotations

from tests.docs.example_words import APPROVED, written


def test_every_example_is_told_as_it_was_approved() -> None:
    """If this fails on purpose: `python -m tests.docs.example_words`, then read what changed."""
    assert written() == APPROVED.read_text(encoding="utf-8")
