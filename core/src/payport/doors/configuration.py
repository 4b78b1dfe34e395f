"""payport.toml, whole: who sells, which database, which catalogs, which gateway accounts and methods.

Refused at start-up, naming file, key and remedy; never a value.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from payport.doors.debugging import check_debugging
from payport.doors.journal_configuration import JournalTable, sealing_of
from payport.errors import ConfigurationError
from payport.gateways.accounts import GatewayAccount, Method
from payport.gateways.accounts_file import load_accounts, load_methods
from payport.gateways.library import Approved, ContractLibrary, load_approved
from payport.gateways.registry import Registry, discover
from payport.gateways.types import Environment
from payport.rules.catalog import Catalogs
from payport.rules.catalog_file import load_catalog
from payport.rules.four_eyes import FourEyes
from payport.rules.money import MOST_MINOR
from payport.service.floods import Limits
from payport.service.sealing import Sealing
from payport.service.subscribers import Webhook
from payport.service.subscribers_file import (
    SubscriberTable,
    WebhookTable,
    load_subscriptions,
    load_webhooks,
)
from payport.storage.event_records import Subscription

__all__ = ["Configuration", "load_catalogs", "load_configuration"]

_TOKEN: Final = "{order_token}"  # noqa: S105 - a placeholder
_Limit: TypeAlias = bool | Annotated[int, Field(ge=0, le=MOST_MINOR)]
_REMEDIES: Final = {
    "extra_forbidden": "Take it away, or correct its spelling",
    "missing": "Give it",
}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class _SellerTable(_Table):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    reference_prefix: Annotated[str, Field(pattern=r"^[A-HJ-NP-Z]{2}\z")]
    public_url: str
    result_url: str


class _Environment(_Table):
    env: Annotated[str, Field(min_length=1)]


class _DatabaseTable(_Table):
    url: SecretStr | _Environment


class _CatalogTable(_Table):
    files: Annotated[list[str], Field(min_length=1)]


class _ContractsTable(_Table):
    approved: list[str] = []


class _CallbacksTable(_Table):
    refused_an_hour: Annotated[int, Field(ge=1, le=100_000)] = Limits().an_hour
    of_a_payment: Annotated[int, Field(ge=1, le=10_000)] = Limits().of_a_payment
    refused_days: Annotated[int, Field(ge=1, le=3_650)] = Limits().days

    @property
    def limits(self) -> Limits:
        return Limits(self.refused_an_hour, self.of_a_payment, self.refused_days)


class _FourEyesTable(_Table):
    """For each act: an amount in minor units above which it needs a second person, true for always."""

    refund: _Limit = False
    settle_refund: _Limit = False
    resolve_order: _Limit = False
    resolve_payment: _Limit = False
    cancel: _Limit = False
    adjust: bool = False
    chargeback: _Limit = False
    close_chargeback: _Limit = False
    withdraw: _Limit = False
    dismiss: _Limit = False

    @property
    def policy(self) -> FourEyes:
        return FourEyes({act: getattr(self, act) for act in type(self).model_fields})


class _File(_Table):
    seller: _SellerTable
    database: _DatabaseTable
    catalog: _CatalogTable
    contracts: _ContractsTable = _ContractsTable()
    journal: JournalTable = JournalTable()
    callbacks: _CallbacksTable = _CallbacksTable()
    four_eyes: _FourEyesTable = _FourEyesTable()
    accounts: list[dict[str, Any]] = Field(default=[], repr=False)
    methods: list[dict[str, Any]] = []
    webhooks: list[WebhookTable] = []
    subscribers: list[SubscriberTable] = []


@dataclass(frozen=True, slots=True)
class Configuration:
    """What payport.toml says, read and checked. Opens no database and calls no gateway."""

    path: Path
    seller_name: str
    reference_prefix: str
    public_url: str
    result_url: str
    database_url: SecretStr
    catalogs: Catalogs
    library: ContractLibrary
    registry: Registry
    approved: Mapping[str, Approved]
    accounts: Mapping[str, GatewayAccount]
    methods: tuple[Method, ...]
    callbacks: Limits
    four_eyes: FourEyes
    webhooks: tuple[Webhook, ...]
    subscriptions: tuple[Subscription, ...]
    sealing: Sealing


def load_configuration(path: str | Path, *, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Read the file and all that it names; paths in it begin at its folder.

    Raises: ConfigurationError (CatalogError, ContractError, PluginRefused among them), for the first thing
    that is wrong.
    """
    file = Path(path)
    source, folder = file.name, file.parent
    document = _parse(_text(file, source), source)
    for key, url in (("public_url", document.seller.public_url), ("result_url", document.seller.result_url)):
        _check_url(url, f"{source}: seller.{key}")
    if document.seller.result_url.count(_TOKEN) != 1:
        raise _wrong(
            f"{source}: seller.result_url", "does not hold the order's token once", f"Write {_TOKEN} in it"
        )
    library = ContractLibrary.installed()
    registry = discover(contracts=library)
    approved: dict[str, Approved] = {}
    for place, name in enumerate(document.contracts.approved):
        approved |= load_approved(_text(folder / name, f"{source}: contracts.approved[{place}]"), source=name)
    accounts = load_accounts(
        document.accounts, registry=registry, approved=approved, source=source, folder=folder, environ=environ
    )
    check_debugging(accounts.values(), environ=environ)
    return Configuration(
        path=file.absolute(),
        seller_name=document.seller.name,
        reference_prefix=document.seller.reference_prefix,
        public_url=document.seller.public_url.rstrip("/"),
        result_url=document.seller.result_url,
        database_url=_database_url(document.database.url, source, folder, environ),
        catalogs=_catalogs(document.catalog, source, folder),
        library=library,
        registry=registry,
        approved=approved,
        accounts=accounts,
        methods=tuple(load_methods(document.methods, accounts=accounts, source=source).values()),
        webhooks=load_webhooks(
            document.webhooks,
            sandbox=all(account.environment is Environment.SANDBOX for account in accounts.values()),
            source=source,
            folder=folder,
            environ=environ,
        ),
        subscriptions=load_subscriptions(document.subscribers, source=source),
        callbacks=document.callbacks.limits,
        four_eyes=document.four_eyes.policy,
        sealing=sealing_of(document.journal, source=source, folder=folder, environ=environ),
    )


def load_catalogs(path: str | Path) -> Catalogs:
    """Read [catalog] of the file, and the catalogs that it lists; nothing else that it names.

    Raises: CatalogError; ConfigurationError where the file itself is wrong, or a catalog's is not there.
    """
    file = Path(path)
    return _catalogs(_parse(_text(file, file.name), file.name).catalog, file.name, file.parent)


def _catalogs(listed: _CatalogTable, source: str, folder: Path) -> Catalogs:
    return Catalogs(
        [
            load_catalog(_text(folder / name, f"{source}: catalog.files[{place}]"), source=name)
            for place, name in enumerate(listed.files)
        ]
    )


def _parse(text: str, source: str) -> _File:
    try:
        return _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(source, f"not TOML: {error}", "Correct the line that is named") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        remedy = _REMEDIES.get(first["type"], "See docs/configuration.md")
        raise _wrong(f"{source}: {place}", first["msg"], remedy) from None


def _text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _wrong(
            where, f"{file.name} cannot be read: {reason}", "Correct the name, or let this user read it"
        ) from None
    except UnicodeDecodeError:
        raise _wrong(where, f"{file.name} is not UTF-8 text", "Save it as UTF-8") from None


def _check_url(url: str, where: str) -> None:
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise _wrong(
            where, "not an http(s) address without query, fragment and user", "Write https://shop.example/pay"
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise _wrong(where, "plain http beyond this machine", "Write https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(
    given: SecretStr | _Environment, source: str, folder: Path, environ: Mapping[str, str]
) -> SecretStr:
    """An SQLite file's path begins at the configuration's folder, wherever the process was started."""
    if isinstance(given, _Environment):
        if not environ.get(given.env):
            raise _wrong(
                f"{source}: database.url",
                f"environment variable {given.env} is not set",
                "Set it where the process starts",
            )
        text = environ[given.env]
    else:
        text = given.get_secret_value()
    prefix: Literal["sqlite:///"] = "sqlite:///"
    if text.startswith(prefix) and not text.startswith(f"{prefix}/") and text != prefix:
        text = f"{prefix}{(folder / text.removeprefix(prefix)).resolve()}"
    return SecretStr(text)


def _wrong(where: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=where, problem=problem, remedy=remedy)
