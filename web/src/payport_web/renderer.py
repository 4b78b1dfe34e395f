"""Turns a template and its values into a page, in the visitor's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payport_web import formatting
from payport_web.icons import icon
from payport_web.languages import LANGUAGES, language_of, translations

__all__ = ["Renderer"]

_CHOICE_SECONDS: Final = 365 * 24 * 3600
_BY_LANGUAGE: Final[Mapping[str, Callable[..., str]]] = {
    "capacity": formatting.capacity,
    "figure": formatting.figure,
    "money": formatting.money,
}
_BY_ZONE: Final[Mapping[str, Callable[..., str]]] = {
    "clock_time": formatting.clock_time,
    "day": formatting.day,
    "instant": formatting.instant,
}


class Renderer:
    """The templates of one package, compiled once for each language.

    What every template has: `language`, `path`, `in_language(language)` and `chosen_as(name, value)` (this
    page again, with another choice), `icon(name)`, `_` and `ngettext`, and the filters `money`, `day`,
    `instant`, `clock_time`, `utc`, `iso`, `capacity`, `figure` and `say` (a text in both languages).

    Args:
        package: has the folders `templates` and `locales`.
        choices: what `?name=value` may choose and a cookie then remembers, by the cookie's name; none of it
            changes anything but how pages look. `lang` is always one of them.
        cookies: the beginning of those cookies' names.
        zone: of the days and times on the pages.
        more: templates from elsewhere, found before the package's own.
    """

    def __init__(
        self,
        package: str,
        *,
        cookies: str,
        secure: bool,
        choices: Mapping[str, Sequence[str]] | None = None,
        zone: ZoneInfo = formatting.VIET_NAM,
        more: BaseLoader | None = None,
    ) -> None:
        self._package, self._cookies, self._secure = package, cookies, secure
        self._choices = {"lang": LANGUAGES, **(choices or {})}
        self._environments = {language: _environment(package, language, zone, more) for language in LANGUAGES}

    def language_of(self, request: Request) -> str:
        return language_of(request, f"{self._cookies}_lang")

    def gettext(self, request: Request, text: str) -> str:
        """What was marked with `msg`, in the visitor's language."""
        return translations(self._package, self.language_of(request)).gettext(text)

    def choice(self, request: Request, name: str) -> str | None:
        """What was just chosen, else what was chosen before."""
        allowed = self._choices[name]
        for chosen in (request.query_params.get(name), request.cookies.get(f"{self._cookies}_{name}")):
            if chosen in allowed:
                return chosen
        return None

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
        cookie_path: str = "/",
        **values: Any,
    ) -> Response:
        """One whole page or, where htmx asks for one, a part of it. Remembers what was just chosen.

        Args:
            address: where the same is shown, if that is not where the request went.
            cookie_path: below which the choices hold.
        """
        language = self.language_of(request)
        again = partial(_again, address or f"?{urlencode(request.query_params.multi_items())}")
        text = (
            self._environments[language]
            .get_template(template)
            .render(
                language=language,
                path=request.url.path,
                chosen_as=again,
                in_language=partial(again, "lang"),
                **values,
            )
        )
        response = HTMLResponse(text, status, dict(headers or {}))
        response.headers["content-language"] = language
        response.headers["vary"] = "Accept-Language, Cookie"
        for name, allowed in self._choices.items():
            chosen = request.query_params.get(name)
            if chosen is not None and chosen in allowed:
                response.set_cookie(
                    f"{self._cookies}_{name}",
                    chosen,
                    max_age=_CHOICE_SECONDS,
                    path=cookie_path,
                    secure=self._secure,
                    httponly=True,
                    samesite="lax",
                )
        return response


@cache
def _environment(package: str, language: str, zone: ZoneInfo, more: BaseLoader | None) -> Environment:
    """Of every such application in this process: they differ only in what they hand to a template."""
    own = PackageLoader(package)
    environment = Environment(
        loader=ChoiceLoader([more, own]) if more else own,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations(package, language)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update({name: partial(_in, language, show) for name, show in _BY_LANGUAGE.items()})
    environment.filters.update(
        {name: partial(_in, language, partial(show, zone=zone)) for name, show in _BY_ZONE.items()}
    )
    environment.filters["iso"], environment.filters["utc"] = formatting.iso, formatting.utc
    environment.filters["say"] = lambda names: names[language]
    environment.globals["icon"] = icon
    return environment


def _again(address: str, name: str, value: str) -> str:
    path, _, query = address.partition("?")
    kept = [(held, text) for held, text in parse_qsl(query) if held != name]
    return f"{path}?{urlencode([*kept, (name, value)])}"


def _in(language: str, show: Callable[..., str], value: Any) -> str:
    return show(value, language)
