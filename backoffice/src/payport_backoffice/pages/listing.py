"""What every list has: filters in the address, a page at a time, and the same rows as a file."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import count
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import ErrandKind, RequestRefused, aall_of, method_words
from payport import Page as Rows
from payport_backoffice.asked import Asked
from payport_backoffice.browser import query_of
from payport_backoffice.export import Cell, spreadsheet
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_backoffice.states import STATES, stands
from payport_web.languages import msg

__all__ = ["Column", "Listing", "Verb"]

Verb: TypeAlias = Callable[..., Awaitable[Rows[Any]]]
_Words: TypeAlias = Callable[[str], str]
_Row = TypeVar("_Row")
_MOST_EXPORTED: Final = 50_000
_SHOWN: Final = 50
_NO_FILTERS: Final = ("after", "lang", "theme")
_LONGEST_ABOUT: Final = 200
_CUT: Final = msg("There are more rows than a file holds: ask for fewer days.")


@dataclass(frozen=True, slots=True)
class Column:
    """Of the file.

    Args:
        head: marked with `msg`.
        path: of the attribute in a row: "total.currency"; blank where a part of it is None.
        of: where it is one of the words of states.py, or a set of them: which ones.
    """

    head: str
    path: str
    of: str | None = None

    def cell(self, row: Any, words: _Words) -> Cell:
        value = _at(row, self.path)
        if self.of is not None:
            each = sorted(value) if isinstance(value, frozenset) else [value]
            return ", ".join(words(stands(state, self.of)[1]) for state in each)
        return ", ".join(value) if isinstance(value, tuple) else cast("Cell", value)


class Listing(Page, Generic[_Row]):
    """A list of the core's.

    path: of the page; with ".csv" behind it, of the file. name: the page's, as its Entry has it.
    title, lead: of its heading, marked with `msg`. words: the filters that ask for a word of states.py, and
    for which ones.
    """

    path: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    lead: ClassVar[str] = ""
    template: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    words: ClassVar[Mapping[str, str]] = {}
    right: ClassVar[Right] = Right.READ

    @property
    @abstractmethod
    def verb(self) -> Verb:
        """Of the shop."""

    @abstractmethod
    def filters(self, asked: Asked) -> dict[str, Any]:
        """The verb's arguments, apart from `after` and `limit`."""

    def seen(self, request: Request, row: _Row) -> _Row:  # noqa: ARG002 - lists of buyers look who asks
        """A row as whoever asks may see it."""
        return row

    def routes(self) -> list[BaseRoute]:
        return [
            self.look(self.path, self._show, right=self.right),
            self.look(f"{self.path}.csv", self._export, right=Right.EXPORT),
        ]

    async def _show(self, request: Request) -> Response:
        asked = Asked(request, self.desk.zone)
        filters = self.filters(asked)
        try:
            rows = await self.verb(**filters, after=asked.cursor(), limit=_SHOWN)
        except RequestRefused as refusal:  # a cursor that no page of ours gave
            asked.unread.append(refusal.field)
            rows = Rows()
        query = {name: text for name, text in query_of(request) if name not in _NO_FILTERS}
        return self.desk.page(
            request,
            self.template,
            here=self.name,
            list_path=self.path,
            title=self.title,
            lead=self.lead,
            rows=rows.rows,
            next=rows.next,
            unread=asked.unread,
            file=query if self.desk.may(request, Right.EXPORT) else None,
            is_filtered=any(query.values()),
            methods=method_words(self.desk.shop.seller),
            options=self._options(request),
        )

    def _options(self, request: Request) -> dict[str, dict[str, str]]:
        """What a filter may ask for, with its word, by the filter's name."""
        seller, renderer = self.desk.shop.seller, self.desk.renderer
        options = {
            name: {value: renderer.gettext(request, word) for value, (_, word) in STATES[of].items()}
            for name, of in self.words.items()
        }
        language = renderer.language_of(request)
        options["method"] = {method: names[language] for method, names in method_words(seller).items()}
        options["gateway"] = {name: name for name in sorted(seller.accounts)}
        return options

    async def _export(self, request: Request) -> Response:
        """What cannot be read is an error here: nobody would see in the file that it holds more."""
        if not self.desk.may(request, self.right):
            raise HTTPException(403, "role")
        asked = Asked(request, self.desk.zone)
        filters = self.filters(asked)
        try:
            await self.verb(**filters, limit=1)
        except RequestRefused as refusal:  # before the first byte: an order, say, that is not there
            asked.unread.append(refusal.field)
        if asked.unread:
            raise HTTPException(400)

        if request.method != "HEAD":
            await self._note(request, asked.names)
        words = partial(self.desk.renderer.gettext, request)

        async def rows() -> AsyncIterator[Sequence[Cell]]:
            if request.method == "HEAD":
                return
            numbers = count(1)
            async for row in aall_of(self.verb, most=_MOST_EXPORTED + 1, **filters):
                if next(numbers) > _MOST_EXPORTED:
                    yield [words(_CUT)]
                    return
                yield [column.cell(self.seen(request, row), words) for column in self.columns]

        today = self.desk.clock().astimezone(self.desk.zone).date()
        heads = [words(column.head) for column in self.columns]
        return spreadsheet(f"{self.name}-{today}", heads, rows(), zone=self.desk.zone)

    async def _note(self, request: Request, names: Sequence[str]) -> None:
        """Who takes the list away, and by which filters: what was typed into them may be a buyer's."""
        about = f"{self.name} ({', '.join(names)})" if names else self.name
        await self.desk.shop.note_errand(
            ErrandKind.EXPORT, about[:_LONGEST_ABOUT], actor=self.desk.operator(request).name
        )


def _at(row: Any, path: str) -> Any:
    return reduce(lambda each, name: None if each is None else getattr(each, name), path.split("."), row)
