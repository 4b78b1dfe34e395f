"""What verification and the plugin make of a callback's bytes, before any row is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payport.errors import (
    CallbackRejected,
    Defect,
    Incomplete,
    NoInput,
    PayportError,
    SignatureMismatch,
    Stale,
)
from payport.gateways.accounts import GatewayAccount
from payport.gateways.guard import describe_error
from payport.gateways.types import PaymentReport
from payport.service.judge import Decision
from payport.signing.received import Callback, Hint, Verified

__all__ = ["Verdict", "judge_bytes"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`proof` has a report, `hint` a locator; `rejected` and `unjudged` have the reason.

    `contract` is that of the door, also where the message was refused by it.
    """

    word: str  # proof, hint, rejected, unjudged
    decision: Decision  # what it comes to if there is nothing to compare
    contract: str | None = None
    key_id: str | None = None
    reason: str | None = None
    report: PaymentReport | None = None
    hint: Hint | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether no row has to be read for it: it was refused before it could name a payment."""
        return self.word == "rejected"

    @property
    def names(self) -> tuple[str, str | None]:
        """How the message names its payment: a column, and the value to find there."""
        if self.hint is not None:
            return self.hint.locator, self.hint.value
        return "merchant_reference", None if self.report is None else self.report.merchant_reference


def judge_bytes(account: GatewayAccount, callback: Callback) -> Verdict:
    """Verify, then let the plugin say what it claims. Pure; what it raises is kept as the verdict."""
    closed = _closed_door(account)
    if closed is not None:
        return closed
    contract = key_id = None
    try:
        contract = account.contract_at(callback.channel, callback.received_at).label
        proven = account.verify(callback)
        if isinstance(proven, Hint):
            return Verdict("hint", Decision.UNKNOWN_REFERENCE, contract=proven.contract, hint=proven)
        contract, key_id = proven.contract, proven.key_id
        report = _as_signed(account.parse(proven), proven)
    except CallbackRejected as error:
        return Verdict("rejected", _decision_of(error), reason=_why(error), contract=contract, key_id=key_id)
    except PayportError as error:
        return Verdict(
            "unjudged",
            Decision.TRY_AGAIN,
            reason=f"{error.code}: {error.field}",
            contract=contract,
            key_id=key_id,
        )
    except Exception as error:  # ours: keep the message, let the gateway call again
        reason = f"defect: {describe_error(error)}"
        return Verdict("unjudged", Decision.TRY_AGAIN, reason=reason, contract=contract, key_id=key_id)
    return Verdict("proof", Decision.UNKNOWN_REFERENCE, report=report, contract=contract, key_id=key_id)


def _closed_door(account: GatewayAccount) -> Verdict | None:
    """Where nobody can judge, the gateway calls again; where no gateway calls, whoever did is refused."""
    if account.gateway is None:
        return Verdict("unjudged", Decision.TRY_AGAIN, reason="its plugin is missing or refused")
    if "verify_signature" not in account.gateway.capabilities:
        return Verdict("rejected", Decision.NOT_AUTHENTIC, reason="no_callbacks: this gateway sends none")
    return None


def _as_signed(report: PaymentReport, proven: Verified) -> PaymentReport:
    """Whose payment it is stands in the signed text: a plugin can neither leave that out nor change it.

    Raises: Defect, if the plugin names another payment.
    """
    if proven.merchant_reference is not None and report.merchant_reference != proven.merchant_reference:
        raise Defect(
            field="merchant_reference",
            problem="the plugin reports another payment than the signed text names",
            remedy="Mend the plugin; the gateway calls again",
        )
    if proven.merchant_account is None:
        return report
    return replace(report, merchant_account=proven.merchant_account)


def _decision_of(error: CallbackRejected) -> Decision:
    """`no_input` and `incomplete` tell only what the sender knows already; all else is one answer."""
    match error:
        case NoInput():
            return Decision.NO_INPUT
        case Incomplete():
            return Decision.INCOMPLETE
        case _:
            return Decision.NOT_AUTHENTIC


def _why(error: CallbackRejected) -> str:
    """For the operator: the reason's word and the field's name, never a value. Which keys were tried, and
    whose clock is wrong, are said where the core itself chose the words."""
    words = f" {error.problem}" if isinstance(error, SignatureMismatch | Stale) else ""
    return f"{error.reason}: {error.field}{words}"[:400]
