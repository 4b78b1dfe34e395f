"""A stand-in for NgânLượng: version 3.1, 3.2 and classic checkout. Sheet: protocols/nganluong.md, 8."""

from __future__ import annotations

from payport_simulators.delivery import Ipn, IpnCall
from payport_simulators.nganluong.answers import ApiAnswer
from payport_simulators.nganluong.asgi import app
from payport_simulators.nganluong.faults import ApiFault, Delivery, Faults, Hash, Method
from payport_simulators.nganluong.records import ApiCall, Merchant, Order, Product, Refused, State
from payport_simulators.nganluong.simulator import Simulator

__all__ = [
    "ApiAnswer",
    "ApiCall",
    "ApiFault",
    "Delivery",
    "Faults",
    "Hash",
    "Ipn",
    "IpnCall",
    "Merchant",
    "Method",
    "Order",
    "Product",
    "Refused",
    "Simulator",
    "State",
    "app",
]
