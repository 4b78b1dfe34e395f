"""A report of what is installed, and, where there is a configuration, of what it uses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from payport.gateways.facade import Gateway
from payport.gateways.library import ContractLibrary, text_of
from payport.gateways.registry import Registry, discover
from payport.service.house_contracts import ContractView, contract_views
from payport.service.seller import utc_now
from payport.signing.contract import Contract
from payport.signing.words import sentences
from payport_contracts.kit.audit.gateway_rows import gateway_part
from payport_contracts.kit.audit.lists import read_lists
from payport_contracts.kit.audit.mutation_rows import mutation_rows
from payport_contracts.kit.audit.values import ContractPart, KeyRow, Report
from payport_contracts.kit.audit.vector_rows import installed_vectors, vector_row

__all__ = ["report_of_installation", "report_of_seller"]

_OURS: Final = ("payport", "payport-contracts")


def report_of_installation(lists: Sequence[Path], *, made_at: datetime | None = None) -> Report:
    """Without any configuration: every installed contract and plugin. `lists`: approved lists.

    Raises: PayportError for a list that is none, or that cannot be read.
    """
    library = ContractLibrary.installed()
    registry = discover(contracts=library)
    return _report(
        made_at or utc_now(),
        None,
        library,
        registry,
        contract_views(library, read_lists(lists), ()),
        keys=(),
        lists=_lists(lists),
    )


def report_of_seller(config: Path | None, lists: Sequence[Path]) -> Report:
    """Of a configured seller: which accounts use which contract, its own approved lists, and its keys.

    Raises: ConfigurationError, also for a database that does not answer.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415 - it reads the whole core

    with opened(config) as shop:
        house, read = shop.house(), shop.configuration
        views = contract_views(read.library, {**read.approved, **read_lists(lists)}, read.accounts.values())
        environments = {each.name: each.environment for each in house.accounts}
        keys = tuple(
            KeyRow(
                account=key.gateway_account,
                role=key.role,
                id=key.id,
                environment=environments.get(key.gateway_account, ""),
                not_before=key.not_before,
                not_after=key.not_after,
                standing=str(key.standing),
                last_used_at=key.last_used_at,
            )
            for key in house.keys
        )
        named = (f"those that {read.path.name} names", *_lists(lists))
        return _report(house.at, read.seller_name, read.library, read.registry, views, keys=keys, lists=named)


def _report(
    made_at: datetime,
    seller: str | None,
    library: ContractLibrary,
    registry: Registry,
    views: Iterator[ContractView],
    *,
    keys: tuple[KeyRow, ...],
    lists: tuple[str, ...],
) -> Report:
    vectors = installed_vectors()
    by_label = {contract.label: contract for contract in library.all}
    parts = tuple(_contract(by_label[view.label], view, vectors, registry.gateways) for view in views)
    refused = [(each.source, each.reason) for each in library.refused]
    refused += [
        (f"{each.distribution} {each.version}, {each.name}", each.reason) for each in registry.refused
    ]
    return Report(
        made_at=made_at,
        seller=seller,
        versions={name: version(name) for name in _OURS},
        contracts=parts,
        gateways=tuple(gateway_part(registry.gateways[name], vectors) for name in sorted(registry.gateways)),
        keys=keys,
        refused=tuple(refused),
        lists=lists,
    )


def _lists(paths: Sequence[Path]) -> tuple[str, ...]:
    """Name and digest of each, so that it can be found again."""
    return tuple(f"{path.name}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths)


def _contract(
    contract: Contract,
    view: ContractView,
    vectors: Mapping[str, Sequence[Mapping[str, object]]],
    gateways: Mapping[str, Gateway],
) -> ContractPart:
    cases = vectors.get(f"{contract.id} {contract.major}", ())
    users = tuple(
        name
        for name in sorted(gateways)
        if any(each.digest == contract.digest for each in gateways[name].contracts.values())
    )
    return ContractPart(
        label=view.label,
        grade=view.grade,
        direction=view.direction,
        source=view.source,
        origin=view.origin,
        digest=view.digest,
        approved_by=view.approved_by,
        approved_at=view.approved_at,
        accounts=view.accounts,
        gateways=users,
        sentences=sentences(contract.document),
        vectors=tuple(vector_row(contract, case) for case in cases),
        mutations=mutation_rows(contract, cases),
        text=text_of(contract) or "",
    )
