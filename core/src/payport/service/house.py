"""The house: what is installed and configured, what it rests on, and whether it works. Nothing secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection

from payport.errors import NotFound
from payport.gateways.library import Approved, ContractLibrary, RefusedContract, text_of
from payport.gateways.registry import Refused, Registry
from payport.service.house_accounts import AccountView, KeyView, account_views, key_views
from payport.service.house_catalogs import CatalogView, catalog_views
from payport.service.house_contracts import ContractView, contract_views
from payport.service.inspecting_journal import JournalState, inspect_journal
from payport.service.seller import Seller
from payport.service.told_events import Queue, queues

__all__ = ["House", "SecretView", "SubscriberView", "contract_text", "house"]

SubscriberKind: TypeAlias = Literal["webhook", "function", "unknown"]


@dataclass(frozen=True, slots=True)
class SecretView:
    """One secret of a web hook, without its value."""

    id: str
    not_before: datetime | None
    not_after: datetime | None
    is_valid: bool


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """Who is told of events.

    Args:
        kind: `unknown` is one that is not configured any more, and is still owed some.
        where: the host of a web hook. `events`: which kinds it is told.
        queue: what it is owed, and whether it is stopped.
    """

    name: str
    kind: SubscriberKind
    where: str | None
    events: tuple[str, ...]
    secrets: tuple[SecretView, ...]
    queue: Queue


@dataclass(frozen=True, slots=True)
class House:
    """How the installation is furnished, at one moment.

    Args:
        plugins_refused, contracts_refused: installed, and not used, with the reason.
        journal_key: the id of the key that signs heads; None: they are not signed. `journal_keys`: of all
            whose heads are believed.
    """

    at: datetime
    accounts: tuple[AccountView, ...]
    plugins_refused: tuple[Refused, ...]
    contracts: tuple[ContractView, ...]
    contracts_refused: tuple[RefusedContract, ...]
    keys: tuple[KeyView, ...]
    catalogs: tuple[CatalogView, ...]
    journal: JournalState
    journal_key: str | None
    journal_keys: tuple[str, ...]
    subscribers: tuple[SubscriberView, ...]


def house(
    connection: Connection,
    seller: Seller,
    *,
    registry: Registry,
    library: ContractLibrary,
    approved: Mapping[str, Approved],
) -> House:
    """Look at all of it.

    Args:
        registry, library: what was found installed. `approved`: the auditor's lists, by digest.
    """
    sealing = seller.sealing
    return House(
        at=seller.clock(),
        accounts=tuple(account_views(connection, seller)),
        plugins_refused=registry.refused,
        contracts=tuple(contract_views(library, approved, seller.accounts.values())),
        contracts_refused=library.refused,
        keys=tuple(key_views(connection, seller)),
        catalogs=tuple(catalog_views(connection, seller)),
        journal=inspect_journal(connection, seller),
        journal_key=None if sealing.key is None else sealing.key.id,
        journal_keys=tuple(sealing.known),
        subscribers=tuple(_subscribers(connection, seller)),
    )


def contract_text(library: ContractLibrary, label: str) -> str:
    """The file of an installed contract, as it is approved. `label`: "id version". Raises NotFound."""
    found = next((each for each in library.all if each.label == label), None)
    text = None if found is None else text_of(found)
    if text is None:
        raise NotFound(
            field="contract",
            problem="no such contract is installed",
            remedy="Take a label that `house` lists",
        )
    return text


def _subscribers(connection: Connection, seller: Seller) -> Iterator[SubscriberView]:
    """By name."""
    owed = {queue.subscriber: queue for queue in queues(connection)}
    listed = {each.name: each for each in seller.subscribers.subscriptions}
    now = seller.clock()
    for name in sorted(listed.keys() | owed.keys()):
        hook = seller.subscribers.webhooks.get(name)
        kind: SubscriberKind = "unknown" if name not in listed else "function" if hook is None else "webhook"
        yield SubscriberView(
            name=name,
            kind=kind,
            where=None if hook is None else hook.target.authority,
            events=listed[name].kinds if name in listed else (),
            secrets=()
            if hook is None
            else tuple(
                SecretView(each.id, each.not_before, each.not_after, each.is_valid(now))
                for each in hook.secrets
            ),
            queue=owed.get(name, Queue(name)),
        )
