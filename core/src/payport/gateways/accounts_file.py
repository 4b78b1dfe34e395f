"""The `[[accounts]]` and `[[methods]]` tables of payport.toml: read, checked, or refused by key and remedy.

Nothing is repaired and nothing is guessed: an account that is not right stops the start, before any money.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from payport.errors import ConfigurationError, PluginRefused
from payport.gateways.accounts import GatewayAccount, Method
from payport.gateways.facade import Gateway
from payport.gateways.hosts import origins, unfit_url, urls
from payport.gateways.library import Approved
from payport.gateways.registry import Registry
from payport.gateways.secret_settings import secret_names, secret_values
from payport.gateways.sources import read_secret
from payport.gateways.types import Environment, GatewaySettings, Limits, Names
from payport.rules.money import MOST_MINOR, Money
from payport.rules.statement_file import StatementForm
from payport.signing.contract import Contract
from payport.signing.keys import Key, Keyring
from payport.signing.verify import check_keys

__all__ = ["load_accounts", "load_methods"]

_Text = Annotated[str, Field(min_length=1)]
_UrlName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\z", max_length=40)]
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\z", max_length=40)]
_Model = TypeVar("_Model", bound=BaseModel)
_REMEDIES: Final = {
    "extra_forbidden": "Take it away, or correct its spelling",
    "missing": "Give it",
}
_OUR_REMEDIES: Final = _REMEDIES | {
    "string_pattern_mismatch": "Use small letters and digits, with - between them in an account's name",
}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class _KeyTable(_Table):
    role: _Text
    id: Annotated[str, Field(min_length=1, max_length=64)]  # kept with every callback that it verified
    value: Any = Field(repr=False)
    not_before: datetime | None = None
    not_after: datetime | None = None


class _LimitsTable(_Table):
    least: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    most: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None


class _StatementTable(_Table):
    reference: _Text
    time: _Text
    time_format: _Text
    amount: _Text
    text: _Text
    account: _Text | None = None
    own_account: _Text | None = None
    zone: Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]\z")] = "+07:00"
    thousands: Literal["", ",", ".", " "] = ""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "utf-8-sig"] = "utf-8"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}\z")] = "VND"


class _PaceTable(_Table):
    calls_per_minute: Annotated[int, Field(ge=1, le=6000)]


class _AccountTable(_Table):
    name: _UrlName
    plugin: _Id
    environment: Annotated[Environment, Field(strict=False)]
    settings: dict[str, Any] = Field(default={}, repr=False)
    keys: list[_KeyTable] = []
    limits: dict[str, _LimitsTable] = {}
    statement: _StatementTable | None = None
    pace: _PaceTable | None = None


class _NamesTable(_Table):
    vi: _Text
    en: _Text


class _MethodTable(_Table):
    id: _Id
    names: _NamesTable | None = None
    accounts: list[str] = Field(min_length=1)


def load_accounts(
    tables: Sequence[Mapping[str, Any]],
    *,
    registry: Registry,
    approved: Mapping[str, Approved],
    source: str = "payport.toml",
    folder: Path = Path(),
    environ: Mapping[str, str] = os.environ,
    published: frozenset[str] = frozenset(),
    pardoned: frozenset[str] = frozenset(),
) -> Mapping[str, GatewayAccount]:
    """All accounts, by name.

    Args:
        approved: the auditor's list, by digest; a live account uses no other contract.
        folder: what the paths of `{ file = "…" }` begin at.
        published: SHA-256, hex, of sample keys and merchant codes that are refused in live, besides those
            that each plugin names. `pardoned` are let through, for a host that knows why.
    Raises: ConfigurationError, naming file, key and remedy, never a value.
    """
    accounts: dict[str, GatewayAccount] = {}
    for number, table in enumerate(tables):
        reader = _Reader(f"{source}: accounts[{number}]", registry, approved, folder, environ)
        account = reader.account(_read(_AccountTable, table, reader.where))
        if account.name in accounts:
            raise _wrong(
                f"{reader.where}.name", "is the name of an earlier account too", "Name each account once"
            )
        if account.environment is Environment.LIVE:
            _refuse_published(account, published, pardoned, reader.where)
        accounts[account.name] = account
    _refuse_shared_keys(accounts.values(), source)
    _refuse_one_purse_twice(accounts.values(), source)
    return MappingProxyType(accounts)


def load_methods(
    tables: Sequence[Mapping[str, Any]],
    *,
    accounts: Mapping[str, GatewayAccount],
    source: str = "payport.toml",
) -> Mapping[str, Method]:
    """All methods, by id, in the file's order. Raises ConfigurationError, naming file, key and remedy."""
    methods: dict[str, Method] = {}
    for number, table in enumerate(tables):
        where = f"{source}: methods[{number}]"
        given = _read(_MethodTable, table, where)
        if given.id in methods:
            raise _wrong(
                f"{where}.id", "is the id of an earlier method too", "List the accounts of both in one"
            )
        for place, name in enumerate(given.accounts):
            if name not in accounts:
                raise _wrong(
                    f"{where}.accounts[{place}]", f"there is no account {name!r}", "Name one of [[accounts]]"
                )
        if len(set(given.accounts)) != len(given.accounts):
            raise _wrong(f"{where}.accounts", "names an account twice", "Name each once")
        if len({accounts[name].environment for name in given.accounts}) > 1:
            raise _wrong(
                f"{where}.accounts", "mixes sandbox and live", "A buyer's money is real, or it is not"
            )
        names = None if given.names is None else Names(given.names.vi, given.names.en)
        methods[given.id] = Method(given.id, names, tuple(given.accounts))
    return MappingProxyType(methods)


class _Reader:
    """Makes one account of one table; `where` is how its errors begin."""

    def __init__(
        self,
        where: str,
        registry: Registry,
        approved: Mapping[str, Approved],
        folder: Path,
        environ: Mapping[str, str],
    ) -> None:
        self.where, self._registry, self._approved = where, registry, approved
        self._folder, self._environ = folder, environ

    def account(self, table: _AccountTable) -> GatewayAccount:
        try:
            gateway, missing = self._registry.get(table.plugin), ""
        except PluginRefused as error:
            gateway, missing = None, error.problem
        settings = None if gateway is None else self._settings(gateway, table)
        keyring = self._keyring(table)
        if gateway is not None:
            self._check_contracts(gateway, table)
            self._check_keys(gateway, keyring)
        return GatewayAccount(
            name=table.name,
            plugin=table.plugin,
            environment=table.environment,
            gateway=gateway,
            missing=missing,
            settings=settings,
            signing_settings=MappingProxyType({} if settings is None else _signing_settings(settings)),
            keyring=keyring,
            hosts=frozenset() if settings is None else origins(settings),
            limits=() if gateway is None else self._limits(gateway, table),
            statement=None if table.statement is None else self._statement(table.statement, gateway),
            calls_per_minute=None if table.pace is None else table.pace.calls_per_minute,
        )

    def _limits(self, gateway: Gateway, table: _AccountTable) -> tuple[Limits, ...]:
        """The plugin's limits, each narrowed as the host says."""
        of_plugin = {limit.least.currency: limit for limit in gateway.info.limits}
        for currency, given in table.limits.items():
            where = f"{self.where}.limits.{currency}"
            known = of_plugin.get(currency)
            if known is None:
                raise _wrong(
                    where, "the plugin carries no such currency", f"It carries {', '.join(of_plugin)}"
                )
            least = known.least if given.least is None else Money(given.least, currency)
            most = known.most if given.most is None else Money(given.most, currency)
            if not known.least <= least <= most <= known.most:
                raise _wrong(
                    where,
                    "is not within the plugin's own limits",
                    f"Write a least and a most from {known.least} to {known.most}",
                )
            of_plugin[currency] = Limits(least, most)
        return tuple(of_plugin.values())

    def _statement(self, table: _StatementTable, gateway: Gateway | None) -> StatementForm:
        where = f"{self.where}.statement"
        if gateway is not None and not gateway.info.by_hand:
            raise _wrong(
                where,
                "the plugin's gateway proves its money itself",
                "Give the table to an account whose money people confirm",
            )
        try:
            return StatementForm(**table.model_dump())
        except ConfigurationError as error:
            raise _wrong(f"{where}.{error.field}", error.problem, error.remedy) from None

    def _settings(self, gateway: Gateway, table: _AccountTable) -> GatewaySettings:
        where = f"{self.where}.settings"
        given = table.settings | self._secrets(gateway, table, where)
        settings = _read(gateway.info.settings, given, where, ours=False)
        for name, url in urls(settings):
            problem = unfit_url(url, table.environment)
            if problem is not None:
                raise _wrong(
                    f"{where}.{name}", problem, "Write an https URL; http is for loopback in the sandbox"
                )
        try:
            named, ruled_out = settings.merchant_account, settings.ruled_out
        except Exception:
            named, ruled_out = "", frozenset()
        if not isinstance(named, str) or not named.strip():
            raise _wrong(where, "names no merchant account", "Give the code that the gateway handed out")
        if not isinstance(ruled_out, frozenset):
            raise _wrong(where, "rules out what is no set of hooks", "Mend the plugin")
        return settings

    def _secrets(self, gateway: Gateway, table: _AccountTable, where: str) -> dict[str, SecretStr]:
        """The secrets among the settings, which are given as keys are."""
        return {
            name: read_secret(
                table.settings[name],
                where=f"{where}.{name}",
                environment=table.environment,
                environ=self._environ,
                folder=self._folder,
            )
            for name in secret_names(gateway.info.settings)
            if name in table.settings
        }

    def _keyring(self, table: _AccountTable) -> Keyring:
        try:
            return Keyring(self._key(number, key, table.environment) for number, key in enumerate(table.keys))
        except ConfigurationError as error:
            if error.field.startswith(self.where):
                raise
            raise _wrong(f"{self.where}: {error.field}", error.problem, error.remedy) from None

    def _key(self, number: int, table: _KeyTable, environment: Environment) -> Key:
        where = f"{self.where}.keys[{number}]"
        value = read_secret(
            table.value,
            where=f"{where}.value",
            environment=environment,
            environ=self._environ,
            folder=self._folder,
        )
        try:
            return Key(table.role, table.id, value, environment.value, table.not_before, table.not_after)
        except ConfigurationError as error:
            raise _wrong(where, error.problem, error.remedy) from None

    def _check_keys(self, gateway: Gateway, keyring: Keyring) -> None:
        """Of a contract that is listed in two majors, one that this account has the keys of is enough."""
        known = {contract.key_role for contract in gateway.contracts.values()} - {None}
        given = {key.role for key in keyring.keys}
        families: dict[str, list[ConfigurationError | None]] = {}
        for contract in gateway.contracts.values():
            families.setdefault(contract.id, []).append(self._fault(contract, keyring, given))
        for faults in families.values():
            if None not in faults:
                raise next(fault for fault in faults if fault is not None)
        for role in sorted(given - known):
            roles = ", ".join(sorted(str(role) for role in known)) or "none"
            raise _wrong(f"{self.where}.keys", f"no contract needs the role {role}", f"Roles are: {roles}")

    def _fault(self, contract: Contract, keyring: Keyring, given: Set[str]) -> ConfigurationError | None:
        if contract.key_role is not None and contract.key_role not in given:
            return _wrong(
                f"{self.where}.keys",
                f"no key has the role {contract.key_role}",
                "The gateway's contracts need it",
            )
        try:
            check_keys(contract, keyring)
        except ConfigurationError as error:
            return _wrong(f"{self.where}: {error.field}", error.problem, error.remedy)
        return None

    def _check_contracts(self, gateway: Gateway, table: _AccountTable) -> None:
        if table.environment is not Environment.LIVE:
            return
        for contract in gateway.contracts.values():
            if contract.digest not in self._approved:
                raise _wrong(
                    f"{self.where}.plugin",
                    f"contract {contract.id} {contract.version} ({contract.digest[:12]}…) is not approved",
                    "Let the auditor read it, and list its digest on the host's approved list",
                )


def _read(model: type[_Model], table: Mapping[str, Any], where: str, *, ours: bool = True) -> _Model:
    """The table as a model. The words of a plugin's own validators are not shown: they may hold the value."""
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        own_words = ours or first["type"] not in {"value_error", "assertion_error"}
        raise _wrong(
            where + "".join(_step(part) for part in first["loc"]),
            first["msg"] if own_words else "is not what the plugin takes",
            (_OUR_REMEDIES if ours else _REMEDIES).get(
                first["type"], "See the plugin's README, or `payport check`"
            ),
        ) from None
    except Exception:
        raise _wrong(where, "the plugin's settings cannot be read", "See the plugin's README") from None


def _step(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _signing_settings(settings: GatewaySettings) -> dict[str, str]:
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    named = {name: str(value) for name, value in values.items() if isinstance(value, str | int)}
    return {**named, "merchant_account": settings.merchant_account}


def _refuse_published(
    account: GatewayAccount, published: frozenset[str], pardoned: frozenset[str], where: str
) -> None:
    samples = published if account.gateway is None else published | account.gateway.info.published_samples
    for place, value in _told(account):
        if not samples.isdisjoint(_digests(value) - pardoned):
            raise _wrong(
                f"{where}.{place}",
                "is printed in a public sample, so everybody knows it",
                "Use what the gateway handed to you alone",
            )


def _told(account: GatewayAccount) -> Iterator[tuple[str, str]]:
    for key in account.keyring.keys:
        yield f"keys ({key.role} {key.id})", key.value.get_secret_value()
    for name, value in account.signing_settings.items():
        yield f"settings.{name}", value
    if account.settings is not None:
        for name, secret in secret_values(account.settings).items():
            yield f"settings.{name}", secret.get_secret_value()


def _digests(value: str) -> frozenset[str]:
    """Hex keys are printed in either case."""
    return frozenset(sha256(form.encode()).hexdigest() for form in (value, value.lower(), value.upper()))


def _refuse_shared_keys(accounts: Iterable[GatewayAccount], source: str) -> None:
    owners: dict[str, GatewayAccount] = {}
    for account in accounts:
        for key in account.keyring.keys:
            other = owners.setdefault(key.value.get_secret_value(), account)
            if other.environment is not account.environment:
                raise _wrong(
                    f"{source}: accounts {other.name} and {account.name}",
                    f"the key {key.role} {key.id} is in the sandbox and in live",
                    "Give each environment its own key",
                )


def _refuse_one_purse_twice(accounts: Iterable[GatewayAccount], source: str) -> None:
    """Money that a person or a statement saw in it would count once under each name."""
    owners: dict[tuple[str, str], GatewayAccount] = {}
    for account in accounts:
        if account.gateway is None or not account.gateway.info.by_hand:
            continue
        other = owners.setdefault((account.gateway.info.id, account.merchant_account), account)
        if other is not account:
            raise _wrong(
                f"{source}: accounts {other.name} and {account.name}",
                "both are the bank account " + account.merchant_account,
                "Keep one of them, and list it in every method that it serves",
            )


def _wrong(where: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=where, problem=problem, remedy=remedy)
