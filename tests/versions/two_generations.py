"""A gateway that changed how its IPN is signed: one release of its plugin speaks both, by the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from payport.plugin import (
    Callback,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    Payment,
    PaymentReport,
    Redirect,
    Verified,
    hookimpl,
)
from tests.versions import yesterdays_plugin as before

FIRST, SECOND = ContractId("yesterday-ipn@1"), ContractId("yesterday-ipn@2")


class Settings(before.Settings):
    generation: Literal[1, 2] = 2


@hookimpl
def describe() -> GatewayInfo:
    needs = (ContractNeed(before.IPN, 1), ContractNeed(before.IPN, 2))
    return replace(
        before.describe(), id="generations", method="generations", contracts=needs, settings=Settings
    )


@hookimpl
def initiate(payment: Payment, context: Context[Settings]) -> Flow[Checkout]:
    yield from ()
    return Redirect(f"{context.settings.endpoint}pay/{payment.merchant_reference}")


@hookimpl
def verify_signature(callback: Callback, settings: Settings) -> ContractId:
    return FIRST if settings.generation == 1 else SECOND


@hookimpl
def parse_callback(verified: Verified) -> PaymentReport:
    report: PaymentReport = before.parse_callback(verified)
    return report
