"""What a time line is made of: moments, each with a sentence, and with where to read more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from payport.rules.money import Money
from payport.rules.words import Text
from payport.service.told_events import Delivery

__all__ = ["Links", "Moment", "MomentKind"]

MomentKind: TypeAlias = Literal[
    "order", "payment", "receipt", "refund", "chargeback", "grant", "confirmation", "proposal",
    "account", "call", "callback", "statement", "errand", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where more is to be read; None where there is nothing of the kind.

    Args:
        entry: the journal's number of it; None while it is not sealed. `entry_hash` names it at once.
        event: the id under which hosts are told.
        callback: its number, as `evidence` takes it. `call`: of one call to a gateway.
        contract: "id version" that judged the callback; `key_id`: the key that verified it.
        bank_reference: of a confirmation, or of a line of a statement.
    """

    entry: int | None = None
    entry_hash: str | None = None
    event: str | None = None
    callback: int | None = None
    call: int | None = None
    contract: str | None = None
    key_id: str | None = None
    gateway_account: str | None = None
    merchant_reference: str | None = None
    gateway_reference: str | None = None
    refund_reference: str | None = None
    chargeback_reference: str | None = None
    bank_reference: str | None = None
    proposal: str | None = None
    grant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened to an order.

    Args:
        at: aware, UTC.
        kind: what it happened to, or how it came in.
        name: the journal's kind of it (`order.paid`), or `call.query`, `callback.ipn`, `statement.line`.
        what: a sentence, to be read aloud.
        state: what it came to: the state, the call's outcome, the callback's verdict, the line's fate.
        because: why, in the words that were kept; None where there are none, or they were erased.
        actor: the person who did it, where the records name one by itself.
        told: of it, whom, and whether they took it.
    """

    at: datetime
    kind: MomentKind
    name: str
    what: Text
    state: str | None = None
    because: str | None = None
    money: Money | None = None
    actor: str | None = None
    links: Links = Links()
    told: tuple[Delivery, ...] = ()
