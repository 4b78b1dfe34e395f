"""Where another program's signed text parts from ours: byte, field, and what stands around it in both."""

from __future__ import annotations

from collections.abc import Sequence

from payport.signing.contract import Contract
from payport.signing.explain import Difference
from payport.signing.message import Material

__all__ = ["describe_difference"]


def describe_difference(
    contract: Contract, material: Material, texts: Sequence[bytes], difference: Difference, offered: bytes
) -> list[tuple[str, str]]:
    """Labels and words. `texts`: ours, of which the one that agrees longest is meant."""
    offset = difference.offset
    ours = next(text for text in texts if _part_at(text, offered, offset))
    rows = [("byte", f"{offset}, counted from 0")]
    field = _field_at(contract, material, ours[:offset])
    if field is not None:
        rows.append(("in", field))
    rows += [("ours", _around(ours, offset)), ("offered", _around(offered, offset))]
    if ours == offered.rstrip(b"\r\n"):
        rows.append(("note", "the offered text ends in a line break, and is the same before it"))
    elif offset == len(ours):
        rows.append(("note", "ours ends here, the offered text goes on"))
    elif offset == len(offered):
        rows.append(("note", "the offered text ends here, ours goes on"))
    return rows


def _part_at(text: bytes, offered: bytes, offset: int) -> bool:
    after = slice(offset, offset + 1)
    return text[:offset] == offered[:offset] and text[after] != offered[after]


def _field_at(contract: Contract, material: Material, before: bytes) -> str | None:
    """The part of the text that goes on behind `before`. Parts are told apart by counting the joiners."""
    message = contract.document.message
    if message is None:
        return None
    if message.select is not None:
        parts = list(material.names)
    else:
        parts = [
            part for part in message.parts or () if message.empty == "keep" or not _is_empty(part, material)
        ]
    joiner = message.joiner.encode()
    place = before.count(joiner) if joiner else 0
    if len(parts) > 1 and not joiner:
        return None
    return parts[place].removeprefix("field.") if place < len(parts) else None


def _is_empty(part: str, material: Material) -> bool:
    kind, _, name = part.partition(".")
    if kind == "field":
        return not material.fields.values.get(name)
    return kind == "setting" and not material.settings.get(name)


def _around(text: bytes, offset: int) -> str:
    """Some bytes before and behind, with a mark where the two part."""
    before, after = text[max(0, offset - 24) : offset], text[offset : offset + 24]
    return f"{_shown(before)} ▸ {_shown(after) or '(end)'}"


def _shown(data: bytes) -> str:
    return data.decode(errors="backslashreplace")
