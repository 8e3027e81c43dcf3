"""Schools, hospitals, offices of government, markets and the station: a small ensemble on its own block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.simulate.county.candidates import BOX, ELL, RING, TOWER, YOU, Candidates, build
from data.simulate.county.plots import Plots


class Part(NamedTuple):
    """One building of an ensemble: middle as shares of the block, size and storeys."""

    across: float
    up: float
    width_m: float
    depth_m: float
    floors: int
    floor_m: float = 3.9
    use: str = ""
    roof: str = "flat"
    plan: int = BOX


ENSEMBLES: dict[str, tuple[tuple[Part, ...], ...]] = {
    "school": (
        (Part(0.3, 0.88, 62, 12, 5), Part(0.3, 0.70, 62, 12, 5), Part(0.3, 0.52, 54, 12, 4),
         Part(0.76, 0.86, 40, 26, 2, 6.0),
         Part(0.76, 0.62, 34, 16, 4), Part(0.26, 0.14, 40, 14, 6, 3.3)),
        (Part(0.32, 0.80, 66, 44, 4, plan=YOU), Part(0.32, 0.45, 58, 12, 5), Part(0.78, 0.82, 42, 28, 2, 6.5),
         Part(0.8, 0.5, 30, 14, 3, roof="gabled")),
    ),
    "hospital": (
        (Part(0.5, 0.68, 74, 22, 17), Part(0.5, 0.36, 84, 34, 4), Part(0.14, 0.66, 20, 56, 7),
         Part(0.86, 0.66, 20, 56, 6),
         Part(0.86, 0.18, 26, 22, 3)),
        (Part(0.4, 0.7, 60, 18, 9), Part(0.4, 0.4, 66, 26, 3), Part(0.84, 0.6, 18, 44, 5)),
    ),
    "government": (
        (Part(0.5, 0.70, 92, 20, 11), Part(0.22, 0.42, 18, 50, 5), Part(0.78, 0.42, 18, 50, 5),
         Part(0.5, 0.93, 60, 14, 4)),
        (Part(0.5, 0.7, 64, 18, 6), Part(0.2, 0.4, 16, 36, 4), Part(0.8, 0.4, 16, 36, 4)),
    ),
    "market": (
        (Part(0.5, 0.5, 90, 56, 1, 9.0, roof="gabled"), Part(0.5, 0.88, 84, 12, 3), Part(0.5, 0.1, 84, 12, 2)),
        (Part(0.35, 0.6, 46, 60, 1, 8.0, roof="gabled"), Part(0.75, 0.6, 36, 60, 2, 5.0), Part(0.5, 0.12, 70, 11, 3)),
    ),
    "station": ((Part(0.5, 0.55, 150, 40, 2, 10.0), Part(0.16, 0.2, 30, 20, 3), Part(0.84, 0.2, 30, 20, 3)),),
    "park": ((Part(0.35, 0.6, 16, 10, 1, 4.5, roof="hipped"),
              Part(0.68, 0.3, 8, 8, 1, 4.5, roof="hipped", plan=TOWER)),),
    "square": ((Part(0.8, 0.8, 36, 30, 3, 5.0, plan=RING),),),
}  # fmt: skip
USES = {"school": "school", "hospital": "hospital", "government": "public", "market": "commercial",
        "station": "public", "park": "public", "square": "public"}  # fmt: skip


def ensembles(plots: Plots, rng: np.random.Generator) -> list[Candidates]:
    """Build the ensemble of each special block, shrunk where the block is small."""
    parts: list[Candidates] = []
    for zone, choices in ENSEMBLES.items():
        rows = plots.of(zone)
        variant = rng.integers(0, len(choices), len(rows))
        for number, ensemble in enumerate(choices):
            chosen = rows[variant == number]
            parts += [_part(plots.take(chosen), chosen, part, zone) for part in ensemble]
    return parts


def _part(block: Plots, rows: np.ndarray[tuple[int], np.dtype[np.int64]], part: Part, zone: str) -> Candidates:
    across, up = block.east - block.west, block.north - block.south
    shrink = np.clip(np.minimum(across / 160.0, up / 140.0), 0.3, 1.35)
    width, depth = part.width_m * shrink, part.depth_m * np.clip(shrink, 0.6, 1.1)
    u = np.clip(block.west + part.across * across, block.west + width / 2, block.east - width / 2)
    v = np.clip(block.south + part.up * up, block.south + depth / 2, block.north - depth / 2)
    shape = part.plan if part.plan != ELL else BOX
    return build(rows, (u, v), (width, depth), part.floors, part.floor_m, part.use or USES[zone], part.roof, plan=shape,
                 urgency=2.0)  # fmt: skip
