"""INV-5 and INV-6: each change has its entry, in chains that no byte is missing from; replayed, they give the
tables. The chains are read here by other code than the product's own check."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import Any, Final

from sqlalchemy import Connection, Row

from payport.service.replaying import compare
from tests.support.stored import Stored

__all__ = ["check_journal"]

_NAMED_BY: Final = {  # what an entry's reference is, in its subject's table
    "order": ("orders", "number"),
    "payment": ("payments", "merchant_reference"),
    "receipt": ("receipts", "gateway_reference"),
    "refund": ("refunds", "reference"),
    "chargeback": ("chargebacks", "reference"),
    "confirmation": ("confirmations", "bank_reference"),
    "grant": ("grants", "id"),
}
_ONCE: Final = {"receipt", "grant"}  # written once, never changed
_COLUMNS: Final = {
    "chain": "chain",
    "sequence": "sequence",
    "account": "account",
    "account_sequence": "account_sequence",
    "kind": "kind",
    "subject": "subject",
    "reference": "reference",
    "from_state": "from",
    "to_state": "to",
}


def check_journal(connection: Connection, stored: Stored) -> None:
    entries = sorted(stored.rows["journal"], key=lambda entry: entry.id)
    texts = [json.loads(entry.text) for entry in entries]
    for entry, text in zip(entries, texts, strict=True):
        _is_what_it_says(entry, text)
    _chains_are_whole(entries, texts)
    _each_row_has_its_entries(stored, texts)
    differences = compare(connection)
    assert not differences, "INV-6: " + "; ".join(map(str, differences[:5]))


def _is_what_it_says(entry: Row[Any], text: dict[str, Any]) -> None:
    """INV-5: its columns are those of its text, whose hash it has; its words, unless erased, too."""
    where = f"INV-5: entry {entry.chain} {entry.sequence}"
    for column, name in _COLUMNS.items():
        assert getattr(entry, column) == text[name], f"{where}: {column}"
    assert f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}" == text["at"], f"{where}: at"
    assert hashlib.sha256(b"\x00" + entry.text.encode()).hexdigest() == entry.hash, f"{where}: hash"
    if entry.because is not None:
        words = f"{text['previous']}\n{entry.because}".encode("utf-8", "surrogatepass")
        assert hashlib.sha256(words).hexdigest() == text["words"], f"{where}: words"


def _chains_are_whole(entries: list[Row[Any]], texts: list[dict[str, Any]]) -> None:
    """INV-5: no gap in an order's chain, nor in what an account's host is told; each names the one before."""
    length: defaultdict[str, int] = defaultdict(int)
    last: dict[str, str] = {}
    told: defaultdict[str, list[int]] = defaultdict(list)
    for entry, text in zip(entries, texts, strict=True):
        length[entry.chain] += 1
        assert entry.sequence == length[entry.chain], f"INV-5: the chain {entry.chain} has a gap"
        assert text["previous"] == last.get(entry.chain, "0" * 64), f"INV-5: the chain {entry.chain} breaks"
        last[entry.chain] = entry.hash
        told[entry.account].append(entry.account_sequence)
    for account, numbers in told.items():
        assert numbers == list(range(1, len(numbers) + 1)), f"INV-5: what {account} is told has a gap"


def _each_row_has_its_entries(stored: Stored, texts: list[dict[str, Any]]) -> None:
    """INV-5: whatever a row says of its state, its last entry says."""
    of: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for text in texts:
        account = text["facts"].get("gateway_account", "") if text["subject"] in _BY_ACCOUNT else ""
        of[text["subject"], account, text["reference"]].append(text)
    for subject, (table, column) in _NAMED_BY.items():
        for row in stored.rows[table]:
            account = row.gateway_account if subject in _BY_ACCOUNT else ""
            found = of[subject, account, getattr(row, column)]
            name = f"INV-5: {subject} {getattr(row, column)}"
            assert found, f"{name} has no entry"
            if subject in _ONCE:
                assert len(found) == 1, f"{name} has {len(found)} entries"
            else:
                assert found[-1]["to"] == row.state, f"{name} is {row.state}, and moved to {found[-1]['to']}"


_BY_ACCOUNT: Final = {"receipt", "confirmation"}  # of each gateway account, a name of its own
