"""A stand-in for OnePay's three pages, IPN, return, queryDR and refund. Sheet: protocols/onepay.md, 11."""

from __future__ import annotations

from payport_simulators.delivery import Delivery, Ipn, IpnCall
from payport_simulators.onepay.asgi import app
from payport_simulators.onepay.cards import BANKS, TEST_CARDS, Card, Method, UsedCard
from payport_simulators.onepay.faults import Faults, Hash, QueryFault, RefundFault
from payport_simulators.onepay.products import CODES, PAY_PATHS, QUERY_PATHS, REFUND_PATH, Product
from payport_simulators.onepay.records import (
    ApiAnswer,
    ApiCall,
    Merchant,
    Payment,
    PayRequest,
    Reason,
    Refund,
    RefundState,
    Refused,
    Result,
)
from payport_simulators.onepay.results import OTHER_MERCHANT
from payport_simulators.onepay.rules import check
from payport_simulators.onepay.signing import signed_query
from payport_simulators.onepay.simulator import Simulator

__all__ = [
    "BANKS",
    "CODES",
    "OTHER_MERCHANT",
    "PAY_PATHS",
    "QUERY_PATHS",
    "REFUND_PATH",
    "TEST_CARDS",
    "ApiAnswer",
    "ApiCall",
    "Card",
    "Delivery",
    "Faults",
    "Hash",
    "Ipn",
    "IpnCall",
    "Merchant",
    "Method",
    "PayRequest",
    "Payment",
    "Product",
    "QueryFault",
    "Reason",
    "Refund",
    "RefundFault",
    "RefundState",
    "Refused",
    "Result",
    "Simulator",
    "UsedCard",
    "app",
    "check",
    "signed_query",
]
