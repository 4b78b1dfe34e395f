"""The Merkle tree of RFC 9162, against the definition written out, and the vectors that are published."""

from __future__ import annotations

import hashlib

import pytest

from payport.journal.entry import leaf_hash
from payport.journal.merkle import Tree, inclusion_path, root_by_path, spans

LEAVES = [leaf_hash(f"entry {number}") for number in range(1, 34)]
PUBLISHED = [  # the reference leaves of Certificate Transparency, with their roots
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    (b" !", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    (b"01", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    (b"@ABC", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    (b"PQRSTUVW", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (b"`abcdefghijklmno", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(1 << n for n in range(len(leaves).bit_length()) if 1 << n < len(leaves))
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def test_the_roots_are_the_published_ones() -> None:
    tree = Tree()
    for data, root in PUBLISHED:
        tree.append(hashlib.sha256(b"\x00" + data).hexdigest())

        assert tree.root == root


def test_a_tree_goes_on_from_its_peaks_to_the_root_of_the_definition() -> None:
    tree = Tree()
    for size, leaf in enumerate(LEAVES, 1):
        tree = Tree(tree.size, tree.peaks)
        tree.append(leaf)

        assert tree.root == by_definition([bytes.fromhex(one) for one in LEAVES[:size]]).hex()
        assert len(spans(size)) == len(tree.peaks)
        assert [number for first, last in spans(size) for number in range(first, last + 1)] == [
            *range(1, size + 1)
        ]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Tree().root == by_definition([]).hex()


@pytest.mark.parametrize(("size", "peaks"), [(3, LEAVES[:1]), (2, LEAVES[:2]), (-1, ()), (1, ["00"])])
def test_peaks_that_no_tree_of_the_size_has_are_refused(size: int, peaks: list[str]) -> None:
    with pytest.raises(ValueError, match="not the peaks"):
        Tree(size, peaks)


def test_a_path_leads_from_its_own_entry_to_the_root_and_from_no_other() -> None:
    for size in range(1, len(LEAVES) + 1):
        leaves = LEAVES[:size]
        root = by_definition([bytes.fromhex(one) for one in leaves]).hex()
        for number in range(1, size + 1):
            path = inclusion_path(leaves, number)

            assert root_by_path(leaves[number - 1], number, size, path) == root
            assert root_by_path(LEAVES[number % len(LEAVES)], number, size, path) != root
            assert root_by_path(leaves[number - 1], number + 1, size, path) != root
            assert root_by_path(leaves[number - 1], number, size, (*path, root)) is None
            assert size == 1 or root_by_path(leaves[number - 1], number, size, path[:-1]) != root


def test_no_path_leads_to_an_entry_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(LEAVES, len(LEAVES) + 1)
    assert root_by_path(LEAVES[0], 0, 5, ()) is None
