"""Two languages: English in templates, Vietnamese in a package's locales/vi.po, a catalogue in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

__all__ = ["LANGUAGES", "language_of", "messages", "msg", "translations"]

LANGUAGES: Final = ("vi", "en")


def msg(text: str) -> str:
    """Marks a text for translation where it is written; it is translated where it is shown."""
    return text


@cache
def translations(package: str, language: str) -> NullTranslations:
    """English is what stands in the source, so it needs no catalogue."""
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _catalogue(package, f"{language}.po", language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def messages(package: str, name: str, language: str) -> Iterator[tuple[str, str, str]]:
    """Context (or ""), text and translation of each message in a file of the package's locales, for whoever
    looks texts up in another way than by their whole.

    Args:
        name: "core" for locales/core.vi.po.
    """
    for message in _catalogue(package, f"{name}.{language}.po", language):
        if message.id:
            yield message.context or "", str(message.id), str(message.string)


def _catalogue(package: str, file: str, language: str) -> Catalog:
    source = files(package).joinpath("locales", file).read_bytes()
    return read_po(io.BytesIO(source), locale=language)


def language_of(request: Request, cookie: str) -> str:
    """What was just chosen, else what the cookie holds, else what the browser asks for, else Vietnamese."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(cookie)):
        if chosen in LANGUAGES:
            return chosen
    return _asked_for(request.headers.get("accept-language", ""))


def _asked_for(header: str) -> str:
    wishes: list[tuple[float, str]] = []
    for wish in header.split(",")[:20]:
        tag, _, weight = wish.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wishes.append((-_weight(weight), language))
    return min(wishes, key=lambda wish: wish[0])[1] if wishes else LANGUAGES[0]


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 1.0
