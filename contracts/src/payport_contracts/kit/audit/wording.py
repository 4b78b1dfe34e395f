"""How the values of a report are said, in HTML and in PDF alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from payport_contracts.kit.audit.values import CodeRow, CodeTable, ContractPart, GatewayPart, Report, Sample

__all__ = [
    "CODES",
    "FORMATS",
    "IN_CODE",
    "TERMS",
    "approval",
    "can",
    "cannot",
    "checks",
    "codes",
    "day",
    "drawing",
    "instant",
    "summary",
    "trial",
]

IN_CODE: Final = (
    "What no contract says stands in code: how a request is put together, what each result code means, when"
    " the gateway is asked, and what it is told. A plugin opens no connection and moves no money: the core"
    " compares merchant account, reference, amount and currency with its own records before it believes"
    " anything. For each gateway stand the hooks, which are the functions that Payport calls, and all files"
    " of the plugin, to be read and signed off by their digests."
)
TERMS: Final = (
    ("contract", "says how one kind of message is signed"),
    ("proof", "a message that fits may move money, once everything in it was compared with our records"),
    ("hint", "a message that fits makes Payport ask the gateway; none of it is believed"),
    ("none", "nothing of the message is signed; it makes Payport ask, too"),
    ("request", "is a message that we send"),
    ("vector", "is a test message with its key, and what must come of it"),
)
CODES: Final = (
    "No file lists what a result code means: the plugin's code does. So each was tried. A genuine test"
    " message was verified; one signed value of it was put to every number of up to three digits, every"
    " letter, odd forms, and every word in the plugin's code that may be a code, as if the gateway had signed"
    " that; and the plugin was asked what it claims: of a callback (parse_callback), and of the signed answer"
    " to a question of ours (query, refund, query_refund; numbers of up to two digits there). Whether another"
    " field decides, too, was tried with a few words; two that decide only together are not found. Settings,"
    " payments and refunds were made up."
)


_ABILITIES: Final = {
    "verify_signature": "call us, or send the buyer back with a message",
    "parse_callback": "prove a payment by such a message",
    "query": "be asked what became of a payment",
    "refund": "give money back",
    "partial_refund": "give back a part of it",
    "query_refund": "be asked what became of a refund",
    "by_hand": "have its money confirmed by people or a bank statement",
}


def can(part: GatewayPart) -> str:
    """What a gateway can, by the hooks that its plugin has, and by what that says of itself."""
    said = [words for name, words in _ABILITIES.items() if name in part.abilities]
    return "; ".join(["have a payment begun", *said])


def cannot(part: GatewayPart) -> str:
    return "; ".join(words for name, words in _ABILITIES.items() if name not in part.abilities) or "-"


def instant(at: datetime | None) -> str:
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(at: date | datetime | None) -> str:
    return "-" if at is None else at.strftime("%Y-%m-%d")


def approval(part: ContractPart) -> str:
    if part.approved_by is None:
        return "Not approved: no list that was looked at names this digest"
    return f"Approved by {part.approved_by}, {day(part.approved_at)}"


def checks(part: ContractPart) -> str:
    """What was tried on a contract, in one sentence."""
    if not part.vectors:
        return "No vectors lie beside this contract: nothing shows that it does what its words say."
    accepted = sum(row.stated == "accepted" for row in part.vectors)
    right = len(part.vectors) - len(part.failed)
    said = (
        f"{right} of {len(part.vectors)} vectors came out as they must: {accepted} to be accepted, "
        f"{len(part.vectors) - accepted} to be refused."
    )
    if part.mutations_made:
        said += f" {part.mutations_held} of {part.mutations_made} changes to genuine messages did, too."
    return said


def trial(table: CodeTable) -> str:
    """What was tried to find the codes of a table."""
    said = f"{table.hook}: {table.field}, in the genuine test message {table.message} of {table.contract}"
    if table.beside:
        others = (f"{name} is {value}" if value else f"{name} is not there" for name, value in table.beside)
        said += f", where {' and '.join(others)}"
    return f"{said}{f', for accounts with {table.settings}' if table.settings else ''}"


def codes(row: CodeRow, tried: int) -> str:
    """The codes of one outcome, as they are read."""
    if row.codes:
        return ", ".join(row.codes)
    if row.count == tried:
        return f"each of the {tried} that were tried"
    return f"the {row.count} others of {tried} that were tried"


def drawing(sample: Sample) -> str:
    """How a sample was drawn and checked, so that anybody can do it again."""
    said = (
        f'{len(sample.rows)} of {sample.kept} were drawn: those whose SHA-256 of "{sample.seed} NUMBER" is'
        " least. Each was verified from its raw bytes by check_evidence.py, a process of its own in which"
        f" Payport is not loaded: {sample.fitting} fit."
    )
    if sample.refused:
        said += (
            f" {sample.refused} had been refused by Payport; of these it was looked whether the signature is"
            " really missing, or really does not fit."
        )
    if sample.unseen:
        said += (
            f" The signature of {sample.unseen} was not looked at: the gateway's secret was not brought, or"
            " its contract is not installed now."
        )
    return said


def summary(report: Report) -> tuple[tuple[str, str, bool], ...]:
    """Label, words, and whether it is in order."""
    contracts, unapproved, vectors = len(report.contracts), len(report.unapproved), report.vectors
    made, held = report.mutations_made, report.mutations_held
    mutated = (("Changed messages as they must be", f"{held} of {made}", made == held),) if made else ()
    return (
        ("Contracts approved", f"{contracts - unapproved} of {contracts}", not unapproved),
        ("Vectors as they must be", f"{vectors - report.failed} of {vectors}", not report.failed),
        *mutated,
        ("Refused and not used", str(len(report.refused)), not report.refused),
    )


FORMATS: Final[Mapping[str, Callable[..., Any]]] = {
    "instant": instant,
    "day": day,
    "drawing": drawing,
    "approval": approval,
    "checks": checks,
    "summary": summary,
    "trial": trial,
    "can": can,
    "cannot": cannot,
    "codes": codes,
}
