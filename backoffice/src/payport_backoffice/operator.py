"""Who works at the desk, and what a role may do. The core knows names; roles are the back office's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["RIGHTS", "Operator", "Right", "Role"]

_LONGEST_NAME: Final = 100


class Right(StrEnum):
    """What a page asks of whoever opens it."""

    READ = "read"  # orders, payments, refunds and money, with what happened to them
    AUDIT = "audit"  # the whole journal, and evidence: what proves each callback
    ACT = "act"  # whatever changes something
    APPROVE = "approve"  # the second pair of eyes on another person's act
    BUYER = "buyer"  # a buyer's name, e-mail address, phone and address, which others see masked
    EXPORT = "export"  # a whole list as a file, masked or not as on the page


class Role(StrEnum):
    """What the host says about a person."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.READ, Right.BUYER}),
    Role.OPERATOR: frozenset({Right.READ, Right.BUYER, Right.ACT, Right.EXPORT}),
    Role.APPROVER: frozenset({Right.READ, Right.BUYER, Right.ACT, Right.APPROVE, Right.EXPORT}),
    Role.AUDITOR: frozenset({Right.READ, Right.AUDIT, Right.EXPORT}),  # nobody audits what they did
}


@dataclass(frozen=True, slots=True)
class Operator:
    """One person, as the host's login knows them.

    Args:
        name: stands in the journal as the `actor` of every act, for good: a name by which the person is
            found years later, as a login or an e-mail address, and never one that is given to another.
    Raises: ValueError for a name that the core would not take.
    """

    name: str
    role: Role

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))
        if not self.name.strip() or len(self.name) > _LONGEST_NAME or not self.name.isprintable():
            raise ValueError(f"name: not 1 to {_LONGEST_NAME} signs in one line")

    def may(self, right: Right | str) -> bool:
        return Right(right) in RIGHTS[self.role]

    @property
    def initials(self) -> str:
        """Of the last two words, as Vietnamese names are known: TH for Nguyễn Thu Hà."""
        return "".join(word[0] for word in self.name.split()[-2:]).upper()
