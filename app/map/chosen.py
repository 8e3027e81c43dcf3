"""Which of the symbols that are drawn are selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.map.events import Pick
from app.map.symbols import IntArray, MoverArrays, SymbolBatch


@dataclass(frozen=True, slots=True)
class Chosen:
    """Places of the selected symbols in what is packed, and the picks that are no symbol there."""

    symbols: IntArray
    others: tuple[Pick, ...]


NOTHING = Chosen(np.zeros(0, np.int64), ())


class Chooser:
    """Finds the selected symbols; looks again only for another selection or other entities."""

    def __init__(self) -> None:
        self._picks: Sequence[Pick] = ()
        self._batches: tuple[SymbolBatch, ...] = ()
        self._chosen = NOTHING

    def __call__(self, packed: MoverArrays, picks: Sequence[Pick]) -> Chosen:
        """Return where ``picks`` are in ``packed``."""
        if not picks:
            return NOTHING
        if picks is not self._picks or not _same(packed.batches, self._batches):
            self._chosen = choose(packed, picks)
        self._picks, self._batches = picks, packed.batches
        return self._chosen


def choose(packed: MoverArrays, picks: Sequence[Pick]) -> Chosen:
    """Return where ``picks`` are in ``packed``."""
    found, seen = [np.zeros(0, np.int64)], set()
    for layer in dict.fromkeys(pick.layer for pick in picks):
        index = packed.find(layer, [pick.key for pick in picks if pick.layer == layer])
        found.append(index)
        seen |= {(layer, key) for key in packed.keys(index)}
    return Chosen(np.concatenate(found), tuple(pick for pick in picks if (pick.layer, pick.key) not in seen))


def _same(some: tuple[SymbolBatch, ...], others: tuple[SymbolBatch, ...]) -> bool:
    """Tell whether the same entities stand in the same places."""
    return len(some) == len(others) and all(a.same_ids(b) for a, b in zip(some, others, strict=True))
