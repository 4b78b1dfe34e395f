"""Nothing on a page is left in the other language."""

from __future__ import annotations

import io
import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from payport_storefront.i18n import translations

PACKAGE = Path(str(files("payport_storefront")))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def written() -> set[str | tuple[str, ...]]:
    """Every text that templates and modules mark for translation."""
    found = extract_from_dir(
        PACKAGE,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")],
        options_map={"templates/**.html": {"silent": "false"}},
        keywords={"_": None, "ngettext": (1, 2), "msg": None},
    )
    return {message for _, _, message, _, _ in found}


@pytest.fixture(scope="module")
def vietnamese() -> Catalog:
    return read_po(io.BytesIO((PACKAGE / "locales" / "vi.po").read_bytes()), locale="vi", abort_invalid=True)


def test_every_text_has_a_translation_and_no_translation_is_left_over(
    written: set[str | tuple[str, ...]], vietnamese: Catalog
) -> None:
    translated = {message.id for message in vietnamese if message.id}

    assert len(written) > 200
    assert written - translated == set()
    assert translated - written == set()


def test_every_translation_is_finished_and_keeps_its_placeholders(vietnamese: Catalog) -> None:
    for message in vietnamese:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)

        assert not message.fuzzy, message.id
        for text in strings:
            assert text.strip(), message.id
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(originals[-1])), message.id


def test_no_text_stands_in_a_template_unmarked() -> None:
    """Between tags there are only marks, values, figures, and names that are the same in both languages."""
    names = re.compile(
        r"Sao Việt( Suite| Software)?|©|·|Tiếng Việt|English|Nguyễn Thu Hà|Trần Quốc Bảo|TH|QB|GB|KB|IPN"
        r"|kiem-ke-thang-11\.xlsx|%|[\d:.,\s()×/-]+"
    )
    for template in sorted((PACKAGE / "templates").glob("*.html")):
        text = template.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", "\n", text)
        left = [line.strip() for line in text.splitlines() if names.sub("", line).strip()]
        assert left == [], template.name


def test_catalogues_are_made_in_memory() -> None:
    assert translations("vi").gettext("Wall") == "Bảng tin"
    assert translations("vi").ngettext("%(num)s month", "%(num)s months", 1) == "%(num)s tháng"
    assert translations("en").gettext("Wall") == "Wall"
    assert list((PACKAGE / "locales").glob("*.mo")) == []
