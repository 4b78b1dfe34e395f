"""How a checkout is kept, so that `pay` again gives the open payment again."""

from __future__ import annotations

from pydantic import TypeAdapter

from payport.gateways.types import Instructions, PostForm, Redirect, ShowQR

__all__ = ["Shown", "from_text", "to_text"]

Shown = Redirect | PostForm | ShowQR | Instructions
_READERS: dict[str, TypeAdapter[Shown]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Redirect, PostForm, ShowQR, Instructions)
}


def to_text(checkout: Shown) -> str:
    kind = type(checkout).__name__
    return f"{kind}:{_READERS[kind].dump_json(checkout).decode()}"


def from_text(text: str) -> Shown:
    kind, _, document = text.partition(":")
    return _READERS[kind].validate_json(document)
