"""The README's example runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_example_runs() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")

    [example] = re.findall(r"```python\n(.*?)```", text, flags=re.S)

    exec(compile(example, "README.md", "exec"), {})
