"""Everything that Payport raises. Declined, pending, unknown are not here: outcomes are values.

PayportError
├─ ConfigurationError  ours to fix, before any money; names the key: ContractError, CatalogError …
├─ RequestRefused      not open, not found, out of bounds; says what is: QuoteExpired, RefundTooLarge …
├─ CallbackRejected    not shown to be authentic; moves and tells nothing: SignatureMismatch …
└─ Defect              we contradict ourselves; stop, keep the evidence: TransitionRefused
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CallbackRejected",
    "CatalogError",
    "ConfigurationError",
    "ContractError",
    "Defect",
    "EffectChanged",
    "Incomplete",
    "Malformed",
    "NoInput",
    "NotFound",
    "PaymentInProgress",
    "PayportError",
    "PluginRefused",
    "PurchaseNotOpen",
    "QuoteExpired",
    "QuoteOutdated",
    "RefundTooLarge",
    "RequestRefused",
    "SecondPersonNeeded",
    "SignatureMismatch",
    "Stale",
    "TransitionRefused",
]


class PayportError(Exception):
    """Root. A host may branch on `code`, which never changes; the words may, at any release."""

    code: ClassVar[str] = "payport"

    def __init__(self, *, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}. {remedy}.")
        self.field, self.problem, self.remedy = field, problem, remedy


class ConfigurationError(PayportError):
    """Ours to fix, before any money moves. `field` names file and key, never the value."""

    code = "configuration"


class ContractError(ConfigurationError):
    """A signature contract cannot be loaded, or claims more than it can prove."""

    code = "contract"


class CatalogError(ConfigurationError):
    """A catalog cannot be loaded; the version in force stays in force."""

    code = "catalog"


class PluginRefused(ConfigurationError):
    """A gateway plugin is not used. It stays listed, with this reason.

    `where`: file and line of what is to be mended, from the plugin's topmost package; empty if not known.
    """

    code = "plugin-refused"
    where: str = ""


class RequestRefused(PayportError):
    """What was asked cannot be done; nothing changed. Says what can."""

    code = "request-refused"


class NotFound(RequestRefused):
    """No such thing for the one who asks. The same answer for another's thing as for none."""

    code = "not-found"


class PurchaseNotOpen(RequestRefused):
    """The entitlement does not allow this purchase now; `remedy` says what is open instead."""

    code = "purchase-not-open"


class QuoteExpired(RequestRefused):
    """The quote's lifetime is over; a new one may have another price."""

    code = "quote-expired"


class QuoteOutdated(RequestRefused):
    """The account's grants have changed since the quote was made."""

    code = "quote-outdated"


class PaymentInProgress(RequestRefused):
    """The same payment is being prepared by another request at this moment."""

    code = "payment-in-progress"


class SecondPersonNeeded(RequestRefused):
    """The seller's policy asks for a second person: propose it, and let another one approve."""

    code = "second-person-needed"


class EffectChanged(RequestRefused):
    """An act would not do any more what its reader saw: something changed since. Nothing was done."""

    code = "effect-changed"


class RefundTooLarge(RequestRefused):
    """More was asked back than is left; `remedy` says how much is."""

    code = "refund-too-large"


class CallbackRejected(PayportError):
    """Not shown to be authentic. `reason` is for the operator; the sender learns none.

    Reasons are words of a closed list, each class its own: see the subclasses.
    """

    code = "callback-rejected"

    def __init__(self, *, field: str, problem: str, remedy: str, reason: str) -> None:
        super().__init__(field=field, problem=problem, remedy=remedy)
        self.reason = reason


class NoInput(CallbackRejected):
    """Nothing that the contract reads arrived. Reason: no_input."""

    code = "no-input"


class Malformed(CallbackRejected):
    """Cannot be read in exactly one way. Reasons: malformed, bad_encoding, repeated, bad_name, nested,
    bad_number, null, absent, ambiguous."""

    code = "malformed"


class SignatureMismatch(CallbackRejected):
    """Reasons: missing_signature, empty_signature, signature_form, mismatch, no_key."""

    code = "signature-mismatch"


class Stale(CallbackRejected):
    """Authentic once, too old or from the future. Reasons: stale, bad_timestamp."""

    code = "stale"


class Incomplete(CallbackRejected):
    """The signature is right, and the message is not the one that this door expects.
    Reasons: missing_field, wrong_kind (a `fixed` field has another value), bad_field."""

    code = "incomplete"


class Defect(PayportError):
    """We contradict ourselves. Stop, keep the evidence, tell a person."""

    code = "defect"


class TransitionRefused(Defect):
    """A state may not follow another; see MOVES of the thing that should have moved."""

    code = "transition-refused"
