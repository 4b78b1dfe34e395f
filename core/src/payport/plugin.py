"""What the author of a gateway imports, all of it, and how a gateway is written.

A gateway is one module of hooks, each marked `@hookimpl`, named in the entry-point group `payport.gateways`
under the gateway's id:

    [project.entry-points."payport.gateways"]
    saomai = "payport_saomai.saomai"

`describe` and `initiate` are required; a capability is a hook that is there. A hook takes only the arguments
that it names. What you return is looked at, field by field, before it is believed.

You do no I/O. `initiate`, `query`, `refund` and `query_refund` are flows: generators that yield a request
(`post`, `get`), are sent the response, and return their value. A flow that needs no request says
`yield from ()`. It reads no clock and makes no randomness: `context.now` and `context.request_id` are given.
Requests go only to the hosts of URLs among your settings. Say `repeatable=True` only where the gateway's
sheet says that asking twice is as asking once.

You handle no key. A signature is described by a contract, a TOML file that an auditor reads. `describe` lists
the contracts by id and major version, `context.sign` signs by one, `context.verify` checks an answer by one,
and `verify_signature` names the one for a callback's door. `parse_callback` then sees only what was signed.

You decide nothing. Report what the gateway says as one of the outcomes; a code that you do not know is
`Outcome.UNKNOWN`, and so is whatever you raise. Only two errors mean something: `Malformed` (an answer that
makes no sense; `read`, `read_form` and `read_xml` raise it) and `Incomplete` (a signed field without the
sheet's form; `Verified` raises it).

Test it without a network: see payport.testing.
"""

from __future__ import annotations

from pydantic import Field, HttpUrl, SecretStr

from payport.errors import CallbackRejected, Incomplete, Malformed, RequestRefused
from payport.gateways.answers import read_form, read_xml
from payport.gateways.hookspec import hookimpl
from payport.gateways.http import WireModel, get, post, read, unique_names
from payport.gateways.types import (
    Answers,
    Buyer,
    Callback,
    Channel,
    Checkout,
    Choice,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    GatewaySettings,
    Instructions,
    Limits,
    Names,
    NoCheckout,
    Outcome,
    Payment,
    PaymentReport,
    PostForm,
    Redirect,
    Refund,
    RefundReport,
    Reply,
    Request,
    Response,
    Row,
    ShowQR,
    Verified,
)
from payport.rules.money import Money, vnd

__all__ = [
    "Answers",
    "Buyer",
    "Callback",
    "CallbackRejected",
    "Channel",
    "Checkout",
    "Choice",
    "Context",
    "ContractId",
    "ContractNeed",
    "Field",
    "Flow",
    "GatewayInfo",
    "GatewaySettings",
    "HttpUrl",
    "Incomplete",
    "Instructions",
    "Limits",
    "Malformed",
    "Money",
    "Names",
    "NoCheckout",
    "Outcome",
    "Payment",
    "PaymentReport",
    "PostForm",
    "Redirect",
    "Refund",
    "RefundReport",
    "Reply",
    "Request",
    "RequestRefused",
    "Response",
    "Row",
    "SecretStr",
    "ShowQR",
    "Verified",
    "WireModel",
    "get",
    "hookimpl",
    "post",
    "read",
    "read_form",
    "read_xml",
    "unique_names",
    "vnd",
]
