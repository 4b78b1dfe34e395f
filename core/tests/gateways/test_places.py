"""Where a plugin's fault is said to be: by file and line, for its author."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from payport.gateways.places import line_of_key, place
from payport.gateways.registry import discover
from payport.testing import offered, sample_library, sample_plugin

CONTRACT = """\
id = "some-ipn"  # covers = is not set here
grade = "proof"
covers = { amount = "amount", outcome = "status" }

[signature]
algorithm = "MD5"
"""


def where(plugin: ModuleType) -> str:
    (entry,) = discover(contracts=sample_library(), entry_points=offered(plugin)).refused
    return entry.where


def line_here(text: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.strip() == text)


class TestAPluginThatIsRefused:
    def test_is_named_by_the_line_of_its_hook(self) -> None:
        def parse_calback(verified: object) -> None: ...

        assert re.fullmatch(r"(.*/)?test_places\.py:\d+", where(sample_plugin(parse_calback=parse_calback)))
        assert where(sample_plugin(parse_calback=parse_calback)).endswith(
            f":{line_here('def parse_calback(verified: object) -> None: ...')}"
        )

    def test_is_named_by_the_line_of_describe_for_what_that_says(self) -> None:
        def describe() -> None: ...

        assert where(sample_plugin(describe=describe)).endswith(
            f":{line_here('def describe() -> None: ...')}"
        )

    def test_has_no_line_where_it_has_no_file(self) -> None:
        assert where(sample_plugin(without=["initiate"])) == ""


def test_what_has_no_file_ends_in_a_folder_that_is_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is ".", which is its own parent."""
    (tmp_path / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)

    assert place("<string>", 1) == "<string>:1"


def test_a_file_is_named_from_its_topmost_package(tmp_path: Path) -> None:
    package = tmp_path / "site/payport_saomai/inner"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()

    assert place(str(package / "saomai.py"), 57) == "payport_saomai/inner/saomai.py:57"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("grade", 2),
        ("covers.amount", 3),
        ("covers", 3),
        ("signature.algorithm", 6),
        ("signature.key", 5),
        ("x", None),
    ],
)
def test_a_key_is_found_in_the_text_of_a_contract(key: str, line: int | None) -> None:
    assert line_of_key(CONTRACT, key) == line
