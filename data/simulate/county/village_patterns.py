"""How the country is built: ribbons of farmhouses along canals and lanes, thick near a village and thin between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulate.county.bend import FloatArray
from data.simulate.county.candidates import BOX, ELL, Candidates, build, join, slots
from data.simulate.county.plan import Plan
from data.simulate.county.plots import EAST, NORTH, SOUTH, WEST, Plots
from data.simulate.county.shapes import IntArray


@dataclass(frozen=True, slots=True)
class Villages:
    """Where villages lie, (N, 2) projected metres, and the plot in the middle of each."""

    place_m: FloatArray
    plot: IntArray


def found_villages(plots: Plots, plan: Plan, rng: np.random.Generator) -> Villages:
    """Choose blocks for villages, spread over the country and beside canals where there are any."""
    rural = plots.of("rural")
    wish = rng.random(len(rural)) - 0.5 * plots.canal[rural].sum(axis=1)
    order = rural[np.argsort(wish, kind="stable")]
    apart = plan.village_radius_m * 2.9
    chosen: list[int] = []
    while len(chosen) < min(plan.counts.villages, len(rural)) and apart > 1.0:
        for row in order:
            if len(chosen) >= plan.counts.villages:
                break
            near = plots.place_m[chosen] - plots.place_m[row]
            if not chosen or float(np.hypot(*near.T).min()) > apart:
                chosen.append(int(row))
        apart *= 0.93
    rows = np.array(chosen, dtype=np.int64)
    return Villages(plots.place_m[rows], rows)


def ribbons(plots: Plots, villages: Villages, plan: Plan, wanted: int, rng: np.random.Generator) -> list[Candidates]:
    """Return ``wanted`` houses in rows and their outbuildings, the most urgent nearest to a village."""
    rows = plots.of("rural")
    sides = [_side(plots, rows, side, rng) for side in (SOUTH, NORTH, WEST, EAST)]
    houses = join([house for house, _ in sides])
    if not len(houses):
        return []
    appeal = np.concatenate([score for _, score in sides])
    place = plots.place_m[houses.plot]
    away = _nearest(place, villages.place_m) / plan.village_radius_m
    # Whole sides come and go together, so that a ribbon is a ribbon and a gap is a gap.
    score = appeal - np.minimum(away, 1.0) * 1.3 - 0.35 * np.maximum(away - 1.0, 0)
    taken = np.argsort(-score, kind="stable")[:wanted]
    houses.urgency[taken] = 7.0 + np.arange(len(taken)) / max(len(taken), 1)
    houses = houses.take(np.sort(taken))
    return [houses, _outbuildings(houses, rng)]


def _nearest(place: FloatArray, villages: FloatArray) -> FloatArray:
    best = np.full(len(place), np.inf)
    for village in villages:
        best = np.minimum(best, np.hypot(*(place - village).T))
    return best


def _side(plots: Plots, rows: IntArray, side: int, rng: np.random.Generator) -> tuple[Candidates, FloatArray]:
    block = plots.take(rows)
    deep = rng.choice([1, 2, 2, 3], len(rows))
    set_back = np.where(block.canal[:, side], 2.0, 5.0) + rng.uniform(0, 5, len(rows))
    pitch_u, pitch_v = rng.uniform(13.0, 17.5, len(rows)), rng.uniform(17.0, 22.0, len(rows))
    w, e, s, n = block.west + 3, block.east - 3, block.south + 3, block.north - 3
    if side in (SOUTH, NORTH):
        reach = np.minimum(deep * pitch_v, (n - s) * 0.4)
        s = s + set_back if side == SOUTH else n - set_back - reach
        n = s + reach
    else:
        reach = np.minimum(deep * pitch_u, (e - w) * 0.4)
        # The corners belong to the rows along the south and the north.
        s, n = s + 66, n - 66
        w = w + set_back if side == WEST else e - set_back - reach
        e = w + reach
    found = slots(w, e, s, n, pitch_u, pitch_v)
    found = found.take(rng.random(len(found)) < 0.9)
    o = found.owner
    floors = rng.choice([2, 3, 3, 4, 1], len(o), p=[0.34, 0.4, 0.1, 0.1, 0.06])
    width = np.minimum(rng.normal(10.8, 1.1, len(o)), pitch_u[o] - 1.6)
    depth = rng.normal(10.2, 0.9, len(o))
    place = (found.u + rng.uniform(-0.8, 0.8, len(o)), found.v + rng.uniform(-1.6, 1.6, len(o)))
    roof = rng.choice(["hipped", "gabled", "gabled", "flat"], len(o)).astype(object)
    shape = np.where(rng.random(len(o)) < 0.12, ELL, BOX)
    turn = rng.normal(0, 0.03, len(o))
    houses = build(rows[o], place, (width, depth), floors, 3.2, "residential", roof, plan=shape, turn=turn, urgency=7)
    ribbon = rng.uniform(0, 1.0, len(rows)) + 0.35 * block.canal[:, side] - 0.12 * (block.rank[:, side] < 2)
    fade = 0.16 * found.row if side == SOUTH else 0.0
    return houses, ribbon[o] - fade + rng.uniform(0, 0.12, len(o))


def _outbuildings(houses: Candidates, rng: np.random.Generator) -> Candidates:
    """Put a shed or a workshop behind about half of the houses."""
    some = np.flatnonzero(rng.random(len(houses)) < 0.5)
    width, depth = rng.uniform(3.5, 8.0, len(some)), rng.uniform(3.0, 4.6, len(some))
    v = houses.v[some] + houses.depth[some] / 2 + depth / 2 + rng.uniform(0.7, 1.5, len(some))
    u = houses.u[some] + rng.uniform(-2.0, 2.0, len(some))
    use = np.where(rng.random(len(some)) < 0.8, "farm", "other").astype(object)
    sheds = build(houses.plot[some], (u, v), (width, depth), 1, 2.9, use, "gabled", urgency=0.0)
    sheds.urgency[:] = houses.urgency[some]
    return sheds
