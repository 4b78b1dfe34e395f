"""The contracts at hand: those that are installed, by the distribution that carries them, and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from payport.doors.cli.usage import UsageError
from payport.errors import ContractError
from payport.gateways.library import ContractLibrary, RefusedContract
from payport.signing.contract import Contract, load_contract

__all__ = ["Shelf", "load_shelf"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """`owners`: "distribution version" of each contract, by its label."""

    contracts: tuple[Contract, ...]
    owners: Mapping[str, str]
    refused: tuple[RefusedContract, ...]

    def find(self, name: str, *, option: str) -> Contract:
        """A contract by "id" (the newest), "id@1", "id@1.0.0", or the path of a TOML file.

        Raises: UsageError naming `option`, or the place in a file that is no contract.
        """
        if name.endswith(".toml"):
            return _from_file(Path(name), option)
        wanted, _, version = name.partition("@")
        found = [
            contract
            for contract in self.contracts
            if contract.id == wanted and (not version or f"{contract.version}.".startswith(f"{version}."))
        ]
        if not found:
            raise UsageError(
                field=option,
                problem="no contract of that name is installed and in use",
                remedy="Take an id that `payport contracts` lists, or the path of a .toml file",
            )
        return max(found, key=lambda contract: tuple(map(int, contract.version.split("."))))


def load_shelf() -> Shelf:
    """Read every installed contract. What two distributions claim is refused, as the core refuses it."""
    library = ContractLibrary.installed()
    owners = {label: source.partition(", ")[0] for label, source in library.sources.items()}
    return Shelf(library.all, owners, library.refused)


def _from_file(path: Path, option: str) -> Contract:
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise UsageError(
            field=option,
            problem=f"the file cannot be read: {error.strerror or type(error).__name__}",
            remedy="Correct the path, or let this user read it",
        ) from None
    except UnicodeDecodeError:
        raise UsageError(field=path.name, problem="is not UTF-8 text", remedy="Save it as UTF-8") from None
    try:
        return load_contract(text, source=path.name)
    except ContractError as error:
        raise UsageError(field=error.field, problem=error.problem, remedy=error.remedy) from None
