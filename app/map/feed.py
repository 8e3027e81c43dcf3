"""From a world to the arrays that are drawn, on a thread of its own.

The window's thread hands over a frozen request and takes the newest answer; what nobody waits for any more is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from app.map.areas import AreaSet, area_set
from app.map.camera import Lens
from app.map.chosen import Chooser, Chosen
from app.map.clusters import NO_PATCHES, Patches, patches
from app.map.events import Pick
from app.map.extras import Drawn, Extra
from app.map.gl import Arrays
from app.map.labels import LabelSet
from app.map.linework import LineSet, line_set
from app.map.names import names_of, names_of_chosen
from app.map.rasters import RasterSet, raster_set
from app.map.road_names import RoadNames, road_names
from app.map.split import Split
from app.map.symbols import MoverArrays, SymbolBatch, pack, placed, velocities
from app.map.trails import SELECTED_ONLY, TrailMaker, TrailWish
from layers.catalogue import first_state
from layers.layer import Areas, Drawing, Labels, Layer, LayerState, Lines, Raster, Rows, Several, Symbols
from layers.shown import shown
from twin.city.city import City
from twin.geo import BoolArray
from twin.live.wake import Sample
from twin.world import World

FASTEST_GUESS = 4.0


@dataclass(frozen=True, slots=True)
class Request:
    """All that is needed to draw a world."""

    number: int
    world: World
    order: tuple[str, ...]
    states: Mapping[str, LayerState]
    unmask: bool
    lens: Lens
    symbols_known: tuple[str, ...]
    asked_s: float
    pace: float = 1.0
    """Seconds of the world that go by in a second: what moves is drawn on by so much until the next one comes."""
    extras: Mapping[str, Drawn] = field(default_factory=dict)
    picks: tuple[Pick, ...] = ()
    """What is selected."""
    clusters: bool = False
    """Whether a crowd may be shown as bubbles."""
    split: Split | None = None
    trails: TrailWish = SELECTED_ONLY
    before: Sequence[Sample] = ()
    """Where everything was before the worlds that were shown, for the trails."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to; ``hidden`` marks the rows of prepared layers that filters leave out."""

    request: Request
    movers: MoverArrays
    labels: tuple[LabelSet, ...]
    lines: tuple[LineSet, ...]
    areas: tuple[AreaSet, ...]
    rasters: tuple[RasterSet, ...]
    hidden: Mapping[str, BoolArray | None]
    chosen: Chosen
    patches: Patches
    trails: Arrays
    roads: RoadNames | None = None
    """Names along the roads that are shown; None where they are not."""


class Feed:
    """Answers requests, the newest only.

    Parameters
    ----------
    layers : sequence of Layer
    on_answer : callable
        Called on the feed's thread with each answer.
    on_failure : callable
        Called on the feed's thread with what went wrong.
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._layers, self._on_answer, self._on_failure = layers, on_answer, on_failure
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-feed")
        self._lock = Lock()
        self._next: Request | None = None
        self._busy = False
        self._chooser, self._trailer = Chooser(), TrailMaker()
        self._hidden: dict[str, tuple[City, str, BoolArray | None]] = {}
        self._named: tuple[City, BoolArray | None, RoadNames] | None = None
        self._live = frozenset(name for name, layer in layers.items() if layer.group == "live")
        self._widened: dict[str, tuple[Rows, LineSet]] = {}
        self._filled: dict[str, tuple[Rows, AreaSet]] = {}
        self._laid: dict[str, RasterSet] = {}
        self._still: dict[str, tuple[object, ...]] = {}
        self._still_drawn: dict[str, tuple[Extra, ...]] = {}

    def ask(self, request: Request) -> None:
        """Ask for a world to be drawn; a request still waiting is replaced."""
        with self._lock:
            self._next = request
            if self._busy:
                return
            self._busy = True
        self._pool.submit(self._run)

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return self._busy

    def _run(self) -> None:
        while True:
            with self._lock:
                request, self._next = self._next, None
                if request is None:
                    self._busy = False
                    return
            try:
                self._on_answer(self.answer(request))
                self._trailer.keep(request.world, request.before)
            except Exception as error:  # noqa: BLE001 - handed on to the window, which tells the user
                self._on_failure(error)

    def answer(self, request: Request) -> Answer:
        """Draw a world; on the caller's thread."""
        batches: list[SymbolBatch] = []
        labels: list[LabelSet] = []
        lines: list[LineSet] = []
        areas: list[AreaSet] = []
        rasters: list[RasterSet] = []
        for name, drawn, opacity in self._drawings(request):
            if isinstance(drawn, Symbols) and len(drawn.position_m):
                drawn = placed(drawn)
                batches.append(SymbolBatch(name, drawn, _drift(drawn, request), opacity))
                labels += names_of(batches[-1], request.lens, request.world.at_s, live=name in self._live)
            elif isinstance(drawn, Labels) and len(drawn.position_m):
                through = PLACE_HIDDEN_BY_M if name == "places" else np.inf
                labels.append(
                    LabelSet(name, drawn.position_m, drawn.zh, drawn.en, drawn.rank, opacity, hidden_by_m=through)
                )
            elif isinstance(drawn, Lines) and len(drawn.rows):
                lines.append(self._line_set(name, drawn, request, opacity))
            elif isinstance(drawn, Areas) and len(drawn.rows):
                areas.append(self._area_set(name, drawn, request, opacity * drawn.strength))
            elif isinstance(drawn, Raster):
                rasters.append(self._raster_set(name, drawn, request, opacity))
        labels.sort(key=lambda labels_of_one: labels_of_one.below_px)
        packed = pack(batches, request.symbols_known)
        chosen = self._chooser(packed, request.picks)
        hidden = self._filtered(request)
        labels = names_of_chosen(packed, chosen.symbols, request.world.at_s) + labels
        return Answer(
            request,
            packed,
            tuple(labels),
            tuple(lines),
            tuple(areas),
            tuple(rasters),
            hidden,
            chosen,
            patches(packed) if request.clusters else NO_PATCHES,
            self._trailer(request.world, packed, chosen.symbols, request.picks, _trails(request), request.before),
            self._road_names(request, hidden.get("roads")),
        )

    def _road_names(self, request: Request, hidden: BoolArray | None) -> RoadNames | None:
        """Find where names of roads may stand; worked out once for each filter."""
        if "roads" not in request.order or not request.states.get("roads", first_state("roads")).visible:
            return None
        city = request.world.city
        if self._named is None or self._named[0] is not city or self._named[1] is not hidden:
            self._named = (city, hidden, road_names(city, hidden))
        return self._named[2]

    def _drawings(self, request: Request) -> Iterator[tuple[str, Extra, float]]:
        """Give what is drawn of each visible layer, then what features add, with its name and opacity."""
        for name in request.order:
            state = request.states.get(name, first_state(name))
            if state.visible and request.split is not None and name in self._live:
                yield from self._halves(self._layers[name], state, request, request.split)
            elif state.visible:
                for drawn in self._draw(self._layers[name], state, request):
                    yield name, _shaped(drawn, state.symbol) if isinstance(drawn, Symbols) else drawn, state.opacity
        for name, extra in request.extras.items():
            yield from ((name, drawn, extra.opacity) for drawn in extra.drawings)

    def _halves(
        self, layer: Layer, state: LayerState, request: Request, split: Split
    ) -> Iterator[tuple[str, Extra, float]]:
        """Give what is drawn of a layer left and right of the line between two worlds."""
        for name, world in ((f"{layer.name}|left", split.left), (layer.name, request.world)):
            left = world is split.left
            for drawn in self._draw(layer, state, replace(request, world=world)):
                half = split.half(drawn, request.lens, world.city, left=left)
                if isinstance(half, Symbols):
                    yield layer.name, _shaped(half, state.symbol), state.opacity
                elif not (left and half is drawn):  # what cannot be cut is shown once
                    yield name, half, state.opacity

    def _filtered(self, request: Request) -> dict[str, BoolArray | None]:
        """Return the rows each filter on a prepared layer hides; worked out once for each filter."""
        answer: dict[str, BoolArray | None] = {}
        for name in FILTERED & set(self._layers):
            where = request.states.get(name, first_state(name)).where
            kept = self._hidden.get(name)
            if kept is None or kept[0] is not request.world.city or kept[1] != where:
                kept = (request.world.city, where, self._hide(name, where, request) if where else None)
                self._hidden[name] = kept
            answer[name] = kept[2]
        return answer

    def _hide(self, name: str, where: str, request: Request) -> BoolArray:
        kept = shown(self._layers[name], request.world, where=where, unmask=request.unmask).columns["id"]
        ids = request.world.city.table(name)["id"]
        return np.asarray(~ids.isin(set(kept)).to_numpy(bool))

    def _line_set(self, name: str, lines: Lines, request: Request, opacity: float) -> LineSet:
        """Widen the lines of a layer, unless its rows are those of the last time."""
        kept = self._widened.get(name)
        if kept is None or kept[0] is not lines.rows:
            kept = (lines.rows, line_set(name, lines, request.world.city, opacity))
            self._widened[name] = kept
        return replace(kept[1], opacity=opacity)

    def _area_set(self, name: str, areas: Areas, request: Request, opacity: float) -> AreaSet:
        """Triangulate the areas under a name, unless their rows are those of the last time."""
        kept = self._filled.get(name)
        if kept is None or kept[0] is not areas.rows:
            kept = (areas.rows, area_set(name, areas, request.world.city, opacity))
            self._filled[name] = kept
        return replace(kept[1], opacity=opacity)

    def _raster_set(self, name: str, raster: Raster, request: Request, opacity: float) -> RasterSet:
        """Make the ground under a raster, unless it lies where that of the last time did."""
        kept = self._laid.get(name)
        if kept is None or kept.raster.box_m != raster.box_m:
            kept = raster_set(name, raster, request.world.city, opacity)
            self._laid[name] = kept
        return replace(kept, raster=raster, opacity=opacity)

    def _draw(self, layer: Layer, state: LayerState, request: Request) -> tuple[Extra, ...]:
        world = request.world
        if layer.group == "live":
            return _own(layer.draw(world, shown(layer, world, where=state.where, unmask=request.unmask)))
        key = (world.city, world.kept if layer.group == "work" else None, state.where, request.unmask, id(world.reach))
        kept = self._still.get(layer.name)
        if kept is None or kept[0] is not world.city or kept[1] is not key[1] or kept[2:] != key[2:]:
            rows = shown(layer, world, where=state.where, unmask=request.unmask) if _has_points(layer) else None
            self._still_drawn[layer.name] = () if rows is None else _own(layer.draw(world, rows))
            self._still[layer.name] = key
        return self._still_drawn[layer.name]

    def close(self) -> None:
        """Stop."""
        with self._lock:
            self._next = None
        self._pool.shutdown(wait=True, cancel_futures=True)


PLACE_HIDDEN_BY_M = 200.0
"""A place is more than a point: a house beside it does not hide its name, a mountain or a tower far before it does."""
# These are drawn from the prepared scene; making their rows here would cost much and show nothing.
FILTERED = frozenset({"buildings", "roads", "water", "land"})
PREPARED = frozenset({"buildings", "roads", "water", "land", "terrain", "imagery", "trees"})


def _trails(request: Request) -> TrailWish:
    """Return the trails that are wished for; none where two instants are shown: they would join one with the other."""
    return request.trails if request.split is None else TrailWish(selected=False)


def _has_points(layer: Layer) -> bool:
    return layer.name not in PREPARED


def _shaped(symbols: Symbols, shape: str) -> Symbols:
    """Return symbols in the shape the user chose for the layer; empty for that of their kind."""
    return replace(symbols, names=tuple(f"{name}@{shape}" for name in symbols.names)) if shape else symbols


def _own(drawing: Drawing) -> tuple[Extra, ...]:
    if isinstance(drawing, Several):
        return drawing.drawings
    return (drawing,) if isinstance(drawing, Symbols | Labels | Lines | Areas | Raster) else ()


def _drift(symbols: Symbols, request: Request) -> NDArray[np.float32]:
    """Return how fast symbols go on the screen, (N, 2): as in their world, at its pace.

    When time flies they stand until the next world comes: a guess would take them off their roads.
    """
    return velocities(symbols) * np.float32(request.pace if abs(request.pace) <= FASTEST_GUESS else 0.0)
