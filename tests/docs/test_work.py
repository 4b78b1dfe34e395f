"""docs/work.md: what it says of leases and tries is what is done. Its recipes are in test_hosts_jobs.py."""

from __future__ import annotations

from payport.service.leasing import LEASE, MOST_TRIES
from tests.docs.pages import page

PAGE = page("work.md")


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"a lease of {LEASE.total_seconds():.0f} seconds" in PAGE
    assert "after five tries" in PAGE
    assert MOST_TRIES == 5
