"""`payport confirm`, `withdraw-confirmation`, `import-statement`: money that people and banks' files saw."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from payport.doors.cli.acts import By, DryRun, How, Reason, carry_out
from payport.doors.cli.amounts import amount_given
from payport.doors.cli.printing import as_json, heading, instant, money_json, record, table
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.rules.confirmation import Confirmation
    from payport.service.statements import Statement

__all__ = ["confirm", "import_statement", "withdraw_confirmation"]

BankReference = Annotated[str, Parameter(help="The transfer's number, or that of the cash receipt.")]
Account = Annotated[
    str | None,
    Parameter(name="--account", help="The gateway account that it came to, if several can be meant."),
]


def confirm(
    number: str,
    amount: str,
    /,
    *,
    on: Annotated[str, Parameter(help="The bank's day: 2026-11-30. It is kept, and never counts.")],
    bank_reference: BankReference,
    by: By,
    note: Annotated[str, Parameter(help="Kept with it.")] = "",
    account: Account = None,
    dry_run: DryRun = False,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Say that money for an order was seen: it counts now, or once a second person says the same."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import Confirm  # noqa: PLC0415
    from payport.rules.confirmation import Confirmation  # noqa: PLC0415

    if dry_run and json:
        raise UsageError(field="--json", problem="does not go with --dry-run", remedy="Leave out one of them")
    day = _day(on)
    with opened(config) as shop:
        act = Confirm(
            order_number=number,
            amount=amount_given(amount, shop.order(number).total.currency, option="AMOUNT"),
            booked_on=day,
            bank_reference=bank_reference,
            note=note,
            gateway_account=account,
        )
        if dry_run:
            from payport.doors.cli.effects import print_effect  # noqa: PLC0415

            print_effect(shop.rehearse(act, actor=by), by_shown=False)
            return
        done = shop.perform(act, actor=by)
        assert isinstance(done, Confirmation)
        state = shop.order(number).state
    if json:
        as_json({**_confirmation_json(done), "order_state": state})
    else:
        _print_confirmation(done)
        print(f"order {number}: {state}")


def withdraw_confirmation(
    number: str,
    bank_reference: str,
    /,
    *,
    by: By,
    reason: Reason,
    account: Account = None,
    how: How | None = None,
    config: Config = None,
) -> int:
    """Take back a confirmation that waits for a second person."""
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.acts import Withdraw  # noqa: PLC0415

    act = Withdraw(order_number=number, bank_reference=bank_reference, reason=reason, gateway_account=account)
    with opened(config) as shop:
        return carry_out(shop, act, by=by, how=how, tell=_print_confirmation)


def import_statement(
    file: Path,
    /,
    *,
    account: Annotated[str, Parameter(help="The gateway account that the statement is of.")],
    by: By,
    for_real: Annotated[
        bool, Parameter(help="Count what matches; else a dry run, which stores nothing.")
    ] = False,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Compare a bank statement with the orders that wait for transfers: a line for each, with its fate.

    Without --for-real it is a dry run. Exit status 1: a person must look at a line, or money is missing.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.rules.statement import Fate  # noqa: PLC0415

    content = _content(file)
    with opened(config) as shop:
        read = shop.import_statement(content, gateway_account=account, actor=by, dry_run=not for_real)
    if json:
        as_json(_statement_json(read))
    else:
        _print_statement(read)
    to_look_at = read.fates[Fate.AMBIGUOUS] + read.fates[Fate.WRONG_AMOUNT] + len(read.missing)
    return 1 if to_look_at else 0


def _content(file: Path) -> bytes:
    from payport.rules.statement_file import MOST_BYTES  # noqa: PLC0415

    try:
        with file.open("rb") as opened_file:
            return opened_file.read(MOST_BYTES + 1)  # one more says that it is too large
    except OSError:
        raise UsageError(
            field="FILE", problem="cannot be read", remedy="Name the bank's file as this user can read it"
        ) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(field="--on", problem="is no day", remedy="Write it as 2026-11-30") from None


def _print_confirmation(done: Confirmation) -> None:
    waits = "; a second person must confirm the same" if done.state == "waiting" else ""
    record(
        [
            ("confirmation", f"{done.state}{waits}"),
            ("order", done.order_number),
            ("payment", done.merchant_reference),
            ("amount", done.amount),
            ("bank reference", done.bank_reference),
            ("booked on", done.booked_on),
            ("by", done.people),
            ("note", done.note or None),
        ]
    )


def _confirmation_json(done: Confirmation) -> dict[str, Any]:
    return {
        "order_number": done.order_number,
        "merchant_reference": done.merchant_reference,
        "gateway_account": done.gateway_account,
        "bank_reference": done.bank_reference,
        "state": done.state,
        "amount": money_json(done.amount),
        "booked_on": done.booked_on.isoformat(),
        "note": done.note,
        "first_by": done.first_by,
        "first_at": done.first_at.isoformat(),
        "second_by": done.second_by,
        "second_at": None if done.second_at is None else done.second_at.isoformat(),
    }


def _print_statement(read: Statement) -> None:
    print("dry run: nothing is stored; --for-real counts what matches" if read.dry_run else "imported")
    counted = ", ".join(f"{count} {fate.replace('_', ' ')}" for fate, count in read.fates.items() if count)
    print(f"{len(read.lines)} lines with money that came in: {counted or 'none'}")
    if read.lines:
        heading("lines")
        table(
            ("line", "reference", "time", "amount", "fate", "order", "because"),
            [
                (
                    line.number,
                    line.reference,
                    instant(line.booked_at, line.booked_at.tzinfo) if line.booked_at.tzinfo else "-",
                    line.amount,
                    line.fate.replace("_", " "),
                    line.order_number or "-",
                    line.because,
                )
                for line in read.lines
            ],
            indent=2,
        )
    if read.missing:
        heading("counted or confirmed for these days, and not in this file")
        table(
            ("reference", "day", "amount", "order", "because"),
            [(one.reference, one.on, one.amount, one.order_number, one.because) for one in read.missing],
            indent=2,
        )


def _statement_json(read: Statement) -> dict[str, Any]:
    """The memos are left out: they name people."""
    return {
        "gateway_account": read.gateway_account,
        "dry_run": read.dry_run,
        "fates": {str(fate): count for fate, count in read.fates.items()},
        "lines": [
            {
                "number": line.number,
                "reference": line.reference,
                "booked_at": line.booked_at.isoformat(),
                "amount": money_json(line.amount),
                "fate": line.fate,
                "order_number": line.order_number,
                "because": line.because,
            }
            for line in read.lines
        ],
        "missing": [
            {
                "reference": one.reference,
                "order_number": one.order_number,
                "amount": money_json(one.amount),
                "on": one.on.isoformat(),
                "because": one.because,
            }
            for one in read.missing
        ],
    }
