"""How towns are built: estates of slabs, old streets with courts, towers, sheds, and the one-off buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulate.county.bend import FloatArray
from data.simulate.county.candidates import BOX, ELL, RING, TOWER, YOU, Candidates, Slots, build, slots
from data.simulate.county.edges import BoolArray, Texts
from data.simulate.county.plan import Plan
from data.simulate.county.plots import EAST, NORTH, SOUTH, WEST, Plots
from data.simulate.county.shapes import IntArray

SHOP_M = 19.0


@dataclass(frozen=True, slots=True)
class Estates:
    """Of each estate: its kind, and the size of its buildings and of the gaps between them, in metres."""

    kind: IntArray
    floors: FloatArray
    length: FloatArray
    depth: FloatArray
    gap_u: FloatArray
    gap_v: FloatArray


WALK_UP, LIFT, TALL, POINT, TERRACE = range(5)
"""Walk-ups of the 1990s, slabs with a lift, tall slabs, point towers, and terraces of houses at the fringe."""


def estates(plots: Plots, plan: Plan, rng: np.random.Generator) -> list[Candidates]:
    """Fill estates with rows of slabs that face south, of one age and height to a block, shops along main roads."""
    rows = plots.of("estate")
    block = plots.take(rows)
    style, shop = _styles(block, plan, rng), _shop_sides(block)
    found = _estate_slots(block, style, shop)
    # A green or a pool in the middle of the larger estates.
    middle = _near_middle(block, found)
    found = found.take(middle > 0.2 * (rng.random(len(middle)) < 0.8))
    o = found.owner
    kind = style.kind[o]
    size = (style.length[o] * rng.choice([1.0, 1.0, 0.78, 0.62], len(o)), style.depth[o])
    one_off = rng.random(len(o)) < 0.03
    storeys = np.round(style.floors[o] + rng.choice([0, 0, 0, -1, 1], len(o)) * (kind > WALK_UP))
    use = np.where(one_off, "public", "residential").astype(object)
    pitched = np.isin(kind, (WALK_UP, TERRACE)) & (rng.random(len(block)) < 0.6)[o]
    roof = np.where(pitched, "gabled", "flat").astype(object)
    shape = np.where(kind == POINT, TOWER, np.where((kind == WALK_UP) & (rng.random(len(o)) < 0.06), ELL, BOX))
    place = (found.u + rng.uniform(-2, 2, len(o)), found.v)
    homes = build(rows[o], place, size, np.where(one_off, 3, storeys), 2.95, use, roof, plan=shape)
    return [homes, *_shops(plots, rows, shop, rng)]


def _styles(block: Plots, plan: Plan, rng: np.random.Generator) -> Estates:
    """Draw the kind of each estate: taller in the larger towns and towards their middle."""
    count = len(block)
    tall = np.array([core.tall for core in plan.cores])[block.core] * np.clip(1.35 - 0.6 * block.share, 0.2, 1.4)
    draw = rng.random(count)
    kind = np.select([draw < tall * 0.45, draw < tall, draw < tall + 0.22], [POINT, TALL, LIFT], WALK_UP)
    kind[(block.share > 0.85) & (kind == WALK_UP) & (rng.random(count) < 0.5)] = TERRACE
    floors = np.choose(kind, [5.6, 9.0, 17.0, 25.0, 3.0])
    floors += rng.integers(-1, 3, count) * np.choose(kind, [0.5, 1.0, 1.5, 3.0, 0.0])
    length = np.choose(kind, [46.0, 44.0, 38.0, 27.0, 40.0]) * rng.uniform(0.85, 1.25, count)
    depth = np.choose(kind, [11.5, 12.5, 14.0, 20.0, 11.0]) * rng.uniform(0.95, 1.08, count)
    # Low rows stand about their height apart for the winter sun; towers shade less far for their height.
    apart = np.maximum(floors * 2.95 * np.choose(kind, [1.1, 1.0, 0.72, 0.5, 1.0]), 12.0)
    return Estates(kind, floors, length, depth, np.choose(kind, [9.0, 11.0, 17.0, 24.0, 6.0]), apart)


def _estate_slots(block: Plots, style: Estates, shop: BoolArray) -> Slots:
    """Fill what the shops leave of each block; a narrow block still takes one slab, which is shortened to fit."""
    edge = 3 + SHOP_M * shop
    west, east = block.west + edge[:, WEST], block.east - edge[:, EAST]
    south, north = block.south + edge[:, SOUTH], block.north - edge[:, NORTH]
    style.length[:] = np.minimum(style.length, np.maximum(east - west - 2.0, 14.0))
    pitch_u = np.minimum(style.length + style.gap_u, east - west)
    pitch_v = np.minimum(style.depth + style.gap_v, north - south)
    return slots(west, east, south, north, pitch_u, pitch_v)


def _shop_sides(block: Plots) -> BoolArray:
    wide = ((block.east - block.west > 110) & (block.north - block.south > 110))[:, None]
    return (block.rank <= 2) & wide & ~block.canal


def _near_middle(block: Plots, found: Slots) -> FloatArray:
    """Return how far each place is from the middle of a large block, 1 at its edge; 1 in a small one."""
    o = found.owner
    du = np.abs(found.u - (block.west + block.east)[o] / 2) / (block.east - block.west)[o] * 2
    dv = np.abs(found.v - (block.south + block.north)[o] / 2) / (block.north - block.south)[o] * 2
    large = np.minimum(block.east - block.west, block.north - block.south)[o] > 230
    return np.where(large, np.maximum(du, dv), 1.0)


def _shops(plots: Plots, rows: IntArray, shop: BoolArray, rng: np.random.Generator) -> list[Candidates]:
    out = []
    for side in (WEST, EAST, SOUTH, NORTH):
        chosen = rows[shop[:, side]]
        out.append(row_along(plots, chosen, side, 2.0, SHOP_M - 5, (26.0, 52.0), 4.0, "commercial", (2, 4), 3.8, rng))
    return out


def row_along(
    plots: Plots, rows: IntArray, side: int, gap_m: float, depth_m: float, length_m: tuple[float, float],
    apart_m: float, use: str, floors: tuple[int, int], floor_m: float, rng: np.random.Generator, urgency: float = 4.0,
) -> Candidates:  # fmt: skip
    """Line one side of the given plots with buildings, ``gap_m`` back from its edge."""
    block = plots.take(rows)
    length = rng.uniform(*length_m, len(rows))
    w, e, s, n = block.west, block.east, block.south, block.north
    if side in (SOUTH, NORTH):
        low = s + gap_m if side == SOUTH else n - gap_m - depth_m
        corner = SHOP_M * 0.9
        found = slots(w + corner, e - corner, low, low + depth_m, length + apart_m, depth_m)
        size = (length[found.owner], np.full(len(found), depth_m))
    else:
        low = w + gap_m if side == WEST else e - gap_m - depth_m
        found = slots(low, low + depth_m, s + 2, n - 2, depth_m, length + apart_m)
        size = (np.full(len(found), depth_m), length[found.owner])
    storeys = rng.integers(floors[0], floors[1] + 1, len(found))
    return build(rows[found.owner], (found.u, found.v), size, storeys, floor_m, use, "flat", urgency=urgency)


def old_towns(plots: Plots, rng: np.random.Generator) -> list[Candidates]:
    """Pack old towns with low houses wall to wall, courts among them and narrow lanes between the rows."""
    rows = plots.of("old")
    block = plots.take(rows)
    pitch_u, pitch_v = rng.uniform(10.5, 14.5, len(rows)), rng.uniform(10.5, 13.5, len(rows))
    found = slots(block.west, block.east, block.south, block.north, pitch_u, pitch_v)
    court = rng.random(len(found)) < 0.13
    found = found.take((rng.random(len(found)) < 0.93) & ~_swallowed(found, court))
    o = found.owner
    # Every third row and every fifth column keep a lane.
    width = pitch_u[o] - np.where(found.column % 5 == 4, 3.6, rng.uniform(0.5, 1.0, len(o)))
    depth = pitch_v[o] - np.where(found.row % 2 == 1, 3.4, rng.uniform(0.9, 1.6, len(o)))
    storeys = rng.choice([1, 2, 2, 2, 3], len(o))
    use = np.where(rng.random(len(o)) < 0.28, "commercial", "residential").astype(object)
    shape = rng.choice([BOX, ELL, YOU, RING], len(o), p=[0.66, 0.14, 0.12, 0.08])
    roof = np.where(shape == BOX, rng.choice(["gabled", "gabled", "hipped"], len(o)), "gabled").astype(object)
    turn = rng.normal(0, 0.012, len(o))
    return [build(rows[o], (found.u, found.v), (width, depth), storeys, 3.1, use, roof, plan=shape, turn=turn)]


def _swallowed(found: Slots, court: BoolArray) -> BoolArray:
    """Leave small yards open: where a court was drawn in an even row."""
    swallowed: BoolArray = court & (found.row % 2 == 0)
    return swallowed


def business(plots: Plots, plan: Plan, rng: np.random.Generator) -> list[Candidates]:
    """Fill business districts with towers, the tallest in the middle, and low blocks between them."""
    rows = plots.of("cbd")
    block = plots.take(rows)
    scale = np.array([min(core.spacing_m / 400.0, 1.0) for core in plan.cores])[block.core]
    found = slots(block.west, block.east, block.south, block.north, 68 * scale, 60 * scale)
    o = found.owner
    cbd = np.array([core.cbd for core in plan.cores])[block.core]
    size = np.array([core.radius_m for core in plan.cores])[block.core]
    centre = np.array([core.centre_m for core in plan.cores])[block.core]
    seat = np.hypot(*(cbd[:, :2] - centre).T) / np.maximum(size, 1.0)
    away = np.clip(np.abs(block.share - seat) * size / np.maximum(cbd[:, 2], 1.0), 0, 1)
    peak = np.where(size > 2000, 37.0, np.where(size < 500, 30.0, 22.0))
    floors = np.clip((peak * (1 - 0.55 * away))[o] * rng.lognormal(-0.28, 0.42, len(o)), 5, peak[o] * 1.12)
    width, depth = rng.uniform(27, 44, len(o)) * scale[o], rng.uniform(25, 38, len(o)) * scale[o]
    low = rng.random(len(o)) < 0.3
    floors, width, depth = np.where(low, rng.integers(3, 7, len(o)), floors), np.where(low, width * 1.3, width), depth
    use = np.where(low, "commercial", np.where(rng.random(len(o)) < 0.65, "office", "commercial")).astype(object)
    shape = np.where(~low & (rng.random(len(o)) < 0.5), TOWER, BOX)
    place = (found.u + rng.uniform(-3, 3, len(o)), found.v + rng.uniform(-3, 3, len(o)))
    towers = build(rows[o], place, (width, depth), floors, 3.9, use, "flat", plan=shape, urgency=3)
    # Pavilions and podium blocks in the gaps, towards the next column.
    gap = rng.random(len(o)) < 0.5
    beside = (found.u[gap] + 34 * scale[o][gap], found.v[gap] + rng.uniform(-12, 12, int(gap.sum())))
    small = (rng.uniform(16, 24, int(gap.sum())) * scale[o][gap], rng.uniform(24, 44, int(gap.sum())) * scale[o][gap])
    return [
        towers,
        build(rows[o][gap], beside, small, rng.integers(2, 5, int(gap.sum())), 4.2, "commercial", "flat", urgency=6),
    ]


def industry(plots: Plots, rng: np.random.Generator) -> list[Candidates]:
    """Fill industrial parks with sheds, each block in lots of its own size, and an office at the gate."""
    rows = plots.of("industry")
    block = plots.take(rows)
    pitch_u = rng.choice([62.0, 84.0, 110.0, 140.0], len(rows), p=[0.3, 0.35, 0.25, 0.1]) * rng.uniform(
        0.9, 1.1, len(rows)
    )
    pitch_v = rng.choice([40.0, 52.0, 70.0, 95.0], len(rows), p=[0.3, 0.35, 0.25, 0.1]) * rng.uniform(
        0.9, 1.1, len(rows)
    )
    found = slots(block.west + 4, block.east - 4, block.south + 22, block.north - 4, pitch_u, pitch_v)
    found = found.take(rng.random(len(found)) < 0.87)
    o = found.owner
    width, depth = pitch_u[o] - rng.uniform(12, 20, len(o)), pitch_v[o] - rng.uniform(11, 17, len(o))
    roof = np.where(rng.random(len(rows))[o] < 0.55, "gabled", "flat").astype(object)
    storeys = rng.choice([1, 1, 1, 2, 3, 4], len(o))
    sheds = build(
        rows[o], (found.u, found.v), (width, depth), storeys, np.where(storeys == 1, 10.0, 5.2), "industrial", roof
    )
    fronts = row_along(plots, rows, SOUTH, 3.0, 14.0, (28.0, 55.0), 34.0, "office", (3, 6), 3.7, rng)
    return [sheds, fronts]


def construction(plots: Plots, rng: np.random.Generator) -> list[Candidates]:
    """Raise half-finished frames on building sites."""
    rows = plots.of("construction")
    block = plots.take(rows)
    found = slots(block.west + 12, block.east - 12, block.south + 12, block.north - 12, 58.0, 52.0)
    found = found.take(rng.random(len(found)) < 0.4)
    o = found.owner
    done = rng.random(len(rows))
    storeys = np.maximum(1, np.round(done[o] * 20 + rng.integers(-3, 4, len(o))))
    use: Texts | str = "other"
    return [build(rows[o], (found.u, found.v), (34.0, 15.0), storeys, 3.0, use, "flat")]
