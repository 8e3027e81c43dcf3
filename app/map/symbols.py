"""The symbols of all layers in the arrays of one actor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.map.mover_shader import ALARM, CROWD, FADED, FAULT, HIDDEN, HOLLOW, PLAIN
from layers.layer import Symbols
from twin.geo import BoolArray
from twin.live.kinds import STATES

FARTHEST_M, HIGHEST_M = 250_000.0, 20_000.0
"""From the middle of the city, and above the sea: what is farther is not drawn."""
NOWHERE_M = -1.0e6
"""The height that stands for a place that cannot be drawn."""
CROWDS = frozenset({"car", "taxi", "bus", "dump_truck", "boat", "other", "guard", "volunteer"})
"""Those that are one of many; the others are looked for one by one."""
IntArray = NDArray[np.int64]
_MARKS = {"busy": HOLLOW, "off_duty": HOLLOW, "alarm": ALARM, "fault": FAULT}
_MARK = np.array([_MARKS.get(state, PLAIN) for state in STATES], np.uint8)
_OFF_DUTY = STATES.index("off_duty")


@dataclass(frozen=True, slots=True)
class SymbolBatch:
    """All symbols of one layer at one instant, and how fast they go.

    Parameters
    ----------
    layer : str
    symbols : Symbols
    velocity_mps : (N, 2) float32 array
        East and north; zero where unknown.
    opacity : float
    """

    layer: str
    symbols: Symbols
    velocity_mps: NDArray[np.float32]
    opacity: float = 1.0

    @property
    def off_map(self) -> BoolArray:
        """Which symbols are in no place that can be drawn, (N,)."""
        return np.asarray(self.symbols.position_m[:, 2] == NOWHERE_M)

    def find(self, keys: Sequence[str]) -> IntArray:
        """Return the rows whose ids are among ``keys``."""
        told = self.symbols.rows.told
        if told is None:
            return np.flatnonzero(np.isin(self.symbols.rows.columns["id"].astype(str), keys))
        return np.flatnonzero(np.isin(told["id"], np.array([key.encode() for key in keys], "S32")))

    def same_ids(self, other: SymbolBatch) -> bool:
        """Tell whether another batch has the same entities in the same places."""
        mine, its = self.symbols.rows, other.symbols.rows
        if mine is its or self.layer != other.layer or mine.told is None or its.told is None:
            return mine is its
        return np.array_equal(mine.told["id"], its.told["id"])

    def keys(self, rows: IntArray) -> list[str]:
        """Return the ids of some rows."""
        told = self.symbols.rows.told
        ids = self.symbols.rows.columns["id"] if told is None else told["id"]
        return [key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key) for key in ids[rows].tolist()]


@dataclass(frozen=True, slots=True)
class MoverArrays:
    """What the shaders read of each of N symbols; and for picking, its batch and its row there.

    ``motion`` (N, 3) is the velocity and whether there is a heading; ``code`` (N, 4) is symbol, mark (4 times), state
    and heading, as :mod:`app.map.mover_shader` reads them.
    """

    position_m: NDArray[np.float32]
    velocity_mps: NDArray[np.float32]
    motion: NDArray[np.float32]
    code: NDArray[np.uint8]
    batch: NDArray[np.int32]
    row: NDArray[np.int32]
    batches: tuple[SymbolBatch, ...]
    names: tuple[str, ...]
    off_map: int = 0
    """How many are in no place that can be drawn."""

    def start(self, number: int) -> int:
        """Return where a batch begins."""
        return sum(len(batch.symbols.position_m) for batch in self.batches[:number])

    def find(self, layer: str, keys: Sequence[str]) -> IntArray:
        """Return which symbols of a layer have ids among ``keys``."""
        found = [
            self.start(number) + batch.find(keys) for number, batch in enumerate(self.batches) if batch.layer == layer
        ]
        return np.concatenate(found) if found and keys else np.zeros(0, np.int64)

    def keys(self, index: IntArray) -> list[str]:
        """Return the ids of some symbols of one layer."""
        return self.batches[self.batch[index[0]]].keys(self.row[index].astype(np.int64)) if len(index) else []

    def ids(self, index: IntArray) -> NDArray[np.bytes_]:
        """Return the ids of some symbols as the live table has them; empty for those that are not in it."""
        ids = np.zeros(len(index), "S32")
        for number, batch in enumerate(self.batches):
            mine, told = self.batch[index] == number, batch.symbols.rows.told
            if told is not None:
                ids[mine] = told["id"][self.row[index[mine]]]
        return ids

    def accuracy_m(self, index: int) -> float:
        """Return the radius within which a symbol's thing is in two cases of three; NaN if that is not known."""
        told = self.batches[self.batch[index]].symbols.rows.told
        return float("nan") if told is None else float(told["accuracy_m"][self.row[index]])


def velocities(symbols: Symbols) -> NDArray[np.float32]:
    """Return metres a second east and north, zero where heading or speed is unknown or the row is stale."""
    speed = symbols.rows.columns.get("speed_mps")
    if speed is None:
        return np.zeros((len(symbols.position_m), 2), np.float32)
    known = ~symbols.faded & np.isfinite(speed) & np.isfinite(symbols.heading_deg)
    turn = np.radians(np.where(known, symbols.heading_deg, 0.0))
    speed = np.where(known, speed, 0.0)
    return np.stack([np.sin(turn) * speed, np.cos(turn) * speed], axis=1).astype(np.float32)


def pack(batches: Sequence[SymbolBatch], names: Sequence[str] = ()) -> MoverArrays:
    """Put the symbols of all layers into the arrays of one actor.

    Parameters
    ----------
    names : sequence of str
        Symbols the shader knows already; new ones are added behind them.
    """
    known = list(dict.fromkeys([*names, *(name for batch in batches for name in batch.symbols.names)]))
    place = {name: i for i, name in enumerate(known)}
    position = _joined([batch.symbols.position_m for batch in batches], (0, 3), np.float32)
    velocity = _joined([batch.velocity_mps for batch in batches], (0, 2), np.float32)
    heading = _joined([batch.symbols.heading_deg for batch in batches], (0,), np.float32)
    symbol = _joined(
        [np.array([place[n] for n in b.symbols.names], np.uint8)[b.symbols.symbol] for b in batches], (0,), np.uint8
    )
    looks = [_looks(batch.symbols) for batch in batches]
    mark = _joined([look[0] for look in looks], (0,), np.uint8)
    state = _joined([look[1] for look in looks], (0,), np.uint8)
    off = _joined([batch.off_map for batch in batches], (0,), np.bool_)
    state[off] |= HIDDEN
    turn = np.round(np.nan_to_num(heading) % 360.0 * (255.0 / 360.0)).astype(np.uint8)
    code = np.column_stack([symbol, 4 * mark, state, turn])
    motion = np.column_stack([velocity, np.isfinite(heading).astype(np.float32)]).astype(np.float32)
    sizes = [len(batch.symbols.position_m) for batch in batches]
    return MoverArrays(
        position,
        velocity,
        motion,
        code,
        np.repeat(np.arange(len(batches), dtype=np.int32), sizes),
        np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]) if sizes else np.zeros(0, np.int32),
        tuple(batches),
        tuple(known),
        int(np.count_nonzero(off)),
    )


def _looks(symbols: Symbols) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the mark and the state of each symbol, (N,) and (N,)."""
    told, faded = symbols.rows.told, symbols.faded
    if told is None:
        return np.zeros(len(faded), np.uint8), np.where(faded, np.uint8(FADED), np.uint8(0))
    state = np.minimum(told["state"], len(STATES) - 1)
    crowd = np.array([name.partition("@")[0] in CROWDS for name in symbols.names])[symbols.symbol]
    looks = np.where(faded | (state == _OFF_DUTY), np.uint8(FADED), np.uint8(0))
    looks[crowd & (_MARK[state] != ALARM)] |= CROWD
    return _MARK[state], looks


def placed(symbols: Symbols) -> Symbols:
    """Return symbols whose places can be reckoned with: what is not about the city, or in space, is nowhere."""
    east, north, up = symbols.position_m.T
    here = (np.abs(east) < FARTHEST_M) & (np.abs(north) < FARTHEST_M) & (np.abs(up) < HIGHEST_M)
    if here.all():
        return symbols
    return replace(
        symbols, position_m=np.where(here[:, None], symbols.position_m, np.array([0.0, 0.0, NOWHERE_M], np.float32))
    )


def _joined(parts: Sequence[NDArray[Any]], empty: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.asarray(p, dtype) for p in parts]) if parts else np.zeros(empty, dtype)
