"""The ways in which the simulated gateways may misbehave, in words for whoever watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from payport_simulators import nganluong, onepay, vnpay
from payport_web.languages import msg

__all__ = ["PRESETS", "Preset"]


_VNPAY: Final = vnpay.Faults()
_ONEPAY: Final = onepay.Faults()
_NGANLUONG: Final = nganluong.Faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What each gateway does, and what comes of it in the shop."""

    meaning: str
    outcome: str
    vnpay: vnpay.Faults = _VNPAY
    onepay: onepay.Faults = _ONEPAY
    nganluong: nganluong.Faults = _NGANLUONG


_LATE: Final = timedelta(seconds=10)

PRESETS: Final[Mapping[str, Preset]] = {
    "none": Preset(meaning=msg("Everything works"), outcome=msg("The message comes first, then the buyer.")),
    "no-ipn": Preset(
        meaning=msg("The gateway's message never comes"),
        outcome=msg("Only the buyer comes back. At OnePay that proves it; else Payport asks the gateway."),
        vnpay=vnpay.Faults(delivery=vnpay.Delivery.RETURN_ONLY),
        onepay=onepay.Faults(delivery=onepay.Delivery.RETURN_ONLY),
        nganluong=nganluong.Faults(delivery=nganluong.Delivery.RETURN_ONLY),
    ),
    "late-ipn": Preset(
        meaning=msg("The message comes 10 seconds late, and the gateway answers no questions"),
        outcome=msg("The result page waits, refreshes itself, and then says paid."),
        vnpay=vnpay.Faults(ipn=vnpay.Ipn.LATE, late_by=_LATE, api=vnpay.ApiFault.SERVER_ERROR),
        onepay=onepay.Faults(pending_first=True, late_by=_LATE, query=onepay.QueryFault.SERVER_ERROR),
        nganluong=nganluong.Faults(query=nganluong.ApiFault.SLOW, slow_for=_LATE),
    ),
    "silent": Preset(
        meaning=msg("No message, and no answer to questions"),
        outcome=msg("The payment stays unconfirmed; nothing is granted and nothing is lost."),
        vnpay=vnpay.Faults(delivery=vnpay.Delivery.RETURN_ONLY, api=vnpay.ApiFault.SERVER_ERROR),
        onepay=onepay.Faults(
            delivery=onepay.Delivery.RETURN_ONLY,
            callback_hash=onepay.Hash.ABSENT,
            query=onepay.QueryFault.SERVER_ERROR,
        ),
        nganluong=nganluong.Faults(
            delivery=nganluong.Delivery.RETURN_ONLY, query=nganluong.ApiFault.SERVER_ERROR
        ),
    ),
    "twice": Preset(
        meaning=msg("The message comes four times at once"),
        outcome=msg("Granted once."),
        vnpay=vnpay.Faults(ipn=vnpay.Ipn.PARALLEL),
        onepay=onepay.Faults(ipn=onepay.Ipn.PARALLEL),
        nganluong=nganluong.Faults(ipn=nganluong.Ipn.PARALLEL),
    ),
    "closed": Preset(
        meaning=msg("The buyer closes the window after paying"),
        outcome=msg("The message alone completes the order."),
        vnpay=vnpay.Faults(delivery=vnpay.Delivery.IPN_ONLY),
        onepay=onepay.Faults(delivery=onepay.Delivery.IPN_ONLY),
        nganluong=nganluong.Faults(delivery=nganluong.Delivery.IPN_ONLY),
    ),
    "short": Preset(
        meaning=msg("The amount is one đồng short"),
        outcome=msg("The order goes to review; nothing is granted."),
        vnpay=vnpay.Faults(amount_off_by=-1),
        onepay=onepay.Faults(amount_off_by=-100),
        nganluong=nganluong.Faults(amount_off_by=-1),
    ),
    "forged": Preset(
        meaning=msg("The signature is wrong"),
        outcome=msg("The message is refused, and moves nothing. (NgânLượng signs none: Payport asks.)"),
        vnpay=vnpay.Faults(callback_hash=vnpay.Hash.WRONG),
        onepay=onepay.Faults(callback_hash=onepay.Hash.WRONG),
    ),
}
