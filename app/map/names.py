"""Which of the symbols are named, and with which words: the nearest of a layer, and what is selected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app import formats
from app.map.camera import Lens
from app.map.labels import LabelSet
from app.map.mover_shader import HIDDEN
from app.map.symbols import IntArray, MoverArrays, SymbolBatch
from layers.layer import Rows, Symbols
from twin.geo import BoolArray, FloatArray

NAMED, NAMED_MOVERS, NAMED_CHOSEN = 120, 40, 12
MOVERS_NAMED_WITHIN_M, NAMED_WITHIN_M = 450.0, 6000.0
# Those that an operator sends or follows are named from farther away than the traffic around them.
TRAFFIC, UNITS_NAMED_WITHIN_M = ("car", "taxi", "other"), 2600.0
CHOSEN_RANK, SITE_RANK, DEVICE_RANK, MOVER_RANK = 2, 5, 6, 7
BELOW_PX = 15.0


def names_of(batch: SymbolBatch, lens: Lens, at_s: float, *, live: bool) -> list[LabelSet]:
    """Return the words beside the symbols of a layer, for the nearest of them."""
    symbols = batch.symbols
    if not _column(symbols.rows) or (live and lens.state.distance_m > 2 * UNITS_NAMED_WITHIN_M):
        return []
    rank = MOVER_RANK if live else SITE_RANK if batch.layer == "sites" else DEVICE_RANK
    reach = _reach_m(symbols) if live else np.full(len(symbols.position_m), NAMED_WITHIN_M)
    rows = _nearest(lens, symbols.position_m, reach, NAMED_MOVERS if live else NAMED)
    return [_set_of(batch, rows, rank, at_s)]


def names_of_chosen(packed: MoverArrays, chosen: IntArray, at_s: float) -> list[LabelSet]:
    """Return the words beside what is selected, however far away it is."""
    chosen = np.sort(chosen[(packed.code[chosen, 2] & HIDDEN) == 0][:NAMED_CHOSEN])
    sets = []
    for number, batch in enumerate(packed.batches):
        rows = packed.row[chosen[packed.batch[chosen] == number]].astype(np.int64)
        if len(rows) and _column(batch.symbols.rows):
            sets.append(_set_of(batch, rows, CHOSEN_RANK, at_s))
    return sets


def _column(rows: Rows) -> str:
    return next((name for name in ("name", "label") if name in rows.columns), "")


def _reach_m(symbols: Symbols) -> FloatArray:
    """Return how near each mover must be to be named, (N,) metres."""
    traffic = [number for number, name in enumerate(symbols.names) if name in TRAFFIC]
    return np.where(np.isin(symbols.symbol, traffic), MOVERS_NAMED_WITHIN_M, UNITS_NAMED_WITHIN_M)


def _nearest(lens: Lens, position_m: NDArray[np.float32], reach_m: FloatArray, most: int) -> IntArray:
    """Return the rows in the picture, or nearly, that are near enough: so many at most, in their own order."""
    near = np.flatnonzero(np.abs(lens.depth_m(position_m)) < reach_m)
    x, y, depth = lens.project(position_m[near])
    margin = 0.3 * lens.width_px
    seen: BoolArray = (depth > 1) & (x > -margin) & (x < lens.width_px + margin)
    seen &= (y > -margin) & (y < lens.height_px + margin)
    rows = near[seen]
    return np.asarray(np.sort(rows[np.argsort(depth[seen], kind="stable")[:most]]))


def _set_of(batch: SymbolBatch, rows: IntArray, rank: int, at_s: float) -> LabelSet:
    symbols = batch.symbols
    keep = np.zeros(len(symbols.position_m), bool)
    keep[rows] = True
    few = symbols.rows.take(keep)
    zh = few.columns[_column(few)]
    en = np.where(few.columns["name_en"] == "", zh, few.columns["name_en"]) if "name_en" in few.columns else zh
    if few.told is not None:
        age_s = np.where(symbols.faded[keep], at_s - few.told["time_s"], -1.0)
        zh, en = _aged(zh, age_s, "zh"), _aged(en, age_s, "en")
    ranks = np.full(len(rows), rank, np.int16)
    chosen = rank == CHOSEN_RANK
    return LabelSet(
        "chosen" if chosen else batch.layer, symbols.position_m[keep], zh, en, ranks, batch.opacity, BELOW_PX,
        batch.velocity_mps[keep], hidden_by_m=np.inf if chosen else 0.0,
    )  # fmt: skip


def _aged(words: NDArray[np.object_], age_s: FloatArray, language: str) -> NDArray[np.object_]:
    """Return words with the age behind them where the last report is old."""
    aged = np.empty(len(words), object)
    aged[:] = [
        f"{word} · {formats.age(age, language)}" if age >= 0 else word
        for word, age in zip(words.tolist(), age_s.tolist(), strict=True)
    ]
    return aged
