"""Bank statements: each line's fate said first, then its money counted, once for ever. Rules: "Order only".

A dry run and a real one decide alike. The real one counts each matched line in a transaction of its own, by
what is stored at that moment, so that one which ended half-way is simply run again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from payport.errors import RequestRefused
from payport.gateways.accounts import GatewayAccount
from payport.journal.witnesses import line_digest
from payport.rules.confirmation import State
from payport.rules.money import Money
from payport.rules.payment import Payment
from payport.rules.statement import Codes, Fate, Found, Judged, fingerprint, judge_line, read_codes
from payport.rules.statement_file import StatementForm, StatementLine, read_statement
from payport.service.by_hand import check_by_hand
from payport.service.counting import count_by_hand
from payport.service.order_only import payment_for_money
from payport.service.seller import Seller
from payport.service.settling import tell_settled
from payport.service.statement_facts import find
from payport.storage import tables as t
from payport.storage.confirmation_records import keep_lines
from payport.storage.order_records import locked_order
from payport.storage.payment_records import payments_of

__all__ = ["JudgedLine", "Missing", "Statement", "import_statement"]

_AT_ONCE: Final = 500  # lines in one transaction that counts nothing


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """A line of the file with its fate, why, and the order that it names, if it is one."""

    number: int
    reference: str
    booked_at: datetime
    amount: Money
    text: str
    fate: Fate
    because: str
    order_number: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Money that was counted or confirmed for a day of this statement, and that it does not hold."""

    reference: str
    order_number: str
    amount: Money
    on: date
    because: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What became of a statement's lines with money that came in, in the file's order.

    `dry_run`: it is what would become of them; nothing was stored.
    """

    gateway_account: str
    dry_run: bool
    lines: tuple[JudgedLine, ...]
    missing: tuple[Missing, ...]

    @property
    def fates(self) -> Mapping[Fate, int]:
        """How many lines have each fate."""
        counted = Counter(line.fate for line in self.lines)
        return {fate: counted[fate] for fate in Fate}


def import_statement(
    seller: Seller, content: bytes, *, gateway_account: str, actor: str, dry_run: bool
) -> Statement:
    """Say what each line is to us; for real, count what matches, and keep every line.

    Raises: NotFound; RequestRefused, naming line and column, for a file that is not right: nothing of it is
    imported.
    """
    check_by_hand(actor=actor, reason="imports a statement")
    account, form = _account(seller, gateway_account)
    lines = read_statement(content, form, now=seller.clock())
    with_codes = [(line, read_codes(line.text, seller.reference_prefix)) for line in lines]
    in_file = frozenset(line.reference for line in lines)
    found, missing = seller.database.seeing(
        lambda connection: (
            find(connection, account, with_codes, in_file=in_file, actor=actor),
            _missing(connection, account.name, lines, form),
        )
    )
    judged = list(_judge(with_codes, found))
    if not dry_run:
        run = _Import(seller, account, actor.strip(), in_file)
        judged = [*run.lines(with_codes, judged)]
    told = tuple(_told(line, fate) for (line, _), fate in zip(with_codes, judged, strict=True))
    return Statement(account.name, dry_run, told, missing)


def _judge(lines: Sequence[tuple[StatementLine, Codes]], found: Found) -> Iterator[Judged]:
    """Each line's fate, the lines before it taken for done."""
    marks: dict[str, set[str]] = defaultdict(set)
    for line, _ in lines:
        marks[line.reference].add(fingerprint(line))
    orders, seen, first = dict(found.orders), dict(found.seen), dict[str, int]()
    for line, codes in lines:
        fate = judge_line(line, codes, replace(found, orders=orders, seen=seen))
        if fate.fate is not Fate.ALREADY_USED:
            if len(marks[line.reference]) > 1:
                because = "the file has this reference twice, with another time, amount or memo"
                fate = Judged(Fate.AMBIGUOUS, because)
            elif line.reference in first:
                fate = Judged(Fate.ALREADY_USED, f"line {first[line.reference]} of the file is the same")
        first.setdefault(line.reference, line.number)
        if fate.fate is Fate.MATCHED and fate.order_number is not None:
            named = orders[fate.order_number]
            orders[named.number] = replace(named, due=Money(0, line.amount.currency))
        if fate.fate is Fate.MATCHED or line.reference in found.used:
            seen.setdefault(fingerprint(line), f"line {line.number} of the file is the same transfer")
        yield fate


@dataclass(frozen=True, slots=True)
class _Import:
    seller: Seller
    account: GatewayAccount
    actor: str
    in_file: frozenset[str]

    def lines(
        self, lines: Sequence[tuple[StatementLine, Codes]], foreseen: Sequence[Judged]
    ) -> Iterator[Judged]:
        """Count what matches, in the file's order, and keep all; the fates as they came to be."""
        kept: set[str] = set()
        others: list[Mapping[str, Any]] = []
        for (line, codes), fate in zip(lines, foreseen, strict=True):
            if line.reference in kept:
                yield fate
                continue
            kept.add(line.reference)
            if fate.fate is Fate.MATCHED:
                yield self._match(line, codes)
            else:
                others.append(self._row(line, fate))
                yield fate
        for start in range(0, len(others), _AT_ONCE):
            rows = others[start : start + _AT_ONCE]
            self.seller.database.transaction(partial(keep_lines, rows=rows))

    def _match(self, line: StatementLine, codes: Codes) -> Judged:
        fate, settled = self.seller.database.claiming(partial(self._count, line=line, codes=codes))
        if settled is not None:
            tell_settled(self.seller, *settled, at=self.seller.clock())
        return fate

    def _count(
        self, connection: Connection, *, line: StatementLine, codes: Codes
    ) -> tuple[Judged, tuple[Payment, Payment] | None]:
        """In one transaction: judged anew under the account's lock, and counted if it still matches."""
        found = find(connection, self.account, [(line, codes)], in_file=self.in_file, actor=self.actor)
        fate = judge_line(line, codes, found)
        if fate.fate is Fate.MATCHED and fate.order_number is not None:
            locked_order(connection, fate.order_number)
            found = find(connection, self.account, [(line, codes)], in_file=self.in_file, actor=self.actor)
            fate = judge_line(line, codes, found)
        settled = None
        if fate.fate is Fate.MATCHED and fate.order_number is not None:
            settled = self._settle(connection, line, fate.order_number, line_digest(self._row(line, fate)))
        keep_lines(connection, [self._row(line, fate)])
        return fate, settled

    def _settle(
        self, connection: Connection, line: StatementLine, order_number: str, digest: str
    ) -> tuple[Payment, Payment]:
        through = [
            payment
            for payment in payments_of(connection, order_number)
            if payment.gateway_account == self.account.name
        ]
        payment = payment_for_money(through)
        assert payment is not None
        now = self.seller.clock()
        proof = f"statement line {line.reference}, imported by {self.actor}"
        after = count_by_hand(
            connection,
            self.seller,
            payment,
            line.amount,
            reference=line.reference,
            proof=proof,
            at=now,
            line=digest,
        )
        return payment, after

    def _row(self, line: StatementLine, fate: Judged) -> Mapping[str, Any]:
        return {
            "gateway_account": self.account.name,
            "reference": line.reference,
            "fingerprint": fingerprint(line),
            "booked_at": line.booked_at,
            "amount_minor": line.amount.minor,
            "currency": line.amount.currency,
            "text": line.text,
            "fate": str(fate.fate),
            "order_number": fate.order_number,
            "imported_at": self.seller.clock(),
            "imported_by": self.actor,
        }


def _account(seller: Seller, name: str) -> tuple[GatewayAccount, StatementForm]:
    account = seller.account(name)
    if not account.ready.info.by_hand:
        raise RequestRefused(
            field="gateway_account",
            problem="its gateway proves the money itself",
            remedy="Name the account that transfers come to",
        )
    if account.statement is None:
        raise RequestRefused(
            field="gateway_account",
            problem="payport.toml does not say how its statements are written",
            remedy="Name their columns in [accounts.statement]; see docs/configuration.md",
        )
    return account, account.statement


def _missing(
    connection: Connection, gateway_account: str, lines: Sequence[StatementLine], form: StatementForm
) -> tuple[Missing, ...]:
    """What is counted for the days that the file covers, and not in it."""
    if not lines:
        return ()
    in_file = {line.reference for line in lines}
    begin, end = min(line.booked_at for line in lines), max(line.booked_at for line in lines)
    confirmed, earlier = t.confirmations.c, t.statement_lines.c
    people = connection.execute(
        select(t.confirmations).where(
            confirmed.gateway_account == gateway_account,
            confirmed.state != str(State.WITHDRAWN),
            confirmed.booked_on.between(begin.date(), end.date()),
        )
    )
    statements = connection.execute(
        select(t.statement_lines).where(
            earlier.gateway_account == gateway_account,
            earlier.fate == str(Fate.MATCHED),
            earlier.booked_at.between(begin, end),
        )
    )
    found = [
        Missing(
            row.bank_reference,
            row.order_number,
            Money(row.amount_minor, row.currency),
            row.booked_on,
            f"{row.first_by} confirmed it; cash stands in no statement",
        )
        for row in people
    ] + [
        Missing(
            row.reference,
            row.order_number,
            Money(row.amount_minor, row.currency),
            row.booked_at.astimezone(form.offset).date(),
            f"a statement that {row.imported_by} imported had it",
        )
        for row in statements
    ]
    return tuple(
        sorted(
            (one for one in found if one.reference not in in_file), key=lambda one: (one.on, one.reference)
        )
    )


def _told(line: StatementLine, fate: Judged) -> JudgedLine:
    return JudgedLine(
        number=line.number,
        reference=line.reference,
        booked_at=line.booked_at,
        amount=line.amount,
        text=line.text,
        fate=fate.fate,
        because=fate.because,
        order_number=fate.order_number,
    )
