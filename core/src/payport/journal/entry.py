"""One entry of the journal: what changed, in a form whose bytes are the same everywhere and for ever.

An entry is its text: JSON in ASCII with sorted keys and no blanks, of strings, whole numbers, booleans,
nulls, lists and tables alone. Its hash is that of an RFC 6962 leaf (section 2.1): SHA-256 of a zero byte and
the text. Each entry of a chain names the hash of the one before it. It holds ids, amounts, states and times;
free words stand beside it, and only a digest of them inside, so that they can be erased.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from payport.errors import Defect

__all__ = ["FIRST", "Entry", "Fact", "leaf_hash", "parse_entry", "words_digest"]

Fact: TypeAlias = str | int | bool | list["Fact"] | dict[str, "Fact"] | None
FIRST: Final = "0" * 64  # what the first entry of a chain names as the one before it
_FORM: Final = 1  # of the text; another one is another number
_KEYS: Final = frozenset(
    {
        "account", "account_sequence", "at", "chain", "facts", "form", "from", "kind", "previous",
        "reference", "sequence", "subject", "to", "words",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What changed once, for one subject.

    Args:
        chain: the order's number; `account <id>` for what hangs on no order; `gateway <name>` for money that
            nobody expects.
        sequence: within the chain, from 1, without gaps. `previous`: the hash of the one before, or `FIRST`.
        account: the buyer account; empty where money belongs to none. `account_sequence`: within it, from 1,
            without gaps: the order in which hosts are told.
        at: when, by the clock of the process that did it.
        kind: what hosts are told, such as `payment.succeeded`.
        subject: `order`, `payment`, `receipt`, `refund`, `chargeback`, `grant`, `confirmation`, `callback`;
            `reference` names it.
        from_state, to_state: where it moved from and to; None where it has no state, or is new.
        facts: the subject as it stands after the change, by column.
        words: the digest of the words beside it, see `words_digest`; None where there are none.
    """

    chain: str
    sequence: int
    previous: str
    account: str
    account_sequence: int
    at: datetime
    kind: str
    subject: str
    reference: str
    from_state: str | None
    to_state: str | None
    facts: Mapping[str, Fact]
    words: str | None

    @property
    def text(self) -> str:
        """Its bytes, in ASCII. Raises Defect for a fact that would not be the same everywhere."""
        _check(self.facts)
        return json.dumps(
            {
                "form": _FORM,
                "chain": self.chain,
                "sequence": self.sequence,
                "previous": self.previous,
                "account": self.account,
                "account_sequence": self.account_sequence,
                "at": instant(self.at),
                "kind": self.kind,
                "subject": self.subject,
                "reference": self.reference,
                "from": self.from_state,
                "to": self.to_state,
                "facts": dict(self.facts),
                "words": self.words,
            },
            ensure_ascii=True,
            allow_nan=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @property
    def hash(self) -> str:
        """Lower-case hex."""
        return leaf_hash(self.text)


def leaf_hash(text: str) -> str:
    """Of an entry's text; lower-case hex."""
    return hashlib.sha256(b"\x00" + text.encode("ascii")).hexdigest()


def words_digest(previous: str, words: str | None) -> str | None:
    """SHA-256 of the hash before and of the words, so that the same words elsewhere have another digest."""
    if words is None:
        return None
    return hashlib.sha256(f"{previous}\n{words}".encode("utf-8", "surrogatepass")).hexdigest()


def parse_entry(text: str) -> Entry:
    """The entry whose text this is, to the byte. Raises ValueError, saying what is wrong."""
    read = json.loads(text)
    if not isinstance(read, dict) or read.get("form") != _FORM or set(read) != _KEYS:
        raise ValueError("it is no entry of this form")
    try:
        entry = Entry(
            chain=read["chain"],
            sequence=read["sequence"],
            previous=read["previous"],
            account=read["account"],
            account_sequence=read["account_sequence"],
            at=datetime.strptime(read["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
            kind=read["kind"],
            subject=read["subject"],
            reference=read["reference"],
            from_state=read["from"],
            to_state=read["to"],
            facts=read["facts"],
            words=read["words"],
        )
        same = entry.text == text
    except (TypeError, AttributeError, Defect) as error:
        raise ValueError(f"it is no entry: {type(error).__name__}") from None
    if not same:
        raise ValueError("its text is not written as an entry is")
    return entry


def instant(at: datetime) -> str:
    """An aware instant in UTC, to the microsecond. Raises Defect for one without a zone."""
    if at.tzinfo is None:
        raise Defect(field="at", problem="a time without a zone", remedy="Give an aware instant")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check(value: Any, where: str = "facts") -> None:
    """Only what every database, language and release reads alike: no float, no decimal, no binary."""
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise _no_fact(where, key)
            _check(each, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for each in value:
            _check(each, where)
    else:
        raise _no_fact(where, value)


def _no_fact(where: str, value: object) -> Defect:
    return Defect(
        field=where,
        problem=f"a {type(value).__name__} is no fact of the journal",
        remedy="Give text or whole numbers",
    )
