"""What a page is: the two ways in which it may answer, each behind its guard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import ClassVar, Final, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from payport_backoffice.desk import Desk
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Operator, Right

__all__ = ["Act", "Form", "Look", "Page"]

Form: TypeAlias = Mapping[str, str]
Look: TypeAlias = Callable[[Request], Awaitable[Response]]
Act: TypeAlias = Callable[[Request, Form], Awaitable[Response]]
_MOST_BYTES: Final = 16_384


class Page(ABC):
    """One room. How one is added stands in the package's docstring. `no_success`: codes of `told` that are no
    good news."""

    entry: ClassVar[Entry | None] = None
    told: ClassVar[Mapping[str, str]] = {}
    no_success: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Made by `look` and `act`, and in no other way."""

    def look(self, path: str, handler: Look, *, right: Right) -> Route:
        """A GET, which changes nothing."""

        @wraps(handler)
        async def guarded(request: Request) -> Response:
            _let_in(request, right)
            return await handler(request)

        return Route(path, guarded, methods=["GET"])

    def act(
        self,
        path: str,
        handler: Act,
        *,
        right: Right,
        fields: Collection[str] | Callable[[Request], Awaitable[Collection[str]]],
        most_bytes: int = _MOST_BYTES,
        files: Collection[str] = (),
    ) -> Route:
        """A POST with a token for this person, this browser and this path.

        Args:
            fields: what is read of the form; whatever else was sent is not looked at. Asked for each request
                where it depends on what is acted upon, as the lines of an order do.
            files: those of them that may come as files; see `read_form`.
        """

        @wraps(handler)
        async def guarded(request: Request) -> Response:
            _let_in(request, right)
            declared = await fields(request) if callable(fields) else fields
            form = await self.desk.form(request, declared, most_bytes=most_bytes, files=files)
            return await handler(request, form)

        return Route(path, guarded, methods=["POST"])


def _let_in(request: Request, right: Right) -> None:
    """Raises: HTTPException 401 for nobody, 403 for somebody whose role may not."""
    operator: Operator | None = request.state.operator
    if operator is None:
        raise HTTPException(401)
    if not operator.may(right):
        raise HTTPException(403, "role")
