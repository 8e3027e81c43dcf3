"""The trees are those of RFC 6962, and its proofs hold for what is so and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.audit.merkle import (
    EMPTY,
    Tree,
    has_entry,
    has_grown,
    leaf,
    parent,
    proof_of_entry,
    proof_of_growth,
    root_of,
)

ENTRIES = [bytes.fromhex(told) for told in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
"""The entries of Certificate Transparency's known answers, with the roots over the first 1 to 8 of them."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [leaf(bytes([i])) for i in range(count)]


def plain(told: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, as it stands."""
    if len(told) < 2:
        return told[0] if told else EMPTY
    half = 1
    while half * 2 < len(told):
        half *= 2
    return parent(plain(told[:half]), plain(told[half:]))


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_are_the_known_ones(count: int) -> None:
    assert root_of(map(leaf, ENTRIES[:count])).hex() == ROOTS[count - 1]


@given(st.lists(st.integers(0, 70), max_size=5))
def test_a_tree_that_grows_in_pieces_is_the_tree_over_all(pieces: list[int]) -> None:
    told, tree = leaves(250)[: sum(pieces)], Tree()
    for piece in pieces:
        tree = Tree(tree.size, tree.peaks)
        tree.extend(told[tree.size : tree.size + piece])
    assert tree.root == plain(told)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_an_entry_is_proven_where_it_is_and_nowhere_else(size: int) -> None:
    told = leaves(size)
    root = root_of(told)
    for index in range(size):
        proof = proof_of_entry(index, size, lambda low, high: plain(told[low:high]))
        assert has_entry(root, size, index, told[index], proof)
        assert not has_entry(root, size, index, leaf(b"other"), proof)
        assert not has_entry(root, size, size, told[index], proof)
        assert not has_entry(root, size, index, told[index], [*proof, root])
        if size > 1:
            assert not has_entry(root, size, (index + 1) % size, told[index], proof)
            assert not has_entry(root, size, index, told[index], proof[:-1])


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13, 21])
def test_growth_is_proven_from_every_size_and_a_changed_past_is_not(size: int) -> None:
    told = leaves(size)
    root = root_of(told)
    for old in range(1, size + 1):
        proof = proof_of_growth(old, size, lambda low, high: plain(told[low:high]))
        assert has_grown(old, root_of(told[:old]), size, root, proof)
        changed = root_of([*told[: old - 1], leaf(b"other")])
        assert not has_grown(old, changed, size, root, proof)
        if proof:
            assert not has_grown(old, root_of(told[:old]), size, root, proof[:-1])
            assert not has_grown(old, root_of(told[:old]), size, root, [*proof, root])


def test_growth_is_proven_from_the_peaks_and_what_came_after_alone() -> None:
    told = leaves(53)
    for old in range(1, 53):
        tree = Tree()
        tree.extend(told[:old])

        def node(low: int, high: int, old: int = old, peaks: list[bytes] = tree.peaks) -> bytes:
            assert low >= old or plain(told[low:high]) in peaks
            return plain(told[low:high])

        assert has_grown(old, tree.root, 53, root_of(told), proof_of_growth(old, 53, node))


def test_peaks_that_are_no_trees_are_refused() -> None:
    with pytest.raises(ValueError, match="one peak"):
        Tree(3, [EMPTY])
