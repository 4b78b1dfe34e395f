"""A person at the desk who fills in a form, looks at its effect and then does it, as a browser would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from httpx import Response

from backoffice.tests.office import ROOM, Person

__all__ = ["Clerk", "hidden", "problems", "said"]


def hidden(page: str, action: str) -> dict[str, str]:
    """What a browser sends of the form on a page that posts to `action`, where nothing is typed."""
    for form in re.findall(r"<form .*?</form>", page, re.DOTALL):
        if f'action="{unescape(action)}"' in unescape(form):
            return dict(_sent(form))
    raise AssertionError(f"no form goes to {action}")


def _sent(form: str) -> Iterator[tuple[str, str]]:
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}
        if said["type"] == "file":
            yield said["name"], ""
        elif said["type"] not in {"radio", "checkbox"} or re.search(r" checked\b", tag):
            yield said["name"], said.get("value", "on")


def said(page: str) -> str:
    """The words of a page's main part."""
    main = page.partition('<main id="main"')[2]
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", main)))


def problems(page: str) -> list[str]:
    """What is said beside fields, with the fields' names before it."""
    said = re.findall(r'class="problem" id="([a-z_]+)-note">.*?</svg>\s*(.*?)</small>', page, re.DOTALL)
    return [f"{name}: {re.sub('<[^>]*>', '', text).strip()}" for name, text in said]


@dataclass
class Clerk:
    person: Person

    def opens(self, path: str) -> Response:
        return self.person.get(f"{ROOM}{path}")

    def asks(self, path: str, **typed: str) -> Response:
        """The form, filled in and sent: what it would do."""
        page = self.opens(path)
        assert page.status_code == 200, said(page.text)
        return self.sends(path, hidden(page.text, f"{ROOM}{self._at(page.text, path)}") | typed)

    def _at(self, page: str, path: str) -> str:
        """Where the form itself goes: it may name what was the only one to choose."""
        (action,) = re.findall(r'<form class="card act" method="post" action="([^"]*)"', page)
        assert action.startswith(f"{ROOM}{path.partition('?')[0]}")
        return unescape(action).removeprefix(ROOM)

    def sends(self, path: str, fields: dict[str, str]) -> Response:
        return self.person.post(f"{ROOM}{path}", fields)

    def does(self, effect: Response, **other: str) -> Response:
        """The button under the effect."""
        assert effect.status_code in {200, 409}, said(effect.text)
        path = self._at(effect.text, effect.request.url.path.removeprefix(ROOM))
        return self.sends(path, hidden(effect.text, f"{ROOM}{path}") | {"step": "do"} | other)

    def acts(self, path: str, **typed: str) -> Response:
        """All of it."""
        return self.does(self.asks(path, **typed))
