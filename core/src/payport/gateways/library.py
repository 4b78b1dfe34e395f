"""The signature contracts that are installed, and which of them the host's auditor has approved.

A distribution names a package of TOML files in the entry-point group `payport.contracts`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import EntryPoint
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payport.errors import ConfigurationError, ContractError
from payport.gateways.guard import describe_error
from payport.gateways.installed import distribution_of, installed
from payport.gateways.places import line_of_key
from payport.signing.contract import Contract, load_contract

__all__ = ["Approved", "ContractLibrary", "RefusedContract", "load_approved", "text_of"]

_GROUP: Final = "payport.contracts"
_APPROVED: Final = "approved.toml"


@dataclass(frozen=True, slots=True)
class RefusedContract:
    """A file, or a whole package, that is not used, and why."""

    source: str
    reason: str


class ContractLibrary:
    """Contracts by id and version. Two files that claim the same id and version are both refused."""

    def __init__(
        self, found: Iterable[tuple[str, Contract]], *, refused: Sequence[RefusedContract] = ()
    ) -> None:
        """`found`: each contract with the words that say where it came from."""
        offers: dict[tuple[str, str], list[tuple[str, Contract]]] = {}
        for source, contract in found:
            offers.setdefault((contract.id, contract.version), []).append((source, contract))
        problems = list(refused)
        usable: list[Contract] = []
        sources: dict[str, str] = {}
        self._ambiguous: dict[tuple[str, int], str] = {}
        for (name, version), claims in sorted(offers.items(), key=lambda item: item[0]):
            if len(claims) == 1:
                usable.append(claims[0][1])
                sources[claims[0][1].label] = claims[0][0]
                continue
            both = " and ".join(source for source, _ in claims)
            reason = f"{name} {version} is claimed by {both}; none of them is used"
            self._ambiguous[name, claims[0][1].major] = reason
            problems += [RefusedContract(source, reason) for source, _ in claims]
        self.sources: Final[Mapping[str, str]] = sources  # "distribution version, file", by label
        self.all: Final[tuple[Contract, ...]] = tuple(usable)
        self.refused: Final[tuple[RefusedContract, ...]] = tuple(problems)

    @classmethod
    def installed(cls, entry_points: Iterable[EntryPoint] | None = None) -> ContractLibrary:
        """Read every package of the group `payport.contracts`. A faulty file is refused alone."""
        found: list[tuple[str, Contract]] = []
        refused: list[RefusedContract] = []
        for point in installed(_GROUP) if entry_points is None else entry_points:
            owner = " ".join(distribution_of(point))
            try:
                texts = [(f"{owner}, {path}", text) for path, text in _texts(files(point.value), "")]
            except Exception as error:
                refused.append(RefusedContract(owner, f"{point.value}: {describe_error(error)}"))
                continue
            for source, text in texts:
                try:
                    found.append((source, load_contract(text, source=source)))
                except ContractError as error:
                    refused.append(RefusedContract(_placed(source, text, error), str(error)))
        return cls(found, refused=refused)

    def get(self, name: str, major: int) -> Contract:
        """The newest version with that major number. Raises ContractError, naming the remedy."""
        if (name, major) in self._ambiguous:
            raise ContractError(
                field=f"contract {name} {major}",
                problem=self._ambiguous[name, major],
                remedy="Uninstall one of them",
            )
        versions = [contract for contract in self.all if (contract.id, contract.major) == (name, major)]
        if not versions:
            remedy = "Install the distribution that carries it; `payport contracts` lists what is there"
            if self.refused:
                remedy = "Mend the contract file that is refused, or install it; `payport contracts` says why"
            raise ContractError(
                field=f"contract {name} {major}", problem="no installed distribution has it", remedy=remedy
            )
        return max(versions, key=lambda contract: tuple(map(int, contract.version.split("."))))


class Approved(BaseModel):
    """One line of the auditor's signature: this text of this contract was read and accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    version: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
    who: Annotated[str, Field(min_length=1)]
    when: date | datetime


class _ApprovedFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    approved: list[Approved] = []


def load_approved(text: str, *, source: str) -> Mapping[str, Approved]:
    """An approved list, by digest. Tables `[[approved]]` with id, version, sha256, who, when.

    Raises: ConfigurationError, naming file and key.
    """
    try:
        lines = _ApprovedFile.model_validate(tomllib.loads(text)).approved
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(field=source, problem=str(error), remedy="Write it as TOML") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            field=f"{source}: {place}",
            problem=first["msg"],
            remedy="Give id, version, sha256, who and when for each [[approved]] table",
        ) from None
    return {line.sha256: line for line in lines}


def text_of(contract: Contract) -> str | None:
    """The text of an installed contract's file, read again; None where it is not there any more."""
    for point in installed(_GROUP):
        texts: list[str] = []
        with suppress(Exception):  # a faulty package: `payport contracts` says so
            texts = [text for _, text in _texts(files(point.value), "")]
        for text in texts:
            if hashlib.sha256(text.encode()).hexdigest() == contract.digest:
                return text
    return None


def _placed(source: str, text: str, error: ContractError) -> str:
    """The file with the line that is to be mended, where that is known."""
    if error.field.startswith(f"{source}: "):
        line = line_of_key(text, error.field.removeprefix(f"{source}: "))
    else:  # tomllib says it, or does not
        said = re.search(r"at line (\d+)", error.problem)
        line = None if said is None else int(said[1])
    return source if line is None else f"{source}:{line}"


def _texts(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    """Relative path and text of each contract below a folder, in the order of their names."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        here = f"{path}{entry.name}"
        if entry.is_dir():
            yield from _texts(entry, f"{here}/")
        elif here.endswith(".toml") and entry.name != _APPROVED and ".vectors" not in here:
            yield here, entry.read_bytes().decode()
