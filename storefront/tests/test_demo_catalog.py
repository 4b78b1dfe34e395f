from __future__ import annotations

from importlib.resources import files

from payport.rules.catalog_file import load_catalog


def test_the_demo_catalog_loads_and_only_enterprise_takes_extra_capacity_with_a_term() -> None:
    text = files("payport_storefront").joinpath("catalog.toml").read_text("utf-8")

    catalog = load_catalog(text, source="catalog.toml")

    assert {package.id: package.extra_capacity_on for package in catalog.by_tier} == {
        "standard": ("add_capacity",),
        "professional": ("add_capacity",),
        "enterprise": ("new", "renew", "switch", "add_capacity"),
    }
