"""One attempt to pay: kept as pending before the first byte leaves, so that no callback is ever too early.

Three steps, so that sync and async hosts share them: `prepare` (a transaction), the gateway's flow (driven by
the host's client, no transaction open), `conclude` (a transaction). Then `has_another`: from the first again,
with the method's next account.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from payport.errors import NotFound, PaymentInProgress, RequestRefused
from payport.gateways import types as boundary
from payport.gateways.accounts import GatewayAccount
from payport.gateways.flow import Called
from payport.gateways.observers import PaymentHandedOver
from payport.gateways.types import NoCheckout, Outcome, Redirect
from payport.rules import order as orders
from payport.rules.money import Money
from payport.rules.order import Order
from payport.rules.payment import Payment, State, move
from payport.service.calls import context_for, keep_call, plugin_view
from payport.service.checkouts import Shown, from_text, to_text
from payport.service.methods import candidates
from payport.service.order_only import is_by_hand, longer_for_hands
from payport.service.references import new_id, new_reference
from payport.service.schedule import next_ask
from payport.service.seller import Seller
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from payport.storage.order_records import locked_order
from payport.storage.payment_records import add_payment, find_payment, hand_over, payment_from, save_payment

__all__ = ["PREPARING", "Attempt", "conclude", "has_another", "prepare", "tell_handed_over"]

_SAME_CLICK: Final = timedelta(seconds=30)  # one buyer's double click, not a buyer who comes back
PREPARING: Final = timedelta(seconds=40)  # longer than a flow may take; then another attempt may begin
_OWNER: Final = select(t.payments.c.lease_owner).where(t.payments.c.merchant_reference == bindparam("of"))
_OPEN: Final = (
    select(t.payments)
    .where(
        t.payments.c.order_number == bindparam("of"),
        t.payments.c.method == bindparam("by"),
        t.payments.c.gateway_account == bindparam("through"),
        t.payments.c.state == str(State.PENDING),
        t.payments.c.closes_at > bindparam("now"),
    )
    .order_by(t.payments.c.handed_over_at.desc())
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A payment that is handed over: either its open checkout, or the flow that gets one."""

    payment: Payment
    account: GatewayAccount
    checkout: Shown | None = None
    flow: boundary.Flow[boundary.Checkout] | None = None
    owner: str = ""


def prepare(
    connection: Connection,
    seller: Seller,
    order_number: str,
    method: str,
    choice: str | None,
    *,
    buyer_ip: str,
    language: str,
    tried: Collection[str] = (),
) -> Attempt:
    """Commit the payment as pending. The same order, method and choice give the open payment again.

    Args:
        tried: accounts of the method that were asked just now, in vain; the next one takes their place.
    Raises: NotFound, RequestRefused (the order is not to be paid, the method not offered, the host's veto),
    PaymentInProgress (another request is preparing the same payment at this moment).
    """
    _check_address(buyer_ip)
    now = seller.clock()
    order = _order_to_pay(connection, order_number, now)
    carrying = candidates(seller, method, choice, order.total)
    for account, known in carrying:
        again = _open_attempt(connection, order, account, method, known, now=now)
        if again is not None:
            return again
    account, known = next(each for each in carrying if each[0].name not in tried)
    if is_by_hand(account):
        order = longer_for_hands(connection, seller, order, at=now)
    payment = _begin(order, account, seller, method, known, buyer_ip=buyer_ip, language=language, now=now)
    _ask_host(seller, payment)
    owner = new_id()
    add_payment(
        connection,
        payment,
        because=f"handed to {account.name}",
        due_at=next_ask(account, payment, asked_at=None, now=now),
        lease_owner=owner,
        lease_until=now + PREPARING,
    )
    assert account.gateway is not None
    flow = account.gateway.initiate(
        plugin_view(connection, payment), context_for(connection, seller, payment)
    )
    return Attempt(payment, account, flow=flow, owner=owner)


def conclude(
    connection: Connection, seller: Seller, attempt: Attempt, called: Called[boundary.Checkout]
) -> boundary.Checkout:
    """Keep the checkout, or what became of the call: declined, not sent: failed; unknown: still pending."""
    now = seller.clock()
    lock_account(connection, attempt.payment.account)
    payment = find_payment(connection, merchant_reference=attempt.payment.merchant_reference)
    assert payment is not None
    keep_call(connection, payment, "initiate", called, at=now)
    checkout = called.value
    released = _released(connection, attempt)
    if checkout is None or isinstance(checkout, NoCheckout):
        nothing = NoCheckout(called.outcome, called.gateway_code) if checkout is None else checkout
        reference = nothing.checkout_reference
        after = replace(payment, checkout_reference=payment.checkout_reference or reference)
        if nothing.outcome in {Outcome.DECLINED, Outcome.NOT_SENT} and payment.state is State.PENDING:
            after = move(after, State.FAILED)
            released["due_at"] = None
        save_payment(
            connection,
            payment,
            after,
            at=now,
            because=f"the gateway gave no page: {nothing.outcome}",
            **released,
        )
        return nothing
    after = replace(payment, checkout_reference=payment.checkout_reference or checkout.checkout_reference)
    hand_over(
        connection, payment, after, at=now, because="checkout given", checkout=to_text(checkout), **released
    )
    return checkout


def has_another(
    seller: Seller, attempt: Attempt, checkout: boundary.Checkout, tried: Collection[str]
) -> bool:
    """Whether a further account of the method may take the place of one that surely heard nothing."""
    if not isinstance(checkout, NoCheckout) or checkout.outcome is not Outcome.NOT_SENT:
        return False
    carrying = candidates(seller, attempt.payment.method, None, attempt.payment.amount)
    return any(account.name not in tried for account, _ in carrying)


def tell_handed_over(seller: Seller, attempt: Attempt, checkout: boundary.Checkout) -> None:
    """Tell observers that a buyer has somewhere to go; call it once that is committed."""
    if isinstance(checkout, NoCheckout):
        return
    payment = attempt.payment
    seller.observers.tell(
        PaymentHandedOver(
            merchant_reference=payment.merchant_reference,
            account=payment.gateway_account,
            gateway=payment.gateway,
            at=payment.handed_over_at,
        )
    )


def _released(connection: Connection, attempt: Attempt) -> dict[str, object]:
    """The columns that end our lease; none where a worker has taken it over, and asks at this moment."""
    owner = connection.execute(_OWNER, {"of": attempt.payment.merchant_reference}).scalar_one()
    return {"lease_owner": None, "lease_until": None} if owner == attempt.owner else {}


def _open_attempt(
    connection: Connection,
    order: Order,
    account: GatewayAccount,
    method: str,
    choice: str | None,
    *,
    now: datetime,
) -> Attempt | None:
    """The payment through this account that is open, with a page that can still be used."""
    wanted = {"of": order.number, "by": method, "through": account.name, "now": now}
    row = next((row for row in connection.execute(_OPEN, wanted).all() if row.choice == choice), None)
    again = None if row is None else _open_again(row, now)
    return None if row is None or again is None else Attempt(payment_from(row), account, checkout=again)


def _open_again(row: Row[Any], now: datetime) -> Shown | None:
    """The open payment's checkout, if the buyer can still use it. Raises PaymentInProgress."""
    if row.checkout is None:
        if row.lease_until is not None and row.lease_until > now:
            raise PaymentInProgress(
                field="order", problem="this payment is being prepared", remedy="Ask again in a second"
            )
        return None
    checkout = from_text(row.checkout)
    used = isinstance(checkout, Redirect) and checkout.once and now - row.handed_over_at >= _SAME_CLICK
    return None if used else checkout


def _order_to_pay(connection: Connection, number: str, now: datetime) -> Order:
    found = locked_order(connection, number)
    if found is None:
        raise NotFound(field="order", problem="no such order", remedy="Place an order first")
    if found.state is not orders.State.PLACED:
        raise RequestRefused(
            field="order",
            problem=f"it is {found.state}",
            remedy="Only an order that is placed can be paid; make a new quote for another purchase",
        )
    if now >= found.expires_at:
        raise RequestRefused(field="order", problem="its time is over", remedy="Make a new quote")
    return found


def _begin(
    order: Order,
    account: GatewayAccount,
    seller: Seller,
    method: str,
    choice: str | None,
    *,
    buyer_ip: str,
    language: str,
    now: datetime,
) -> Payment:
    assert account.gateway is not None
    created = Payment(
        merchant_reference=new_reference(seller.reference_prefix),
        order_number=order.number,
        account=order.account,
        gateway_account=account.name,
        gateway=account.gateway.info.id,
        environment=str(account.environment),
        method=method,
        choice=choice,
        state=State.CREATED,
        amount=order.total,
        received=Money(0, order.total.currency),
        handed_over_at=now,
        closes_at=order.expires_at if is_by_hand(account) else now + account.gateway.info.window,
        buyer_ip=buyer_ip,
        language="en" if language == "en" else "vi",
    )
    return move(created, State.PENDING)


def _check_address(buyer_ip: str) -> None:
    """Gateways want one address, and a column holds no more; a header that a buyer wrote is neither."""
    try:
        address = ip_address(buyer_ip)
    except ValueError:
        address = None
    if address is None or "%" in buyer_ip:
        raise RequestRefused(
            field="buyer_ip",
            problem="not one IP address",
            remedy="Give the address that the buyer's request came from, without zone or port",
        )


def _ask_host(seller: Seller, payment: Payment) -> None:
    refusal = None if seller.may_initiate is None else seller.may_initiate(payment)
    if refusal is not None:
        raise RequestRefused(field="payment", problem=refusal.en, remedy="Choose another way of paying")
