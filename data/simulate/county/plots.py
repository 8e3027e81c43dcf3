"""What each block is for: old town, business, estate, industry, school, park, village land."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.edges import BoolArray, Texts
from data.simulate.county.plan import Core, Disc, Plan
from data.simulate.county.shapes import IntArray
from data.simulate.county.streets import RANK, Streets

URBAN = ("old", "cbd", "estate", "industry", "school", "hospital", "government", "market", "station", "construction")
WEST, EAST, SOUTH, NORTH = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Plots:
    """Blocks without their roads and canals, as columns of equal length; grid metres.

    Parameters
    ----------
    zone : Texts
        What the block is for.
    core : IntArray
        The nearest town core.
    share : FloatArray
        Distance from its centre over its radius: below 1 is town.
    canal : (N, 4) BoolArray
        Whether a canal runs along the west, east, south and north.
    rank : (N, 4) IntArray
        Rank of the road there, 0 the greatest; 9 for none.
    place_m : (N, 2) FloatArray
        Middle of the block on the ground, projected.
    """

    west: FloatArray
    east: FloatArray
    south: FloatArray
    north: FloatArray
    canal: BoolArray
    rank: IntArray
    zone: Texts
    core: IntArray
    share: FloatArray
    place_m: FloatArray

    def __len__(self) -> int:
        return len(self.west)

    def take(self, rows: IntArray | BoolArray) -> Plots:
        """Return some of the rows."""
        return Plots(*(getattr(self, field.name)[rows] for field in fields(self)))

    def of(self, *zones: str) -> IntArray:
        """Return the rows of the given zones."""
        return np.flatnonzero(np.isin(self.zone.astype(str), zones))


def set_out(streets: Streets, plan: Plan, bend: Bend, outline: shapely.Polygon, rng: np.random.Generator) -> Plots:
    """Return the blocks of the county, each with a use."""
    plots = _inset(streets, bend)
    plots = plots.take(np.asarray(shapely.contains_xy(outline, plots.place_m[:, 0], plots.place_m[:, 1])))
    _zone(plots, plan, bend, rng)
    _give_special(plots, plan, rng)
    return plots


def _inset(streets: Streets, bend: Bend) -> Plots:
    blocks = streets.blocks
    taken = np.zeros((len(blocks), 4))
    canal = np.zeros((len(blocks), 4), dtype=bool)
    rank = np.full((len(blocks), 4), 9)
    for row, block in enumerate(blocks):
        for side, number in enumerate(block.cuts):
            if number >= 0:
                cut, towards = streets.cuts[number], 1 if side in (WEST, SOUTH) else -1
                taken[row, side] = cut.taken_m(towards)
                canal[row, side] = bool(cut.canal_m) and cut.side == towards
                rank[row, side] = RANK[cut.road_class]
    box = np.array([(b.west, b.east, b.south, b.north) for b in blocks], dtype=np.float64)
    box += taken * np.array([1, -1, 1, -1])
    big = (box[:, 1] - box[:, 0] > 8) & (box[:, 3] - box[:, 2] > 8)
    box, canal, rank = box[big], canal[big], rank[big]
    place = bend.to_world((box[:, 0] + box[:, 1]) / 2, (box[:, 2] + box[:, 3]) / 2)
    blank = np.full(len(box), "rural", dtype=object)
    none = np.zeros(len(box))
    return Plots(box[:, 0], box[:, 1], box[:, 2], box[:, 3], canal, rank, blank, none.astype(np.int64), none, place)


def _inside(place: FloatArray, disc: Disc) -> BoolArray:
    found: BoolArray = np.hypot(place[:, 0] - disc[0], place[:, 1] - disc[1]) < disc[2]
    return found


def _zone(plots: Plots, plan: Plan, bend: Bend, rng: np.random.Generator) -> None:
    place = plots.place_m - (bend.east_m, bend.north_m)
    shares = np.stack([np.hypot(*(place - core.centre_m).T) / core.radius_m for core in plan.cores])
    plots.core[:] = np.argmin(shares, axis=0)
    plots.share[:] = shares.min(axis=0)
    ragged = plots.share * rng.uniform(0.88, 1.14, len(plots))
    draw = rng.random(len(plots))
    plots.zone[ragged < 1.0] = "estate"
    fringe = (ragged >= 1.0) & (ragged < 1.25)
    plots.zone[fringe & (draw < 0.35)] = "estate"
    plots.zone[fringe & (draw > 0.72)] = "industry"
    for number, core in enumerate(plan.cores):
        _zone_core(plots, place, number, core, draw)


def _zone_core(plots: Plots, place: FloatArray, number: int, core: Core, draw: NDArray[np.float64]) -> None:
    for disc in core.industry:
        plots.zone[_inside(place, disc) & (draw < 0.9)] = "industry"
    mine = plots.core == number
    plots.zone[mine & _inside(place, core.old)] = "old"
    if core.cbd[2]:
        plots.zone[mine & _inside(place, core.cbd)] = "cbd"


def _give_special(plots: Plots, plan: Plan, rng: np.random.Generator) -> None:
    """Give each town its schools and the like: blocks of a fitting size first; parks take the odd ones."""
    size = (plots.east - plots.west) * (plots.north - plots.south)
    for number, core in enumerate(plan.cores):
        free = np.flatnonzero((plots.core == number) & (plots.zone == "estate"))
        misfit = np.abs(np.log(size[free] / CAMPUS_M2)) + rng.uniform(0, 0.9, len(free))
        ordered = free[np.argsort(misfit, kind="stable")].tolist()
        for zone in _wanted(core, plan, len(free))[: len(ordered)]:
            plots.zone[ordered.pop(-1 if zone == "park" else 0)] = zone
    sites = plots.of("construction")
    plots.zone[rng.permutation(sites)[plan.counts.construction :]] = "estate"


CAMPUS_M2 = 27_000.0
"""What a school or a hospital takes."""


def _wanted(core: Core, plan: Plan, room: int) -> list[str]:
    """Return the special uses a town has, the most needed first, at most two fifths of its estates."""
    big = core.radius_m > 2000
    wanted = ["school", "hospital", "government", "park", "construction", "market"]
    wanted += ["station"] if core is plan.cores[0] else []
    wanted += (["hospital"] * 3 + ["government"] * 2 + ["market"] * 5) if big else []
    rest = ["school", "construction", "park", "school", "construction", "school", "square", "market"]
    while len(wanted) < 0.3 * room:
        wanted += rest
    return wanted[: max(int(0.36 * room), 7)]
