"""Nothing on a page of the back office is left in the other language."""

from __future__ import annotations

from tests.support.texts import unfinished, unmarked, vietnamese, written

DESK = "payport_backoffice"
NAMES = r"Tiếng Việt|English|·|–"


def test_every_text_has_a_finished_translation_and_no_translation_is_left_over() -> None:
    marked, catalogue = written(DESK), vietnamese(DESK)

    assert len(marked) > 50
    assert {message.id for message in catalogue if message.id} == marked
    assert unfinished(catalogue) == []


def test_no_text_stands_in_a_template_unmarked() -> None:
    assert unmarked(DESK, NAMES) == {}
