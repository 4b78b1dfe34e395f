"""docs/acknowledgements.md: what the installed gateways say, and nothing else."""

from __future__ import annotations

from tests.support.acknowledgements import PAGE, rendered


def test_the_page_is_what_the_plugins_say_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered()
