"""Other catalogs for tests, each made of catalog.toml by changes that a reader sees."""

from __future__ import annotations

from tests.support.shop import CATALOG

__all__ = ["catalog_text"]


def catalog_text(
    *changes: tuple[str, str],
    version: str = "test-2026",
    since: str = "2026-01-01T00:00:00+07:00",
    policies: str = "",
) -> str:
    """The catalog of the tests with each first text replaced by the second, and with these policies."""
    text = CATALOG.read_text(encoding="utf-8")
    for old, new in (
        ('version = "test-2026"', f'version = "{version}"'),
        ("2026-01-01T00:00:00+07:00", since),
        *changes,
    ):
        assert old in text, f"the catalog holds no {old}"
        text = text.replace(old, new)
    return f"{text}\n[policies]\n{policies}\n" if policies else text
