"""Turns a template and its values into a page, in the visitor's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_storefront import formatting
from payport_storefront.forms import TOKEN_FIELD
from payport_storefront.i18n import LANGUAGE_COOKIE, LANGUAGES, language_of, translations
from payport_storefront.session import form_token
from payport_storefront.settings import Customer, Settings

__all__ = ["Views"]

_LANGUAGE_SECONDS: Final = 365 * 24 * 3600
_FORMATS: Final[Mapping[str, Callable[..., str]]] = {
    "capacity": formatting.capacity,
    "clock_time": formatting.clock_time,
    "day": formatting.day,
    "figure": formatting.figure,
    "instant": formatting.instant,
    "money": formatting.money,
}


class Views:
    """The shop's templates, compiled once for each language."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def page(
        self,
        request: Request,
        template: str,
        *,
        customer: Customer | None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
        **values: Any,
    ) -> Response:
        """One whole page or, where htmx asks for one, a part of it. Remembers a language just chosen.

        Args:
            address: where the same is shown, if that is not where the request went.
        """
        language = language_of(request)
        text = (
            self._environments[language]
            .get_template(template)
            .render(
                language=language,
                customer=customer,
                path=request.url.path,
                in_language=partial(_in_language, address or f"?{urlencode(request.query_params)}"),
                tools=self._settings.tools,
                token_for=partial(form_token, self._settings.session_key, request.state.session),
                token_field=TOKEN_FIELD,
                **values,
            )
        )
        response = HTMLResponse(text, status, dict(headers or {}))
        response.headers["content-language"] = language
        response.headers["vary"] = "Accept-Language, Cookie"
        if "lang" in request.query_params:
            response.set_cookie(
                LANGUAGE_COOKIE,
                language,
                max_age=_LANGUAGE_SECONDS,
                secure=self._settings.secure,
                httponly=True,
                samesite="lax",
            )
        return response


@cache
def _environment(language: str) -> Environment:
    """Of every shop in this process: they differ in nothing but what they hand to a template."""
    environment = Environment(
        loader=PackageLoader("payport_storefront"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations(language)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update({name: partial(_in, language, show) for name, show in _FORMATS.items()})
    environment.filters["say"] = lambda names: names[language]
    environment.globals["icon"] = _icon
    return environment


def _in_language(address: str, language: str) -> str:
    path, _, query = address.partition("?")
    return f"{path}?{urlencode(dict(parse_qsl(query)) | {'lang': language})}"


def _in(language: str, show: Callable[..., str], value: Any) -> str:
    return show(value, language)


@cache
def _icon(name: str) -> Markup:
    """A Lucide drawing, inlined; it takes the text's colour and size, and says nothing to a screen reader."""
    drawn = files("payport_storefront").joinpath("static", "vendor", "lucide", f"{name}.svg").read_text()
    inside = re.sub(r"<!--.*?-->|<svg[^>]*>|</svg>", "", drawn, flags=re.DOTALL)
    return Markup(  # noqa: S704 - our own file, no one else's text
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true" focusable="false">'
        f"{inside.strip()}</svg>"
    )
