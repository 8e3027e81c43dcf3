"""From pixels to things and back: what is under the pointer, what is in a box, where a thing is now."""

from __future__ import annotations

import time

import numpy as np

from app.map import picking
from app.map.camera import GroundHeights, Lens
from app.map.events import Pick
from app.map.mover_shader import HIDDEN
from app.map.movers import Movers
from app.map.scene import PreparedScene
from app.map.stage import Stage
from twin.geo import FloatArray

BEHIND_M = 15.0  # a symbol this far behind a wall still shows through it
Point = tuple[float, float, float]
Box = tuple[float, float, float, float]


class Finder:
    """Answers for what is drawn now.

    Parameters
    ----------
    stage, movers
        What is drawn; only read here.
    """

    def __init__(self, stage: Stage, movers: Movers) -> None:
        self._stage, self._movers = stage, movers
        self.scene: PreparedScene | None = None

    def point_at(self, lens: Lens, x: float, y: float, heights: GroundHeights) -> Point:
        """Return the point under a pixel; the one looked at where there is only sky or the far distance."""
        ray, eye = lens.ray(x, y), lens.eye_m
        building = self._building_at(lens, ray)
        floor = picking.ground_hit(eye, ray, heights)
        floor_m = np.inf if floor is None else float(np.linalg.norm(np.asarray(floor) - eye))
        if building is not None and building.distance_m < floor_m:
            return building.position_m
        return floor if floor is not None and floor_m < 8 * lens.state.distance_m else lens.state.focus_m

    def pick_at(self, lens: Lens, x: float, y: float) -> Pick | None:
        """Return what is drawn at a pixel: a symbol first, else a building."""
        hit = self._building_at(lens, lens.ray(x, y))
        now = self._movers.positions_m(time.monotonic())
        far = np.inf if hit is None else hit.distance_m + BEHIND_M
        found = picking.nearest_point(lens, now, np.minimum(self._movers.reach_m(), far), x, y)
        if found is not None:
            return self._pick_of(found)
        if hit is None or self.scene is None:
            return None
        return Pick("buildings", str(self.scene.city.table("buildings")["id"].iloc[hit.row]), hit.position_m)

    def picks_in(self, lens: Lens, box: Box) -> tuple[Pick, ...]:
        """Return what is drawn inside a rectangle (x0, y0, x1, y1)."""
        return (*self._symbols_in(lens, box), *self._buildings_in(lens, box))

    def _building_at(self, lens: Lens, ray: FloatArray) -> picking.Hit | None:
        if self.scene is None or not self._stage.is_visible("buildings"):
            return None
        tiles, hidden = self._stage.visible_tiles("buildings"), self._stage.hidden_rows("buildings")
        return picking.building_hit(self.scene.meshes["buildings"], tiles, lens.eye_m, ray, hidden)

    def _pick_of(self, index: int) -> Pick:
        packed = self._movers.packed
        assert packed is not None  # noqa: S101 - an index of it was found
        x, y, z = packed.position_m[index].tolist()
        return Pick(packed.batches[packed.batch[index]].layer, packed.keys(np.array([index]))[0], (x, y, z))

    def _symbols_in(self, lens: Lens, box: Box) -> list[Pick]:
        packed = self._movers.packed
        if packed is None:
            return []
        picks: list[Pick] = []
        found = picking.inside_box(lens, self._movers.positions_m(time.monotonic()), box)
        found = found[(packed.code[found, 2] & HIDDEN) == 0]
        for number, batch in enumerate(packed.batches):
            mine = found[packed.batch[found] == number]
            keys, points = packed.keys(mine), packed.position_m[mine].tolist()
            picks += [Pick(batch.layer, key, (x, y, z)) for key, (x, y, z) in zip(keys, points, strict=True)]
        return picks

    def _buildings_in(self, lens: Lens, box: Box) -> list[Pick]:
        if self.scene is None or not self._stage.is_visible("buildings"):
            return []
        ids = self.scene.city.table("buildings")["id"].to_numpy()
        hidden = self._stage.hidden_rows("buildings")
        picks: list[Pick] = []
        mesh = self.scene.meshes["dots"]
        corner = np.repeat(mesh.tiles["corner"], np.diff(mesh.tiles["vertices"], axis=1).ravel(), axis=0)
        at = np.column_stack([mesh.vertices[:, :2] + corner, mesh.vertices[:, 2]])
        for i in picking.inside_box(lens, at, box):
            if hidden is None or not hidden[mesh.owner[i]]:
                x, y, z = at[i].tolist()
                picks.append(Pick("buildings", str(ids[mesh.owner[i]]), (x, y, z)))
        return picks
