"""One gateway, typed: the only way in which the core speaks to a plugin.

Each plugin stands in a pluggy manager of its own, so that no other plugin can answer for it. What it raises
or gives wrongly becomes a Defect that names gateway and hook, and holds neither its words nor any value.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import isgenerator
from typing import Any, Final, TypeVar

import pluggy

from payport.errors import Defect, Incomplete, RequestRefused
from payport.gateways.believed import believe_checkout, believe_refund, believe_report
from payport.gateways.guard import Guard, describe_error
from payport.gateways.types import (
    Callback,
    Checkout,
    Context,
    ContractId,
    Flow,
    GatewayInfo,
    GatewaySettings,
    Payment,
    PaymentReport,
    Refund,
    RefundReport,
    Verified,
)
from payport.signing.contract import Contract

__all__ = ["Gateway"]

_SECONDS: Final = 2.0  # a hook computes; it waits for nothing
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """A plugin that passed every check at discovery.

    `capabilities` are the names of the hooks that are there; `notes` what an operator should know of it.
    """

    info: GatewayInfo = field(repr=False)
    contracts: Mapping[ContractId, Contract] = field(repr=False)
    capabilities: frozenset[str]
    distribution: str
    version: str
    notes: tuple[str, ...]
    guard: Guard = field(repr=False)
    line: Guard = field(repr=False)
    hooks: pluggy.HookRelay = field(repr=False)

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def abilities(self) -> frozenset[str]:
        """Its capabilities, and what it says of itself beside them: `partial_refund`, `by_hand`."""
        said = {"partial_refund": self.info.partial_refund, "by_hand": self.info.by_hand}
        return self.capabilities | {name for name, is_so in said.items() if is_so}

    def initiate(self, payment: Payment, context: Context[Any]) -> Flow[Checkout]:
        """Begin one attempt to pay. The flow ends with a checkout that was looked at."""
        return self._flow("initiate", believe_checkout, payment=payment, context=context)

    def query(self, payment: Payment, context: Context[Any]) -> Flow[PaymentReport]:
        """Ask what became of a payment. Raises RequestRefused where the gateway cannot be asked."""
        return self._flow("query", believe_report, payment=payment, context=context)

    def refund(self, refund: Refund, context: Context[Any]) -> Flow[RefundReport]:
        """Give money back. Raises RequestRefused where the gateway has no refunds."""
        return self._flow("refund", believe_refund, refund=refund, context=context)

    def query_refund(self, refund: Refund, context: Context[Any]) -> Flow[RefundReport]:
        """Ask what became of a refund. Raises RequestRefused where the gateway cannot be asked."""
        return self._flow("query_refund", believe_refund, refund=refund, context=context)

    def contract_for(self, callback: Callback, settings: GatewaySettings | None = None) -> Contract:
        """The contract for this door by these settings, one of those that `describe()` lists.

        Raises: RequestRefused, if the gateway takes no callbacks; Defect, if the plugin fails.
        """
        name = self._call("verify_signature", callback=callback, settings=settings)
        contract = self.contracts.get(ContractId(name)) if type(name) is str else None
        if contract is None:
            raise self._defect("verify_signature", "named no contract that describe() lists")
        if contract.direction != "callback":
            raise self._defect("verify_signature", f"named {contract.id}, which is for no callback")
        return contract

    def parse(self, verified: Verified, settings: GatewaySettings | None = None) -> PaymentReport:
        """What the gateway claims, by these settings. Pure and short: it is cut after some seconds.

        Raises: Incomplete, if a signed field has not the sheet's form; Defect, if the plugin fails.
        """
        claim = self._call("parse_callback", verified=verified, settings=settings)
        return self._believe("parse_callback", believe_report, claim)

    def _flow(self, hook: str, believe: Callable[[object], _Value], **arguments: object) -> Flow[_Value]:
        flow = self._call(hook, **arguments)
        if not isgenerator(flow):
            raise self._defect(hook, "gave no generator")
        return self._ending(hook, believe, flow)

    def _ending(
        self, hook: str, believe: Callable[[object], _Value], flow: Generator[Any, Any, object]
    ) -> Flow[_Value]:
        value = yield from flow
        return self._believe(hook, believe, value)

    def _believe(self, hook: str, believe: Callable[[object], _Value], value: object) -> _Value:
        try:
            return believe(value)
        except ValueError as problem:
            raise self._defect(hook, str(problem)) from None

    def _call(self, hook: str, **arguments: object) -> object:
        if hook not in self.capabilities:
            raise RequestRefused(
                field=f"{self.id}.{hook}",
                problem="this gateway has no such hook",
                remedy="Ask its capabilities before you offer it",
            )
        try:
            results = self.guard.within(_SECONDS, partial(getattr(self.hooks, hook), **arguments))
        except Incomplete:
            raise
        except Defect as error:
            raise self._defect(hook, error.problem) from None
        except Exception as error:
            raise self._defect(hook, f"raised {describe_error(error)}") from None
        return results[0] if results else None  # pluggy leaves out a None

    def _defect(self, hook: str, problem: str) -> Defect:
        return Defect(
            field=f"{self.id}.{hook}",
            problem=problem,
            remedy=f"Mend the plugin ({self.distribution} {self.version}), or take it out of use",
        )
