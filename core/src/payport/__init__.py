"""Payport for host applications: sell packages, terms and capacity; take the money through gateway plugins.

`import payport` loads nothing; each name is loaded when it is first asked for. Gateway authors import
`payport.plugin`, tests of gateways `payport.testing`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from payport.doors.async_host import AsyncPayport
    from payport.doors.cli.hosting import run_command
    from payport.doors.cli.problems import configuration_problems
    from payport.doors.host import Payport
    from payport.doors.journal_key import new_journal_key
    from payport.errors import (
        CallbackRejected,
        CatalogError,
        ConfigurationError,
        ContractError,
        Defect,
        EffectChanged,
        NotFound,
        PaymentInProgress,
        PayportError,
        PluginRefused,
        PurchaseNotOpen,
        QuoteExpired,
        QuoteOutdated,
        RefundTooLarge,
        RequestRefused,
        SecondPersonNeeded,
    )
    from payport.gateways.observers import (
        GatewayCalled,
        Observer,
        PaymentHandedOver,
        PaymentSettled,
        RefundSettled,
    )
    from payport.gateways.types import (
        Checkout,
        Instructions,
        Names,
        NoCheckout,
        Outcome,
        PostForm,
        Redirect,
        Reply,
        Row,
        ShowQR,
    )
    from payport.rules.acts import (
        Act,
        Adjust,
        Cancel,
        CloseChargeback,
        Confirm,
        Dismiss,
        GiveBack,
        OpenChargeback,
        ResolveOrder,
        ResolvePayment,
        SettleRefund,
        Withdraw,
    )
    from payport.rules.catalog_difference import PriceChange
    from payport.rules.chargeback import Chargeback
    from payport.rules.confirmation import Confirmation
    from payport.rules.entitlement import Entitlement, Holding
    from payport.rules.errand import Errand, ErrandKind
    from payport.rules.four_eyes import Proposal
    from payport.rules.money import Money, vnd
    from payport.rules.needs import NeedKind
    from payport.rules.offer import Offer, PackageOffer
    from payport.rules.payment import Payment
    from payport.rules.purchase import AddCapacity, New, Purchase, Renew, Switch, read_purchase
    from payport.rules.quote import Quote
    from payport.rules.refund import Refund
    from payport.rules.step import Step
    from payport.rules.what_if import Repriced, WhatIf
    from payport.service.auditing import JournalCheck
    from payport.service.comparing_catalogs import CatalogChanges, CatalogFault
    from payport.service.events import Event
    from payport.service.found import Found
    from payport.service.house import House, SecretView, SubscriberView
    from payport.service.house_accounts import AccountView, KeyView
    from payport.service.house_catalogs import CatalogView
    from payport.service.house_contracts import ContractView
    from payport.service.income import Income
    from payport.service.inspecting_journal import JournalState
    from payport.service.listing_callbacks import CallbackRow, CallbackView, CallRow
    from payport.service.listing_journal import JournalRow, StatementLineRow
    from payport.service.listing_orders import OrderRow
    from payport.service.methods import MethodOffer
    from payport.service.moments import Links, Moment
    from payport.service.naming import gateway_words, method_words
    from payport.service.needs import Need
    from payport.service.paging import Page, aall_of, all_of
    from payport.service.placing import BuyerDetails
    from payport.service.pointers import Pointer
    from payport.service.receiving import Receipt
    from payport.service.refundable import Refundable, RefundableLine
    from payport.service.rehearsing import Change, Effect
    from payport.service.sealing import Sealed
    from payport.service.seller import Refusal
    from payport.service.statements import JudgedLine, Missing, Statement
    from payport.service.telling import Told
    from payport.service.today import Today
    from payport.service.told_events import Delivery, ToldEvent
    from payport.service.viewing import OrderView
    from payport.service.work_list import WorkItem, WorkState
    from payport.service.working import WorkReport
    from payport.signing.received import Callback, Channel
    from payport.storage.dismissal_records import Dismissed
    from payport.storage.stop_records import StoppedSubscriber

__all__ = [
    "AccountView",
    "Act",
    "AddCapacity",
    "Adjust",
    "AsyncPayport",
    "BuyerDetails",
    "CallRow",
    "Callback",
    "CallbackRejected",
    "CallbackRow",
    "CallbackView",
    "Cancel",
    "CatalogChanges",
    "CatalogError",
    "CatalogFault",
    "CatalogView",
    "Change",
    "Channel",
    "Chargeback",
    "Checkout",
    "CloseChargeback",
    "ConfigurationError",
    "Confirm",
    "Confirmation",
    "ContractError",
    "ContractView",
    "Defect",
    "Delivery",
    "Dismiss",
    "Dismissed",
    "Effect",
    "EffectChanged",
    "Entitlement",
    "Errand",
    "ErrandKind",
    "Event",
    "Found",
    "GatewayCalled",
    "GiveBack",
    "Holding",
    "House",
    "Income",
    "Instructions",
    "JournalCheck",
    "JournalRow",
    "JournalState",
    "JudgedLine",
    "KeyView",
    "Links",
    "MethodOffer",
    "Missing",
    "Moment",
    "Money",
    "Names",
    "Need",
    "NeedKind",
    "New",
    "NoCheckout",
    "NotFound",
    "Observer",
    "Offer",
    "OpenChargeback",
    "OrderRow",
    "OrderView",
    "Outcome",
    "PackageOffer",
    "Page",
    "Payment",
    "PaymentHandedOver",
    "PaymentInProgress",
    "PaymentSettled",
    "Payport",
    "PayportError",
    "PluginRefused",
    "Pointer",
    "PostForm",
    "PriceChange",
    "Proposal",
    "Purchase",
    "PurchaseNotOpen",
    "Quote",
    "QuoteExpired",
    "QuoteOutdated",
    "Receipt",
    "Redirect",
    "Refund",
    "RefundSettled",
    "RefundTooLarge",
    "Refundable",
    "RefundableLine",
    "Refusal",
    "Renew",
    "Reply",
    "Repriced",
    "RequestRefused",
    "ResolveOrder",
    "ResolvePayment",
    "Row",
    "Sealed",
    "SecondPersonNeeded",
    "SecretView",
    "SettleRefund",
    "ShowQR",
    "Statement",
    "StatementLineRow",
    "Step",
    "StoppedSubscriber",
    "SubscriberView",
    "Switch",
    "Today",
    "Told",
    "ToldEvent",
    "WhatIf",
    "Withdraw",
    "WorkItem",
    "WorkReport",
    "WorkState",
    "aall_of",
    "all_of",
    "configuration_problems",
    "gateway_words",
    "method_words",
    "new_journal_key",
    "read_purchase",
    "run_command",
    "vnd",
]

_HOMES: Final = {
    "payport.doors.async_host": ("AsyncPayport",),
    "payport.doors.cli.hosting": ("run_command",),
    "payport.doors.cli.problems": ("configuration_problems",),
    "payport.doors.host": ("Payport",),
    "payport.doors.journal_key": ("new_journal_key",),
    "payport.gateways.observers": (
        "GatewayCalled",
        "Observer",
        "PaymentHandedOver",
        "PaymentSettled",
        "RefundSettled",
    ),
    "payport.gateways.types": (
        "Checkout",
        "Instructions",
        "Names",
        "NoCheckout",
        "Outcome",
        "PostForm",
        "Redirect",
        "Reply",
        "Row",
        "ShowQR",
    ),
    "payport.rules.acts": (
        "Act",
        "Adjust",
        "Cancel",
        "CloseChargeback",
        "Confirm",
        "Dismiss",
        "GiveBack",
        "OpenChargeback",
        "ResolveOrder",
        "ResolvePayment",
        "SettleRefund",
        "Withdraw",
    ),
    "payport.rules.catalog_difference": ("PriceChange",),
    "payport.rules.chargeback": ("Chargeback",),
    "payport.rules.confirmation": ("Confirmation",),
    "payport.rules.entitlement": ("Entitlement", "Holding"),
    "payport.rules.errand": ("Errand", "ErrandKind"),
    "payport.rules.four_eyes": ("Proposal",),
    "payport.rules.money": ("Money", "vnd"),
    "payport.rules.needs": ("NeedKind",),
    "payport.rules.offer": ("Offer", "PackageOffer"),
    "payport.rules.payment": ("Payment",),
    "payport.rules.purchase": ("AddCapacity", "New", "Purchase", "Renew", "Switch", "read_purchase"),
    "payport.rules.quote": ("Quote",),
    "payport.rules.refund": ("Refund",),
    "payport.rules.step": ("Step",),
    "payport.rules.what_if": ("Repriced", "WhatIf"),
    "payport.service.auditing": ("JournalCheck",),
    "payport.service.comparing_catalogs": ("CatalogChanges", "CatalogFault"),
    "payport.service.events": ("Event",),
    "payport.service.found": ("Found",),
    "payport.service.listing_callbacks": ("CallRow", "CallbackRow", "CallbackView"),
    "payport.service.listing_journal": ("JournalRow", "StatementLineRow"),
    "payport.service.listing_orders": ("OrderRow",),
    "payport.service.house": ("House", "SecretView", "SubscriberView"),
    "payport.service.house_accounts": ("AccountView", "KeyView"),
    "payport.service.house_catalogs": ("CatalogView",),
    "payport.service.house_contracts": ("ContractView",),
    "payport.service.income": ("Income",),
    "payport.service.inspecting_journal": ("JournalState",),
    "payport.service.methods": ("MethodOffer",),
    "payport.service.moments": ("Links", "Moment"),
    "payport.service.naming": ("gateway_words", "method_words"),
    "payport.service.needs": ("Need",),
    "payport.service.pointers": ("Pointer",),
    "payport.service.today": ("Today",),
    "payport.service.paging": ("Page", "aall_of", "all_of"),
    "payport.service.placing": ("BuyerDetails",),
    "payport.service.receiving": ("Receipt",),
    "payport.service.refundable": ("Refundable", "RefundableLine"),
    "payport.service.rehearsing": ("Change", "Effect"),
    "payport.service.sealing": ("Sealed",),
    "payport.service.seller": ("Refusal",),
    "payport.service.telling": ("Told",),
    "payport.service.told_events": ("Delivery", "ToldEvent"),
    "payport.service.statements": ("JudgedLine", "Missing", "Statement"),
    "payport.service.viewing": ("OrderView",),
    "payport.service.work_list": ("WorkItem", "WorkState"),
    "payport.service.working": ("WorkReport",),
    "payport.signing.received": ("Callback", "Channel"),
    "payport.storage.dismissal_records": ("Dismissed",),
    "payport.storage.stop_records": ("StoppedSubscriber",),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF.get(name, "payport.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
