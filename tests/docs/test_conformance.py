"""docs/conformance.md: names each check, and how many faults they are proved by."""

from __future__ import annotations

from contracts.tests.kit.faulty import FAULTY
from contracts.tests.kit.faulty_flows import FAULTY_FLOWS
from payport_contracts.kit.conformance import CHECKS
from payport_contracts.kit.conformance.codes import UNLISTED
from tests.docs.pages import blocks, code_names, page, section

PAGE = page("conformance.md")


def test_every_check_is_described_in_its_order() -> None:
    assert code_names(section(PAGE, "What is checked"))[: len(CHECKS)] == list(CHECKS)


def test_its_numbers_are_those_of_the_kit() -> None:
    assert f"by {len(FAULTY) + len(FAULTY_FLOWS)} gateways with one fault each" in PAGE
    assert f"{len(UNLISTED)} codes that no sheet lists" in PAGE


def test_the_lines_are_python() -> None:
    compile(blocks(PAGE, "python")[0], "conformance.md", "exec")
