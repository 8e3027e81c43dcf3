import numpy as np
import shapely

from app.map.blocks import TURN, UP, blocks


def test_a_face_ends_on_the_corner_that_says_where_it_looks() -> None:
    turned = shapely.Polygon([(0, 0), (4, 3), (1, 7), (-3, 4)])
    mesh = blocks(np.array([turned]), np.array([2.0]), np.array([9.0]), np.array([3]), np.array([1]))
    a, b, c = (mesh.xyz[mesh.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    facing = mesh.code[mesh.triangles[:, 2], 2]
    up = facing == UP
    assert up.sum() == 2
    assert np.allclose(normal[up], (0, 0, 1))
    turn = facing[~up] * (2 * np.pi / TURN)
    assert np.allclose(normal[~up], np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1), atol=0.02)
    outside = (a + b + c) / 3 - mesh.xyz.mean(axis=0)
    assert (np.einsum("ij,ij->i", normal, outside) > 0).all()


def test_what_has_no_area_is_left_out_and_the_rows_stay_right() -> None:
    shapes = np.array([None, shapely.Point(0, 0).buffer(0), shapely.box(0, 0, 9, 5)], object)
    mesh = blocks(shapes, np.zeros(3), np.full(3, 4.0), np.ones(3, np.int64), np.zeros(3, np.int64))
    assert len(mesh.xyz) == 8
    assert (mesh.owner == 2).all()
    assert mesh.xyz[:, 2].max() == 4.0
