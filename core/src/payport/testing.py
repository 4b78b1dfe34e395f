"""For tests of gateways and hosts: payments, contexts and callbacks to begin with, and a gateway of no bank.

A flow is tested without a network: make it, `end` it with the answers that it shall see, look at the outcome.

    flow = saomai.initiate(a_payment(vnd(150_000)), a_context(Settings(…)))
    assert json.loads(next(flow).content)["amount"] == 150_000
    assert end(flow, an_answer({"code": "24"})) is Outcome.DECLINED

`sample_plugin` is a whole gateway that speaks JSON over HTTP; each of its hooks can be replaced by a faulty
one. `discover(contracts=sample_library(), entry_points=offered(plugin))` finds it as if it were installed.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json as json_text
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import Distribution, EntryPoint
from types import ModuleType
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus

from pydantic import HttpUrl

from payport.gateways.accounts import GatewayAccount
from payport.gateways.accounts_file import load_accounts
from payport.gateways.hookspec import hookimpl
from payport.gateways.http import Request, Response, WireModel, post, read
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import Registry, discover
from payport.gateways.types import (
    Answers,
    Buyer,
    Callback,
    Channel,
    Checkout,
    Context,
    ContractId,
    ContractNeed,
    Flow,
    GatewayInfo,
    GatewaySettings,
    Limits,
    Names,
    NoCheckout,
    Outcome,
    Payment,
    PaymentReport,
    Redirect,
    Reply,
    Verified,
)
from payport.rules.money import Money, vnd
from payport.signing.contract import load_contract

__all__ = [
    "NOW",
    "SAMPLE_SECRET",
    "SampleSettings",
    "a_callback",
    "a_context",
    "a_payment",
    "an_account",
    "an_answer",
    "end",
    "offered",
    "sample_info",
    "sample_library",
    "sample_plugin",
    "sample_query",
    "value_of",
]

NOW: Final = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SAMPLE_SECRET: Final = "a-key-of-no-bank"  # noqa: S105
_Value = TypeVar("_Value")
_Hook = Callable[..., Any]


def a_payment(amount: Money | None = None, **changes: Any) -> Payment:
    """A payment of 150,000 ₫ that was handed over at NOW; `changes` by the name of their field."""
    payment = Payment(
        merchant_reference="PP23456789AB",
        amount=vnd(150_000) if amount is None else amount,
        choice=None,
        buyer=Buyer(name="Nguyễn Thị Mai", email="mai@example.vn", phone="0900000000"),
        buyer_ip="192.0.2.7",
        handed_over_at=NOW,
        closes_at=NOW + timedelta(minutes=15),
        checkout_reference=None,
        gateway_reference=None,
        order_text="PP23456789AB",
    )
    return replace(payment, **changes)


def a_context(settings: Any = None, *, account: GatewayAccount | None = None, **changes: Any) -> Context[Any]:
    """A context at NOW.

    With an account it signs and verifies with that account's keys. Without one `sign` adds the name of the
    contract as `signed_by`, and `verify` takes each field of a JSON answer as signed.
    """
    if account is not None:
        context: Context[Any] = account.context(
            now=NOW, request_id="R" * 20, language="vi", public_url="https://shop.example/pay"
        )
        return replace(context, **changes)
    context = Context(
        settings=SampleSettings() if settings is None else settings,
        callback_url="https://shop.example/pay/sample-main/ipn",
        return_url="https://shop.example/pay/sample-main/return",
        cancel_url="https://shop.example/pay/sample-main/return",
        now=NOW,
        request_id="R" * 20,
        language="vi",
        sign=_pretend_to_sign,
        verify=_pretend_to_verify,
    )
    return replace(context, **changes)


def end(flow: Flow[Any], *responses: Response) -> Outcome:
    """The outcome that the core would record, once the flow has seen these answers. An error is unknown.

    The flow may be fresh, or wait for its first answer. Raises AssertionError, if it asks for more.
    """
    try:
        value = value_of(flow, *responses)
    except AssertionError:
        raise
    except Exception:
        return Outcome.UNKNOWN
    return value.outcome if isinstance(value, PaymentReport | NoCheckout) else Outcome.DONE


def value_of(flow: Generator[Request, Response, _Value], *responses: Response) -> _Value:
    """What the flow returns, once it has seen these answers. Raises what it raises."""
    try:
        if inspect.getgeneratorstate(flow) == inspect.GEN_CREATED:
            next(flow)
        for response in responses:
            flow.send(response)
    except StopIteration as stop:
        value: _Value = stop.value
        return value
    raise AssertionError(f"the flow asks for more than {len(responses)} answers")


def an_answer(json: Mapping[str, Any] | None = None, *, content: bytes = b"", status: int = 200) -> Response:
    """An answer of a gateway: a JSON object, or these bytes."""
    return Response(status, content=content if json is None else json_text.dumps(json).encode())


def a_callback(
    query: bytes = b"",
    *,
    body: bytes = b"",
    account: str = "sample-main",
    channel: Channel = Channel.IPN,
    headers: Iterable[tuple[bytes, bytes]] = (),
    received_at: datetime = NOW,
) -> Callback:
    """A message at an account's door: a GET, or a POST if there is a body."""
    return Callback(
        method="POST" if body else "GET",
        query=query,
        headers=tuple(headers),
        body=body,
        received_at=received_at,
        account=account,
        channel=channel,
    )


class SampleSettings(GatewaySettings):
    merchant_code: str = "SAMPLE01"
    endpoint: HttpUrl = HttpUrl("https://pay.sample.example/v2")

    @property
    def merchant_account(self) -> str:
        return self.merchant_code


def sample_info(name: str = "sample") -> GatewayInfo:
    """What the sample says of itself."""
    said = Reply(200, b'{"code":"00"}', "application/json")
    return GatewayInfo(
        id=name,
        names=Names(vi="Ví mẫu", en="Sample wallet"),
        explanation=Names(vi="Không phải ngân hàng nào", en="No bank at all"),
        method="wallet",
        limits=(Limits(vnd(1_000), vnd(100_000_000)),),
        contracts=(ContractNeed(_IPN, 1), ContractNeed(_REQUEST, 1)),
        settings=SampleSettings,
        answers=Answers(*([said] * 10)),
        window=timedelta(minutes=15),
        ask_after=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20)),
        ask_gap=timedelta(seconds=30),
    )


def sample_plugin(name: str = "sample", *, without: Iterable[str] = (), **hooks: _Hook) -> ModuleType:
    """A gateway's module. `hooks` take the place of its own, or are added; `without` leaves some out.

    A hook that is not marked yet is marked here.
    """

    def describe() -> GatewayInfo:
        return sample_info(name)

    own: dict[str, _Hook] = {
        "describe": describe,
        "initiate": _initiate,
        "verify_signature": _verify_signature,
        "parse_callback": _parse_callback,
        "query": _query,
    }
    module = ModuleType(name)
    for hook, function in (own | hooks).items():
        if hook not in set(without):
            marked = hasattr(function, "payport_impl")
            setattr(module, hook, function if marked else hookimpl(function))
    return module


def offered(
    *plugins: ModuleType, name: str | None = None, distribution: str = "payport-sample", version: str = "1.0"
) -> tuple[EntryPoint, ...]:
    """Entry points, as if one distribution that offers these plugins were installed."""
    owner = _Distribution(distribution, version)
    return tuple(_Offer(name or plugin.__name__, plugin, owner) for plugin in plugins)


def sample_library() -> ContractLibrary:
    """The contracts that the sample speaks."""
    texts = {"ipn.toml": _IPN_CONTRACT, "request.toml": _REQUEST_CONTRACT}
    return ContractLibrary((file, load_contract(text, source=file)) for file, text in texts.items())


def an_account(
    plugin: ModuleType | None = None,
    *,
    registry: Registry | None = None,
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> GatewayAccount:
    """The sandbox account `sample-main` of a plugin (if none is given, the sample), as from payport.toml.

    `registry`: where its plugin is found, if not among the sample's contracts. `changes`: keys of its table.
    """
    module = sample_plugin() if plugin is None else plugin
    found = (
        discover(contracts=sample_library(), entry_points=offered(module)) if registry is None else registry
    )
    table = {
        "name": "sample-main",
        "plugin": module.__name__,
        "environment": "sandbox",
        "settings": dict(settings or {}),
        "keys": [{"role": "sample_secret", "id": "2026-11", "value": SAMPLE_SECRET}],
    }
    (account,) = load_accounts([table | changes], registry=found, approved={}).values()
    return account


def sample_query(*, secret: str = SAMPLE_SECRET, **changes: str) -> bytes:
    """The query of a genuine IPN of the sample: a success of `a_payment()`. It signs for itself."""
    fields = {
        "merchant": "SAMPLE01",
        "order_ref": "PP23456789AB",
        "amount": "150000",
        "status": "00",
        "txn": "9001",
        "paid_at": "20261125100000",
    } | changes
    text = "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(fields.items()))
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{text}&sig={signature}".encode()


_IPN: Final = ContractId("sample-ipn")
_REQUEST: Final = ContractId("sample-request")
_IPN_CONTRACT: Final = """
id = "sample-ipn"
version = "1.0.0"
source = "payport.testing"
grade = "proof"
fields = "query"
currency = "VND"
covers = { merchant_account = "merchant", merchant_reference = "order_ref", amount = "amount", outcome = "status", gateway_reference = "txn" }
message = { select = { prefix = [""], leave_out = ["sig"] }, names = true, join = "&", values = "php form" }
signature = { at = "field.sig", algorithm = "HMAC-SHA256", key = "sample_secret", written = "hex lower" }
"""  # noqa: E501
_REQUEST_CONTRACT: Final = """
id = "sample-request"
version = "1.0.0"
source = "payport.testing"
direction = "request"
fields = "json"
message = { parts = ["field.merchant", "field.order_ref", "field.amount"], join = "|" }
signature = { at = "field.sig", algorithm = "HMAC-SHA256", key = "sample_secret", written = "hex lower" }
"""
_OUTCOMES: Final = {"00": Outcome.DONE, "01": Outcome.PENDING, "24": Outcome.DECLINED}


class _Answer(WireModel):
    code: str
    txn: str = ""
    pay_url: str = ""


def _initiate(payment: Payment, context: Context[SampleSettings]) -> Flow[Checkout]:
    answer = read(_Answer, (yield _asking(payment, context, "/orders")))
    if answer.code != "00" or not answer.pay_url:
        outcome = _OUTCOMES.get(answer.code, Outcome.UNKNOWN)
        return NoCheckout(Outcome.UNKNOWN if outcome is Outcome.DONE else outcome, gateway_code=answer.code)
    return Redirect(answer.pay_url, checkout_reference=answer.txn)


def _verify_signature() -> ContractId:
    return _IPN


def _parse_callback(verified: Verified) -> PaymentReport:
    return PaymentReport(
        outcome=_OUTCOMES.get(verified["status"], Outcome.UNKNOWN),
        gateway_code=verified["status"],
        merchant_account=verified["merchant"],
        merchant_reference=verified["order_ref"],
        amount=vnd(verified.integer("amount")),
        gateway_reference=verified["txn"],
        paid_at=verified.local_time("paid_at", "%Y%m%d%H%M%S", utc_offset_hours=7),
    )


def _query(payment: Payment, context: Context[SampleSettings]) -> Flow[PaymentReport]:
    answer = read(_Answer, (yield _asking(payment, context, "/orders/state")))
    return PaymentReport(
        outcome=_OUTCOMES.get(answer.code, Outcome.UNKNOWN),
        gateway_code=answer.code,
        merchant_account=context.settings.merchant_account,
        merchant_reference=payment.merchant_reference,
        amount=payment.amount,
        gateway_reference=answer.txn or None,
    )


def _asking(payment: Payment, context: Context[SampleSettings], path: str) -> Request:
    fields: dict[str, str | int] = {
        "merchant": context.settings.merchant_code,
        "order_ref": payment.merchant_reference,
        "amount": payment.amount.minor,
    }
    return post(context.settings.endpoint, path, json=context.sign(_REQUEST, fields), repeatable=True)


def _pretend_to_sign(contract: ContractId, fields: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()} | {"signed_by": contract}


def _pretend_to_verify(contract: ContractId, response: Response) -> Verified:
    fields = json_text.loads(response.content)
    return Verified(contract, "no key", {name: str(value) for name, value in fields.items()})


class _Distribution(Distribution):
    """Installed nowhere; it has a name and a version."""

    def __init__(self, name: str, version: str) -> None:
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        raise FileNotFoundError(path)


class _Offer(EntryPoint):
    """Loads the module that it was given."""

    def __init__(self, name: str, plugin: ModuleType, owner: Distribution) -> None:
        super().__init__(name, plugin.__name__, "payport.gateways")
        vars(self).update(plugin=plugin, dist=owner)

    def load(self) -> Any:
        return vars(self)["plugin"]
