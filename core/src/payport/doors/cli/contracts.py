"""`payport contracts`: what is installed, how strong it is and who approved it; what differs between two."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from payport.doors.cli.printing import as_json, heading, plain, record, table
from payport.doors.cli.usage import AsJson, Config, UsageError, found_config

if TYPE_CHECKING:
    from payport.doors.cli.shelf import Shelf
    from payport.gateways.library import Approved
    from payport.signing.contract import Contract

__all__ = ["contracts", "diff", "list_contracts"]

_NOT_MEANING: Final = frozenset({"version", "source"})
_SETS: Final = frozenset(
    {"required", "not_covered", "message.joiner_in", "message.select.prefix", "message.select.leave_out"}
)
_SAME_MAJOR: Final = (
    "The new one needs a major version of its own, unless it accepts every message that the old one did, in"
    " the same meaning: then a new second number will do."
)

contracts = App(
    name="contracts", help="List the signature contracts, or compare two of them.", version_flags=()
)

_Approved = Annotated[
    tuple[Path, ...],
    Parameter(name="--approved", help="An auditor's list of approved contracts; may be given again."),
]


@contracts.default
@contracts.command(name="list")
def list_contracts(*, config: Config = None, approved: _Approved = (), json: AsJson = False) -> None:
    """List every contract: id, version, grade, direction, source, digest, distribution, approval.

    A contract that could not be loaded is listed with its reason. The approved lists are those of the
    configuration, where there is one, and those given.
    """
    from payport.doors.cli.shelf import load_shelf  # noqa: PLC0415

    shelf = load_shelf()
    lists = _approved_lists(found_config(config), approved)
    (_list_as_json if json else _list_as_text)(shelf, lists)


@contracts.command
def diff(first: str, second: str, /) -> int:
    """Say what changed in meaning between two contracts, in words and by key. Exit status 1: something did.

    Each is an id (the newest version), "id@1", "id@1.0.0", or the path of a TOML file. Comments, order of
    keys and defaults that are written out change nothing.
    """
    from payport.doors.cli.shelf import load_shelf  # noqa: PLC0415
    from payport.signing.words import differences  # noqa: PLC0415

    shelf = load_shelf()
    before, after = shelf.find(first, option="first"), shelf.find(second, option="second")
    one, other = _meaning(before), _meaning(after)
    changes = [
        (key, _written(key, one.get(key)), _written(key, other.get(key)))
        for key in dict.fromkeys((*one, *other))
        if _compared(key, one.get(key)) != _compared(key, other.get(key))
    ]
    if not changes:
        same = "the same file" if before.digest == after.digest else "the files differ in their text alone"
        print(f"{before.label} and {after.label} say the same ({same}).")
        return 0
    told = differences(before.document, after.document)
    for sentence in told:
        print(f"- {plain(sentence)}")
    if told:
        print()
    table(("key", before.label, after.label), changes)
    changed = any(key.partition(".")[0] not in _NOT_MEANING for key, _, _ in changes)
    if changed and before.id == after.id and before.major == after.major:
        heading(_SAME_MAJOR)
    return 1


def _list_as_text(shelf: Shelf, lists: Mapping[str, Approved] | None) -> None:
    if not shelf.contracts:
        print("No contract is installed. Install a distribution that carries some.")
    else:
        rows = [
            (
                contract.id,
                contract.version,
                _grades(contract),
                contract.direction,
                contract.source,
                contract.digest[:12],
                shelf.owners[contract.label],
                _approval(contract, lists),
            )
            for contract in shelf.contracts
        ]
        columns = ("id", "version", "grade", "direction", "source", "sha256", "distribution", "approved")
        table(columns, rows)
    weaker = [one for one in shelf.contracts if one.weaknesses and one.grade in ("hint", "none")]
    if weaker:
        heading("Why these are no proof:")
        record([(one.label, "; ".join(one.weaknesses)) for one in weaker], indent=2)
    if shelf.refused:
        heading("Refused, and not used:")
        record([(entry.source, entry.reason) for entry in shelf.refused], indent=2)


def _list_as_json(shelf: Shelf, lists: Mapping[str, Approved] | None) -> None:
    as_json(
        {
            "contracts": [_contract(one, shelf.owners[one.label], lists) for one in shelf.contracts],
            "refused": [{"source": entry.source, "reason": entry.reason} for entry in shelf.refused],
        }
    )


def _contract(contract: Contract, owner: str, lists: Mapping[str, Approved] | None) -> dict[str, Any]:
    from payport.service.house_contracts import contract_view  # noqa: PLC0415

    view = contract_view(contract, owner, None if lists is None else lists.get(contract.digest))
    return {
        "id": view.id,
        "version": view.version,
        "grade": view.grade,
        "computed_grade": view.computed_grade,
        "weaknesses": list(view.weaknesses),
        "direction": view.direction,
        "source": view.source,
        "sha256": view.digest,
        "distribution": view.origin,
        "approved": None if lists is None else view.is_approved,
        "approved_by": view.approved_by,
    }


def _grades(contract: Contract) -> str:
    """Claimed, and computed where that is more."""
    claimed, computed = contract.grade, contract.computed_grade
    if claimed is None:
        return "-"
    return claimed if claimed == computed else f"{claimed} (could be {computed})"


def _approval(contract: Contract, lists: Mapping[str, Approved] | None) -> str:
    if lists is None:
        return "no list"
    line = lists.get(contract.digest)
    return "no" if line is None else f"by {line.who}, {line.when}"


def _approved_lists(config: Path | None, given: tuple[Path, ...]) -> Mapping[str, Approved] | None:
    """By digest; None where no list is known. Reads of the configuration no more than the lists' names."""
    from payport.gateways.library import load_approved  # noqa: PLC0415

    names = [*given]
    if config is not None:
        try:
            named = tomllib.loads(_text(config, "--config")).get("contracts", {}).get("approved", [])
            names += [config.parent / name for name in named]
        except (tomllib.TOMLDecodeError, AttributeError, TypeError):
            raise UsageError(
                field="--config",
                problem="its table [contracts] cannot be read",
                remedy="`payport check` says what is wrong with the file",
            ) from None
    if not names:
        return None
    return {
        digest: line
        for path in names
        for digest, line in load_approved(_text(path, "approved"), source=path.name).items()
    }


def _text(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UsageError(
            field=option,
            problem=f"{path.name} cannot be read: {reason}",
            remedy="Correct the path, or let this user read it",
        ) from None


def _meaning(contract: Contract) -> dict[str, Any]:
    """Every key with its value, defaults too, in one way of writing; and the grade that follows."""
    document = contract.document
    table_ = document.model_dump() | {"required": document.needed}
    if document.message is not None:
        table_["message"] |= {"values": document.message.forms}
    return {**_flat(table_, ""), "(computed grade)": contract.computed_grade}


def _flat(table_: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table_.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _compared(key: str, value: Any) -> Any:
    return frozenset(value) if key in _SETS and value is not None else value


def _written(key: str, value: Any) -> str:
    if isinstance(value, tuple):
        parts = sorted(value) if key in _SETS else value
        return ", ".join(f'"{part}"' for part in parts) or "(none)"
    if value is None:
        return "-"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
