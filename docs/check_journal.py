"""Checks a journal that `payport journal export` wrote, with nothing of Payport: Python and cryptography.

    python check_journal.py EXPORT [--heads HEADS] [--key ID=BASE64]...

EXPORT is lines of JSON: public keys, entries by number and then those that are not yet sealed, heads. --heads
is the file of heads that was kept outside the database. --key is a public key that you trust; without any,
those in the export are taken, which prove less. It prints what it found, and exits with 0: whole; 1: not; 2:
not an export. How everything is written: docs/journal.md. This file may be copied and read alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from base64 import b64decode
from collections import deque
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTHING = "0" * 64
EXPORT = "payport journal export 1"
HEAD = "payport journal head 1"
TEXT, TEXT_OR_NOTHING = (str,), (str, type(None))
ENTRY = {
    "account": TEXT,
    "account_sequence": (int,),
    "at": TEXT,
    "chain": TEXT,
    "facts": (dict,),
    "form": (int,),
    "from": TEXT_OR_NOTHING,
    "kind": TEXT,
    "previous": TEXT,
    "reference": TEXT,
    "sequence": (int,),
    "subject": TEXT,
    "to": TEXT_OR_NOTHING,
    "words": TEXT_OR_NOTHING,
}


class Bad(Exception):
    """What is wrong first, and where."""

    def __init__(self, why, number=None, last=None, chain=None, sequence=None):
        where = "the journal" if number is None else f"entry {number}"
        if number is not None and last is not None and last > number:
            where = f"entries {number} to {last}"
        if chain is not None:
            where = f"{where if number else 'an entry not yet sealed'} ({chain}, {sequence})"
        super().__init__(f"{where}: {why}")


def canonical(value):
    """JSON in ASCII with sorted keys and no blanks."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))


def sha256(data):
    return hashlib.sha256(data).digest()


class Tree:
    """RFC 9162, 2.1.1: kept as the roots of its full parts, from the left."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, leaf):
        node, rest = leaf, self.size
        while rest % 2:
            node, rest = sha256(b"\x01" + self.peaks.pop() + node), rest // 2
        self.peaks.append(node)
        self.size += 1

    def spans(self):
        """First and last entry below each peak."""
        first = 1
        for height in reversed(range(self.size.bit_length())):
            if self.size & 1 << height:
                yield first, first + (1 << height) - 1
                first += 1 << height


def root_of(peaks):
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = sha256(b"\x01" + peak + node)
    return node


def signed_text(line):
    """A head's text and its signature; of whatever is no head, a text that nobody believes."""
    head = line.get("head") if isinstance(line, dict) else None
    text, signature = (head.get("text"), head.get("signature")) if isinstance(head, dict) else ("", None)
    fits = isinstance(text, str) and (signature is None or isinstance(signature, str))
    return (text, signature) if fits else ("", None)


def read_head(text, signature, keys):
    """The head, and what is wrong with it by itself; None for the head where it cannot be read."""
    try:
        head = json.loads(text)
        peaks = [bytes.fromhex(peak) for peak in head["peaks"]]
        sound = (
            canonical(head) == text
            and set(head) == {"at", "form", "key", "peaks", "previous", "root", "size"}
            and head["form"] == HEAD
            and all(isinstance(head[name], str) for name in ("at", "previous", "root"))
            and isinstance(head["key"], TEXT_OR_NOTHING)
            and type(head["size"]) is int
            and head["size"] > 0
            and len(peaks) == bin(head["size"]).count("1")
            and all(len(peak) == 32 for peak in peaks)
            and head["peaks"] == [peak.hex() for peak in peaks]
            and root_of(peaks).hex() == head["root"]
        )
    except (KeyError, TypeError, ValueError, RecursionError, IndexError, AttributeError):
        sound = False
    if not sound:
        return None, "its head cannot be read"
    if (head["key"] is None) != (signature is None):
        return head, "its head has a key without a signature, or the reverse"
    if keys and head["key"] is not None:
        if head["key"] not in keys:
            return head, "its head is signed by a key that is not known"
        try:
            keys[head["key"]].verify(b64decode(signature, validate=True), text.encode("ascii"))
        except (InvalidSignature, ValueError, TypeError):
            return head, "its head is not signed by its key"
    return head, None


def expected_heads(lines, outside, keys):
    """(size, what is wrong, head) of each head in the export or outside, by size."""
    elsewhere = {}
    for line in map(signed_text, outside):
        head, problem = read_head(*line, keys)
        size = head["size"] if head else 1
        if size in elsewhere and elsewhere[size][1] != line:
            problem = "there are two of one size"
        elsewhere[size] = (problem and f"the heads kept outside: {problem}", line)
    found, signed, before, last = [], False, NOTHING, 0
    for line in map(signed_text, lines):
        head, problem = read_head(*line, keys)
        size = max(head["size"], last + 1) if head else last + 1
        if head and problem is None:
            said, kept = elsewhere.get(head["size"], (None, line))
            if head["previous"] != before:
                problem = "its head does not follow the head before it"
            elif head["size"] <= last:
                problem = "its head seals no more than the one before"
            elif said:
                problem = said
            elif kept != line:
                problem = "its head is not the one that is kept outside"
            elif keys and signed and head["key"] is None:
                problem = "its head is not signed, though one before it is"
        signed = signed or bool(head and head["key"])
        elsewhere.pop(size, None)
        found.append((size, problem, head))
        before, last = (sha256(line[0].encode()).hex() if head else ""), size
    for size, (problem, _) in elsewhere.items():
        found.append((size, problem or "its head is kept outside, and not in the journal", None))
    return sorted(found, key=lambda one: one[0])


class Journal:
    """Reads entry by entry; keeps the ends of all chains."""

    def __init__(self, heads, keys, with_outside):
        self.heads, self.keys, self.with_outside = deque(heads), keys, with_outside
        self.tree, self.chains, self.accounts = Tree(), {}, {}
        self.seen = self.sure = 0
        self.signed = self.any_head = False

    def take(self, line):
        entry = line.get("entry") if isinstance(line, dict) else None
        entry = entry if isinstance(entry, dict) else {}
        number, text = entry.get("number"), entry.get("text")
        if number is None:
            self.all_sealed_came()
        try:
            read = json.loads(text)
            read = read if isinstance(read, dict) else {}
        except (TypeError, ValueError, RecursionError):
            read = {}
        why = self.wrong(read, text, entry, number)
        if why:
            chain, sequence = read.get("chain"), read.get("sequence")
            raise Bad(
                why,
                None if number is None else self.tree.size + 1,
                None,
                chain if isinstance(chain, str) else None,
                sequence if isinstance(sequence, int) else None,
            )
        self.chains[read["chain"]] = (read["sequence"], entry["hash"])
        self.accounts[read["account"]] = read["account_sequence"]
        self.seen += 1
        if number is not None:
            self.tree.append(bytes.fromhex(entry["hash"]))
            while self.heads and self.heads[0][0] <= self.tree.size:
                self.meet(*self.heads.popleft())

    def wrong(self, read, text, entry, number):
        """Why an entry is not what it should be; None: it is."""
        why = self.wrong_alone(read, text, entry)
        if why:
            return why
        if number is not None:
            if number != self.tree.size + 1:
                raise Bad(f"missing: entry {number} comes next", self.tree.size + 1)
            if self.seen > self.tree.size:
                return "it is sealed, and one before it is not"
        sequence, before = self.chains.get(read["chain"], (0, NOTHING))
        if read["sequence"] != sequence + 1:
            return f"its chain was at {sequence}"
        if read["previous"] != before:
            return "it does not follow the entry before it in its chain"
        told = self.accounts.get(read["account"], 0)
        if read["account_sequence"] != told + 1:
            return f"its account was at {told}, and it says {read['account_sequence']}"
        return None

    def wrong_alone(self, read, text, entry):
        try:
            hashed = sha256(b"\x00" + text.encode("ascii")).hex() == entry.get("hash")
        except (UnicodeEncodeError, AttributeError):
            hashed = False
        if not hashed:
            return "its text has another hash"
        if read.keys() != ENTRY.keys() or read["form"] != 1:
            return "it is no entry"
        for name, kinds in ENTRY.items():
            if type(read[name]) not in kinds:
                return f"its {name} is of a wrong kind"
        try:
            written = canonical(read) == text
        except (ValueError, RecursionError):
            written = False
        if not written:
            return "its text is not written as an entry is"
        words = entry.get("because")
        if words is not None:
            said = sha256(f"{read['previous']}\n{words}".encode("utf-8", "surrogatepass")).hex()
            if said != read["words"]:
                return "its words are not those that were written"
        return None

    def meet(self, size, problem, head):
        """A head whose entries have all come."""
        first = self.sure + 1
        if problem:
            raise Bad(problem, first, size)
        for (start, last), ours, theirs in zip(
            self.tree.spans(), self.tree.peaks, head["peaks"], strict=True
        ):
            if ours != bytes.fromhex(theirs) and last >= first:
                raise Bad("not what was sealed", max(start, first), last)
        self.sure, self.any_head = size, True
        self.signed = self.signed or head["key"] is not None

    def all_sealed_came(self):
        if self.heads:
            size, problem, _ = self.heads[0]
            raise Bad(problem or f"missing: a head seals up to {size}", self.tree.size + 1, size)

    def end(self):
        self.all_sealed_came()
        if self.tree.size > self.sure:
            raise Bad("numbered, and no head seals them", self.sure + 1, self.tree.size)
        if self.keys and self.any_head and not self.signed:
            raise Bad("no head is signed, though a key is known")

    @property
    def sealed(self):
        return self.sure if self.signed or not self.keys else 0

    def notes(self):
        if self.any_head and not self.keys:
            yield "no public key is known, so no signature was looked at"
        if not self.with_outside:
            yield "no head from outside was compared: what was cut off at the end would not be seen"


def lines_of(file):
    with Path(file).open(encoding="utf-8", errors="replace") as opened:
        for line in opened:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield None


def is_head(line):
    return isinstance(line, dict) and "head" in line


def kept_outside(file):
    """A last line without its end is being written."""
    for line in Path(file).read_bytes().split(b"\n")[:-1]:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            yield None


def public_key(name, public):
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(str(public), validate=True))
    except ValueError:
        raise ValueError(f"public key {name} is not 32 bytes in base64") from None


def check(export, heads, trusted):
    """Print what was found; the exit status."""
    lines = lines_of(export)
    first = next(lines, None)
    if not isinstance(first, dict) or first.get("form") != EXPORT or not isinstance(first.get("keys"), dict):
        print(f"{Path(export).name}: is no export of a journal", file=sys.stderr)
        return 2
    keys = {name: public_key(name, public) for name, public in (trusted or first["keys"]).items()}
    outside = [] if heads is None else [*kept_outside(heads)]
    due = expected_heads([line for line in lines_of(export) if is_head(line)], outside, keys)
    journal = Journal(due, keys, bool(outside))
    try:
        for line in lines:
            if not is_head(line):
                journal.take(line)
        journal.end()
    except Bad as bad:
        print(f"broken at {bad}; sure up to {journal.sealed}")
        status = 1
    else:
        waiting = journal.seen - journal.sealed
        print(f"whole, sealed up to {journal.sealed} of {journal.seen}, {waiting} not yet sealed")
        status = 0
    for note in journal.notes():
        print(f"  {note}")
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("export", metavar="EXPORT")
    parser.add_argument("--heads", metavar="HEADS")
    parser.add_argument("--key", metavar="ID=BASE64", action="append", default=[])
    given = parser.parse_args()
    try:
        trusted = [key.partition("=") for key in given.key]
        if not all(name and equals for name, equals, _ in trusted):
            raise ValueError("--key is not ID=BASE64")
        return check(given.export, given.heads, {name: public for name, _, public in trusted})
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
