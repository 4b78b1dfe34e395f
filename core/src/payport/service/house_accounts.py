"""The gateway accounts and their keys as a page shows them: what each can do, and when it was last heard of.

No value of a key stands here, nor any of the settings but our own name at the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from payport.gateways.key_dates import Standing, ending_soon, standing
from payport.gateways.types import Limits
from payport.rules.words import Text
from payport.service.methods import capabilities
from payport.service.naming import gateway_words
from payport.service.seller import Seller
from payport.storage import tables as t

__all__ = ["AccountView", "KeyView", "account_views", "key_views"]

_C: Final = t.callbacks.c
_LAST_MONEY: Final = select(func.max(t.receipts.c.paid_at)).where(
    t.receipts.c.gateway_account == bindparam("account")
)
_NEXT_KEY: Final = select(func.min(_C.key_id)).where(
    _C.gateway_account == bindparam("account"), _C.key_id > bindparam("behind")
)
_LAST: Final = select(func.max(_C.received_at)).where(_C.gateway_account == bindparam("account"))
_LAST_BY_KEY: Final = _LAST.where(_C.key_id == bindparam("key"))
_LAST_WITHOUT: Final = _LAST.where(_C.key_id.is_(None))


@dataclass(frozen=True, slots=True)
class AccountView:
    """One gateway account of payport.toml.

    Args:
        plugin: the gateway's id. `origin`: "distribution version" of its plugin; None where it is missing,
            and then `missing` says why.
        methods: ids of the ways of paying that it serves. `merchant_account`: our name there.
        capabilities: what can be asked of it. `limits`: the least and the most that it carries.
        hosts: that may be called.
        last_money_at: when money last counted as paid through it. `last_callback_at`: authentic or not.
    """

    name: str
    plugin: str
    names: Text
    environment: str
    origin: str | None
    missing: str | None
    methods: tuple[str, ...]
    merchant_account: str | None
    capabilities: tuple[str, ...]
    limits: tuple[Limits, ...]
    ipn_url: str
    return_url: str
    hosts: tuple[str, ...]
    calls_per_minute: int | None
    last_money_at: datetime | None
    last_callback_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of a gateway account, without its value.

    Args:
        standing: what it does now. `ends_soon`: within 30 days, and no other of its role outlives it.
        last_used_at: when it last verified a callback; None: it never did. What it signs is not counted.
    """

    gateway_account: str
    role: str
    id: str
    not_before: datetime | None
    not_after: datetime | None
    standing: Standing
    ends_soon: bool
    last_used_at: datetime | None


def account_views(connection: Connection, seller: Seller) -> Iterator[AccountView]:
    """In the order of payport.toml."""
    for account in seller.accounts.values():
        door, gateway = f"{seller.public_url}/{account.name}", account.gateway
        used = _callbacks_by_key(connection, account.name)
        yield AccountView(
            name=account.name,
            plugin=account.plugin,
            names=gateway_words(seller, account.name),
            environment=str(account.environment),
            origin=None if gateway is None else f"{gateway.distribution} {gateway.version}",
            missing=account.missing if gateway is None else None,
            methods=tuple(method.id for method in seller.methods if account.name in method.accounts),
            merchant_account=None if account.settings is None else account.merchant_account,
            capabilities=tuple(sorted(capabilities(seller, account.name))),
            limits=account.limits,
            ipn_url=f"{door}/ipn",
            return_url=f"{door}/return",
            hosts=tuple(sorted(map(str, account.hosts))),
            calls_per_minute=account.calls_per_minute,
            last_money_at=connection.execute(_LAST_MONEY, {"account": account.name}).scalar(),
            last_callback_at=max((at for at in used.values() if at is not None), default=None),
        )


def key_views(connection: Connection, seller: Seller) -> Iterator[KeyView]:
    """Of all gateway accounts, by account, and role; the newest first."""
    now = seller.clock()
    for account in seller.accounts.values():
        used = _callbacks_by_key(connection, account.name)
        ending = {(key.role, key.id) for key in ending_soon(account, now)}
        for key in account.keyring.keys:
            yield KeyView(
                gateway_account=account.name,
                role=key.role,
                id=key.id,
                not_before=key.not_before,
                not_after=key.not_after,
                standing=standing(account, key, now),
                ends_soon=(key.role, key.id) in ending,
                last_used_at=used.get(key.id),
            )


def _callbacks_by_key(connection: Connection, account: str) -> Mapping[str | None, datetime | None]:
    """When each key last verified a callback; under None, when one last came that no key did.

    A look at an index for each key, however many callbacks there are.
    """
    named = {"account": account}
    found: dict[str | None, datetime | None] = {None: connection.execute(_LAST_WITHOUT, named).scalar()}
    behind = ""
    while (key := connection.execute(_NEXT_KEY, {**named, "behind": behind}).scalar()) is not None:
        found[key] = connection.execute(_LAST_BY_KEY, {**named, "key": key}).scalar()
        behind = key
    return found
