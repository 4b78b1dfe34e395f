"""What a check found, or why it does not apply."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding", "Skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: its name. `where`: file and line of the plugin, or the contract. It holds no key."""

    check: str
    problem: str
    where: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. {self.remedy}."


class Skipped(Exception):
    """The check does not apply; says why."""
