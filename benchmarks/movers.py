"""100,000 moving things, all moved before each frame: ours against naive PyVista glyphs and against bare points.

    xvfb-run -a python -m benchmarks.movers        (or with any X display; software OpenGL is what is compared)

Ours are symbols with a shape, a heading and a state each, with soft edges, written in place into one actor. The naive
way is PyVista's glyph filter run again for each frame, a triangle an entity. The limit is VTK's own points of 4 pixels,
written in place too: no shape, heading or state. No city is drawn. 1920 × 1080, the median of three runs of five
frames, each frame from another side; processor time counts all threads, those of the software renderer too. What the
map's own thread does to make the arrays from a frame of the live table is timed alone, beside the copy of one such
frame. Nothing passes or fails.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pyvista as pv
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from app.map.camera import Lens
from app.map.events import CameraState
from app.map.feed import Feed, Request
from app.map.gl import Arrays, polydata, touch
from app.map.scenery import Scenery
from app.map.style import load_style
from app.map.symbols import MoverArrays
from benchmarks.frame import RUNS, SIZE, Cost, Draw, check_drawn, look, measure, new_window, pixels, plotter_draw, row
from layers.catalogue import LAYERS
from twin.city.city import City
from twin.geo import LocalFrame
from twin.live.frame import TrackFrame
from twin.live.observation import OBSERVATION_DTYPE
from twin.world import World

COUNT = 100_000
POSES = {
    "overview": CameraState((0.0, 0.0, 0.0), 29_000.0, 0.0, 54.0),
    "town": CameraState((0.0, 0.0, 0.0), 2600.0, 20.0, 32.0),
    "street": CameraState((0.0, 0.0, 0.0), 260.0, 40.0, 14.0),
}
NOWHERE = City("空", "Empty", LocalFrame("EPSG:4549", (0, 0)), {})


def frame(version: int) -> TrackFrame:
    """Return everything at one second of the run."""
    random = np.random.default_rng(1)
    rows = np.zeros(COUNT, OBSERVATION_DTYPE)
    rows["id"] = np.char.add("e", np.arange(COUNT).astype("U6")).astype("S32")
    shares = [0.62, 0.04, 0.005, 0.02, 0.08, 0.02, 0.005, 0.005, 0.08, 0.05, 0.05, 0.005, 0.02]
    rows["kind"], rows["state"] = random.choice(13, COUNT, p=shares), random.choice(6, COUNT)
    rows["heading_deg"], rows["speed_mps"] = random.uniform(0, 360, COUNT), 10.0
    rows["time_s"] = 1_700_000_000.0 + version
    at = random.uniform((-15_000, -12_000, 0), (15_000, 12_000, 5), (COUNT, 3))
    turn = np.radians(rows["heading_deg"])
    at[:, :2] += 10.0 * version * np.column_stack([np.sin(turn), np.cos(turn)])
    return TrackFrame(rows, at.astype(np.float32), np.zeros(COUNT, np.uint8), version, 1_700_000_000.0 + version)


def packed(frames: list[TrackFrame]) -> tuple[list[MoverArrays], float]:
    """Return what the map's thread makes of frames, and its milliseconds for each."""
    feed = Feed({layer.name: layer for layer in LAYERS}, lambda _answer: None, lambda _error: None)
    names, lens, made, took = tuple(layer.name for layer in LAYERS), Lens(POSES["overview"], *SIZE), [], []
    for at in frames:
        world = World(NOWHERE, at, (), at.at_s, live=True)
        start = time.perf_counter()
        made.append(feed.answer(Request(1, world, names, {}, False, lens, (), 0.0)).movers)
        took.append((time.perf_counter() - start) * 1000)
    feed.close()
    return made, statistics.median(took)


def ours(made: list[MoverArrays]) -> tuple[Draw, Callable[[], None]]:
    """Return how to draw our symbols, and how to end."""
    window, renderer = new_window()
    scenery = Scenery(renderer, load_style("dark"), lambda: None)
    turn = [0]

    def draw(pose: CameraState) -> None:
        turn[0] += 1
        scenery.movers.set(made[turn[0] % len(made)], time.monotonic())
        scenery.arrange(Lens(pose, *SIZE), 1.0, lambda _x, _y: 0.0, time.monotonic())
        window.Render()
        window.WaitForCompletion()

    def end() -> None:
        check_drawn("ours", pixels(window))
        scenery.close()
        window.Finalize()

    return draw, end


def bare(frames: list[TrackFrame]) -> tuple[Draw, Callable[[], None]]:
    """Return how to draw points that are written in place, and how to end."""
    window, renderer = new_window()
    points = np.array(frames[0].position_m)
    nothing = np.zeros((0, 3), np.float32)
    colours = np.random.default_rng(2).integers(90, 250, (COUNT, 4), np.uint8)
    data = polydata(Arrays(points, colours, nothing, nothing.astype(np.int32)))
    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputData(data)
    actor.SetMapper(mapper)
    actor.GetProperty().SetPointSize(4)
    actor.ForceOpaqueOn()
    renderer.AddActor(actor)
    turn = [0]

    def draw(pose: CameraState) -> None:
        turn[0] += 1
        points[:] = frames[turn[0] % len(frames)].position_m
        touch(data)
        look(renderer.GetActiveCamera(), pose)
        renderer.ResetCameraClippingRange()
        window.Render()
        window.WaitForCompletion()

    def end() -> None:
        check_drawn("points", pixels(window))
        window.Finalize()

    return draw, end


def naive(frames: list[TrackFrame]) -> tuple[Draw, Callable[[], None]]:
    """Return how one first writes it with PyVista, and how to end."""
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    shape: pv.PolyData = pv.Triangle([[12.0, 0.0, 0.0], [-8.0, 7.0, 0.0], [-8.0, -7.0, 0.0]])
    show, turn = plotter_draw(plotter), [0]

    def draw(pose: CameraState) -> None:
        turn[0] += 1
        at = frames[turn[0] % len(frames)]
        cloud = pv.PolyData(at.position_m)
        angle: NDArray[np.float64] = np.radians(90.0 - at.rows["heading_deg"].astype(np.float64))
        cloud["ahead"] = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(COUNT)])
        cloud["kind"] = at.rows["kind"].astype(np.float32)
        glyphs = cloud.glyph(orient="ahead", scale=False, geom=shape)
        plotter.add_mesh(glyphs, scalars="kind", name="movers", render=False, show_scalar_bar=False)
        show(pose)

    def end() -> None:
        assert plotter.render_window is not None
        check_drawn("PyVista", pixels(plotter.render_window))
        plotter.close()

    return draw, end


def main() -> None:
    """Run all, one after the other."""
    frames = [frame(version) for version in range(8)]
    made, feed_ms = packed(frames)
    start = time.perf_counter()
    copies = [at.rows.copy() for at in frames]
    copy_ms = (time.perf_counter() - start) * 1000 / len(copies)
    print(f"{COUNT} things, {SIZE[0]} x {SIZE[1]}; ms a frame, median of {RUNS}")
    print(f"arrays of a frame, on the map's own thread: {feed_ms:.1f} ms; a copy of a frame's rows: {copy_ms:.1f} ms")
    results: dict[str, dict[str, Cost]] = {pose: {} for pose in POSES}
    ways: dict[str, Callable[[], tuple[Draw, Callable[[], None]]]]
    ways = {"ours": lambda: ours(made), "bare points (limit)": lambda: bare(frames), "glyphs": lambda: naive(frames)}
    for name, way in ways.items():
        draw, end = way()
        draw(POSES["overview"])
        for pose, state in POSES.items():
            results[pose][name] = measure(draw, state)
        draw(POSES["overview"])
        end()
    for pose, costs in results.items():
        print(f"\n{pose:<48}{'wall':>10}{'cpu':>10}{'ratio':>9}")
        for what, cost in costs.items():
            row(what, cost, costs["ours"])


if __name__ == "__main__":
    main()
