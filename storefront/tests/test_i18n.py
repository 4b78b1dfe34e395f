"""Nothing on a page of the shop is left in the other language."""

from __future__ import annotations

from pathlib import Path

import payport_storefront
from payport_web.languages import translations
from tests.support.texts import unfinished, unmarked, vietnamese, written

SHOP = "payport_storefront"
NAMES = (
    r"Sao Việt( Suite| Software)?|©|·|Tiếng Việt|English|Nguyễn Thu Hà|Trần Quốc Bảo|TH|QB|GB|KB|IPN"
    r"|kiem-ke-thang-11\.xlsx|%"
)


def test_every_text_has_a_finished_translation_and_no_translation_is_left_over() -> None:
    marked, catalogue = written(SHOP), vietnamese(SHOP)

    assert len(marked) > 200
    assert {message.id for message in catalogue if message.id} == marked
    assert unfinished(catalogue) == []


def test_no_text_stands_in_a_template_unmarked() -> None:
    assert unmarked(SHOP, NAMES) == {}


def test_catalogues_are_made_in_memory() -> None:
    assert translations(SHOP, "vi").gettext("Wall") == "Bảng tin"
    assert translations(SHOP, "vi").ngettext("%(num)s month", "%(num)s months", 1) == "%(num)s tháng"
    assert translations(SHOP, "en").gettext("Wall") == "Wall"
    assert list(Path(*payport_storefront.__path__).rglob("*.mo")) == []
