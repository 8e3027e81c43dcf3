"""A flow picture: columns by hop, an account once in each column it is in, so that money going round is no problem.

What is small in a column stands together as `other`; sums are whole fen and stay what they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from twin.fraud.chart.board import Flow

OTHER = "*"
"""The key of what stands together."""
TOP = 12


@dataclass(frozen=True, slots=True)
class Block:
    """An account in a column: what came in and went out there, fen. ``others`` counts what stands together in it."""

    layer: int
    key: str
    in_fen: int
    out_fen: int
    others: int = 0
    again: bool = False
    """It was in an earlier column already: money came back."""

    @property
    def size_fen(self) -> int:
        """How high it is drawn."""
        return max(self.in_fen, self.out_fen)

    @property
    def stays_fen(self) -> int:
        """What came in and did not go on."""
        return max(self.in_fen - self.out_fen, 0) if self.layer else 0


@dataclass(frozen=True, slots=True)
class Band:
    """Money from a block to one of the next column."""

    layer: int
    source: str
    target: str
    fen: int
    count: int
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sankey:
    """Blocks, column by column, the largest first in each; and the bands between them."""

    blocks: tuple[Block, ...]
    bands: tuple[Band, ...]

    @property
    def layers(self) -> int:
        """How many columns there are."""
        return max((block.layer for block in self.blocks), default=-1) + 1


def sankey(flows: Iterable[Flow], top: int = TOP) -> Sankey:
    """Return the picture of flows: one of hop h goes from column h to column h + 1."""
    flows = [flow for flow in flows if flow.traced_fen > 0]
    came: dict[tuple[int, str], int] = defaultdict(int)
    went: dict[tuple[int, str], int] = defaultdict(int)
    for flow in flows:
        went[flow.hop, flow.source] += flow.traced_fen
        came[flow.hop + 1, flow.target] += flow.traced_fen
    kept = _largest(came, went, top)
    name = {spot: spot[1] if spot in kept else OTHER for spot in {*came, *went}}
    bands: dict[tuple[int, str, str], list[Flow]] = defaultdict(list)
    for flow in flows:
        bands[flow.hop, name[flow.hop, flow.source], name[flow.hop + 1, flow.target]].append(flow)
    return Sankey(
        _blocks(came, went, name),
        tuple(
            Band(layer, source, target, sum(one.traced_fen for one in several), len(several),
                 tuple(one.id for one in several))
            for (layer, source, target), several in sorted(bands.items())
        ),
    )  # fmt: skip


def _largest(came: dict[tuple[int, str], int], went: dict[tuple[int, str], int], top: int) -> set[tuple[int, str]]:
    by_layer: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for layer, key in {*came, *went}:
        by_layer[layer].append((max(came.get((layer, key), 0), went.get((layer, key), 0)), key))
    kept: set[tuple[int, str]] = set()
    for layer, several in by_layer.items():
        several.sort(key=lambda one: (-one[0], one[1]))
        most = top if len(several) <= top else top - 1
        kept |= {(layer, key) for _, key in several[:most]}
    return kept


def _blocks(
    came: dict[tuple[int, str], int], went: dict[tuple[int, str], int], name: dict[tuple[int, str], str]
) -> tuple[Block, ...]:
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for spot, shown in name.items():
        total = sums[spot[0], shown]
        total[0] += came.get(spot, 0)
        total[1] += went.get(spot, 0)
        total[2] += shown == OTHER
    first: dict[str, int] = {}
    for layer, key in sorted(name):
        first.setdefault(key, layer)
    blocks = [
        Block(layer, key, inward, outward, others, key != OTHER and first[key] < layer)
        for (layer, key), (inward, outward, others) in sums.items()
    ]
    return tuple(sorted(blocks, key=lambda one: (one.layer, one.key == OTHER, -one.size_fen, one.key)))
