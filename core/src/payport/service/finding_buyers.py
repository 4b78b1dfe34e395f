"""Orders by who bought them: by terms that are kept beside them, whole ones or such as are only begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from payport.rules.search_terms import LONGEST, MOST_WORDS, as_phone, words
from payport.storage.search_records import orders_by_terms, terms_beginning

__all__ = ["orders_of_buyers"]

_LEAST_BEGUN: Final = 2  # signs of a term that is only begun
_MOST_BEGUN: Final = 20  # terms that it may be


def orders_of_buyers(connection: Connection, asked: str, *, limit: int) -> list[str]:
    """Numbers of orders by a phone number, by a whole term such as an address or a tax code, and by the words
    of a name, the newest first of each; where these find nothing, by what is only begun."""
    phone, whole, names = as_phone(asked), asked.lower()[:LONGEST], words(asked)[:MOST_WORDS]
    exact = ((phone,) if phone else (), (whole,), names)
    return _numbers(connection, exact, limit) or _numbers(connection, _begun(connection, whole, names), limit)


def _numbers(connection: Connection, searches: Iterable[Sequence[str]], limit: int) -> list[str]:
    """Of orders, as the searches in their order find them."""
    numbers: dict[str, None] = {}
    for terms in searches:
        if len(numbers) < limit:
            numbers |= dict.fromkeys(orders_by_terms(connection, terms, limit=limit))
    return list(numbers)[:limit]


def _begun(connection: Connection, whole: str, names: Sequence[str]) -> Iterator[Sequence[str]]:
    """An address or a number whose beginning is known, and words of which the last one is not whole."""
    if len(whole) >= _LEAST_BEGUN:
        for term in terms_beginning(connection, whole, most=_MOST_BEGUN):
            yield (term,)
    if names and names != (whole,) and len(names[-1]) >= _LEAST_BEGUN:
        for term in terms_beginning(connection, names[-1], most=_MOST_BEGUN):
            yield (*names[:-1], term)
