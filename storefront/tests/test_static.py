"""Every file that pages of the shop name is there."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from payport_web.static import FOLDER

PACKAGE = Path(str(files("payport_storefront")))


def test_every_file_that_a_page_names_is_there_and_ours() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (PACKAGE / "templates").glob("*.html"))
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', pages))

    assert len(named) >= 6
    for name in named:
        _, shared, rest = name.rpartition("web/")
        assert (FOLDER / rest if shared else PACKAGE / "static" / name).is_file(), name
    assert "url(" not in (PACKAGE / "static" / "shop.css").read_text(encoding="utf-8")
