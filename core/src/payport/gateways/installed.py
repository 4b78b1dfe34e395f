"""Entry points of one group, as they are installed, and who offers which name twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

__all__ = ["distribution_of", "installed", "offered_twice"]


def installed(group: str) -> tuple[EntryPoint, ...]:
    """Every entry point of the group, by name. Unlike `importlib.metadata.entry_points`, a distribution that
    is installed in two places is not hidden: both of its entry points are there."""
    return tuple(sorted(_installed(group), key=lambda point: point.name))


def _installed(group: str) -> Iterator[EntryPoint]:
    seen = set()
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group == group]
        if not points:
            continue
        place = (distribution.name, Path(str(distribution.locate_file(""))).resolve())
        if place not in seen:  # one folder may stand on the path twice
            seen.add(place)
            yield from points


def distribution_of(point: EntryPoint) -> tuple[str, str]:
    """Name and version of the distribution that offers it."""
    return ("unknown", "unknown") if point.dist is None else (point.dist.name, point.dist.version)


def offered_twice(points: Iterable[EntryPoint]) -> dict[str, str]:
    """Each name that is offered more than once, with the words that name who offers it."""
    offers: dict[str, list[EntryPoint]] = {}
    for point in points:
        offers.setdefault(point.name, []).append(point)
    return {
        name: " and ".join(sorted(" ".join(distribution_of(point)) for point in claims))
        for name, claims in offers.items()
        if len(claims) > 1
    }
