"""What an auditor's report holds: values alone, which the HTML and the PDF both show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from payport.signing.words import Sentence

__all__ = [
    "DECISIONS",
    "HOOKS",
    "OF_REFUNDS",
    "OUTCOMES",
    "AnswerRow",
    "CodeFile",
    "CodeRow",
    "CodeTable",
    "ContractPart",
    "GatewayPart",
    "HookRow",
    "KeyRow",
    "MutationRow",
    "Report",
    "Sample",
    "SampleRow",
    "VectorRow",
]

DECISIONS: Final[Mapping[str, str]] = {
    "recorded": "the report was stored and acted upon, or says that it is undecided",
    "already_known": "it repeats what is known, or comes too late to change it",
    "to_review": "it contradicts what is known, or the gateway disputes the money: a person looks",
    "wrong_amount": "the amount or its currency is not the payment's",
    "unknown_reference": "authentic, but no payment of this account has that reference",
    "not_authentic": "the signature does not fit, or the message has two readings or another merchant",
    "no_input": "nothing that the contract reads arrived",
    "incomplete": "authentic, but a field that must be there is missing, or it is another kind of message",
    "hint_taken": "it proves nothing; the gateway is asked",
    "try_again": "it could not be stored or carried out: the gateway shall call again",
}
"""When each is said, in the words of docs/hooks.md: a test compares."""

OUTCOMES: Final[Mapping[str, str]] = {
    "done": "the money was taken, if account, reference, amount and currency are ours",
    "pending": "not over: the gateway is asked again",
    "declined": "nothing was paid by this try",
    "suspect": "money may have been taken: a person looks",
    "not_sent": "nothing was sent",
    "unknown": "neither a yes nor a no: the gateway is asked",
    "incomplete": "not of the form that the plugin reads: refused",
    "fails": "the plugin raises an error: stored, and the gateway calls again",
}
OF_REFUNDS: Final[Mapping[str, str]] = {
    **OUTCOMES,
    "done": "the money went back, if account, references and amount are ours",
    "pending": "taken on: the gateway is asked again",
    "declined": "it will not go back",
    "unknown": "neither a yes nor a no: never sent again; asked about, or a person looks",
}
HOOKS: Final[Mapping[str, str]] = {
    "describe": "says what it is: its contracts, limits, answers and times",
    "initiate": "puts together how a payment begins, and where the buyer goes",
    "verify_signature": "says which contract is asked at which door; it verifies nothing",
    "parse_callback": "reads what a verified callback claims, result code included",
    "query": "asks what became of a payment, and reads the answer, result code included",
    "refund": "asks to give money back, and reads the answer, result code included",
    "query_refund": "asks what became of a refund, and reads the answer, result code included",
}
"""What each hook of a plugin does, for who reads no code."""


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One test message of a contract.

    Args:
        stated: what the vector says: "accepted", or "refused: <reason>". `found`: what Payport says today.
        command: a line for a shell that prints `gives`, by OpenSSL alone; None where there is no one text
            that is signed.
        carried: how that stands to what the message itself carries; or why there is no line.
        agreed: who else came to the same, independently.
    """

    id: str
    note: str
    stated: str
    found: str
    command: str | None
    gives: str | None
    carried: str
    agreed: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.stated == self.found


@dataclass(frozen=True, slots=True)
class MutationRow:
    """One kind of change to genuine messages: how many were made, and how many came out as they must."""

    name: str
    made: int
    held: int
    expected: str


@dataclass(frozen=True, slots=True)
class ContractPart:
    """One contract. `approved_by`, `approved_at`: None where no approved list names its digest."""

    label: str
    grade: str | None
    direction: str
    source: str
    origin: str
    digest: str
    approved_by: str | None
    approved_at: date | datetime | None
    accounts: tuple[str, ...]
    gateways: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    vectors: tuple[VectorRow, ...]
    mutations: tuple[MutationRow, ...]
    text: str

    @property
    def anchor(self) -> str:
        return self.label.replace(" ", "-")

    @property
    def failed(self) -> tuple[VectorRow, ...]:
        return tuple(row for row in self.vectors if not row.holds)

    @property
    def mutations_made(self) -> int:
        return sum(row.made for row in self.mutations)

    @property
    def mutations_held(self) -> int:
        return sum(row.held for row in self.mutations)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What the gateway's server is told after one decision.

    Args:
        body: as text. `never`: why this decision cannot come about, by the contracts of its callbacks; or "".
    """

    decision: str
    status: int
    content_type: str
    body: str
    never: str

    @property
    def means(self) -> str:
        return DECISIONS[self.decision]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """The codes that mean one outcome. `codes`: as they are read, also "05 to 09"; empty: all the others.

    `outcome` is what the plugin claims, "incomplete" where it refuses the form, "fails" where it raises.
    """

    outcome: str
    codes: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class CodeTable:
    """What each code means to one hook, put into one signed field of a genuine test message.

    Args:
        message: the vector. `beside`: other fields that decide, and what they say in it; None: not there.
        settings: the choice of the account's settings for which this holds; "": for each.
        tried: how many codes.
    """

    hook: str
    contract: str
    message: str
    field: str
    beside: tuple[tuple[str, str | None], ...]
    settings: str
    rows: tuple[CodeRow, ...]
    tried: int

    def meaning(self, outcome: str) -> str:
        """What Payport takes a claim for."""
        return (OF_REFUNDS if self.hook in ("refund", "query_refund") else OUTCOMES)[outcome]


@dataclass(frozen=True, slots=True)
class HookRow:
    """One hook of a plugin: where its function stands, and how many lines that has."""

    name: str
    place: str
    lines: int

    @property
    def does(self) -> str:
        return HOOKS[self.name]


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of a gateway's plugin: what no contract says is in code. `digest`: SHA-256 of its bytes."""

    name: str
    lines: int
    digest: str


@dataclass(frozen=True, slots=True)
class GatewayPart:
    """One gateway: what it is told, and what of it stands in code.

    Args:
        doors: door, and the contract that is asked there. `hosts`: what it is asked at, by the defaults.
        no_codes: why `codes` has none of a hook.
    """

    id: str
    name: str
    origin: str
    abilities: tuple[str, ...]
    contracts: tuple[str, ...]
    doors: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]
    answers: tuple[AnswerRow, ...]
    codes: tuple[CodeTable, ...]
    no_codes: tuple[str, ...]
    hooks: tuple[HookRow, ...]
    code: tuple[CodeFile, ...]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of a gateway account, without its value."""

    account: str
    role: str
    id: str
    environment: str
    not_before: datetime | None
    not_after: datetime | None
    standing: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One stored callback, re-verified by the stand-alone script. `lines`: what that printed."""

    number: int
    fits: bool
    lines: tuple[str, ...]

    @property
    def is_signature_unseen(self) -> bool:
        """Whether the signature was not computed: no secret was brought, or its contract is gone."""
        return any(line.startswith("signature") and "not looked at" in line for line in self.lines)

    @property
    def was_refused(self) -> bool:
        return any(line.startswith("judged: rejected") for line in self.lines)

    @property
    def words(self) -> str:
        if not self.fits:
            return "does not fit"
        if self.is_signature_unseen:
            return "fits, but for its signature, which was not looked at"
        return "was refused, and rightly" if self.was_refused else "fits"


@dataclass(frozen=True, slots=True)
class Sample:
    """Stored callbacks that were drawn: of `kept` in all, by `seed`."""

    seed: str
    kept: int
    rows: tuple[SampleRow, ...]

    @property
    def fitting(self) -> int:
        return sum(row.fits for row in self.rows)

    @property
    def refused(self) -> int:
        return sum(row.was_refused for row in self.rows)

    @property
    def unseen(self) -> int:
        return sum(row.is_signature_unseen for row in self.rows)

    @property
    def is_in_order(self) -> bool:
        return self.fitting == len(self.rows)


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, at one moment.

    Args:
        seller: whose configuration was read; None: only what is installed was looked at.
        versions: of the distributions that made it. `refused`: installed and not used, with the reason.
    """

    made_at: datetime
    seller: str | None
    versions: Mapping[str, str]
    contracts: tuple[ContractPart, ...]
    gateways: tuple[GatewayPart, ...]
    keys: tuple[KeyRow, ...]
    refused: tuple[tuple[str, str], ...]
    lists: tuple[str, ...]

    @property
    def vectors(self) -> int:
        return sum(len(part.vectors) for part in self.contracts)

    @property
    def failed(self) -> int:
        return sum(len(part.failed) for part in self.contracts)

    @property
    def unapproved(self) -> tuple[ContractPart, ...]:
        return tuple(part for part in self.contracts if part.approved_by is None)

    @property
    def mutations_made(self) -> int:
        return sum(part.mutations_made for part in self.contracts)

    @property
    def mutations_held(self) -> int:
        return sum(part.mutations_held for part in self.contracts)

    @property
    def is_in_order(self) -> bool:
        return not self.failed and self.mutations_made == self.mutations_held and not self.unapproved
