"""One configured use of a plugin: its environment, settings and keys, and what they sign and verify.

An account's name stands in the callback's URL and chooses keys and settings, so sandbox and live, or two
merchants, never cross. Accounts are read from `payport.toml` in accounts_file.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from payport.errors import ConfigurationError, PluginRefused
from payport.gateways.facade import Gateway
from payport.gateways.guard import Guard
from payport.gateways.hosts import Origin
from payport.gateways.http import Response
from payport.gateways.secret_settings import secret_values
from payport.gateways.types import (
    Callback,
    Channel,
    Context,
    ContractId,
    Environment,
    GatewaySettings,
    Limits,
    Names,
    PaymentReport,
    Verified,
)
from payport.rules.statement_file import StatementForm
from payport.signing.contract import Contract
from payport.signing.keys import Keyring
from payport.signing.received import Hint, Received
from payport.signing.verify import sign, stand_ins, verify

__all__ = ["GatewayAccount", "Method"]


@dataclass(frozen=True, slots=True, eq=False)
class GatewayAccount:
    """An account of the seller at a gateway.

    Where its plugin is gone or refused, `gateway` is None and `missing` says why. The account stays listed,
    so that its callbacks are kept and answered "call again".
    """

    name: str
    plugin: str  # the gateway's id
    environment: Environment
    gateway: Gateway | None
    missing: str
    settings: GatewaySettings | None = field(repr=False)
    signing_settings: Mapping[str, str] = field(repr=False)  # what a contract may name as `setting.x`
    keyring: Keyring = field(repr=False)
    hosts: frozenset[Origin]
    limits: tuple[Limits, ...] = ()  # the plugin's, or narrower ones of the host
    statement: StatementForm | None = None  # how the files of its bank statements are written
    calls_per_minute: int | None = None  # what all workers together may ask of it; None: no limit
    _doors: dict[Channel, Contract] = field(default_factory=dict, init=False, repr=False)
    _secrets: set[str] = field(default_factory=set, init=False, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a gateway account holds keys, and is never serialised")

    @property
    def merchant_account(self) -> str:
        """Our name at the gateway, which the core compares. Raises PluginRefused, if there is no plugin."""
        return self._settings.merchant_account

    @property
    def capabilities(self) -> frozenset[str]:
        """The hooks that can be used here: the plugin's, but for those that the settings rule out. None while
        the plugin is missing."""
        if self.gateway is None or self.settings is None:
            return frozenset()
        return self.gateway.capabilities - self.settings.ruled_out

    @property
    def guard(self) -> Guard:
        """Runs the plugin's own code."""
        return self.ready.guard

    @property
    def line(self) -> Guard:
        """Runs what waits for the gateway's server: a slow one shall not hold up the plugin's other work."""
        return self.ready.line

    @property
    def ready(self) -> Gateway:
        """The gateway. Raises PluginRefused with the reason, if the plugin is missing."""
        if self.gateway is None:
            raise PluginRefused(
                field=f"account {self.name}",
                problem=f"its plugin {self.plugin} is not in use: {self.missing}",
                remedy="Install or mend the plugin; `payport gateways` says more",
            )
        return self.gateway

    def verify(self, callback: Callback) -> Verified | Hint:
        """Judge one callback at this account's door, at the moment when it arrived.

        Raises: CallbackRejected; PluginRefused, if the plugin is missing; Defect, if it fails.
        """
        at = callback.received_at
        return self._verify(self.contract_at(callback.channel, at), callback, at)

    def contract_at(self, channel: Channel, at: datetime) -> Contract:
        """A door's contract, asked for once and of an empty callback: no message chooses its own lock.

        Raises: PluginRefused, if the plugin is missing; Defect, if it fails; RequestRefused, if the gateway
        takes no callbacks.
        """
        if channel not in self._doors:
            empty = Callback("", b"", (), b"", at, account=self.name, channel=channel)
            self._doors[channel] = self.ready.contract_for(empty, self.settings)
        return self._doors[channel]

    def sign(self, contract: ContractId, fields: Mapping[str, str | int], *, at: datetime) -> dict[str, str]:
        """The fields to send, signature included. Raises ConfigurationError, if the plugin does not list the
        contract, or no key is valid."""
        found = self._contract(contract, "request")
        return sign(found, fields, keyring=self.keyring, settings=self.signing_settings, at=at)

    def verify_answer(self, contract: ContractId, response: Response, *, at: datetime) -> Verified:
        """What the signature of an answer covers. Raises CallbackRejected."""
        received = Received("ANSWER", b"", tuple(response.headers.raw), response.content, at)
        verdict = self._verify(self._contract(contract, "answer"), received, at)
        if isinstance(verdict, Hint):
            raise self._unfit(contract, "proves nothing", "Let its contract claim no answer")
        return verdict

    def context(
        self, *, now: datetime, request_id: str, language: str, public_url: str, cancel_url: str | None = None
    ) -> Context[GatewaySettings]:
        """What a flow of this account may know.

        Args:
            public_url: where all doors are reached; this account's are `/{name}/ipn` and `/{name}/return`.
            cancel_url: where the buyer goes who gives up; the return door, if not given.
        """
        door = f"{public_url.rstrip('/')}/{self.name}"
        return Context(
            settings=self._settings,
            callback_url=f"{door}/ipn",
            return_url=f"{door}/return",
            cancel_url=cancel_url or f"{door}/return",
            now=now,
            request_id=request_id,
            language=language,
            sign=lambda contract, fields: self.sign(contract, fields, at=now),
            verify=lambda contract, response: self.verify_answer(contract, response, at=now),
        )

    def parse(self, proven: Verified) -> PaymentReport:
        """What a verified callback claims. Raises Incomplete, PluginRefused and Defect."""
        return self.ready.parse(proven, self._settings)

    def holds_secret(self, text: str) -> bool:
        """Whether a key or a secret setting of this account stands in the text, or what its requests carry in
        a key's place: the last net before something is kept."""
        return any(secret in text for secret in self.secrets())

    def secrets(self) -> Set[str]:
        """All that must stand in nothing that is kept, logged or shown."""
        if not self._secrets:
            self._secrets.update(key.value.get_secret_value() for key in self.keyring.keys)
            for contract in () if self.gateway is None else self.gateway.contracts.values():
                self._secrets.update(stand_ins(contract, self.keyring))
            if self.settings is not None:
                self._secrets.update(
                    each.get_secret_value() for each in secret_values(self.settings).values()
                )
        return self._secrets

    @property
    def _settings(self) -> GatewaySettings:
        if self.settings is None:
            raise self._unfit("settings", "are not read while the plugin is missing", "Install the plugin")
        return self.settings

    def _verify(self, contract: Contract, received: Received, at: datetime) -> Verified | Hint:
        return verify(contract, received, keyring=self.keyring, settings=self.signing_settings, at=at)

    def _contract(self, name: ContractId, direction: str) -> Contract:
        contract = self.ready.contracts.get(name)
        if contract is None or contract.direction != direction:
            raise self._unfit(name, f"is no {direction} contract that describe() lists", "List it there")
        return contract

    def _unfit(self, what: str, problem: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(field=f"account {self.name}: {what}", problem=problem, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Method:
    """A way of paying that a buyer may choose, and the accounts that serve it, in order."""

    id: str
    names: Names | None  # None: as the gateway calls itself
    accounts: tuple[str, ...]
