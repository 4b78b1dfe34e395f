"""Today: what came in, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from payport import Money, Need, Pointer
from payport_backoffice.asked import Asked
from payport_backoffice.chart import HEIGHT, WIDTH, charts
from payport_backoffice.navigation import Entry
from payport_backoffice.operator import Right
from payport_backoffice.pages.page import Page
from payport_backoffice.remedies import REMEDIES
from payport_web.languages import msg

__all__ = ["SPANS", "Today"]

SPANS: Final = (14, 30, 90)
"""So many days may be looked at; the first of them unless another is asked."""

_NO_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Something that waits, with where it leads: all of them, and each of the first by its own page."""

    need: Need
    path: str
    asked: dict[str, str]
    first: tuple[tuple[Pointer, str | None], ...]


class Today(Page):
    entry = Entry("today", "/", msg("Today"), icon="layout-dashboard")

    def routes(self) -> list[BaseRoute]:
        return [self.look("/", self._today, right=Right.READ)]

    async def _today(self, request: Request) -> Response:
        span = next((each for each in SPANS if request.query_params.get("days") == str(each)), SPANS[0])
        now = self.desk.shop.seller.clock().astimezone(self.desk.zone).date()
        asked = Asked(request, self.desk.zone)
        wanted = asked.day("day") or now
        today = await self.desk.shop.today(day=min(wanted, now), days=span)
        monday = today.day - timedelta(days=today.day.weekday())
        return self.desk.page(
            request,
            "today.html",
            today=today,
            now=now,
            not_as_asked=bool(asked.unread) or wanted > now,
            before=today.day - timedelta(days=1),
            after=today.day + timedelta(days=1),
            span=span,
            spans=SPANS,
            monday=monday,
            received=today.received(today.day),
            payments=sum(each.receipts for each in today.on(today.day)),
            week=_sums(each.received for each in today.income if each.day >= monday),
            back=_sums(each.refunded for each in today.income if each.day >= monday),
            charts=tuple(charts(today.days, today.income, tuple(today.methods))),
            width=WIDTH,
            height=HEIGHT,
            waiting=_waiting(today.needs, may_act=self.desk.may(request, Right.ACT)),
        )


def _waiting(needs: Sequence[Need], *, may_act: bool) -> list[_Waiting]:
    """What keeps others waiting first; then by how long it has waited."""
    ordered = sorted(needs, key=lambda need: (not need.is_urgent, need.oldest or _NO_MOMENT))
    return [
        _Waiting(
            need,
            (place := REMEDIES[need.kind]).every,
            dict(place.asked),
            tuple((pointer, place.one(pointer, may_act)) for pointer in need.first),
        )
        for need in ordered
    ]


def _sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """By currency; those of nothing are left out."""
    sums: dict[str, Money] = {}
    for each in amounts:
        sums[each.currency] = sums.get(each.currency, Money(0, each.currency)) + each
    return tuple(sums[currency] for currency in sorted(sums) if sums[currency].minor)
