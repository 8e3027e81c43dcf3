from __future__ import annotations

import numpy as np
import pytest
import shapely

from app.map.geometry import Mesh, extrude, flat_areas, ribbons
from app.map.ground import Grid
from app.map.scene import cut
from twin.geo import FloatArray

SQUARE = shapely.box(0, 0, 10, 20)
CLOCKWISE = shapely.Polygon([(0, 0), (0, 20), (10, 20), (10, 0)])
HOLED = shapely.Polygon(shapely.box(0, 0, 30, 30).exterior, [shapely.box(10, 10, 20, 20).exterior])
L_SHAPE = shapely.Polygon([(0, 0), (20, 0), (20, 8), (8, 8), (8, 20), (0, 20)])


def _solid(polygon: shapely.Polygon, *, gabled: bool = False) -> Mesh:
    one = np.array([polygon], dtype=object)
    ints = np.array([3])
    return extrude(one, np.array([1.0]), np.array([9.0]), ints, ints, np.array([gabled]))


def _volume(mesh: Mesh, floor_m: float) -> float:
    """Return the volume between the triangles and a floor, positive where they face outwards."""
    a, b, c = (mesh.xyz[mesh.triangles[:, k]] - [0, 0, floor_m] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("polygon", [SQUARE, CLOCKWISE, HOLED, L_SHAPE], ids=["square", "clockwise", "holed", "L"])
def test_a_solid_holds_area_times_height(polygon: shapely.Polygon) -> None:
    assert _volume(_solid(polygon), 1.0) == pytest.approx(polygon.area * 9.0)


def test_a_gabled_roof_ends_at_the_height_and_is_closed() -> None:
    mesh = _solid(SQUARE, gabled=True)
    assert mesh.xyz[:, 2].max() == pytest.approx(10.0)
    rise = min(5 * 0.55, 9 * 0.4)
    assert _volume(mesh, 1.0) == pytest.approx(200 * (9 - rise) + 200 * rise / 2)


def test_walls_reach_down_into_a_slope() -> None:
    def slope(x: FloatArray, _y: FloatArray) -> FloatArray:
        return -x

    one = np.array([SQUARE], dtype=object)
    mesh = extrude(one, np.zeros(1), np.full(1, 9.0), np.ones(1, int), np.zeros(1, int), np.zeros(1, bool), slope)
    assert mesh.xyz[:, 2].min() == pytest.approx(-11.0)


def test_areas_with_holes_leave_them_open() -> None:
    mesh = flat_areas(np.array([HOLED], dtype=object), np.zeros(1, int), lambda x, _y: np.zeros_like(x))
    a, b, c = (mesh.xyz[mesh.triangles[:, k]] for k in range(3))
    assert np.cross(b - a, c - a)[:, 2].sum() / 2 == pytest.approx(800.0)


def test_a_ribbon_is_as_wide_as_asked_and_keeps_its_length() -> None:
    line = shapely.LineString([(0, 0), (100, 0), (100, 50)])
    mesh = ribbons(np.array([line], dtype=object), np.array([4.0]), np.zeros(1, int), lambda x, _y: x * 0, cap=False)
    wide = mesh.xyz + np.column_stack([mesh.across[:, :2], np.zeros(len(mesh.xyz))])  # type: ignore[index]
    assert wide[:2, 1].tolist() == pytest.approx([4.0, -4.0])
    assert wide[2, :2] == pytest.approx((96.0, 4.0))
    run = mesh.code[:, 2] / 2 + mesh.code[:, 3] * 128.0
    assert run[-1] == pytest.approx(150.0, abs=0.5)


def test_what_has_no_geometry_is_left_out() -> None:
    nothing = np.array([None, shapely.Polygon(), SQUARE], dtype=object)
    numbers = np.full(3, 5.0)
    mesh = extrude(nothing, numbers, numbers, np.ones(3, int), np.zeros(3, int), np.zeros(3, bool))
    assert set(mesh.owner) == {2}


def test_tiles_put_together_are_the_mesh() -> None:
    squares = np.array([shapely.box(x, 0, x + 10, 10) for x in range(0, 5000, 500)], dtype=object)
    count = len(squares)
    numbers = np.full(count, 5.0)
    mesh = extrude(squares, numbers, numbers, np.ones(count, int), np.zeros(count, int), np.zeros(count, bool))
    tiled = cut(mesh, np.array([(x + 5.0, 5.0) for x in range(0, 5000, 500)]), 1000.0)
    assert len(tiled) == 5
    total = 0.0
    for tile in tiled.tiles:
        points = tiled.vertices[slice(*tile["vertices"])].astype(float)
        points[:, :2] += tile["corner"]
        assert np.all(points >= tile["low"] - 1e-3)
        assert np.all(points <= tile["high"] + 1e-3)
        part = Mesh(points, mesh.code, mesh.owner, tiled.triangles[slice(*tile["triangles"])].astype(int))
        total += _volume(part, 5.0)
    assert total == pytest.approx(count * 100 * 5.0, rel=1e-4)


def test_the_grid_answers_with_the_height_of_its_triangles() -> None:
    grid = Grid(np.array([0.0, 10.0]), np.array([0.0, 10.0]), np.array([[0.0, 0.0], [0.0, 10.0]]))
    x, y = np.array([5.0, 7.5, 2.5]), np.array([5.0, 2.5, 7.5])
    assert grid.height_m(x, y).tolist() == pytest.approx([5.0, 2.5, 2.5])


def test_a_hipped_roof_slopes_on_all_sides_and_is_closed() -> None:
    one, ints, yes = np.array([SQUARE], dtype=object), np.array([3]), np.array([True])
    mesh = extrude(one, np.array([1.0]), np.array([9.0]), ints, ints, yes, hipped=yes)
    rise, half = min(5 * 0.55, 9 * 0.4), 5.0
    assert mesh.xyz[:, 2].max() == pytest.approx(10.0)
    # A prism in the middle, and two half pyramids.
    assert _volume(mesh, 1.0) == pytest.approx(200 * (9 - rise) + 10 * rise / 2 * (20 - 2 * half) + 10 * 10 * rise / 3)


def test_a_tall_flat_roof_carries_the_head_of_its_stairs() -> None:
    one, floors = np.array([SQUARE], dtype=object), np.array([12])
    mesh = extrude(one, np.zeros(1), np.full(1, 36.0), floors, floors, np.zeros(1, bool))
    assert mesh.xyz[:, 2].max() > 38.0
    head = mesh.xyz[mesh.xyz[:, 2] > 38.0]
    assert np.ptp(head[:, :2], axis=0).tolist() == pytest.approx([3.4, 6.8])
    assert head[:, :2].mean(axis=0).tolist() == pytest.approx([5.0, 10.0])


HOSTILE = {
    "ten thousand corners": shapely.Point(0, 0).buffer(50, quad_segs=2500),
    "crossing itself": shapely.Polygon([(0, 0), (20, 20), (20, 0), (0, 20)]),
    "a line": shapely.Polygon([(0, 0), (10, 0), (20, 0), (10, 0)]),
    "a hole as large as itself": shapely.Polygon(SQUARE.exterior, [SQUARE.exterior]),
    "many holes": shapely.box(0, 0, 100, 100).difference(
        shapely.union_all([shapely.box(x, y, x + 3, y + 3) for x in range(5, 95, 10) for y in range(5, 95, 10)])
    ),
    "far away": shapely.box(1e7, 1e7, 1e7 + 10, 1e7 + 10),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("height_m", [0.0, 9.0])
@pytest.mark.parametrize("gabled", [False, True])
def test_odd_footprints_make_finite_triangles_over_their_own_vertices(name: str, height_m: float, gabled: bool) -> None:
    one, ints = np.array([HOSTILE[name], SQUARE], dtype=object), np.array([9, 9])
    mesh = extrude(one, np.zeros(2), np.array([height_m, 9.0]), ints, ints, np.array([gabled, False]))
    assert np.isfinite(mesh.xyz).all()
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < len(mesh.xyz)
    assert (mesh.owner[mesh.triangles] == mesh.owner[mesh.triangles[:, :1]]).all()
    west, south, east, north = HOSTILE[name].bounds
    mine = mesh.xyz[mesh.owner == 0]
    assert ((mine[:, 0] >= west - 1e-6) & (mine[:, 0] <= east + 1e-6)).all()
    assert ((mine[:, 1] >= south - 1e-6) & (mine[:, 1] <= north + 1e-6)).all()
