"""What is vendored is what its list says, and every drawing and file that pages name is there."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("payport_storefront")))
VENDOR = PACKAGE / "static" / "vendor"


def test_every_vendored_file_has_the_digest_that_the_list_gives() -> None:
    listed = dict(
        reversed(line.split("  "))
        for line in (VENDOR / "VENDORED.txt").read_text(encoding="utf-8").splitlines()
        if re.match(r"[0-9a-f]{64}  ", line)
    )
    there = {
        str(file.relative_to(VENDOR)): sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "VENDORED.txt"
    }

    assert listed == there
    for package in ("htmx", "pico", "be-vietnam-pro", "lucide"):
        assert any(name.startswith(f"{package}/LICENSE") for name in there)


def test_every_file_that_a_page_or_a_style_names_is_there_and_ours() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (PACKAGE / "templates").glob("*.html"))
    style = (PACKAGE / "static" / "shop.css").read_text(encoding="utf-8")

    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', pages)) | set(
        re.findall(r'url\("([^"]+)"\)', style)
    )

    assert len(named) >= 8
    for name in named:
        assert (PACKAGE / "static" / name).is_file(), name


def test_every_drawing_that_a_page_asks_for_is_vendored_and_no_other() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (PACKAGE / "templates").glob("*.html"))
    vendored = {file.stem for file in (VENDOR / "lucide").glob("*.svg")}
    asked = set(re.findall(r'icon\("([a-z0-9-]+)"\)', pages))
    by_method = {"landmark", "wallet", "banknote", "credit-card"}  # chosen on the payment page

    assert asked | by_method == vendored
