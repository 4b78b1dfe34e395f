"""What holds of the texts of every package with pages: none is left in the other language."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

__all__ = ["unfinished", "unmarked", "vietnamese", "written"]

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def written(package: str) -> set[str | tuple[str, ...]]:
    """Every text that its templates and modules mark for translation."""
    found = extract_from_dir(
        _folder(package),
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")],
        options_map={"templates/**.html": {"silent": "false"}},
        keywords={"_": None, "ngettext": (1, 2), "msg": None},
    )
    return {message for _, _, message, _, _ in found}


def vietnamese(package: str) -> Catalog:
    source = (_folder(package) / "locales" / "vi.po").read_bytes()
    return read_po(io.BytesIO(source), locale="vi", abort_invalid=True)


def unfinished(catalogue: Catalog) -> list[Message]:
    """Those that are fuzzy, empty, or do not keep their placeholders."""
    return [message for message in catalogue if message.id and not _is_finished(message)]


def unmarked(package: str, names: str) -> dict[str, list[str]]:
    """What stands between tags, by template, and is no mark, value, figure or one of the `names`.

    Args:
        names: a pattern of what is the same in both languages.
    """
    same = re.compile(rf"{names}|[\d:.,\s()×/-]+")
    left = {}
    for template in sorted((_folder(package) / "templates").glob("*.html")):
        text = template.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", "\n", text)
        left[template.name] = [line.strip() for line in text.splitlines() if same.sub("", line).strip()]
    assert left, f"{package} has no templates"
    return {name: lines for name, lines in left.items() if lines}


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _is_finished(message: Message) -> bool:
    wanted = _placeholders(_each(message.id)[-1])
    texts = _each(message.string)
    return not message.fuzzy and all(text.strip() and _placeholders(text) == wanted for text in texts)


def _each(text: str | Sequence[str] | None) -> Sequence[str]:
    return (text or "",) if text is None or isinstance(text, str) else text


def _folder(package: str) -> Path:
    return Path(str(files(package)))
