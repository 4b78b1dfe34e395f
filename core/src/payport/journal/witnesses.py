"""Rows that have no entries of their own, and that an entry rests on: it names them, with a digest.

They are written once: the quote that an order was placed from and the catalog that priced it, the callback or
the line of a bank statement that proved money. A digest covers nothing that erasing a buyer takes away. Codes
are used and freed as their orders move, so entries of orders tell that too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from payport.journal.entry import Fact
from payport.journal.replay import Difference, Facts

__all__ = [
    "Kept", "Use", "Witness", "Witnesses", "act_digest", "catalog_digest", "compare_use", "compare_witness",
    "line_digest", "quote_digest",
]  # fmt: skip

_Key: TypeAlias = tuple[str, ...]
_CALLBACK: Final = re.compile(r"callback ([0-9]{1,18}) sha256:([0-9a-f]{64})")
_FREED: Final = frozenset({"cancelled", "expired"})  # states of an order that uses no code up
_DIGESTED: Final = {
    "catalogs": "document",
    "quotes": "document",
    "callbacks": "channel, method, query or body",
    "statement_lines": "booked_at or fingerprint",
}


@dataclass(frozen=True, slots=True)
class Witness:
    """One row that an entry rests on.

    Args:
        key: the values of its primary key. `entry`: such as "SV260001 4".
        digest: SHA-256, hex. `columns`: what the row must say besides.
    """

    table: str
    key: _Key
    entry: str
    digest: str
    columns: Facts


@dataclass(frozen=True, slots=True)
class Kept:
    """Such a row as it is kept: its digest, its columns, and what its own document says of some of them."""

    digest: str
    columns: Facts
    inside: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """What an order's entries say of the code that it uses: None for none. `freed_at`: an instant's text."""

    entry: str
    code: Fact
    freed_at: Fact


@dataclass(slots=True)
class Witnesses:
    """What entries rest on, gathered while they are replayed. `uses`: by order, those that began with an
    entry which says so; orders from before the journal have none."""

    named: list[Witness] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)

    def hear(self, read: Mapping[str, Any]) -> None:
        """One entry, in turn. Raises KeyError, TypeError for one that is none."""
        subject, facts = read["subject"], read["facts"]
        entry = f"{read['chain']} {read['sequence']}"
        if subject == "order":
            self._hear_order(read, entry)
        elif subject in {"receipt", "callback"}:
            self.named += _callback(read, entry)
        if subject == "receipt" and "line_sha256" in facts:
            self.named.append(_line(read, entry))

    def _hear_order(self, read: Mapping[str, Any], entry: str) -> None:
        facts = read["facts"]
        if "quote_sha256" in facts:
            same = {name: facts[name] for name in ("account", "total_minor", "currency")}
            self.named.append(
                Witness("quotes", (str(facts["quote_id"]),), entry, facts["quote_sha256"], same)
            )
            digest = facts.get("catalog_sha256")
            if digest is not None:
                self.named.append(
                    Witness("catalogs", (str(facts["catalog"]),), entry, digest, {"digest": digest})
                )
        number = str(facts["number"])
        known = self.uses.get(number)
        if "code" in facts:
            self.uses[number] = Use(entry, facts["code"], None)
        elif known is not None and (read["to"] in _FREED) != (known.freed_at is not None):
            self.uses[number] = Use(entry, known.code, read["at"] if read["to"] in _FREED else None)


def quote_digest(document: str) -> str:
    """SHA-256, hex, of a quote as it is stored."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def catalog_digest(document: str) -> str:
    """SHA-256, hex, of a catalog's JSON in its canonical form: keys sorted, no blanks, UTF-8.

    Raises: ValueError for what is no JSON.
    """
    canonical = json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def act_digest(document: str) -> str:
    """SHA-256, hex, of an act that was proposed, without its words: those can be erased."""
    try:
        act = json.loads(document)
        words = {"reason": None} if isinstance(act, dict) else {}
        text = json.dumps(act | words, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    except (ValueError, TypeError):
        return "not an act"
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def line_digest(row: Mapping[str, Any]) -> str:
    """SHA-256, hex, of a line by its columns. Its memo, which may be erased, is in its fingerprint alone."""
    booked_at: datetime = row["booked_at"]
    text = json.dumps(
        {
            "form": "payport statement line 1",
            "account": row["gateway_account"],
            "reference": row["reference"],
            "fingerprint": row["fingerprint"],
            "booked_at": f"{booked_at.timestamp():.0f}",  # as exact as the fingerprint
            "amount_minor": row["amount_minor"],
            "currency": row["currency"],
        },
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def compare_witness(witness: Witness, kept: Kept | None) -> Iterator[Difference]:
    """In what a row is not the one that the entry rests on. `kept`: None where it is gone."""

    def differs(column: str | None, problem: str) -> Difference:
        key = " ".join(witness.key)
        return Difference(table=witness.table, key=key, column=column, problem=problem, entry=witness.entry)

    if kept is None:
        yield differs(None, "the journal rests on it, the table has no such row")
        return
    is_named = False
    for who, says in (("the journal", witness.columns), ("its document", kept.inside)):
        for column, said in says.items():
            if kept.columns[column] != said:
                is_named = True
                yield differs(column, f"the table has {kept.columns[column]!r}, {who} says {said!r}")
    if kept.digest != witness.digest and not (is_named and witness.table == "statement_lines"):
        problem = f"its SHA-256 is {kept.digest[:12]}…, the journal says {witness.digest[:12]}…"
        yield differs(_DIGESTED[witness.table], problem)


def compare_use(order: str, use: Use, kept: Mapping[str, Fact] | None) -> Iterator[Difference]:
    """In what a row of `code_uses` is not what the order's entries say. `kept`: None where there is none."""

    def differs(column: str | None, problem: str) -> Difference:
        return Difference(table="code_uses", key=order, column=column, problem=problem, entry=use.entry)

    if kept is None:
        if use.code is not None:
            yield differs(None, f"the journal tells of {use.code!r}, the table has no such row")
        return
    if use.code is None:
        yield differs(None, f"the table has {kept['code']!r}, the journal tells of no code")
        return
    for column, said in (("code", use.code), ("freed_at", use.freed_at)):
        if kept[column] != said:
            yield differs(column, f"the table has {kept[column]!r}, the journal says {said!r}")


def _callback(read: Mapping[str, Any], entry: str) -> Iterator[Witness]:
    """The one that proved money; one that was kept before entries named digests is not compared."""
    facts = read["facts"]
    named = _CALLBACK.fullmatch(str(facts.get("proof")))
    if named is None:
        return
    is_receipt = read["subject"] == "receipt"
    columns = {
        "gateway_account": facts["gateway_account"],
        "received_at": facts["received_at"] if is_receipt else read["at"],
        "verdict": "proof",  # another one would let it be deleted once it is old
        "merchant_reference": facts["merchant_reference"] if is_receipt else None,
    }
    yield Witness("callbacks", (named[1],), entry, named[2], columns)


def _line(read: Mapping[str, Any], entry: str) -> Witness:
    facts = read["facts"]
    columns = {
        "amount_minor": facts["amount_minor"],
        "currency": facts["currency"],
        "fate": "matched",
        "order_number": read["chain"],
    }
    key = (str(facts["gateway_account"]), str(facts["gateway_reference"]))
    return Witness("statement_lines", key, entry, facts["line_sha256"], columns)
