"""The Merkle tree over the journal's entries, of RFC 9162 (section 2.1): one hash stands for all of them.

A tree is kept as its peaks, the roots of its full parts from the left: enough to append to it, and for its
root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

__all__ = ["Tree", "inclusion_path", "root_by_path", "spans"]


class Tree:
    """Grows leaf by leaf.

    Args:
        size: how many leaves it has. `peaks`: their full parts, hex, see `spans`.
    Raises: ValueError, for peaks that no tree of that size has.
    """

    def __init__(self, size: int = 0, peaks: Iterable[str] = ()) -> None:
        self.size = size
        self._peaks = [bytes.fromhex(peak) for peak in peaks]
        if size < 0 or len(self._peaks) != size.bit_count() or any(len(peak) != 32 for peak in self._peaks):
            raise ValueError("these are not the peaks of a tree of that size")

    def append(self, leaf: str) -> None:
        """`leaf`: the hash of an entry, hex; see `leaf_hash`."""
        node, rest = bytes.fromhex(leaf), self.size
        while rest & 1:
            node = _node(self._peaks.pop(), node)
            rest >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def peaks(self) -> tuple[str, ...]:
        return tuple(peak.hex() for peak in self._peaks)

    @property
    def root(self) -> str:
        """Hex; of no leaf, the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = _node(peak, node)
        return node.hex()


def spans(size: int) -> tuple[tuple[int, int], ...]:
    """The leaves below each peak of a tree of that size: first and last, counted from 1."""
    found, first = [], 1
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            found.append((first, first + (1 << height) - 1))
            first += 1 << height
    return tuple(found)


def inclusion_path(leaves: Sequence[str], number: int) -> tuple[str, ...]:
    """What shows that entry `number`, counted from 1, is among all leaves: RFC 9162, 2.1.3.1. Hex."""
    if not 1 <= number <= len(leaves):
        raise ValueError("no such leaf")
    return tuple(node.hex() for node in _path([bytes.fromhex(leaf) for leaf in leaves], number - 1))


def root_by_path(leaf: str, number: int, size: int, path: Sequence[str]) -> str | None:
    """The root of the tree of `size` leaves to which the path leads; None where it leads to none: 2.1.3.2."""
    if not 1 <= number <= size:
        return None
    place, last, node = number - 1, size - 1, bytes.fromhex(leaf)
    for step in map(bytes.fromhex, path):
        if last == 0:
            return None
        if place & 1 or place == last:
            node = _node(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _node(node, step)
        place, last = place >> 1, last >> 1
    return node.hex() if last == 0 else None


def _path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if place < split:
        return [*_path(leaves[:split], place), _root(leaves[split:])]
    return [*_path(leaves[split:], place - split), _root(leaves[:split])]


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(_root(leaves[:split]), _root(leaves[split:]))


def _split(count: int) -> int:
    """The largest power of two below it."""
    return 1 << (count - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
