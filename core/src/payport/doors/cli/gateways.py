"""`payport gateways`: every plugin that is installed, what it can do, and why one is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payport.doors.cli.printing import as_json, heading, money_json, record, table
from payport.doors.cli.usage import AsJson, Config, found_config

if TYPE_CHECKING:
    from payport.gateways.facade import Gateway
    from payport.gateways.registry import Refused, Registry

__all__ = ["gateways"]


def gateways(*, config: Config = None, json: AsJson = False) -> None:
    """List every gateway plugin: method, capabilities, contracts, limits; for a refused one, the reason.

    Needs no configuration. With one, it also says which accounts use each gateway.
    """
    from payport.errors import ConfigurationError  # noqa: PLC0415
    from payport.gateways.library import ContractLibrary  # noqa: PLC0415
    from payport.gateways.registry import discover  # noqa: PLC0415

    registry = discover(contracts=ContractLibrary.installed())
    accounts: dict[str, list[str]] | None = None
    problem: ConfigurationError | None = None
    path = found_config(config)
    if path is not None:
        from payport.doors.configuration import load_configuration  # noqa: PLC0415

        try:
            accounts = {}
            for account in load_configuration(path).accounts.values():
                accounts.setdefault(account.plugin, []).append(account.name)
        except ConfigurationError as error:
            accounts, problem = None, error
    (_as_json if json else _as_text)(registry, accounts)
    if problem is not None:  # after the list, which is right without it
        raise problem


def _as_text(registry: Registry, accounts: dict[str, list[str]] | None) -> None:
    if not registry.gateways:
        print("No gateway plugin is in use. Install a distribution that offers one.")
    for gateway in registry.gateways.values():
        info = gateway.info
        print(f"{info.id}  {info.names.en}")
        limits = ", ".join(f"{pair.least} to {pair.most}" for pair in info.limits)
        record(
            [
                ("distribution", f"{gateway.distribution} {gateway.version}"),
                ("method", info.method),
                ("choices", len(info.choices) or None),
                ("capabilities", ", ".join(sorted(gateway.abilities))),
                ("limits", limits),
                ("accounts", None if accounts is None else ", ".join(accounts.get(info.id, ())) or "none"),
                ("notes", "; ".join(gateway.notes) or None),
            ],
            indent=2,
        )
        contracts = [
            (contract.id, contract.version, contract.direction, contract.grade or "-")
            for contract in gateway.contracts.values()
        ]
        table(("contract", "version", "direction", "grade"), contracts, indent=2)
        print()
    if registry.refused:
        print("Refused, and not used:")
        for entry in registry.refused:
            heading(f"{entry.name}  {entry.distribution} {entry.version}")
            record(
                [("where", entry.where or None), ("reason", entry.reason), ("remedy", entry.remedy)], indent=2
            )


def _as_json(registry: Registry, accounts: dict[str, list[str]] | None) -> None:
    as_json(
        {
            "gateways": [_gateway(gateway, accounts) for gateway in registry.gateways.values()],
            "refused": [_refused(entry) for entry in registry.refused],
        }
    )


def _gateway(gateway: Gateway, accounts: dict[str, list[str]] | None) -> dict[str, Any]:
    info = gateway.info
    return {
        "id": info.id,
        "names": {"vi": info.names.vi, "en": info.names.en},
        "distribution": gateway.distribution,
        "version": gateway.version,
        "method": info.method,
        "choices": [choice.code for choice in info.choices],
        "capabilities": sorted(gateway.abilities),
        "contracts": [
            {
                "id": contract.id,
                "version": contract.version,
                "direction": contract.direction,
                "grade": contract.grade,
                "sha256": contract.digest,
            }
            for contract in gateway.contracts.values()
        ],
        "limits": [{"least": money_json(pair.least), "most": money_json(pair.most)} for pair in info.limits],
        "notes": list(gateway.notes),
        "accounts": None if accounts is None else accounts.get(info.id, []),
    }


def _refused(entry: Refused) -> dict[str, str]:
    return {
        "name": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "where": entry.where,
        "reason": entry.reason,
        "remedy": entry.remedy,
    }
