"""The map: a city in 3D, what moves in it, and the hand of the user on both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.map import overlay
from app.map.boxes import Boxes
from app.map.camera import Lens
from app.map.canvas import Canvas
from app.map.crowd import Crowd
from app.map.daylight import ink_under, light_of_theme, light_under
from app.map.events import CameraState, FrameStats, Pick
from app.map.extras import Extras
from app.map.feed import Answer, Feed, Request
from app.map.finder import Finder
from app.map.hand import Hand
from app.map.highlight import MOST_AT_ONCE, Highlight
from app.map.labels import Grid, Hides, LabelPainter, LabelSet, parted
from app.map.overlay import OverlayState
from app.map.pilot import Pilot
from app.map.quality import LEVELS, Quality, level_for
from app.map.ramps import ramps_of, trail_ramp
from app.map.road_names import RoadNamePainter
from app.map.scene import PreparedScene
from app.map.scenery import Scenery
from app.map.sight import WITHIN_M, Sight
from app.map.split import Split
from app.map.style import load_style
from app.map.symbols import MoverArrays
from app.map.tools import Tool
from app.map.trails import SELECTED_ONLY, TrailWish
from app.texts import Texts
from layers.catalogue import LAYERS, first_state
from layers.layer import Layer, LayerState
from twin.city.city import City
from twin.live.frame import empty_frame
from twin.live.wake import Sample
from twin.sun import Sun, sun_at
from twin.world import World

SMOOTH_WITHIN_M = 6000.0
SUN_STEP_DEG = 0.2


class MapView(QWidget):
    """The 3D map.

    Parameters
    ----------
    layers : sequence of Layer
        What can be shown.
    parent : QWidget, optional
    """

    hovered = Signal(object)
    """Pick or None."""
    picked = Signal(object)
    """Pick or None: what was clicked."""
    box_selected = Signal(object)
    """tuple of Pick."""
    camera_changed = Signal(object)
    """CameraState."""
    pointer_moved = Signal(object)
    """GroundPoint or None."""
    frame_drawn = Signal(object)
    """FrameStats."""
    tool_changed = Signal(object)
    """Tool or None."""
    failed = Signal(object)
    """Exception of a layer that could not be drawn."""

    _answered = Signal(object)
    _tile_ready = Signal()

    def __init__(self, layers: Sequence[Layer] = LAYERS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: Mapping[str, Layer] = {layer.name: layer for layer in layers}
        self._order = tuple(self._layers)
        self._states: dict[str, LayerState] = {}
        self._style, self._theme = load_style("dark"), "dark"
        self._daylight = False
        self._level: Quality | None = None
        self._sun: Sun | None = None
        self._texts = Texts("zh")
        self._scene: PreparedScene | None = None
        self._world: World | None = None
        self._pace = 1.0
        self._split: Split | None = None
        self._unmask, self._closed = False, False
        self._trails = SELECTED_ONLY
        self._before: Sequence[Sample] = ()
        self._type_scale = 1.0
        self._labels: Answer | None = None
        self._overlay = OverlayState()
        self._build()
        self._wire()

    def _build(self) -> None:
        self._canvas = Canvas(self, self._before_render, self._paint_over, self._frame_done)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._canvas)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._canvas.setFocusProxy(self)
        self.setAccessibleName(self._texts("map.accessible"))
        renderer = self._canvas.renderer
        self._scenery = Scenery(renderer, self._style, self._tile_ready.emit)
        self._stage, self._movers = self._scenery.stage, self._scenery.movers
        self._finder, self._highlight = Finder(self._stage, self._movers), Highlight(self._movers)
        self._feed = Feed(self._layers, self._answered.emit, self.failed.emit)
        self._painter, self._sight = LabelPainter(), Sight(renderer)
        self._road_painter = RoadNamePainter()
        self._pilot = Pilot(self)
        self.extras = Extras(self)
        self._boxes = Boxes(self._pilot, self._finder, self._overlay, self)
        self._hand = Hand(self, self._pilot, self._finder, self._overlay, self._boxes.tool)
        self._crowd = self._hand.beneath = Crowd(self._pilot, self._movers)
        self._renders = 0
        self._requests, self._spent_ms, self._longest_ms, self._frame_start = 0, 0.0, 0.0, 0.0
        self._drawn = (0, 0)
        self.set_language("zh")

    def _wire(self) -> None:
        self._answered.connect(self._on_answer)
        self._pilot.moved.connect(self._on_moved)
        self._hand.drew.connect(self.refresh)
        self._hand.picked.connect(self.picked)
        self._boxes.drew.connect(self.refresh)
        self._boxes.selected.connect(self.box_selected)
        self.extras.changed.connect(self._ask)
        self.extras.repaint.connect(self.refresh)
        self._hand.hovered.connect(lambda pick: self._highlight.point_at(pick))
        self._hand.hovered.connect(self.hovered)
        self._hand.pointer_moved.connect(self.pointer_moved)
        self._tile_ready.connect(self.refresh)
        self._smooth_timer = QTimer(self, singleShot=True)
        self._smooth_timer.timeout.connect(self.refresh)

    # What is shown

    def show_city(self, scene: PreparedScene) -> None:
        """Show a prepared city over its towers, or whole where it has none; what was shown goes."""
        for _ in self.showing_city(scene):
            pass

    def showing_city(self, scene: PreparedScene) -> Iterator[None]:
        """Do what :meth:`show_city` does, a piece a step: making a big city's actors takes longer than a turn may."""
        self._scene = self._finder.scene = self._pilot.scene = scene
        self._hand.set_hover(None)
        self._highlight.select(())
        yield from self._scenery.show(scene)
        self._world = World(scene.city, empty_frame(), (), time.time(), live=True)
        for name in self._layers:
            self._apply_state(name)
        self.set_camera(self._pilot.opening())
        self._ask()

    def set_world(self, world: World, pace: float = 1.0) -> None:
        """Show where everything is; answers at once, the picture follows.

        Until the next world comes everything goes on at ``pace``, in seconds of the world a second.
        """
        self._world, self._pace = world, pace
        if self._daylight:
            self._set_light()
        self._ask()

    def set_split(self, split: Split | None) -> None:
        """Show another world left of a line, or one world everywhere."""
        self._split = split
        self._ask()
        self.refresh()

    def set_layer_state(self, name: str, state: LayerState) -> None:
        """Show a layer as the user chose."""
        self._states[name] = state
        with self._timed():
            self._apply_state(name)
        self._ask()
        self.refresh()

    def set_layer_order(self, names: Sequence[str]) -> None:
        """Draw symbols and labels in this order, the last on top; what lies on the ground keeps its own."""
        self._order = tuple(name for name in names if name in self._layers)
        self._ask()

    def set_clusters(self, on: bool) -> None:
        """Show a crowd as bubbles with their counts when seen from far, or one by one."""
        self._crowd.wanted = on
        self._ask()
        self.refresh()

    def set_trails(self, wish: TrailWish) -> None:
        """Show where some or all came from."""
        self._trails = wish
        self._ask()

    def set_past(self, samples: Sequence[Sample]) -> None:
        """Know where everything was before what was shown, oldest first: trails begin there."""
        self._before = samples
        self._ask()

    def set_unmask(self, unmask: bool) -> None:
        """Show plates and names in full, or masked."""
        self._unmask = unmask
        self._ask()

    def set_theme(self, theme: str) -> None:
        """Change to ``dark`` or ``light``."""
        self._theme = theme
        self._set_light()

    def set_daylight(self, on: bool) -> None:
        """Light the map as the sun stands in the world shown, or as the theme has it."""
        self._daylight, self._sun = on, None
        self._set_light()

    def set_quality(self, name: str) -> None:
        """Draw at a level of :data:`app.map.quality.LEVELS`; empty for what the machine's OpenGL is good for."""
        self._level = LEVELS.get(name)
        self._choose_quality()
        self.refresh()

    @property
    def quality(self) -> Quality:
        """The level at which is drawn."""
        return self._stage.quality

    def _choose_quality(self) -> None:
        level = self._level or (level_for(self._canvas.gl_name) if self._canvas.renders else None)
        if level is not None:
            self._stage.set_quality(level)
            self._canvas.smooth(level.samples)

    def _set_light(self) -> None:
        """Choose colours and light; a sun that hardly moved changes nothing."""
        sun = self._sun_now() if self._daylight else None
        if sun is not None and self._sun is not None and sun.apart_deg(self._sun) < SUN_STEP_DEG:
            return
        self._sun = sun
        if sun is None:
            self._style = load_style(self._theme)
            self._scenery.set_style(self._style, light_of_theme(self._style))
        else:
            self._style = load_style(ink_under(sun))
            self._scenery.set_style(self._style, light_under(sun))
        self.refresh()

    def _sun_now(self) -> Sun | None:
        if self._world is None:
            return None
        west, south, east, north = self._world.city.bounds_m()
        frame = self._world.city.frame
        lon, lat = frame.to_lonlat((west + east) / 2 - frame.origin_m[0], (south + north) / 2 - frame.origin_m[1])
        return sun_at(float(lon), float(lat), self._world.at_s)

    def set_language(self, language: str) -> None:
        """Write in ``zh`` or ``en``."""
        self._texts = self._crowd.texts = Texts(language)
        self._overlay.north = self._texts("map.north")
        self._overlay.scale_words = (self._texts("map.metre"), self._texts("map.kilometre"))
        self.setAccessibleName(self._texts("map.accessible"))
        self.refresh()

    def set_banner(self, text: str) -> None:
        """Write a line at the top that is always to be seen; with the next world, if one is being prepared."""
        self._overlay.banner = text
        if not self._feed.busy:
            self.refresh()

    def set_legend(self, rows: Sequence[tuple[str, str]]) -> None:
        """Explain colours: words and ``#RRGGBB``; empty for no legend."""
        self._overlay.legend = tuple(rows)
        self.refresh()

    def set_card(self, text_for: Callable[[Pick], str]) -> None:
        """Say what the card beside the pointer tells of a thing: a title, then a line a fact."""
        self._hand.card_for = text_for

    def set_type_scale(self, scale: float) -> None:
        """Write and ring everything so many times as large."""
        self._type_scale = scale
        self.refresh()

    def card(self, pick: Pick) -> str:
        """Return what the card beside the pointer tells of a thing."""
        return "" if self._hand.card_for is None else self._hand.card_for(pick)

    def set_selection(self, picks: Sequence[Pick]) -> None:
        """Ring these, and tint those that are buildings."""
        with self._timed():
            self._highlight.select(picks)
            self._stage.set_selected([pick.key for pick in picks if pick.layer == "buildings"])
        if len(picks) > MOST_AT_ONCE:
            self._ask()
        self.refresh()

    @property
    def tool(self) -> Tool | None:
        """What is in the hand."""
        return self._hand.tool

    @property
    def boxes(self) -> Tool:
        """The tool that selects what is in a box."""
        return self._boxes.tool

    def set_tool(self, tool: Tool | None) -> None:
        """Take a tool into the hand; None for none: dragging turns the map, a click picks."""
        if tool is not self._hand.tool:
            self._hand.take(tool)
            self.tool_changed.emit(tool)

    # Where it is seen from

    def camera(self) -> CameraState:
        """Return where the map is seen from."""
        return self._pilot.state

    def set_camera(self, state: CameraState) -> None:
        """Look from somewhere, at once."""
        self._pilot.stop()
        self._pilot.look(state)

    def fly(self, state: CameraState) -> None:
        """Fly to where the map is seen from somewhere."""
        self._pilot.fly(state)

    def fly_to(self, lon_deg: float, lat_deg: float, distance_m: float = 800.0) -> None:
        """Fly to a place on the ground."""
        self._pilot.fly_to(lon_deg, lat_deg, distance_m)

    def set_calm(self, calm: bool) -> None:
        """Go at once to where one would fly: for those whom motion makes unwell."""
        self._pilot.calm = calm

    def view_whole(self) -> None:
        """Fly to where the whole city is seen."""
        self._pilot.fly(self._pilot.whole())

    def north_up(self) -> None:
        """Turn until north is up."""
        self._pilot.fly(replace(self._pilot.state, bearing_deg=0.0))

    def top_down(self) -> None:
        """Look straight down."""
        self._pilot.fly(replace(self._pilot.state, pitch_deg=90.0))

    def _on_moved(self, state: CameraState) -> None:
        self.camera_changed.emit(state)
        if self._split is not None:
            self._ask()
        self.refresh()

    # Frames

    def refresh(self) -> None:
        """Ask for a frame; many calls before it make one frame."""
        if not self._closed:
            self._canvas.update()

    @property
    def frame_due(self) -> bool:
        """Whether a frame was asked for and is not drawn yet."""
        return self._canvas.due

    def _timed(self) -> _Timed:
        return _Timed(self)

    def spend(self, ms: float) -> None:
        """Count time spent on the window's thread outside drawing."""
        self._spent_ms += ms
        self._longest_ms = max(self._longest_ms, ms)

    def _before_render(self) -> None:
        self._frame_start = time.perf_counter()
        ratio = self.devicePixelRatioF()
        self._crowd.arrange(self._pilot.lens())
        self._drawn = self._scenery.arrange(self._pilot.lens(), ratio, self._pilot.ground, time.monotonic())

    def _paint_over(self, painter: QPainter) -> None:
        seen, scale, since = self._pilot.lens(), self._type_scale, self._movers.since_s(time.monotonic())
        lens = Lens(seen.state, round(seen.width_px / scale), round(seen.height_px / scale))
        painter.scale(scale, scale)
        grid = Grid(lens.width_px, lens.height_px)
        grid.take(lens.width_px - 36, 36, 48, 48)
        ratio, language = self.devicePixelRatioF() * scale, self._texts.language
        if self._labels is not None:
            places, others = parted(self._labels.labels)
            hides = self._hides(lens, ratio)
            placed = self._painter.lay_out(places, lens, language, grid, since, hides)
            self._crowd.place(lens, grid)
            placed += self._painter.lay_out(others, lens, language, grid, since, hides)
            if self._labels.roads is not None:
                along = self._road_painter.lay_out(self._labels.roads, lens, language, grid, hides)
                self._road_painter.paint(painter, along, self._style, ratio)
            self._crowd.paint(painter, self._style, language, ratio)
            self._painter.paint(painter, placed, self._style, ratio)
        self._highlight.paint(painter, lens, self._style, time.monotonic())
        self._overlay.selected_at = self._highlight.rings(lens)
        self._overlay.hovered_at = self._highlight.hover_ring(lens)
        for painting in self.extras.paintings.values():
            painter.save()
            painting(painter, lens, self._style)
            painter.restore()
        overlay.paint(painter, lens, self._style, self._overlay)

    def _hides(self, lens: Lens, ratio: float) -> Hides | None:
        self._sight.forget()
        mountains = self._scene is not None and self._scene.relief
        if lens.state.distance_m > WITHIN_M and not mountains:
            return None
        return lambda x, y, depth: self._sight.hides(x, y, depth, ratio)

    def _frame_done(self) -> None:
        if self._canvas.renders == 1:
            self._choose_quality()
        took = (time.perf_counter() - self._frame_start) * 1000
        newest = self._labels.request.world.tracks.at_s if self._labels is not None else 0.0
        age = time.time() - newest if newest else 0.0
        stats = FrameStats(
            took, self._spent_ms, self._longest_ms, age, self._drawn[0], self._drawn[1], self._canvas.renders
        )
        self._spent_ms = self._longest_ms = 0.0
        if self._movers.moving() and self._pilot.state.distance_m < SMOOTH_WITHIN_M and self._still_guessing():
            self._smooth_timer.start(round(max(40.0, 2.0 * took)))
        self.frame_drawn.emit(stats)

    def _still_guessing(self) -> bool:
        return time.monotonic() - self._movers.shown_since_s < 1.2

    # Live data

    def _ask(self) -> None:
        if self._world is None or self._closed:
            return
        self._requests += 1
        known = self._movers.packed.names if self._movers.packed is not None else ()
        self._feed.ask(
            Request(
                self._requests,
                self._world,
                self._order,
                dict(self._states),
                self._unmask,
                self._pilot.lens(),
                known,
                time.monotonic(),
                self._pace,
                self.extras.drawings,
                self._highlight.selection,
                self._crowd.wanted,
                self._split,
                self._trails,
                self._before,
            )
        )

    def _on_answer(self, answer: Answer) -> None:
        if self._closed or self._scene is None or answer.request.world.city is not self._scene.city:
            return
        with self._timed():
            self._labels = answer
            for name, hidden in answer.hidden.items():
                state = self._states.get(name, first_state(name))
                self._stage.set_layer(name, state.visible, state.opacity, hidden)
            self._scenery.set_live(answer)
            self._crowd.take(answer.patches)
            self._crowd.heated = any(laid.raster.span is not None for laid in answer.rasters)
            self._highlight.take(answer.request.picks, answer.chosen)
            off_map = answer.movers.off_map
            self._overlay.ramps = ramps_of(answer.rasters, self._texts)
            if answer.request.trails.by_speed and len(answer.trails.triangles):
                self._overlay.ramps += (trail_ramp(self._texts("map.trail_speed")),)
            self._overlay.note = self._texts("map.off_map", count=off_map) if off_map else ""
        self.refresh()

    def _apply_state(self, name: str) -> None:
        state = self._states.get(name, first_state(name))
        self._stage.set_layer(name, state.visible, state.opacity, self._stage.hidden_rows(name))

    def pick_at(self, x: float, y: float) -> Pick | None:
        """Return what is drawn at a pixel of the widget: a symbol first, else a building."""
        return self._finder.pick_at(self._pilot.lens(), x, y)

    def picks_in(self, box: tuple[float, float, float, float]) -> tuple[Pick, ...]:
        """Return what is drawn inside a rectangle (x0, y0, x1, y1) of the widget."""
        return self._finder.picks_in(self._pilot.lens(), box)

    # The end

    def settle(self) -> None:
        """Load all tiles now in view before going on; for a picture that must be whole."""
        self._scenery.settle(self._pilot.lens())
        self.refresh()

    def picture(self) -> QImage:
        """Return what the map shows, words and all; draws it anew."""
        return self._canvas.grabFramebuffer()

    def save_picture(self, path: Path) -> None:
        """Write what the map shows, words and all, as a picture file.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self.settle()
        if not self.picture().save(str(path)):
            raise OSError(f"{path}: the picture could not be written")

    def closeEvent(self, event: QEvent) -> None:
        """Let go of everything."""
        self._shut()
        super().closeEvent(event)  # type: ignore[arg-type]  # Qt gives a QCloseEvent

    def close(self) -> bool:
        """Let go of everything, in reverse order."""
        self._shut()
        return super().close()

    def _shut(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._smooth_timer.stop()
        self._pilot.stop()
        self._hand.close()
        self._boxes.close()
        self._feed.close()
        self._renders = self._canvas.renders
        self._scenery.close()
        self._canvas.finish()

    @property
    def renders(self) -> int:
        """Return how often VTK has rendered."""
        return self._renders if self._closed else self._canvas.renders

    def shown_symbols(self) -> MoverArrays | None:
        """Return the symbols that are drawn."""
        return self._movers.packed

    def shown_labels(self) -> tuple[LabelSet, ...]:
        """Return the words from which those on the map are chosen."""
        return () if self._labels is None else self._labels.labels

    @property
    def city(self) -> City | None:
        """Return the city that is shown."""
        return None if self._scene is None else self._scene.city


class _Timed:
    """Counts what the window's thread is kept for."""

    def __init__(self, view: MapView) -> None:
        self._view = view

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_error: object) -> None:
        self._view.spend((time.perf_counter() - self._start) * 1000)
