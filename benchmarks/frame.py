"""One frame of an orbit and of a street view, against the same scene naively in PyVista and the bare cost of the GL.

    xvfb-run -a python -m benchmarks.frame        (or with any X display; software OpenGL is what is compared)

Draws the demo county (about 156,000 buildings, roads, water, fields) and 20,000 symbols at 1920 × 1080. The naive
scene is what one writes first with PyVista: all buildings as one merged mesh with colours, land, water and roads as
meshes, the symbols as points, at its default settings. A mesh a building is timed on 1,000 buildings and
multiplied, since all of them would take minutes a frame; the table says so. The limit is an empty picture of that
size. Each figure is the median of three runs of five frames, each frame from another side; processor time counts all
threads, those of the software renderer too. Ratios are of wall time. Nothing passes or fails.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyvista as pv
import shapely
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication
from pyvistaqt import QtInteractor
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkRenderingCore import vtkCamera, vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

from app.map.camera import VIEW_DEG, Lens
from app.map.events import CameraState
from app.map.feed import Feed, Request
from app.map.prepare import open_scene
from app.map.scene import PreparedScene
from app.map.scenery import Scenery
from app.map.style import load_style
from app.map.view import MapView
from benchmarks._county import county_folder, scene_folder, traffic
from data.store.twin_folder import open_city
from layers.catalogue import LAYERS
from twin.world import World

SIZE = (1920, 1080)
RUNS, FRAMES, SAMPLE = 3, 5, 1000
POSES = {
    "whole county": CameraState((-1900.0, 3300.0, 0.0), 29_000.0, 0.0, 54.0),
    "orbit": CameraState((0.0, 0.0, 0.0), 2600.0, 20.0, 32.0),
    "street": CameraState((0.0, 0.0, 0.0), 260.0, 40.0, 14.0),
}
Draw = Callable[[CameraState], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and processor milliseconds of one frame."""

    wall_ms: float
    cpu_ms: float

    def times(self, factor: float) -> Cost:
        """Return the cost multiplied."""
        return Cost(self.wall_ms * factor, self.cpu_ms * factor)


def measure(draw: Draw, pose: CameraState) -> Cost:
    """Time frames, each turned one degree further."""
    for turn in range(3):
        draw(replace(pose, bearing_deg=pose.bearing_deg + turn))
    wall, cpu = [], []
    for run in range(RUNS):
        t, c = time.perf_counter(), time.process_time()
        for frame in range(FRAMES):
            draw(replace(pose, bearing_deg=pose.bearing_deg + run * FRAMES + frame))
        wall.append((time.perf_counter() - t) * 1000 / FRAMES)
        cpu.append((time.process_time() - c) * 1000 / FRAMES)
    return Cost(statistics.median(wall), statistics.median(cpu))


def look(camera: vtkCamera, pose: CameraState) -> None:
    """Point a VTK camera as the map would."""
    lens = Lens(pose, *SIZE)
    eye = lens.eye_m
    camera.SetPosition(*eye)
    camera.SetFocalPoint(*(eye + lens.forward))
    camera.SetViewUp(*lens.up)
    camera.SetViewAngle(VIEW_DEG)


def pixels(window: vtkRenderWindow) -> NDArray[np.uint8]:
    """Read a picture back, (H, W, 3)."""
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    values = vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    return np.asarray(values).reshape(height, width, -1)


def check_drawn(name: str, image: NDArray[np.uint8]) -> None:
    """Stop if the picture is one colour: what draws nothing is fast."""
    colours = len(np.unique(image.reshape(-1, image.shape[-1])[::7], axis=0))
    if colours < 40 or float(image.std()) < 2.0:
        sys.exit(f"{name}: nothing was drawn ({colours} colours)")


def new_window() -> tuple[vtkRenderWindow, vtkRenderer]:
    """Return a window that is never on the screen, and its renderer."""
    window, renderer = vtkRenderWindow(), vtkRenderer()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(renderer)
    return window, renderer


def empty() -> tuple[Draw, vtkRenderWindow]:
    """Return how to draw an empty picture."""
    window, renderer = new_window()

    def draw(pose: CameraState) -> None:
        look(renderer.GetActiveCamera(), pose)
        window.Render()
        window.WaitForCompletion()

    return draw, window


def ours(scene: PreparedScene, world: World) -> tuple[Draw, vtkRenderWindow, Scenery]:
    """Return how to draw the county without a window."""
    window, renderer = new_window()
    scenery = Scenery(renderer, load_style("dark"), lambda: None)
    for _ in scenery.show(scene):
        pass
    scenery.stage.set_layer("buildings", True, 1.0, None)
    names = tuple(layer.name for layer in LAYERS)
    feed = Feed({layer.name: layer for layer in LAYERS}, lambda _answer: None, lambda _error: None)
    lens = Lens(POSES["orbit"], *SIZE)
    answer = feed.answer(Request(1, world, names, {}, False, lens, (), 0.0))
    feed.close()
    scenery.movers.set(answer.movers, time.monotonic())

    def draw(pose: CameraState) -> None:
        lens = Lens(pose, *SIZE)
        scenery.settle(lens)
        scenery.arrange(lens, 1.0, lambda _x, _y: 0.0, time.monotonic())
        window.Render()
        window.WaitForCompletion()

    return draw, window, scenery


def in_window(scene: PreparedScene, world: World, app: QApplication) -> tuple[Draw, MapView]:
    """Return how to draw the county in the real widget."""
    view = MapView()
    view.resize(*SIZE)
    view.show()
    view.show_city(scene)
    view.set_world(world)
    drawn = [0]
    view.frame_drawn.connect(lambda _stats: drawn.__setitem__(0, drawn[0] + 1))

    def draw(pose: CameraState) -> None:
        view.set_camera(pose)
        view.settle()
        before = drawn[0]
        while drawn[0] == before:
            app.processEvents()

    return draw, view


def merged(scene: PreparedScene, name: str) -> pv.PolyData:
    """Return one of the map's meshes in one piece."""
    mesh = scene.meshes[name]
    shift = np.repeat(mesh.tiles["corner"], np.diff(mesh.tiles["vertices"], axis=1).ravel(), axis=0)
    points = np.array(mesh.vertices)
    points[:, :2] += shift
    if len(mesh.across):
        points[:, :2] += mesh.across[:, :2]
    first = np.repeat(mesh.tiles["vertices"][:, 0], np.diff(mesh.tiles["triangles"], axis=1).ravel())
    data: pv.PolyData = pv.PolyData.from_regular_faces(points.astype(float), mesh.triangles + first[:, None])
    colours = np.random.default_rng(1).integers(60, 200, (256, 3)).astype(np.uint8)
    data["colour"] = colours[mesh.code[:, 0]]
    return data


def naive_merged(scene: PreparedScene, world: World) -> pv.Plotter:
    """Return the scene as one first writes it: a mesh for each kind of thing."""
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    for name in ("land", "water", "roads", "lanes", "buildings"):
        plotter.add_mesh(merged(scene, name), scalars="colour", rgb=True, render=False)
    plotter.add_points(world.tracks.position_m.astype(float), color="white", point_size=6, render=False)
    return plotter


def naive_each(scene: PreparedScene) -> pv.Plotter:
    """Return a sample of the buildings, each a mesh of its own."""
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE))
    table = scene.city.table("buildings")
    origin = scene.city.frame.origin_m
    near = np.argsort(table.geometry.centroid.distance(scene_point(scene)).to_numpy())[:SAMPLE]
    for row in near:
        ring = np.asarray(table.geometry.iloc[row].exterior.coords)[:-1, :2] - origin
        flat = pv.PolyData(np.column_stack([ring, np.zeros(len(ring))]), faces=[len(ring), *range(len(ring))])
        solid = flat.extrude((0, 0, float(table["height_m"].iloc[row])), capping=True)
        plotter.add_mesh(solid, color="gray", render=False)
    return plotter


def scene_point(scene: PreparedScene) -> shapely.Point:
    """Return the point the orbit looks at, in the projected system."""
    x, y = scene.city.frame.origin_m
    return shapely.Point(x, y)


def plotter_draw(plotter: pv.Plotter) -> Draw:
    """Return how to draw with a plotter."""
    window = plotter.render_window
    assert window is not None

    def draw(pose: CameraState) -> None:
        look(plotter.camera, pose)
        plotter.renderer.ResetCameraClippingRange()
        window.Render()
        window.WaitForCompletion()

    return draw


def empty_window(app: QApplication) -> tuple[Draw, QtInteractor]:
    """Return how to show an empty GL widget: what the tool-kit itself costs."""
    widget = QtInteractor(auto_update=False, multi_samples=0, lighting="none")
    widget.resize(*SIZE)
    widget.show()
    ends = [0]
    assert widget.ren_win is not None
    widget.ren_win.AddObserver("EndEvent", lambda *_: ends.__setitem__(0, ends[0] + 1))

    def draw(_pose: CameraState) -> None:
        before = ends[0]
        widget.update()
        while ends[0] == before:
            app.processEvents()
        app.processEvents()

    return draw, widget


def row(name: str, cost: Cost, base: Cost) -> None:
    """Print one line of the table."""
    print(f"  {name:<46}{cost.wall_ms:>10.1f}{cost.cpu_ms:>10.1f}{cost.wall_ms / base.wall_ms:>9.2f}")


def main() -> None:
    """Run all, pose by pose."""
    app = QApplication([])
    city = open_city(county_folder())
    scene = open_scene(city, scene_folder())
    world = World(city, traffic(city), (), 1_700_000_120.0, live=True)
    buildings = len(city.table("buildings"))
    draw_ours, window, scenery = ours(scene, world)
    print(f"{buildings} buildings, {len(world.tracks)} symbols, {SIZE[0]} x {SIZE[1]}; ms a frame, median of {RUNS}")
    results: dict[str, dict[str, Cost]] = {pose: {} for pose in POSES}
    for name, pose in POSES.items():
        results[name]["ours, no window"] = measure(draw_ours, pose)
        check_drawn("ours", pixels(window))
    scenery.stage.set_layer("trees", visible=False, opacity=1.0, hidden=None)
    for name, pose in POSES.items():
        results[name]["ours without trees, no window"] = measure(draw_ours, pose)
    scenery.close()
    window.Finalize()
    draw_empty, window = empty()
    for name, pose in POSES.items():
        results[name]["empty picture (limit)"] = measure(draw_empty, pose)
    window.Finalize()
    draw_window, view = in_window(scene, world, app)
    for name, pose in POSES.items():
        results[name]["ours, in the Qt window"] = measure(draw_window, pose)
    view.close()
    draw_blank, widget = empty_window(app)
    for name, pose in POSES.items():
        results[name]["empty Qt window (limit)"] = measure(draw_blank, pose)
    widget.close()
    plotter = naive_merged(scene, world)
    for name, pose in POSES.items():
        results[name]["PyVista, merged, defaults"] = measure(plotter_draw(plotter), pose)
        assert plotter.render_window is not None
        check_drawn("PyVista", pixels(plotter.render_window))
    plotter.close()
    plotter = naive_each(scene)
    scale = buildings / SAMPLE
    for name, pose in POSES.items():
        cost = measure(plotter_draw(plotter), pose).times(scale)
        results[name][f"PyVista, a mesh a building ({SAMPLE} × {scale:.0f})"] = cost
    plotter.close()
    for name, costs in results.items():
        print(f"\n{name:<48}{'wall':>10}{'cpu':>10}{'ratio':>9}")
        for what, cost in costs.items():
            row(what, cost, costs["ours, no window"])


if __name__ == "__main__":
    main()
