"""`payport order` and `payport ask`: how one order stands, and what its gateway says of a payment."""

from __future__ import annotations

from dataclasses import asdict
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from payport.doors.cli.named import Who, Why, keep
from payport.doors.cli.priced import print_lines
from payport.doors.cli.printing import as_json, heading, instant, money_json, record, table
from payport.doors.cli.refunds import print_refunds, refund_json
from payport.doors.cli.usage import AsJson, Config

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.payment import Payment
    from payport.service.viewing import Move, OrderView

__all__ = ["ask", "order"]


def order(
    number: str,
    /,
    *,
    config: Config = None,
    buyer: Annotated[bool, Parameter(help="Show the buyer's personal data too.")] = False,
    json: AsJson = False,
) -> None:
    """Show an order: its lines, payments and refunds with states and references, and how each came about."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    with opened(config) as shop:
        found, history = shop.order(number), shop.history(number)
        if json:
            as_json(_json(found, history, with_buyer=buyer))
        else:
            _as_text(found, history, _zone(shop), with_buyer=buyer)


def ask(merchant_reference: str, /, *, by: Who = None, reason: Why = None, config: Config = None) -> int:
    """Ask a gateway now what became of a payment, and settle by its answer.

    Exit status 1: nothing was asked, because the gateway was asked just now, or cannot be.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.payment import FINISHED  # noqa: PLC0415
    from payport.service.books import payment_named  # noqa: PLC0415
    from payport.service.calls import last_call  # noqa: PLC0415

    with opened(config) as shop:
        database = shop.seller.database
        with database.reading() as connection:
            before = payment_named(connection, merchant_reference)
        keep(shop, "ask", before.merchant_reference, by, reason)
        asked = shop.ask(before.merchant_reference)
        with database.reading() as connection:
            after = payment_named(connection, merchant_reference)
            call = last_call(connection, merchant_reference)
    if asked:
        code = f", code {call.gateway_code}" if call is not None and call.gateway_code else ""
        print(f"asked: {'-' if call is None else call.outcome}{code}")
    elif before.state in FINISHED:
        print("not asked: the payment is finished")
    else:
        print("not asked: asked just now, being asked about, or its gateway cannot be asked")
    moved = (
        f"{before.state} → {after.state}" if after.state is not before.state else f"{after.state}, as before"
    )
    print(f"payment {after.merchant_reference} of order {after.order_number}: {moved}")
    return 0 if asked or before.state in FINISHED else 1


def _as_text(found: OrderView, history: tuple[Move, ...], zone: tzinfo, *, with_buyer: bool) -> None:
    record(
        [
            ("order", found.number),
            ("account", found.account),
            ("state", found.state),
            ("in review because", found.review_reason),
            ("placed", instant(found.placed_at, zone)),
            ("paid", instant(found.paid_at, zone)),
            ("expires", instant(found.expires_at, zone) if found.paid_at is None else None),
            ("total", found.total),
            ("received", found.received),
            ("catalog", found.quote.catalog_version),
        ]
    )
    if with_buyer:
        heading("buyer")
        record(
            [(name.replace("_", " "), value or None) for name, value in asdict(found.buyer).items()], indent=2
        )
    heading("lines")
    print_lines(found.quote, "vi")
    for payment in found.payments:
        heading(f"payment {payment.merchant_reference}")
        _payment_as_text(payment, zone, with_buyer=with_buyer)
    print_refunds(found.refunds, zone)
    heading("history")
    table(
        ("when", "what", "from", "to", "because"),
        [
            (
                instant(step.at, zone),
                f"{step.subject} {step.reference}",
                step.from_state or "-",
                step.to_state,
                step.because,
            )
            for step in history
        ],
        indent=2,
    )


def _payment_as_text(payment: Payment, zone: tzinfo, *, with_buyer: bool) -> None:
    record(
        [
            ("state", payment.state),
            ("flags", ", ".join(sorted(payment.flags)) or None),
            ("through", f"{payment.gateway_account} ({payment.gateway}, {payment.environment})"),
            ("method", payment.method if payment.choice is None else f"{payment.method}, {payment.choice}"),
            ("amount", payment.amount),
            ("received", payment.received),
            ("paid with", payment.paid_with or None),
            ("gateway reference", payment.gateway_reference),
            ("checkout reference", payment.checkout_reference),
            ("handed over", instant(payment.handed_over_at, zone)),
            ("closes", instant(payment.closes_at, zone)),
            ("paid", None if payment.paid_at is None else instant(payment.paid_at, zone)),
            ("buyer's address", payment.buyer_ip if with_buyer else None),
        ],
        indent=2,
    )


def _json(found: OrderView, history: tuple[Move, ...], *, with_buyer: bool) -> dict[str, Any]:
    """Times in UTC, amounts in minor units. The order's token is left out: it opens the order's page."""
    quote = found.quote
    document = {
        "number": found.number,
        "account": found.account,
        "state": found.state,
        "review_reason": found.review_reason,
        "total": money_json(found.total),
        "received": money_json(found.received),
        "placed_at": found.placed_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "paid_at": None if found.paid_at is None else found.paid_at.isoformat(),
        "catalog_version": quote.catalog_version,
        "lines": [line.model_dump(mode="json") for line in quote.lines],
        "taxes": [tax.model_dump(mode="json") for tax in quote.taxes],
        "payments": [_payment_json(payment, with_buyer=with_buyer) for payment in found.payments],
        "refunds": [refund_json(refund) for refund in found.refunds],
        "history": [{**asdict(step), "at": step.at.isoformat()} for step in history],
    }
    return {**document, "buyer": asdict(found.buyer)} if with_buyer else document


def _payment_json(payment: Payment, *, with_buyer: bool) -> dict[str, Any]:
    document = {
        "merchant_reference": payment.merchant_reference,
        "gateway_account": payment.gateway_account,
        "gateway": payment.gateway,
        "environment": payment.environment,
        "method": payment.method,
        "choice": payment.choice,
        "state": payment.state,
        "flags": sorted(payment.flags),
        "amount": money_json(payment.amount),
        "received": money_json(payment.received),
        "gateway_reference": payment.gateway_reference,
        "checkout_reference": payment.checkout_reference,
        "paid_with": payment.paid_with,
        "handed_over_at": payment.handed_over_at.isoformat(),
        "closes_at": payment.closes_at.isoformat(),
        "paid_at": None if payment.paid_at is None else payment.paid_at.isoformat(),
    }
    return {**document, "buyer_ip": payment.buyer_ip} if with_buyer else document


def _zone(shop: Payport) -> tzinfo:
    return ZoneInfo(shop.seller.catalogs.versions[-1].zone)
