"""One frame of 100,000 buildings and 100,000 moving things, beside CesiumJS, deck.gl, three.js and plain PyVista.

    xvfb-run -a python -m benchmarks.map_peers [--pictures FOLDER] [--only three,deck,…]

Needs Debian's ``chromium`` and ``npm``; the peers are fetched once, in pinned versions. All draw the same invented
bare scene on the same software OpenGL (Mesa llvmpipe; Chromium reaches it through ANGLE), 1280 × 800, three poses,
every moving thing moved before each frame. A frame ends when a pixel has been read back. Wall milliseconds are the
median of three runs of three frames (ours: five), each from another side; processor milliseconds count all threads and
processes. Every picture is checked to hold more than a few colours. Nothing passes or fails.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyvista as pv
from PySide6.QtGui import QImage

import benchmarks.frame as one_frame
from app.map.camera import Lens
from app.map.events import CameraState
from app.map.prepare import open_scene
from app.map.scenery import Scenery
from app.map.style import load_style
from app.map.symbols import SymbolBatch, pack
from benchmarks.frame import Cost, check_drawn, measure, new_window, pixels, plotter_draw
from benchmarks.map_peers import browser
from benchmarks.map_peers.fetched import fetch
from benchmarks.map_peers.scene import BUILDINGS, FRAMES, MOVERS, POSES, RUNS, SIZE, Scene
from layers.layer import Rows, Symbols

BROWSERS = {
    "CesiumJS 1.140, Primitives": "cesium_primitives.html",
    "CesiumJS 1.140, 3D Tiles": "cesium_tiles.html",
    "deck.gl 9.4": "deck.html",
    "three.js r187, merged mesh": "three.html",
}
BARE = "ours, bare"
FEWEST_COLOURS = 40
Results = dict[str, Cost]


def ours(scene: Scene, pictures: Path | None, bare: bool) -> tuple[Results, float]:
    """Draw with this program's own map, without a window; return the frames, and seconds to prepare the city.

    Bare is what the peers draw: buildings and what moves. Otherwise with windows, ground and haze, as the map is.
    """
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        prepared = open_scene(scene.city(), Path(place) / "scene")
        took = time.perf_counter() - start
        window, renderer = new_window()
        scenery = Scenery(renderer, load_style("dark"), lambda: None)
        for _ in scenery.show(prepared):
            pass
        if bare:
            scenery.stage.set_quality(replace(scenery.stage.quality, windows_m=0.0, solid_m=0.0, dot_m=60_000.0))
            for layer in ("terrain", "land", "water", "roads"):
                scenery.stage.set_layer(layer, visible=False, opacity=1.0, hidden=None)
        places = scene.start_m.copy()
        rows = Rows(MOVERS, {"id": np.arange(MOVERS).astype(object)})
        symbols = Symbols(
            rows, places, np.zeros(MOVERS, np.uint8), ("car",), scene.heading_deg, np.zeros(MOVERS, np.bool_)
        )
        packed = pack([SymbolBatch("cars", symbols, np.zeros((MOVERS, 2), np.float32))])

        def draw(pose: CameraState) -> None:
            lens = Lens(pose, *SIZE)
            packed.position_m[:] += scene.step_m
            scenery.movers.set(packed, time.monotonic())
            scenery.arrange(lens, 1.0, lambda _x, _y: 0.0, time.monotonic())
            if scenery.stage.loading():
                scenery.settle(lens)
            window.Render()
            window.WaitForCompletion()

        results = _measured("ours-bare" if bare else "ours", draw, lambda: pixels(window), pictures)
        scenery.close()
        window.Finalize()
    return results, took


def plain(scene: Scene, pictures: Path | None) -> tuple[Results, float]:
    """Draw with PyVista at its defaults: one mesh with colours, and points whose array is replaced."""
    start = time.perf_counter()
    points, _normals, colours, triangles = scene.mesh()
    data = pv.PolyData.from_regular_faces(points.astype(float), triangles.astype(int))
    data["colour"] = colours
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    plotter.add_mesh(data, scalars="colour", rgb=True, render=False)
    cloud = pv.PolyData(scene.start_m.astype(float))
    plotter.add_mesh(cloud, color="white", point_size=4, render=False)
    took = time.perf_counter() - start
    look = plotter_draw(plotter)

    def draw(pose: CameraState) -> None:
        cloud.points = cloud.points + scene.step_m
        look(pose)

    assert plotter.render_window is not None
    window = plotter.render_window
    results = _measured("pyvista", draw, lambda: pixels(window), pictures)
    plotter.close()
    return results, took


def _measured(
    name: str, draw: Callable[[CameraState], None], grab: Callable[[], np.ndarray], pictures: Path | None
) -> Results:
    results = {}
    for pose_name, pose in POSES.items():
        results[pose_name] = measure(draw, pose)
        draw(pose)
        check_drawn(name, grab())
        if pictures is not None:
            _save(grab(), pictures / f"{name}-{pose_name}.png")
    return results


def _save(image: np.ndarray, file: Path) -> None:
    flipped = np.ascontiguousarray(image[::-1, :, :3])
    QImage(
        flipped.tobytes(), flipped.shape[1], flipped.shape[0], 3 * flipped.shape[1], QImage.Format.Format_RGB888
    ).save(str(file))


def in_browser(page: str, folder: Path, pictures: Path | None) -> tuple[Results, float]:
    """Draw with a peer in Chromium."""
    heard = browser.run(page, {"scene": folder, "peers": fetch(), "pages": browser.PAGES}, pictures)
    told = heard.result
    if "llvmpipe" not in told["renderer"]:
        sys.exit(f"{page}: not the same OpenGL: {told['renderer']}")
    if min(told["colours"].values()) < FEWEST_COLOURS:
        sys.exit(f"{page}: nothing was drawn ({told['colours']} colours)")
    used = {pose: heard.marks[f"{pose}-end"] - heard.marks[f"{pose}-start"] for pose in POSES}
    results = {pose: Cost(told["walls"][pose], used[pose] * 1000 / (RUNS * FRAMES)) for pose in POSES}
    return results, float(told["build_s"])


def main() -> None:
    """Run all and print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pictures", type=Path)
    ask.add_argument("--only", default="")
    asked = ask.parse_args()
    if shutil.which("chromium") is None or shutil.which("npm") is None:
        print("CesiumJS, deck.gl and three.js need chromium and npm, which are not here")
        return
    one_frame.SIZE = SIZE
    scene = Scene()
    if asked.pictures is not None:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    base, build_s = ours(scene, asked.pictures, bare=True)
    _print(BARE, base, build_s, base)
    _print("ours, the whole map", *ours(scene, asked.pictures, bare=False), base)
    if "pyvista" in asked.only or not asked.only:
        _print("PyVista, one mesh, defaults", *plain(scene, asked.pictures), base)
    with tempfile.TemporaryDirectory() as place:
        scene.write(Path(place))
        for name, page in BROWSERS.items():
            if not asked.only or any(word in page for word in asked.only.split(",")):
                _print(name, *in_browser(page, Path(place), asked.pictures), base)


def _print(name: str, results: Results, build_s: float, base: Results) -> None:
    if name == BARE:
        print(f"{BUILDINGS} buildings, {MOVERS} moving; wall (processor) ms a frame; × ours; software rendering")
        print(f"{'':<30}" + "".join(f"{pose:>24}" for pose in POSES) + f"{'build, s':>10}")
    cells = (
        f"{cost.wall_ms:.0f} ({cost.cpu_ms:.0f}) × {cost.wall_ms / base[pose].wall_ms:.1f}"
        for pose, cost in results.items()
    )
    print(f"{name:<30}" + "".join(f"{cell:>24}" for cell in cells) + f"{build_s:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
