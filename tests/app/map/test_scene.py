from pathlib import Path

import numpy as np
import shapely

from app.map.blocks import blocks
from app.map.scene import SMALL_BYTES, CacheWriter, cut, map_mesh


def test_a_mapped_mesh_is_the_same_after_its_memory_was_given_back(tmp_path: Path) -> None:
    count = 12_000
    x = np.arange(count) * 20.0
    shapes = shapely.box(x, 0 * x, x + 9.0, 0 * x + 5.0)
    mesh = blocks(shapes, np.zeros(count), np.full(count, 4.0), np.ones(count, np.int64), np.zeros(count, np.int64))
    tiled = cut(mesh, np.column_stack([x, 0 * x]), 1000.0)
    assert tiled.vertices.nbytes > SMALL_BYTES
    writer = CacheWriter(tmp_path / "scene")
    writer.mesh("boxes", tiled)
    writer.finish({})
    mapped = map_mesh(tmp_path / "scene", "boxes")
    for _ in range(2):
        np.testing.assert_array_equal(mapped.vertices, tiled.vertices)
        np.testing.assert_array_equal(mapped.triangles, tiled.triangles)
        mapped.let_go()
