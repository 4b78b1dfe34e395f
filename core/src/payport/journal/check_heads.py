"""What is wrong with a journal's heads by themselves, and among each other. Their entries come later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from payport.journal.seal import FIRST_HEAD, Head, SignedHead, parse_head
from payport.journal.sealing_key import PublicKeys, is_signed

__all__ = ["heads_in_order"]


def heads_in_order(
    heads: Iterable[SignedHead], outside: Iterable[SignedHead], keys: PublicKeys
) -> list[tuple[int, str | None, Head | None]]:
    """Size, what is wrong, and the head, by size: each that the database has or that was kept outside."""
    elsewhere: dict[int, tuple[str | None, SignedHead]] = {}
    for each in outside:
        problem, head = _alone(each, keys)
        size = 1 if head is None else head.size
        if size in elsewhere and elsewhere[size][1] != each:
            problem = "there are two of one size"
        elsewhere[size] = (problem and f"the heads kept outside: {problem}", each)
    found: list[tuple[int, str | None, Head | None]] = []
    signed, before, last = False, FIRST_HEAD, 0
    for each in heads:
        problem, head = _alone(each, keys)
        size = last + 1 if head is None else max(head.size, last + 1)
        if head is not None and problem is None:
            problem = _unfit(head, each, before, last, elsewhere)
            if problem is None and keys and signed and head.key is None:
                problem = "its head is not signed, though one before it is"
            signed = signed or head.key is not None
        elsewhere.pop(size, None)
        found.append((size, problem, head))
        before, last = each.hash if each.text.isascii() else "", size
    for size, (problem, _) in elsewhere.items():
        found.append((size, problem or "its head is kept outside, and not in the journal", None))
    return sorted(found, key=lambda one: one[0])


def _alone(given: SignedHead, keys: PublicKeys) -> tuple[str | None, Head | None]:
    """What is wrong with a head by itself."""
    try:
        head = parse_head(given.text)
    except (ValueError, TypeError, RecursionError):
        return "its head cannot be read", None
    if (head.key is None) != (given.signature is None):
        return "its head has a key without a signature, or the reverse", head
    if not keys or head.key is None or given.signature is None:
        return None, head
    if head.key not in keys:
        return "its head is signed by a key that is not known", head
    return (
        None
        if is_signed(keys[head.key], given.text, given.signature)
        else "its head is not signed by its key"
    ), head


def _unfit(
    head: Head,
    given: SignedHead,
    before: str,
    last: int,
    elsewhere: Mapping[int, tuple[str | None, SignedHead]],
) -> str | None:
    """What is wrong with a head among the others."""
    if head.previous != before:
        return "its head does not follow the head before it"
    if head.size <= last:
        return "its head seals no more than the one before"
    problem, kept = elsewhere.get(head.size, (None, given))
    if problem is None and kept != given:
        problem = "its head is not the one that is kept outside"
    return problem
