"""What is tried: a gateway as it is installed, an account of it in the sandbox, and genuine messages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from payport.errors import PayportError, PluginRefused
from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.facade import Gateway
from payport.gateways.hosts import urls
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import Registry, discover
from payport.signing.received import Callback, Channel
from payport.testing import a_callback
from payport_contracts.kit.conformance.finding import Finding
from payport_contracts.kit.conformance.places import place_of

if TYPE_CHECKING:
    from payport_contracts.kit.conformance.simulated import Simulator, Tell

__all__ = ["Subject"]

_NAME = "conformance"
_ELSEWHERE: Final = "moved.example"


@dataclass
class Subject:
    """Args:
    gateway: its id, as the entry point has it.
    settings, keys: of a sandbox account; keys by role.
    genuine: messages at the IPN door, as the gateway would sign them with these keys, each a success: the
        query of a GET, or the body of a POST where the contract reads one, or a `Callback`. They are
        synthetic: they may stand in the repository.
    done: the result codes that mean success, and no other.
    declined: those that the sheet lists as a sure no, and no other; None: not said, and not held against it.
    answers: by hook, the body of the gateway's genuine success when it is asked about `a_payment()` of
        payport.testing, whose transaction is 9001, or about a refund of 50,000 of it, or of
        all where it gives back no part.
    simulator: makes a stand-in for the gateway's server, given by which way it tells a shop its IPNs.
    registry: where it is found, if not among what is installed.
    """

    gateway: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    genuine: Collection[bytes | Callback] = ()
    done: Collection[str] = ()
    declined: Collection[str] | None = None
    answers: Mapping[str, bytes] = field(default_factory=dict)
    simulator: Callable[[Tell], Simulator] | None = None
    registry: Registry | None = None

    @cached_property
    def account(self) -> GatewayAccount:
        """Raises: PluginRefused with the reason; ConfigurationError for settings or keys that do not fit."""
        found = self.registry or discover(contracts=ContractLibrary.installed())
        for refused in found.refused:
            if refused.name == self.gateway:
                error = PluginRefused(
                    field=self.gateway, problem=f"was refused: {refused.reason}", remedy=refused.remedy
                )
                error.where = refused.where
                raise error
        table = {
            "name": _NAME,
            "plugin": self.gateway,
            "environment": "sandbox",
            "settings": dict(self.settings),
            "keys": [{"role": role, "id": "1", "value": value} for role, value in self.keys.items()],
        }
        (account,) = load_accounts([table], registry=found, approved={}, source="subject").values()
        return account

    def elsewhere(self) -> Subject | None:
        """The same with each address among its settings on another host, as in production: a plugin that
        has one of its own asks the old one. None where none can be moved."""
        settings = self.account.settings
        moved = {} if settings is None else {name: str(url) for name, url in urls(settings)}
        moved = {
            name: url.replace(urlsplit(url).hostname or "", _ELSEWHERE, 1) for name, url in moved.items()
        }
        other = replace(self, settings={**self.settings, **moved})
        try:
            return other if moved and other.account else None
        except PayportError:  # an address of another form, or one that may not be moved
            return None

    @property
    def ready(self) -> Gateway:
        """Raises PluginRefused where it is not installed."""
        return self.account.ready

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """Bytes stand where the contract of the IPN door reads: in a GET's query, or in a POST's body."""
        return tuple(self._callback(each) if isinstance(each, bytes) else each for each in self.genuine)

    def may_be_a_no(self, code: str) -> bool:
        """Where `declined` does not say it: of all that is odd, 0 is a no of gateways whose yes is 1."""
        return code in (("0", "False") if self.declined is None else self.declined)

    def _callback(self, text: bytes) -> Callback:
        empty = a_callback(b"", account=_NAME, channel=Channel.IPN)
        try:
            fields = self.ready.contract_for(empty, self.account.settings).document.fields
        except PayportError:  # told by the check of the door
            fields = "query"
        if "query" in fields or fields == "none":
            return a_callback(text, account=_NAME, channel=Channel.IPN)
        return a_callback(body=text, account=_NAME, channel=Channel.IPN)

    def where(self, hook: str) -> str:
        """File and line of one of its hooks."""
        code = self._code(hook)
        return place_of(code.co_filename, code.co_firstlineno)

    @property
    def folder(self) -> Path:
        """In which its module lies."""
        return Path(self._code("describe").co_filename).parent

    def _code(self, hook: str) -> CodeType:
        (found, *_) = getattr(self.ready.hooks, hook).get_hookimpls()
        code: CodeType = inspect.unwrap(found.function).__code__
        return code

    def finding(self, check: str, hook: str, problem: str, remedy: str) -> Finding:
        """About one of its hooks."""
        return Finding(check, problem, self.where(hook), remedy)
