"""Which gateways there are: found by entry point, examined one by one, used or refused with a reason.

An entry point of the group `payport.gateways` names one gateway's module, and is called as the gateway's id.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Final

import pluggy

from payport.errors import Defect, PluginRefused
from payport.gateways.examined import examine_contracts, examine_hooks, examine_info, refused
from payport.gateways.facade import Gateway
from payport.gateways.guard import Guard, describe_error
from payport.gateways.installed import distribution_of, installed, offered_twice
from payport.gateways.library import ContractLibrary
from payport.gateways.network_watch import reached_for_the_network
from payport.gateways.places import blamed
from payport.gateways.types import ContractId, GatewayInfo
from payport.signing.contract import Contract

__all__ = ["ContractLibrary", "Refused", "Registry", "discover"]

_GROUP: Final = "payport.gateways"
_SLOW: Final = 1.0  # seconds, of an import
_SECONDS: Final = 15.0  # for the import of one plugin, and all that is asked of it here


@dataclass(frozen=True, slots=True)
class Refused:
    """A plugin that is installed and not used. `where`: file and line of the fault, from its topmost package;
    empty where that is not known."""

    name: str
    distribution: str
    version: str
    reason: str
    remedy: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """The gateways that may be used, by id, and those that may not."""

    gateways: Mapping[str, Gateway]
    refused: tuple[Refused, ...]

    def get(self, name: str) -> Gateway:
        """Raises PluginRefused, with the reason, if it is not installed or not used."""
        gateway = self.gateways.get(name)
        if gateway is not None:
            return gateway
        for entry in self.refused:
            if entry.name == name:
                raise refused(name, entry.reason, entry.remedy)
        raise refused(name, "not installed", "Install the distribution that offers it")


def discover(*, contracts: ContractLibrary, entry_points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load and examine every plugin. Whatever one of them does, the others are used.

    Two that claim one id are both refused, without being imported.
    """
    points = installed(_GROUP) if entry_points is None else tuple(entry_points)
    claims = offered_twice(points)
    gateways: dict[str, Gateway] = {}
    turned_away: list[Refused] = []
    for point in points:
        distribution, version = distribution_of(point)
        try:
            if point.name in claims:
                raise refused(point.name, f"offered by {claims[point.name]}; none is used", "Uninstall one")
            gateways[point.name] = _gateway(point, contracts, distribution, version)
        except PluginRefused as error:
            turned_away.append(
                Refused(point.name, distribution, version, error.problem, error.remedy, error.where)
            )
    return Registry(MappingProxyType(gateways), tuple(turned_away))


def _gateway(point: EntryPoint, library: ContractLibrary, distribution: str, version: str) -> Gateway:
    guard, printed = Guard(point.name), io.StringIO()
    try:
        with reached_for_the_network() as reached, redirect_stdout(printed), redirect_stderr(printed):
            found = guard.within(_SECONDS, partial(_examine, point, library))
    except PluginRefused:
        raise
    except Defect as error:
        raise refused(point.name, f"its import or describe() {error.problem}", "It must do no I/O") from None
    except Exception as error:
        problem = f"it cannot be examined: {describe_error(error)}"
        raise refused(point.name, problem, "Write a plain module of hooks") from None
    notes = []
    if found.import_seconds > _SLOW:
        notes.append(f"its import took {found.import_seconds:.1f} s")
    if printed.getvalue():
        notes.append("its import prints")
    if reached:
        notes.append(f"its import reaches for the network ({', '.join(dict.fromkeys(reached))})")
    return Gateway(
        info=found.info,
        contracts=found.contracts,
        capabilities=found.capabilities,
        distribution=distribution,
        version=version,
        notes=tuple(notes),
        guard=guard,
        line=Guard(f"{point.name}'s server"),
        hooks=found.hooks,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A plugin that passed."""

    info: GatewayInfo
    contracts: Mapping[ContractId, Contract]
    capabilities: frozenset[str]
    hooks: pluggy.HookRelay
    import_seconds: float


def _examine(point: EntryPoint, library: ContractLibrary) -> _Found:
    """Import the plugin, and ask it what it is. In another thread: every error here is the plugin's."""
    begun = time.monotonic()
    try:
        plugin = point.load()
    except BaseException as error:
        raise refused(
            point.name, f"its import raised {describe_error(error)}", f"Try `import {point.module}`"
        ) from None
    seconds = time.monotonic() - begun
    with blamed(plugin):
        hooks, capabilities = examine_hooks(plugin, point.name)
    with blamed(plugin.describe):
        try:
            described = hooks.describe()
        except BaseException as error:
            raise refused(
                point.name,
                f"describe() raised {describe_error(error)}",
                "It is read at discovery, and does no I/O",
            ) from None
        info = examine_info(described[0] if described else None, point.name, capabilities)
        contracts = MappingProxyType(dict(examine_contracts(info, library, capabilities)))
    return _Found(info, contracts, capabilities, hooks, seconds)
