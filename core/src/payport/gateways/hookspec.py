# mypy: disable-error-code="empty-body"
"""The plugin boundary: everything a gateway may be asked. Its types are in types.py.

A plugin takes only the arguments that it names: adding one breaks nobody, renaming one breaks all.
No hook ships before a real plugin uses it, a test calls it and docs/hooks.md describes it.
"""

from __future__ import annotations

from typing import Any

import pluggy

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

__all__ = [
    "REQUIRED",
    "describe",
    "hookimpl",
    "hookspec",
    "initiate",
    "parse_callback",
    "query",
    "query_refund",
    "refund",
    "verify_signature",
]

hookspec = pluggy.HookspecMarker("payport")
hookimpl = pluggy.HookimplMarker("payport")

REQUIRED = ("describe", "initiate")


@hookspec
def describe() -> GatewayInfo:
    """Say what this gateway is. Read at discovery: no I/O, the same value each time."""


@hookspec
def initiate(payment: Payment, context: Context[Any]) -> Flow[Checkout]:
    """Begin one attempt to pay; ends with where the buyer goes, or `NoCheckout` and its outcome.

    Args:
        payment: `amount` in minor units; `closes_at` is when the gateway must stop taking money.
        context: settings, URLs, `now`, a fresh `request_id`. No client, no clock: values only.
    Raises: nothing that means "declined"; whatever a flow raises is recorded as `unknown`.
    """


@hookspec
def verify_signature(callback: Callback, settings: GatewaySettings) -> ContractId:
    """Say which contract applies at this door (ipn or return). The core verifies; a plugin cannot.

    Chosen by `callback.channel`, and by the account's settings where a gateway has two generations of one
    message; never by what the message says. One that `describe()` lists, "id@2" where it lists two majors.
    """


@hookspec
def parse_callback(verified: Verified, settings: GatewaySettings) -> PaymentReport:
    """Say what the gateway claims. `verified` holds only what the signature covers.

    Args:
        settings: the account's, for a gateway whose codes mean one thing on one page and another on the next.

    Raises: Incomplete where a signed field has not the sheet's form; all else is a fault of the plugin.
    """


@hookspec
def query(payment: Payment, context: Context[Any]) -> Flow[PaymentReport]:
    """Ask the gateway what became of a payment. Changes nothing there.

    Returns: a flow that ends with a report; an answer that proves nothing is `unknown`.
    """


@hookspec
def refund(refund: Refund, context: Context[Any]) -> Flow[RefundReport]:
    """Ask the gateway to give back all or part of one payment. Called once for each refund, ever.

    Args:
        refund: `amount` in minor units, from 1 to what is left of the payment (all of it, where `describe()`
            does not say `partial_refund`); `refund_reference` and `idempotency_key` are ours.
    Returns: a flow that ends with a report. Not known is `unknown`: it is asked about, never sent again.
    Raises: nothing that means "declined"; whatever a flow raises is recorded as `unknown`.
    Source: the rules, "Refund and entitlement".
    """


@hookspec
def query_refund(refund: Refund, context: Context[Any]) -> Flow[RefundReport]:
    """Ask the gateway what became of a refund. Changes nothing there.

    Returns: a flow that ends with a report; an answer that proves nothing is `unknown`.
    """
