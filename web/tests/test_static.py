"""What is vendored is what its list says, and every drawing that a page asks for is there, and no other."""

from __future__ import annotations

import re
from hashlib import sha256

from payport_web.static import FOLDER
from tests.docs.pages import ROOT

VENDOR = FOLDER / "vendor"
BY_METHOD = {"landmark", "wallet", "banknote", "credit-card"}  # chosen on the payment page


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


def test_every_file_that_the_typeface_names_is_there() -> None:
    named = re.findall(r'url\("([^"]+)"\)', (FOLDER / "typeface.css").read_text(encoding="utf-8"))

    assert len(named) == 4
    assert [name for name in named if not (FOLDER / name).is_file()] == []


def test_every_drawing_that_a_page_asks_for_is_vendored_and_no_other() -> None:
    sources = [*ROOT.glob("*/src/*/templates/*.html"), *ROOT.glob("backoffice/src/**/*.py")]
    written = "".join(source.read_text(encoding="utf-8") for source in sources)
    vendored = {file.stem for file in (VENDOR / "lucide").glob("*.svg")}

    assert set(re.findall(r'icon(?:=|\()"([a-z0-9-]+)"', written)) | BY_METHOD == vendored
