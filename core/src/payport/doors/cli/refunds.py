"""`payport refund`, `ask-refund` and `settle-refund`: give money back, and say what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import Parameter

from payport.doors.cli.acts import AtGateway, By, How, Reason, carry_out
from payport.doors.cli.amounts import amount_given
from payport.doors.cli.named import Who, Why, keep
from payport.doors.cli.printing import heading, instant, money_json, record
from payport.doors.cli.usage import Config, UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from payport.doors.host import Payport
    from payport.rules.refund import Refund

__all__ = [
    "ask_refund", "print_refund", "print_refunds", "refund", "refund_json", "refund_named", "settle_refund",
]  # fmt: skip

_LINES: Final = re.compile(r"[0-9]{1,4}(,[0-9]{1,4})*")


def refund(
    merchant_reference: str,
    amount: str | None = None,
    /,
    *,
    by: By,
    reason: Reason,
    key: Annotated[str | None, Parameter(help="Of an earlier run: ask for that very refund again.")] = None,
    lines: Annotated[str, Parameter(help="Of the order, taken from the account: 0,2 (from 0).")] = "",
    surplus: Annotated[bool, Parameter(help="Give back money beyond what the order costs.")] = False,
    by_hand: Annotated[bool, Parameter(help="Record what a person gave back; nothing is sent.")] = False,
    gateway_reference: AtGateway = None,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Give money of a payment back through its gateway, or record that a person gave it back.

    Without an amount: the price of the named lines, else all that is left. Without a key one is made and
    printed before anything is sent. Exit status 1: it failed, or is not known; then it is asked about and
    never sent again.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import GiveBack  # noqa: PLC0415
    from payport.rules.refund import Of  # noqa: PLC0415
    from payport.service.references import new_id  # noqa: PLC0415

    numbers = _numbers(lines)
    with opened(config) as shop:
        left = shop.refundable(merchant_reference).left
        money = None if amount is None else amount_given(amount, left.currency, option="AMOUNT")
        if key is None:
            key = new_id()
            print(f"key {key}: name it by --key to ask for this very refund again", flush=True)
        act = GiveBack(
            merchant_reference=merchant_reference,
            amount=money,
            key=key,
            reason=reason,
            lines=numbers,
            of=Of.SURPLUS if surplus else None,
            by_hand=by_hand,
            gateway_reference=gateway_reference,
        )

        def tell(done: Refund) -> int:
            return print_refund(done, left=str(shop.refundable(merchant_reference).left))

        return carry_out(shop, act, by=by, how=how, tell=tell)


def ask_refund(reference: str, /, *, by: Who = None, reason: Why = None, config: Config = None) -> int:
    """Ask a gateway now what became of a refund, and settle by its answer.

    Exit status 1: nothing was asked, because the gateway was asked just now, or cannot be.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.refund import FINISHED  # noqa: PLC0415

    with opened(config) as shop:
        before = refund_named(shop, reference)
        keep(shop, "ask_refund", reference, by, reason)
        asked = shop.ask_refund(reference)
        after = refund_named(shop, reference)
    if asked:
        print(f"asked: {after.gateway_code or 'no answer that proves anything'}")
    elif before.state in FINISHED:
        print("not asked: the refund is finished")
    else:
        print("not asked: asked just now, being asked about, or its gateway cannot be asked")
    print_refund(after)
    return 0 if asked or before.state in FINISHED else 1


def settle_refund(
    reference: str,
    outcome: Literal["succeeded", "failed"],
    /,
    *,
    by: By,
    reason: Reason,
    amount: Annotated[str | None, Parameter(help="What really went back, if it is another amount.")] = None,
    gateway_reference: AtGateway = None,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Say how a refund ended, of which the gateway told nothing sure, as you found it there."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import SettleRefund  # noqa: PLC0415

    with opened(config) as shop:
        currency = refund_named(shop, reference).amount.currency
        act = SettleRefund(
            reference=reference,
            outcome=outcome,
            reason=reason,
            amount=None if amount is None else amount_given(amount, currency, option="--amount"),
            gateway_reference=gateway_reference,
        )

        def tell(done: Refund) -> None:
            print_refund(done)

        return carry_out(shop, act, by=by, how=how, tell=tell)


def print_refunds(refunds: tuple[Refund, ...], zone: tzinfo) -> None:
    """As a part of an order."""
    for each in refunds:
        heading(f"refund {each.reference}")
        rows = [("state", each.state), ("of payment", each.merchant_reference), *_rows(each)]
        asked = f"{instant(each.requested_at, zone)} by {each.requested_by}: {each.reason}"
        closed = None if each.closed_at is None else f"{instant(each.closed_at, zone)} by {each.closed_by}"
        record([*rows, ("requested", asked), ("closed", closed)], indent=2)


def refund_json(each: Refund) -> dict[str, Any]:
    """Without the caller's key: whoever has it can only ask for the same again."""
    return {
        "reference": each.reference,
        "merchant_reference": each.merchant_reference,
        "gateway_account": each.gateway_account,
        "state": each.state,
        "of": each.of,
        "way": each.way,
        "amount": money_json(each.amount),
        "reported": None if each.reported is None else money_json(each.reported),
        "lines": list(each.lines),
        "gateway_reference": each.gateway_reference,
        "gateway_code": each.gateway_code,
        "problem": each.problem,
        "reason": each.reason,
        "requested_at": each.requested_at.isoformat(),
        "requested_by": each.requested_by,
        "closed_at": None if each.closed_at is None else each.closed_at.isoformat(),
        "closed_by": each.closed_by,
    }


def print_refund(done: Refund, *, left: str | None = None) -> int:
    """One that was asked for just now. Gives the exit status: 1, it failed or is not known."""
    of = f"payment {done.merchant_reference}, order {done.order_number}"
    print(f"refund {done.reference} of {of}: {done.state}")
    record([*_rows(done), ("left", left)], indent=2)
    return 1 if done.state in {"failed", "unknown"} else 0


def _rows(each: Refund) -> list[tuple[str, object]]:
    kind = "surplus money" if each.of == "surplus" else "the order's own money"
    return [
        ("amount", f"{each.amount} of {kind}"),
        ("went back", None if each.reported in {None, each.amount} else each.reported),
        ("lines", ", ".join(map(str, each.lines)) or None),
        ("through", each.gateway_account if each.way == "gateway" else "by hand"),
        ("gateway reference", each.gateway_reference),
        ("code", each.gateway_code or None),
        ("problem", each.problem),
        ("what to do", _UNKNOWN if each.state == "unknown" else None),
    ]


_UNKNOWN: Final = "It is asked about and never sent again; say how it ended by `payport settle-refund`"


def refund_named(shop: Payport, reference: str) -> Refund:
    """Raises NotFound."""
    from payport.errors import NotFound  # noqa: PLC0415
    from payport.storage.refund_records import find_refund  # noqa: PLC0415

    with shop.seller.database.reading() as connection:
        found = find_refund(connection, reference=reference)
    if found is None:
        raise NotFound(field="refund", problem="no such refund", remedy="`payport order` lists an order's")
    return found


def _numbers(text: str) -> tuple[int, ...]:
    if text and not _LINES.fullmatch(text):
        raise UsageError(field="--lines", problem="is no list of numbers", remedy="Write it as 0,2")
    return tuple(map(int, text.split(","))) if text else ()
