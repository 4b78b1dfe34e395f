"""The rooms that the navigation leads to. Each page says its own; only those that are there are shown."""

from __future__ import annotations

from dataclasses import dataclass

from payport_backoffice.operator import Right

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation.

    Args:
        name: what a template says it is (`{% set here = "orders" %}`), so that its line is marked.
        path: below the mount.
        label: marked with `msg`.
        icon: of a Lucide drawing that payport-web has.
        right: who sees it.
        group: under which heading it stands, marked with `msg`; entries of one group stand together.
    """

    name: str
    path: str
    label: str
    icon: str
    right: Right = Right.READ
    group: str | None = None
