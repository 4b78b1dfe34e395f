"""A stand-in for VNPAY's "PAY" 2.1.0: page, IPN, return, querydr, refund. Sheet: protocols/vnpay.md, 13."""

from __future__ import annotations

from payport_simulators.delivery import Delivery, Ipn, IpnCall
from payport_simulators.vnpay.api import ApiAnswer
from payport_simulators.vnpay.asgi import app
from payport_simulators.vnpay.banks import BANKS, TEST_CARDS, Card
from payport_simulators.vnpay.callbacks import OTHER_TERMINAL
from payport_simulators.vnpay.faults import ApiFault, Faults, Hash, RefundFault
from payport_simulators.vnpay.records import (
    ApiCall,
    PageError,
    PayRequest,
    Refund,
    Result,
    Terminal,
    Transaction,
)
from payport_simulators.vnpay.rules import check
from payport_simulators.vnpay.signing import Encoder, signed_query
from payport_simulators.vnpay.simulator import Simulator

__all__ = [
    "BANKS",
    "OTHER_TERMINAL",
    "TEST_CARDS",
    "ApiAnswer",
    "ApiCall",
    "ApiFault",
    "Card",
    "Delivery",
    "Encoder",
    "Faults",
    "Hash",
    "Ipn",
    "IpnCall",
    "PageError",
    "PayRequest",
    "Refund",
    "RefundFault",
    "Result",
    "Simulator",
    "Terminal",
    "Transaction",
    "app",
    "check",
    "signed_query",
]
