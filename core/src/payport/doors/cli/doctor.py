"""`payport doctor`: what is wrong or should be looked at in an installation that runs, a line a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from payport.doors.cli.printing import instant, table
from payport.doors.cli.usage import Config

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from payport.doors.host import Payport
    from payport.service.backlogs import Backlog
    from payport.service.inspecting import Inspection
    from payport.service.inspecting_callbacks import Refusals
    from payport.service.inspecting_engine import Engine

__all__ = ["Finding", "Grade", "doctor", "examine"]

_LATE: Final = timedelta(minutes=1)  # a dead worker's lease is taken over within 30 s
_VERY_LATE: Final = timedelta(minutes=15)
_SKEW: Final = timedelta(seconds=5)
_DURABLE: Final = {
    "journal_mode": {"WAL"},
    "synchronous": {"FULL", "EXTRA"},
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_apply", "remote_write", "local"},
}


class Grade(StrEnum):
    """`look`: a person should see it. `broken`: money waits, or may be lost."""

    OK = "ok"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    subject: str
    words: str


def doctor(*, config: Config = None) -> int:
    """Look for what is wrong in a running installation: database, catalogs, accounts, work, money.

    One line a finding: ok, look (a person should see it), broken. Exit status 1: something is broken.
    """
    from payport.doors.cli.opened import database_words, missing_file, opened  # noqa: PLC0415
    from payport.errors import ConfigurationError  # noqa: PLC0415

    findings: list[Finding] = []
    try:
        with opened(config, migrating=True) as shop:
            findings.append(Finding(Grade.OK, "configuration", "read, and all that it names"))
            findings += _accounts(shop)
            if missing_file(shop):
                words = (
                    f"{database_words(shop.seller.database.engine.url)}: no such file. Run `payport migrate`"
                )
                findings.append(Finding(Grade.BROKEN, "database", words))
            else:
                for finding in examine(shop):  # one by one: what was seen before a failure stays
                    findings.append(finding)
    except ConfigurationError as error:
        subject = "database" if error.field == "database" else "configuration"
        findings.append(Finding(Grade.BROKEN, subject, str(error)))
    table(("", "subject", "finding"), [(one.grade, one.subject, one.words) for one in findings])
    return 1 if any(one.grade is Grade.BROKEN for one in findings) else 0


def examine(shop: Payport) -> Iterator[Finding]:
    """What the database shows. Raises DBAPIError where it does not answer."""
    from payport.doors.cli.doctor_events import event_findings  # noqa: PLC0415
    from payport.doors.cli.doctor_journal import journal_finding  # noqa: PLC0415
    from payport.doors.cli.opened import database_words  # noqa: PLC0415
    from payport.service.inspecting import inspect_work  # noqa: PLC0415
    from payport.service.inspecting_engine import inspect_engine  # noqa: PLC0415
    from payport.storage.migrations import current_and_head  # noqa: PLC0415

    database = shop.seller.database
    with database.reading() as connection:
        engine = inspect_engine(connection)
    yield from _engine(engine, database_words(shop.seller.database.engine.url), shop.seller.clock())
    current, head = current_and_head(database)
    if current != head:
        words = f"at {current or 'none'}, this program needs {head}. Run `payport migrate`"
        yield Finding(Grade.BROKEN, "tables", words)
        return
    yield Finding(Grade.OK, "tables", f"at version {head}")
    with database.reading() as connection:
        yield _catalogs(shop, connection)
        seen = inspect_work(connection, shop.seller)
        told = [*event_findings(shop, connection), journal_finding(shop, connection)]
    yield from _work(seen)
    yield from told
    yield from _money(seen)
    yield from _callbacks(seen)
    yield from _clock(seen)


def _engine(engine: Engine, words: str, now: datetime) -> Iterator[Finding]:
    yield Finding(Grade.OK, "database", f"{words}, version {engine.version}")
    for name, value in engine.settings:
        durable = value in _DURABLE[name]
        remedy = "" if durable else ": a commit may be lost in a crash. Correct it at the server"
        yield Finding(Grade.OK if durable else Grade.BROKEN, name, f"{value}{remedy}")
    if engine.clock is not None:
        skew = abs(engine.clock - now)
        apart = f"{skew.total_seconds():.1f} s from the database server's"
        if skew > _SKEW:
            yield Finding(Grade.LOOK, "clock", f"{apart}: keys, windows and leases go by it. Set both by NTP")
        else:
            yield Finding(Grade.OK, "clock", apart)


def _accounts(shop: Payport) -> Iterator[Finding]:
    from payport.doors.cli.key_dates import span_words  # noqa: PLC0415
    from payport.gateways.key_dates import ending_soon, keys_unfit  # noqa: PLC0415

    now = shop.seller.clock()
    for entry in shop.configuration.registry.refused:
        yield Finding(
            Grade.LOOK,
            f"plugin {entry.name}",
            f"refused, of {entry.distribution} {entry.version}: {entry.reason}. {entry.remedy}",
        )
    for account in shop.seller.accounts.values():
        subject = f"account {account.name}"
        if account.gateway is None:
            words = f"its plugin {account.plugin} is missing, callbacks wait: {account.missing}"
            yield Finding(Grade.BROKEN, subject, words)
        unfit = [*keys_unfit(account, now)]
        for role in unfit:
            words = f"no key of the role {role} is valid now. Add one, or correct its dates"
            yield Finding(Grade.BROKEN, subject, words)
        soon = [*ending_soon(account, now)]
        for key in soon:
            words = (
                f"key {key.role} {key.id} is valid {span_words(key)}, and nothing follows. Add its successor"
            )
            yield Finding(Grade.LOOK, subject, words)
        if account.gateway is not None and not unfit and not soon:
            yield Finding(Grade.OK, subject, f"{account.environment}, plugin and keys are there")


def _catalogs(shop: Payport, connection: Connection) -> Finding:
    """Each file against the version that is stored under its name, once that has priced a quote."""
    from payport.errors import Defect  # noqa: PLC0415

    listed = shop.seller.catalogs.versions
    try:
        changed = shop.seller.shelf.changed(connection)
    except Defect as error:
        return Finding(Grade.BROKEN, "catalogs", str(error))
    if changed:
        words = (
            f"{', '.join(changed)}: changed since its first quote, so it prices no other. Take the old file "
            "back, and give the changed one a new version and effective_from"
        )
        return Finding(Grade.BROKEN, "catalogs", words)
    return Finding(Grade.OK, "catalogs", f"{len(listed)} listed, none changed since its first quote")


def _work(seen: Inspection) -> Iterator[Finding]:
    for subject, backlog in (
        ("payments due", seen.payments_due),
        ("orders due", seen.orders_due),
        ("refunds due", seen.refunds_due),
    ):
        late = timedelta() if backlog.oldest is None else seen.at - backlog.oldest
        if late <= _LATE:
            yield Finding(Grade.OK, subject, f"{backlog.count}")
            continue
        words = f"{_counted(backlog)}, {_ago(late)} late. Is a `payport worker` running?"
        yield Finding(Grade.BROKEN if late > _VERY_LATE else Grade.LOOK, subject, words)
    yield Finding(Grade.OK, "leases", f"{seen.leased} being worked on")
    if seen.abandoned.count:
        yield Finding(Grade.LOOK, "leases", f"{_counted(seen.abandoned)}: a worker ended within its work")
    if seen.parked.count:
        words = (
            f"{_counted(seen.parked)}: failed several times. See `payport work`, then `payport work unpark`"
        )
        yield Finding(Grade.BROKEN, "parked work", words)
    else:
        yield Finding(Grade.OK, "parked work", "none")
    for name, count in seen.strangers:
        words = f"{count} open payments and refunds of {name}, which is not configured. Give the account back"
        yield Finding(Grade.BROKEN, "accounts", words)


def _money(seen: Inspection) -> Iterator[Finding]:
    for subject, backlog, remedy in (
        ("payments in review", seen.payments_in_review, "A person must decide"),
        ("orders in review", seen.orders_in_review, "A person must decide"),
        ("surplus money", seen.surplus, "It is to be refunded"),
        ("confirmations waiting", seen.confirmations, "A second person must confirm the same"),
        (
            "statement lines to decide",
            seen.undecided,
            "Ambiguous, of a wrong amount, or like one that is used: `payport confirm`, if it is money",
        ),
        ("statement lines of no order", seen.unnamed, "Money came in that names no order"),
        ("chargebacks open", seen.chargebacks, "What they suspend waits until each is won or lost"),
        (
            "refunds in doubt",
            seen.refunds_in_doubt,
            "No answer will settle them: look into the gateway's portal, then `payport settle-refund`",
        ),
        (
            "asks used up",
            seen.used_up,
            "Pending, and nobody will ask again: `payport ask`, or the gateway's own pages",
        ),
        (
            "expired unasked",
            seen.unasked,
            "Their pages reached nobody: look at the gateway's own pages once",
        ),
    ):
        if backlog.count:
            yield Finding(Grade.LOOK, subject, f"{_counted(backlog)}. {remedy}")
        else:
            yield Finding(Grade.OK, subject, "none")


def _callbacks(seen: Inspection) -> Iterator[Finding]:
    for subject, found, remedy in (
        ("unmatched callbacks", seen.unmatched, "Proven, of no payment of ours: ask the gateway what it is"),
        ("rejected callbacks", seen.rejected, "In the last day; `payport verify` shows why"),
        ("callbacks not done", seen.unjudged, "In the last day; the gateway was told to call again"),
    ):
        if not found:
            yield Finding(Grade.OK, subject, "none")
        for entry in found:
            yield Finding(Grade.LOOK, subject, f"{_refusals(entry)}. {remedy}")
    for flood in seen.floods:
        words = (
            f"{flood.count} at {flood.account} in the hour from {instant(flood.hour)}, most of them not kept"
        )
        yield Finding(
            Grade.LOOK, "flood of callbacks", f"{words}. Find who sends them; your proxy can stop it"
        )
    if any(entry.reason in {"stale", "bad_timestamp"} for entry in seen.rejected):
        yield Finding(
            Grade.LOOK, "clock", "callbacks came as too old or from the future: compare it with NTP"
        )


def _clock(seen: Inspection) -> Iterator[Finding]:
    if seen.newest is not None and seen.newest > seen.at + _SKEW:
        ahead = (seen.newest - seen.at).total_seconds()
        words = (
            f"something was recorded {ahead:.0f} s from now: a clock of ours is wrong, or was. Set all by NTP"
        )
        yield Finding(Grade.LOOK, "clock", words)


def _counted(backlog: Backlog) -> str:
    return f"{backlog.count}, the oldest since {instant(backlog.oldest)}"


def _refusals(entry: Refusals) -> str:
    reason = f", {entry.reason}" if entry.reason else ""
    return f"{entry.count} at {entry.account}{reason}, the last at {instant(entry.latest)}"


def _ago(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
