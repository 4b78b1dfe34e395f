"""Has a gateway's flow ask about a made-up payment or refund, and gives it a test message as the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from payport.gateways.facade import Gateway
from payport.gateways.http import Response
from payport.gateways.types import ContractId, GatewaySettings, Outcome, Payment, Refund
from payport.rules.money import Money
from payport.signing.contract import Contract
from payport.signing.received import Verified
from payport.testing import NOW, a_context, a_payment

__all__ = ["HOOKS_THAT_ASK", "Asking"]

HOOKS_THAT_ASK: Final = ("query", "refund", "query_refund")
_MOST_REQUESTS: Final = 3


@dataclass(frozen=True)
class Asking:
    """One hook that asks, the contract of its answer, and one account's settings."""

    gateway: Gateway
    hook: str
    contract: Contract
    settings: GatewaySettings
    amounts: list[Money] = field(default_factory=list)  # that answers named, the last one first

    def claim(self, said: Verified) -> tuple[str, str]:
        """What the hook claims of an answer. What is asked about is what that names, so that it fits. An
        error is what the core would make of it: unknown."""
        value = self._ended(said, next(iter(self.amounts), None))
        amount = getattr(value, "amount", None)
        if amount is not None and amount not in self.amounts[:1]:
            self.amounts.insert(0, amount)
            value = self._ended(said, amount)
        return (str(Outcome.UNKNOWN), "") if value is None else (str(value.outcome), value.gateway_code)

    def _ended(self, said: Verified, amount: Money | None) -> Any:
        """What the flow ends with; None where it fails, or asks on and on."""
        context = a_context(self.settings, verify=partial(self._verified, said))
        try:
            flow = getattr(self.gateway, self.hook)(_about(self.hook, self.contract, said, amount), context)
            next(flow)
            for _ in range(_MOST_REQUESTS):
                flow.send(_answer(self.contract, said))
        except StopIteration as stop:
            return stop.value
        except Exception:
            return None
        return None

    def _verified(self, said: Verified, name: ContractId, _: Response) -> Verified:
        if self.gateway.contracts.get(name) is not self.contract:
            raise ValueError(name)  # it reads answers of another contract
        return said


def _about(hook: str, contract: Contract, said: Verified, amount: Money | None) -> Payment | Refund:
    """The payment, or a refund of all of it, that the answer names."""
    covers = contract.covers
    reference = said.get(covers.merchant_reference or "") or "PP23456789AB"
    payment = a_payment(amount, merchant_reference=reference, gateway_reference="9001")
    if hook == "query":
        return payment
    return Refund(
        amount=payment.amount,
        refund_reference=said.get(covers.refund_reference or "") or "PPREFUND2345",
        idempotency_key="K" * 20,
        gateway_reference=said.get(covers.gateway_reference or "") or None,
        requested_at=NOW,
        requested_by="audit",
        payment=payment,
    )


def _answer(contract: Contract, said: Verified) -> Response:
    """Its fields with a signature, as the contract reads them: `verified` stands in for looking at that."""
    signature = contract.document.signature
    assert signature is not None
    fields = {**said.fields, signature.at.partition(".")[2]: "0" * 64}
    body = urlencode(fields) if contract.document.fields == "form" else json.dumps(fields)
    return Response(200, content=body.encode())
