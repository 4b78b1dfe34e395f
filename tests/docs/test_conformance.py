"""docs/conformance.md: names each check, and how many faults they are proved by."""

from __future__ import annotations

import inspect
import re

from contracts.tests.kit.faulty import FAULTY
from contracts.tests.kit.faulty_capabilities import FAULTY_CAPABILITIES
from contracts.tests.kit.faulty_flows import FAULTY_FLOWS
from payport_contracts.kit.conformance import CHECKS, Simulator
from payport_contracts.kit.conformance.codes import UNLISTED
from tests.docs.pages import blocks, code_names, page, section

PAGE = page("conformance.md")


def test_every_check_is_described_in_its_order() -> None:
    assert code_names(section(PAGE, "What is checked"))[: len(CHECKS)] == list(CHECKS)


def test_its_numbers_are_those_of_the_kit() -> None:
    assert (
        f"by {len(FAULTY) + len(FAULTY_FLOWS) + len(FAULTY_CAPABILITIES)} gateways with one fault each"
        in PAGE
    )
    assert f"{len(UNLISTED)} codes that no sheet lists" in PAGE


def test_the_lines_are_python() -> None:
    for block in blocks(PAGE, "python"):
        compile(block, "conformance.md", "exec")


def test_the_simulator_is_asked_for_what_the_page_says() -> None:
    (asked,) = [each for each in blocks(PAGE, "python") if "class Simulator" in each]
    promised = {
        name
        for name, each in vars(Simulator).items()
        if inspect.isfunction(each) and each.__module__ == Simulator.__module__
    }

    assert set(re.findall(r"def (\w+)", asked)) == promised | {"__init__", "finish"}
