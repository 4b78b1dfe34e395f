"""The ways in which the simulated gateway may misbehave, in words for whoever watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from payport_simulators.vnpay import ApiFault, Delivery, Faults, Hash, Ipn
from payport_storefront.i18n import msg

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What the gateway does, and what comes of it in the shop."""

    meaning: str
    outcome: str
    faults: Faults


PRESETS: Final[Mapping[str, Preset]] = {
    "none": Preset(msg("Everything works"), msg("The message comes first, then the buyer."), Faults()),
    "no-ipn": Preset(
        msg("The gateway's message never comes"),
        msg("Only the buyer comes back. Payport then asks the gateway itself."),
        Faults(delivery=Delivery.RETURN_ONLY),
    ),
    "late-ipn": Preset(
        msg("The message comes 10 seconds late, and the gateway answers no questions"),
        msg("The result page waits, refreshes itself, and then says paid."),
        Faults(ipn=Ipn.LATE, late_by=timedelta(seconds=10), api=ApiFault.SERVER_ERROR),
    ),
    "silent": Preset(
        msg("No message, and no answer to questions"),
        msg("The payment stays unconfirmed; nothing is granted and nothing is lost."),
        Faults(delivery=Delivery.RETURN_ONLY, api=ApiFault.SERVER_ERROR),
    ),
    "twice": Preset(
        msg("The message comes four times at once"),
        msg("Granted once."),
        Faults(ipn=Ipn.PARALLEL),
    ),
    "closed": Preset(
        msg("The buyer closes the window after paying"),
        msg("The message alone completes the order."),
        Faults(delivery=Delivery.IPN_ONLY),
    ),
    "short": Preset(
        msg("The amount is one đồng short"),
        msg("The order goes to review; nothing is granted."),
        Faults(amount_off_by=-1),
    ),
    "forged": Preset(
        msg("The signature is wrong"),
        msg("The message is refused, and moves nothing."),
        Faults(callback_hash=Hash.WRONG),
    ),
}
