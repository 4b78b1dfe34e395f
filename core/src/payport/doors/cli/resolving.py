"""`payport resolve` and `payport dismiss`: a person ends what waited for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from payport.doors.cli.acts import AtGateway, By, How, Reason, carry_out
from payport.doors.cli.amounts import amount_given
from payport.doors.cli.printing import plain
from payport.doors.cli.usage import Config, UsageError

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.acts import Act

__all__ = ["dismiss", "resolve"]


def resolve(
    reference: str,
    outcome: Literal["paid", "cancelled", "succeeded", "failed"],
    /,
    *,
    by: By,
    reason: Reason,
    amount: Annotated[
        str | None, Parameter(help="All that came in for a payment, if that is not what is known.")
    ] = None,
    gateway_reference: AtGateway = None,
    how: How | None = None,
    config: Config = None,
) -> int:
    """End the review of an order, as paid or cancelled, or of a payment, as succeeded or failed.

    An order that is paid takes its effect now. The money of one that is cancelled is to be given back.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415

    is_order = outcome in {"paid", "cancelled"}
    if is_order and not (amount is None and gateway_reference is None):
        raise UsageError(
            field="--amount, --gateway-reference",
            problem="are of a payment",
            remedy="Leave them out, or resolve the payment: succeeded or failed",
        )
    with opened(config) as shop:
        act: Act
        if is_order:
            from payport.rules.acts import ResolveOrder  # noqa: PLC0415

            act = ResolveOrder(order_number=reference, outcome=outcome, reason=reason)
        else:
            from payport.rules.acts import ResolvePayment  # noqa: PLC0415

            currency = shop.refundable(reference).left.currency
            act = ResolvePayment(
                merchant_reference=reference,
                outcome=outcome,
                reason=reason,
                amount=None if amount is None else amount_given(amount, currency, option="--amount"),
                gateway_reference=gateway_reference,
            )
        tell = _tell_order if is_order else _tell_payment(shop)
        return carry_out(shop, act, by=by, how=how, tell=tell)


def dismiss(
    account: str,
    reference: str,
    /,
    *,
    by: By,
    reason: Reason,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Say that nothing more is to be done about money of no order. Nothing is counted by it.

    Named by its gateway account, and the bank's reference of a statement's line or the gateway's of a
    transaction.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import Dismiss  # noqa: PLC0415

    act = Dismiss(gateway_account=account, reference=reference, reason=reason)
    with opened(config) as shop:
        return carry_out(shop, act, by=by, how=how, tell=_tell_dismissed)


def _tell_order(order: Any) -> None:
    print(f"order {order.number}: {order.state}, {order.received} of {order.total} received")


def _tell_payment(shop: Payport) -> Any:
    def tell(payment: Any) -> None:
        print(f"payment {payment.merchant_reference}: {payment.state}, {payment.received} received")
        print(f"order {payment.order_number}: {shop.order(payment.order_number).state}")

    return tell


def _tell_dismissed(done: Any) -> None:
    what = done.subject.replace("_", " ")
    print(plain(f"{what} {done.reference} of {done.gateway_account}: dismissed by {done.dismissed_by}"))
