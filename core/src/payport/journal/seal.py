"""A head of the journal: one signed line that seals all entries up to a number, and names the head before.

Its text is JSON as an entry's is. It holds the peaks of the tree, so that the next head grows out of it
without reading again what is sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from payport.journal.entry import instant
from payport.journal.merkle import Tree

if TYPE_CHECKING:
    from payport.journal.sealing_key import SealingKey

__all__ = ["FIRST_HEAD", "Head", "SignedHead", "next_head", "parse_head"]

FIRST_HEAD: Final = "0" * 64  # what the first head names as the one before it
_FORM: Final = "payport journal head 1"  # in all that the key signs, so that it can be taken for nothing else
_KEYS: Final = frozenset({"at", "form", "key", "peaks", "previous", "root", "size"})


@dataclass(frozen=True, slots=True)
class Head:
    """What is sealed.

    Args:
        size: the number of the last entry that it seals. `root`: of the tree over entries 1 to `size`, hex.
        peaks: of that tree, see `Tree`. `at`: when, as an entry's text writes it.
        previous: the hash of the head before, or `FIRST_HEAD`. `key`: the id of the key; None: unsigned.
    """

    size: int
    root: str
    peaks: tuple[str, ...]
    at: str
    previous: str
    key: str | None

    @property
    def text(self) -> str:
        return json.dumps(
            {
                "form": _FORM,
                "size": self.size,
                "root": self.root,
                "peaks": self.peaks,
                "at": self.at,
                "previous": self.previous,
                "key": self.key,
            },
            ensure_ascii=True,
            sort_keys=True,
            separators=(",", ":"),
        )


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head's text as it is kept, and its signature in base64; None: nobody signed it."""

    text: str
    signature: str | None

    @property
    def hash(self) -> str:
        """Of the text, SHA-256, hex: what the next head names."""
        return hashlib.sha256(self.text.encode("ascii")).hexdigest()


def next_head(
    last: SignedHead | None, hashes: Iterable[str], *, at: datetime, key: SealingKey | None
) -> SignedHead:
    """The head that seals these entries, in order, after those that `last` seals.

    Args:
        hashes: of the entries that follow, hex. `key`: signs it; None: nobody does.
    Raises: ValueError, for a last head that contradicts itself.
    """
    before = None if last is None else parse_head(last.text)
    tree = Tree() if before is None else Tree(before.size, before.peaks)
    for each in hashes:
        tree.append(each)
    head = Head(
        size=tree.size,
        root=tree.root,
        peaks=tree.peaks,
        at=instant(at),
        previous=FIRST_HEAD if last is None else last.hash,
        key=None if key is None else key.id,
    )
    return SignedHead(head.text, None if key is None else key.sign(head.text))


def parse_head(text: str) -> Head:
    """The head whose text this is, to the byte. Raises ValueError, saying what is wrong."""
    try:
        read = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(read, dict) or set(read) != _KEYS or read["form"] != _FORM:
        raise ValueError("it is no head of this form")
    try:
        head = Head(
            read["size"], read["root"], tuple(read["peaks"]), read["at"], read["previous"], read["key"]
        )
        named = (head.root, head.at, head.previous, "" if head.key is None else head.key)
        whole = all(isinstance(each, str) for each in named)
        whole = whole and type(head.size) is int and head.size > 0 and head.text == text
        tree = Tree(head.size, head.peaks)
        whole = whole and (tree.root, tree.peaks) == (head.root, head.peaks)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it is no head: {type(error).__name__}") from None
    if not whole:
        raise ValueError("its text is not written as a head is")
    return head
