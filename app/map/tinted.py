"""The selected buildings: their own faces once more, tinted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor

from app.map import facades
from app.map.gl import Arrays, Material, fill, make_actor, polydata
from app.map.scene import PreparedScene, TiledMesh
from twin.geo import BoolArray

MOST = 500


class Tinted:
    """Keeps one actor of all selected buildings.

    Parameters
    ----------
    pool : Executor
        Looks their faces up.
    on_found : callable
        Called from a worker thread when they are ready for the next frame.
    """

    def __init__(self, pool: Executor, on_found: Callable[[], None]) -> None:
        self._pool, self._on_found = pool, on_found
        self.material = Material(facades.tinted())
        self.material.set_number("opacity", 1.0)
        self.actor: vtkActor | None = None
        self._keys: tuple[str, ...] = ()
        self._coming: Future[Arrays] | None = None

    def choose(self, scene: PreparedScene, keys: Sequence[str]) -> None:
        """Tint the buildings with these ids, at most :data:`MOST`, and no others."""
        keys = tuple(keys[:MOST])
        if keys == self._keys:
            return
        self._keys, self._coming = keys, None
        if not keys:
            self.actor = None
            return
        self._coming = self._pool.submit(_find, scene, keys)
        self._coming.add_done_callback(lambda _done: self._on_found())

    def take_in(self) -> None:
        """Show what was found."""
        if self._coming is None or not self._coming.done():
            return
        arrays, self._coming = self._coming.result(), None
        self.actor = None
        if len(arrays.triangles):
            self.actor = make_actor(self.material, cull_back=True)
            fill(self.actor, polydata(arrays), (0.0, 0.0))
            self.actor.VisibilityOn()

    @property
    def busy(self) -> bool:
        """Tell whether faces are being looked up."""
        return self._coming is not None

    def settle(self) -> None:
        """Wait for what is being looked up."""
        if self._coming is not None:
            self._coming.result()

    def clear(self) -> None:
        """Forget all."""
        self._keys, self._coming, self.actor = (), None, None


def _find(scene: PreparedScene, keys: Sequence[str]) -> Arrays:
    rows = pd.Index(scene.city.table("buildings")["id"]).get_indexer(list(keys))
    return faces_of(scene.meshes["buildings"], rows[rows >= 0])


def faces_of(mesh: TiledMesh, rows: NDArray[np.int64]) -> Arrays:
    """Return the faces of some rows of the table, in local metres."""
    points, codes, faces, count = [], [], [], 0
    wanted = np.isin(mesh.owner, rows)
    for tile in mesh.tiles[_with_any(mesh, wanted)]:
        span = slice(*tile["vertices"])
        triangles = mesh.triangles[slice(*tile["triangles"])]
        triangles = triangles[wanted[span][triangles[:, 0]]]
        used, inverse = np.unique(triangles, return_inverse=True)
        corner = np.append(tile["corner"], 0.0)
        points.append(mesh.vertices[span][used] + corner)
        codes.append(mesh.code[span][used])
        faces.append(inverse.reshape(-1, 3) + count)
        count += len(used)
    if not points:
        return Arrays(*(np.zeros((0, n), t) for n, t in ((3, "f4"), (4, "u1"), (3, "f4"), (3, "i4"))))
    return Arrays(
        np.concatenate(points).astype(np.float32),
        np.concatenate(codes),
        np.zeros((0, 3), np.float32),
        np.concatenate(faces).astype(np.int32),
    )


def _with_any(mesh: TiledMesh, wanted: BoolArray) -> NDArray[np.int64]:
    """Return the tiles that have a vertex that is wanted."""
    starts = mesh.tiles["vertices"][:, 0]
    return np.unique(np.searchsorted(starts, np.flatnonzero(wanted), side="right") - 1)
