"""The README's examples run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", TEXT, flags=re.S))
def test_an_example_runs(example: str) -> None:
    exec(compile(example, "README.md", "exec"), {})
