"""The street plan on the straight grid: the county is divided and divided again, and each cut is a road.

The first cuts are the arterials through the towns; near a town cuts keep to the town's own grid, so that its streets
cross; elsewhere they fall where they may, so that country lanes meet in tees. Many cuts carry a canal beside the road,
as in the water country south of the Yangtze.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.simulate.county.bend import Bend
from data.simulate.county.plan import Core, Plan

ALONG_V, ALONG_U = 0, 1
"""A cut at constant u runs north (``ALONG_V``), one at constant v runs east (``ALONG_U``)."""

LANES = {"primary": 6, "secondary": 4, "tertiary": 2, "residential": 2, "service": 1}
WIDTH_M = {"primary": 30.0, "secondary": 22.0, "tertiary": 13.0, "residential": 7.0, "service": 4.5}
SPEED_KMH = {"primary": 60.0, "secondary": 50.0, "tertiary": 40.0, "residential": 30.0, "service": 20.0}
RANK = {name: rank for rank, name in enumerate(WIDTH_M)}


@dataclass(slots=True)
class Cut:
    """One road, and perhaps a canal beside it.

    Parameters
    ----------
    axis, at_m, low_m, high_m
        Which way it runs, its constant coordinate, and its extent along the other.
    ends : tuple of int
        The cuts it runs from and to; −1 for the rim.
    canal_m, side : float, int
        Width of the canal (0 for none), and whether it lies at greater (+1) or smaller (−1) coordinates.
    stops : set of float
        Where other cuts meet it.
    street : str
        Cuts with the same key are one street and share a name.
    """

    axis: int
    at_m: float
    low_m: float
    high_m: float
    ends: tuple[int, int]
    road_class: str
    street: str
    urban: bool
    canal_m: float = 0.0
    side: int = 1
    stops: set[float] = field(default_factory=set)

    @property
    def half_m(self) -> float:
        """Half the width of the carriageway."""
        return WIDTH_M[self.road_class] / 2

    @property
    def canal_at_m(self) -> float:
        """Where the middle of the canal lies."""
        return self.at_m + self.side * (self.half_m + BANK_M + self.canal_m / 2)

    def taken_m(self, side: int) -> float:
        """How much ground the road, its pavement and its canal take on one side."""
        taken = self.half_m + (4.0 if self.urban else 2.5)
        return taken if not self.canal_m or side != self.side else self.half_m + BANK_M + self.canal_m + 3.0


BANK_M = 4.0


@dataclass(frozen=True, slots=True)
class Block:
    """What lies between cuts: a rectangle of the grid and the cut on its west, east, south and north (−1: the rim)."""

    west: float
    east: float
    south: float
    north: float
    cuts: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class GridCore:
    """A town core with its grid lines, in grid metres."""

    core: Core
    u: float
    v: float
    lines: tuple[tuple[float, ...], tuple[float, ...]]
    ranks: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class Streets:
    """The street plan."""

    cuts: list[Cut]
    blocks: list[Block]
    cores: list[GridCore]


def lay_streets(plan: Plan, bend: Bend, rim_m: tuple[float, float, float, float], rng: np.random.Generator) -> Streets:
    """Divide the rectangle ``rim_m`` (west, south, east, north on the grid) into blocks."""
    cores = [_grid_core(core, plan, bend, rng) for core in plan.cores]
    streets = Streets([], [], cores)
    splitter = _Splitter(plan, streets, rng)
    west, south, east, north = (round(side / plan.lattice_m) * plan.lattice_m for side in rim_m)
    splitter.divide(Block(west, east, south, north, (-1, -1, -1, -1)))
    return streets


def _grid_core(core: Core, plan: Plan, bend: Bend, rng: np.random.Generator) -> GridCore:
    east, north = bend.to_grid(bend.east_m + core.centre_m[0], bend.north_m + core.centre_m[1])
    centre = [round(float(c) / plan.lattice_m) * plan.lattice_m for c in (east, north)]
    lines, ranks = [], []
    for axis in (ALONG_V, ALONG_U):
        count = int(core.reach_m / core.spacing_m)
        steps = core.spacing_m * rng.uniform(0.8, 1.25, 2 * count)
        steps = np.round(steps / plan.lattice_m) * plan.lattice_m
        up, down = np.cumsum(steps[:count]), -np.cumsum(steps[count:])
        lines.append(tuple(float(centre[axis] + o) for o in [*down[::-1], 0, *up]))
        ranks.append(tuple(_rank_of(abs(i - count), core) for i in range(2 * count + 1)))
    return GridCore(core, centre[0], centre[1], (lines[0], lines[1]), (ranks[0], ranks[1]))


def _rank_of(number: int, core: Core) -> str:
    if number == 0:
        return "primary"
    if number % 4 == 3 and core.radius_m > 2000:
        return "primary"
    return "secondary" if number % 2 == 0 else "tertiary"


class _Splitter:
    """Divides blocks until they are small enough for where they lie."""

    def __init__(self, plan: Plan, streets: Streets, rng: np.random.Generator) -> None:
        self.plan, self.streets, self.rng = plan, streets, rng

    def divide(self, whole: Block) -> None:
        waiting = [whole]
        while waiting:
            block = waiting.pop()
            cut = self._choose(block)
            if cut is None:
                self.streets.blocks.append(block)
                continue
            number = len(self.streets.cuts)
            self.streets.cuts.append(cut)
            for end in cut.ends:
                if end >= 0:
                    self.streets.cuts[end].stops.add(cut.at_m)
            w, e, s, n = block.cuts
            if cut.axis == ALONG_V:
                waiting.append(Block(block.west, cut.at_m, block.south, block.north, (w, number, s, n)))
                waiting.append(Block(cut.at_m, block.east, block.south, block.north, (number, e, s, n)))
            else:
                waiting.append(Block(block.west, block.east, block.south, cut.at_m, (w, e, s, number)))
                waiting.append(Block(block.west, block.east, cut.at_m, block.north, (w, e, number, n)))

    def _choose(self, block: Block) -> Cut | None:
        first = len(self.streets.cuts)
        seat = self.streets.cores[0]
        if first == 0:
            return self._cut(block, ALONG_U, seat.v, "primary", "seat-1")
        if first <= 2 and block.west < seat.u < block.east and block.east - block.west > self.plan.block_m * 3:
            return self._cut(block, ALONG_V, seat.u, "primary", "seat-0")
        size = (block.east - block.west, block.north - block.south)
        through = self._through_a_core(block, size)
        if through is not None:
            return through
        near = self._nearest(block)
        target = self._target(block, near)
        axis = ALONG_V if size[0] * self.rng.uniform(0.8, 1.25) > size[1] else ALONG_U
        if size[axis] < target:
            axis = 1 - axis
        if size[axis] < target:
            return None
        return self._between(block, axis, size[axis], near, target)

    def _through_a_core(self, block: Block, size: tuple[float, float]) -> Cut | None:
        for number, core in enumerate(self.streets.cores):
            margin = core.core.radius_m * 0.8
            inside = (
                block.west + margin < core.u < block.east - margin,
                block.south + margin < core.v < block.north - margin,
            )
            if all(inside):
                axis = ALONG_V if size[0] > size[1] else ALONG_U
                return self._cut(block, axis, (core.u, core.v)[axis], "primary", f"core{number}-{axis}")
            across = (block.west <= core.u <= block.east, block.south <= core.v <= block.north)
            for axis in (ALONG_V, ALONG_U):
                if inside[axis] and across[1 - axis] and size[axis] > 2 * core.core.radius_m:
                    return self._cut(block, axis, (core.u, core.v)[axis], "primary", f"core{number}-{axis}")
        return None

    def _nearest(self, block: Block) -> tuple[int, float]:
        best, best_share = 0, np.inf
        for number, core in enumerate(self.streets.cores):
            du = max(block.west - core.u, core.u - block.east, 0.0)
            dv = max(block.south - core.v, core.v - block.north, 0.0)
            share = float(np.hypot(du, dv)) / core.core.radius_m
            if share < best_share:
                best, best_share = number, share
        return best, best_share

    def _target(self, block: Block, near: tuple[int, float]) -> float:
        number, share = near
        placed = self.streets.cores[number]
        core = placed.core
        shift = (placed.u - core.centre_m[0], placed.v - core.centre_m[1])
        middle = ((block.west + block.east) / 2 - shift[0], (block.south + block.north) / 2 - shift[1])
        rural = self.plan.block_m * self.rng.uniform(0.75, 1.3)
        for disc in core.industry:
            if np.hypot(middle[0] - disc[0], middle[1] - disc[1]) < disc[2]:
                return self.plan.block_m * 0.95
        if share > 1.3:
            return rural
        if share > 0.95:
            return min(rural, core.spacing_m * 1.2)
        for disc in (core.old, core.cbd):
            reach = disc[2] + (block.east - block.west + block.north - block.south) / 4
            if disc[2] > 0 and np.hypot(middle[0] - disc[0], middle[1] - disc[1]) < reach:
                return core.spacing_m * 0.62
        return core.spacing_m * float(self.rng.choice([0.6, 0.95, 1.05] if core.spacing_m > 250 else [1.0]))

    def _between(self, block: Block, axis: int, size: float, near: tuple[int, float], target: float) -> Cut | None:
        low = (block.west, block.south)[axis]
        lattice = self.plan.lattice_m
        at = low + size * self.rng.uniform(0.4, 0.6)
        core = self.streets.cores[near[0]]
        spacing = core.core.spacing_m
        room = max(spacing * 0.45, lattice * 2)
        lines = core.lines[axis]
        if lines[0] - spacing / 2 < at < lines[-1] + spacing / 2 and self._meets(block, core):
            choices = [(abs(x - at), i) for i, x in enumerate(lines) if low + room < x < low + size - room]
            if choices:
                best = min(choices, key=lambda c: c[0] + 0.3 * size * RANK[core.ranks[axis][c[1]]])[1]
                street = f"grid{near[0]}-{axis}-{best}"
                return self._cut(block, axis, lines[best], core.ranks[axis][best], street)
        at = round(at / lattice) * lattice
        if not low + lattice < at < low + size - lattice:
            return None
        return self._cut(block, axis, at, self._rural_rank(block, axis, size, near), f"lane-{len(self.streets.cuts)}")

    def _meets(self, block: Block, core: GridCore) -> bool:
        reach = core.core.reach_m
        return bool(
            block.west < core.u + reach
            and block.east > core.u - reach
            and block.south < core.v + reach
            and block.north > core.v - reach
        )

    def _in_old_town(self, block: Block) -> bool:
        """Tell whether a block lies in an old town: those grew along canals."""
        u, v = (block.west + block.east) / 2, (block.south + block.north) / 2
        for core in self.streets.cores:
            old, (x, y) = core.core.old, core.core.centre_m
            if np.hypot(u - core.u - old[0] + x, v - core.v - old[1] + y) < old[2]:
                return True
        return False

    def _rural_rank(self, block: Block, axis: int, size: float, near: tuple[int, float]) -> str:
        run = (block.north - block.south, block.east - block.west)[axis]
        scale = self.plan.block_m
        if near[1] < 1.0 and run < 3 * scale:
            return "residential"
        for rank, blocks in (("secondary", 9.0), ("tertiary", 3.2), ("residential", 1.35)):
            if run > blocks * scale:
                return rank
        return "residential" if self.rng.random() < 0.4 else "service"

    def _cut(self, block: Block, axis: int, at: float, road_class: str, street: str) -> Cut:
        low, high = ((block.south, block.north), (block.west, block.east))[axis]
        ends = (block.cuts[2], block.cuts[3]) if axis == ALONG_V else (block.cuts[0], block.cuts[1])
        share = self._nearest(block)[1]
        urban = share < 1.0 and high - low < 12 * self.plan.block_m
        cut = Cut(axis, at, low, high, ends, road_class, street, urban)
        in_country = 0.6 if road_class == "primary" else 0.8
        in_town = 0.4 if self._in_old_town(block) else 0.16
        chance = in_town if urban else in_country
        if self.rng.random() < chance:
            narrow = 6.0 if self.plan.lattice_m < 20 else 9.0
            widest = {"primary": 3.0, "secondary": 2.6, "tertiary": 2.2}.get(road_class, 1.7)
            cut.canal_m = narrow * self.rng.uniform(0.9, 1.2 if urban else widest)
            cut.side = 1 if self.rng.random() < 0.5 else -1
        return cut
