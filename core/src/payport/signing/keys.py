"""Which key signs and which keys verify, at a moment. Values never show in text, logs or pickles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from pydantic import SecretStr

from payport.errors import ConfigurationError

__all__ = ["Key", "Keyring"]


@dataclass(frozen=True, slots=True)
class Key:
    """One secret of one gateway account. Valid from `not_before` (included) to `not_after` (excluded).

    `environment` is "sandbox" or "live". Raises ConfigurationError for a blank value or an empty span.
    """

    role: str
    id: str
    value: SecretStr
    environment: str
    not_before: datetime | None = None
    not_after: datetime | None = None

    def __post_init__(self) -> None:
        if not self.value.get_secret_value().strip():
            raise self.unfit(
                "is empty or blank: anybody could sign with it", "Set the value that the gateway gave"
            )
        span = (self.not_before, self.not_after)
        if any(end is not None and end.utcoffset() is None for end in span):
            raise self.unfit("has a date without a zone", "Write the offset, as in 2026-11-25T00:00:00+07:00")
        if self.not_before is not None and self.not_after is not None and self.not_before >= self.not_after:
            raise self.unfit("ends before it begins", "Put not_before before not_after")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never serialised")

    def valid(self, at: datetime) -> bool:
        return (self.not_before is None or self.not_before <= at) and (
            self.not_after is None or at < self.not_after
        )

    def unfit(self, problem: str, remedy: str) -> ConfigurationError:
        """The error that names this key, never its value."""
        return ConfigurationError(field=f"keys.{self.role}.{self.id}", problem=problem, remedy=remedy)


class Keyring:
    """The keys of one gateway account, all of one environment.

    One key signs, the newest begun; all valid ones verify. So a new key is added before its day, and the
    old one ends after it. Raises ConfigurationError where that would be ambiguous.
    """

    __slots__ = ("_roles",)

    def __init__(self, keys: Iterable[Key]) -> None:
        roles: dict[str, list[Key]] = {}
        environments: set[str] = set()
        for key in keys:
            environments.add(key.environment)
            if len(environments) > 1:
                raise key.unfit(
                    "is of another environment than its neighbours", "Keep sandbox and live apart"
                )
            for other in roles.setdefault(key.role, []):
                if other.id == key.id:
                    raise key.unfit("is listed twice", "Give each key of a role its own id")
                if other.not_before == key.not_before:
                    raise key.unfit(
                        f"begins together with {other.id}", "Give the newer one a later not_before"
                    )
            roles[key.role].append(key)
        self._roles = {role: tuple(sorted(found, key=_begun, reverse=True)) for role, found in roles.items()}

    def __repr__(self) -> str:
        return f"Keyring({[(key.role, key.id) for found in self._roles.values() for key in found]})"

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(key for found in self._roles.values() for key in found)

    def signing(self, role: str, at: datetime) -> Key:
        """The newest begun of the valid keys. Raises ConfigurationError if there is none."""
        for key in self._roles.get(role, ()):
            if key.valid(at):
                return key
        raise ConfigurationError(
            field=f"keys.{role}",
            problem="no key of this role is valid now",
            remedy="Add one, or correct its dates",
        )

    def verifying(self, role: str, at: datetime) -> tuple[Key, ...]:
        """All valid keys, newest begun first."""
        return tuple(key for key in self._roles.get(role, ()) if key.valid(at))

    def out_of_date(self, role: str, at: datetime) -> tuple[Key, ...]:
        """Keys of the role that do not verify at this moment: what an operator asks about first."""
        return tuple(key for key in self._roles.get(role, ()) if not key.valid(at))


def _begun(key: Key) -> float:
    return float("-inf") if key.not_before is None else key.not_before.timestamp()
