"""From a county to its first full picture: ours from the drawing cache, against reading and extruding one by one.

    xvfb-run -a python -m benchmarks.first_frame        (or with any X display)

Ours opens the prepared cache of the demo county (about 156,000 buildings, roads, water and land), maps it, loads what
the whole county and then the town show, and renders both. The other way reads the same footprints with geopandas and
raises each with PyVista's ``extrude``, appends them and renders once; it is timed on a sample of 3,000 buildings and
multiplied, reading is timed in full; the table says so. Making the cache, which happens once, is listed beside it. Each
figure is the median of three runs in this process, wall time; ratios only, nothing passes or fails.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyvista as pv
import shapely

from app.map.camera import Lens
from app.map.prepare import open_scene, prepare
from app.map.scenery import Scenery
from app.map.style import load_style
from benchmarks._county import county_folder, scene_folder
from benchmarks.frame import POSES, SIZE, check_drawn, look, new_window, pixels
from data.store.twin_folder import open_city
from twin.city.city import City

RUNS, SAMPLE = 3, 3000


def timed(work: Callable[[], object]) -> float:
    """Return the median wall time of a piece of work, in seconds."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def ours(city: City) -> None:
    """Open the cache and render the whole county, then the town."""
    scene = open_scene(city, scene_folder())
    window, renderer = new_window()
    scenery = Scenery(renderer, load_style("dark"), lambda: None)
    for _ in scenery.show(scene):
        pass
    for name in ("whole county", "orbit"):
        lens = Lens(POSES[name], *SIZE)
        scenery.settle(lens)
        scenery.arrange(lens, 1.0, lambda _x, _y: 0.0, 0.0)
        window.Render()
        window.WaitForCompletion()
        check_drawn("ours", pixels(window))
    scenery.close()
    window.Finalize()


def one_by_one(table: gpd.GeoDataFrame, origin: tuple[int, int]) -> None:
    """Raise each footprint as a mesh of its own, append them, and render once."""
    solids = []
    rings = shapely.get_exterior_ring(table.geometry.to_numpy())
    for line, height in zip(rings, table["height_m"], strict=True):
        ring = shapely.get_coordinates(line)[:-1] - origin
        flat = pv.PolyData(np.column_stack([ring, np.zeros(len(ring))]), faces=[len(ring), *range(len(ring))])
        solids.append(flat.extrude((0, 0, float(height)), capping=True))
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    plotter.add_mesh(solids[0].append_polydata(*solids[1:]), color="gray", render=False)
    look(plotter.camera, POSES["orbit"])
    plotter.renderer.ResetCameraClippingRange()
    assert plotter.render_window is not None
    plotter.render_window.Render()
    plotter.render_window.WaitForCompletion()
    plotter.close()


def main() -> None:
    """Run both and print the table."""
    folder = county_folder()
    city = open_city(folder)
    table = city.table("buildings")
    count = len(table)
    reading = timed(lambda: gpd.read_parquet(folder / "buildings.parquet"))
    sample = table.sample(SAMPLE, random_state=1)
    raising = timed(lambda: one_by_one(sample, city.frame.origin_m)) * count / SAMPLE
    full = timed(lambda: ours(city))
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / "scene"

        def make() -> None:
            shutil.rmtree(fresh, ignore_errors=True)
            prepare(city, fresh, lambda _share, _what: None)

        making = timed(make)
    print(f"{count} buildings, {SIZE[0]} x {SIZE[1]}; seconds, median of {RUNS}\n")
    print(f"{'':<66}{'s':>9}{'ratio':>9}")
    rows = (
        ("ours, from the cache to the whole county and the town drawn", full),
        (f"geopandas, then PyVista one by one ({SAMPLE} × {count / SAMPLE:.0f})", reading + raising),
        ("  of which reading the footprints", reading),
        ("making our cache, once", making),
    )
    for name, seconds in rows:
        print(f"{name:<66}{seconds:>9.2f}{seconds / full:>9.1f}")


if __name__ == "__main__":
    main()
