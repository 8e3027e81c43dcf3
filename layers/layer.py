"""What a layer is: rows of the world, and what to draw for them.

A layer holds no widget and no actor. ``rows`` answers from a :class:`twin.world.World`; the same rows are drawn and
exported, so what is exported is what is drawn. ``draw`` returns primitives; how they reach the screen is the window's
business, and their colours are names in ``resources/styles``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from layers.columns import take
from twin.city.city import Imagery, Terrain
from twin.city.tables import Column
from twin.geo import BoolArray
from twin.live.observation import ObservationArray
from twin.world import World


@dataclass(frozen=True, slots=True)
class Rows:
    """A layer's rows.

    Parameters
    ----------
    size : int
        How many there are: N below.
    columns : mapping of str to (N,) array
        ``id`` is always there and unique. Text is an object array of ``str``, empty where unknown; other unknowns are
        NaN or NaT.
    geometry : (N,) object array of shapely geometries, or None
        In the city's projected system.
    position_m : (N, 3) float32 array, or None
        East, north, up in the local frame, for rows that are points and change each second.
    told : (N,) structured array of :data:`twin.live.observation.OBSERVATION_DTYPE`, or None
        What rows of the live table were made from. It is not masked: for numbers and ids, never for labels.
    """

    size: int
    columns: Mapping[str, NDArray[Any]]
    geometry: NDArray[np.object_] | None = None
    position_m: NDArray[np.float32] | None = None
    told: ObservationArray | None = None

    def __len__(self) -> int:
        return self.size

    def take(self, keep: BoolArray) -> Rows:
        """Return the rows where ``keep`` (N,) is true."""
        return Rows(
            int(np.count_nonzero(keep)),
            take(self.columns, keep),
            None if self.geometry is None else self.geometry[keep],
            None if self.position_m is None else self.position_m[keep],
            None if self.told is None else self.told[keep],
        )


@dataclass(frozen=True, slots=True)
class Solids:
    """Buildings: rows with ``height_m`` and ``base_m``, footprints in ``geometry``; ``style`` (N,) names the shade."""

    rows: Rows
    style: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Areas:
    """Polygons on the ground; ``style`` (N,) names the fill, ``strength`` (0 to 1) says how much of it covers."""

    rows: Rows
    style: NDArray[Any]
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Ribbons on the ground, ``width_m`` (N,) wide; ``style`` (N,) names the colour."""

    rows: Rows
    width_m: NDArray[np.float32]
    style: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Symbols:
    """Points with a shape.

    Parameters
    ----------
    position_m : (N, 3) float32 array
    symbol : (N,) uint8 array
        Index into ``names``.
    names : tuple of str
        Symbol names; shape and colour are looked up in the style.
    heading_deg : (N,) float32 array
        NaN where there is none.
    faded : (N,) bool array
        Stale: drawn weaker.
    """

    rows: Rows
    position_m: NDArray[np.float32]
    symbol: NDArray[np.uint8]
    names: tuple[str, ...]
    heading_deg: NDArray[np.float32]
    faded: BoolArray


@dataclass(frozen=True, slots=True)
class Labels:
    """Words on the map: (N, 3) positions, (N,) texts in both languages, (N,) ranks (0 is the most important)."""

    rows: Rows
    position_m: NDArray[np.float32]
    zh: NDArray[Any]
    en: NDArray[Any]
    rank: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Surface:
    """Heights or a picture, drawn as the ground itself."""

    terrain: Terrain | None = None
    imagery: Imagery | None = None


@dataclass(frozen=True, slots=True)
class Raster:
    """Values laid on the ground as colours: a heat map, what is seen from a point.

    Parameters
    ----------
    values : (H, W) float32 array
        From 0 to 1, row 0 in the north; nothing is drawn where NaN.
    box_m : tuple of float
        West, south, east, north in the local frame.
    scale : str
        Name of a list of colours in ``[map.scales]`` of the style files: from 0 to 1, evenly apart, with alpha.
    span : tuple of float, optional
        What 0 and 1 stand for: then the map explains the colours.
    unit : str
    """

    values: NDArray[np.float32]
    box_m: tuple[float, float, float, float]
    scale: str
    span: tuple[float, float] | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Several:
    """Drawings of one layer that belong together; ``rows`` are those of the layer. One of each kind at most."""

    rows: Rows
    drawings: tuple[Areas | Lines | Symbols | Labels, ...]


Drawing = Solids | Areas | Lines | Symbols | Labels | Surface | Raster | Several


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """What the layer tree shows.

    Parameters
    ----------
    count : int
        Rows.
    newest_s : float
        Time of the newest data, seconds since 1970-01-01 UTC; 0 if it has none.
    reason : str
        Why there is nothing, or nothing new: the key of a text (``reason.…``), or a source's own words.
    """

    count: int
    newest_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LayerState:
    """What a user chose for a layer. ``where`` is a filter as in ``zhian export --where``; empty for all rows."""

    visible: bool = True
    opacity: float = 1.0
    where: str = ""
    symbol: str = ""


FEATURE_FORMATS = ("gpkg", "geojson", "fgb", "parquet", "csv")
RASTER_FORMATS = ("cog",)


def empty_rows() -> Rows:
    """Return no rows, for layers that are a surface."""
    return Rows(0, {"id": np.empty(0, dtype=object)})


class Layer(Protocol):
    """Something that can be seen and exported."""

    @property
    def name(self) -> str:
        """Its name in commands, styles and texts (``layer.<name>``)."""
        ...

    @property
    def group(self) -> str:
        """``city``, ``live`` or ``work``: where the layer tree puts it."""
        ...

    @property
    def columns(self) -> tuple[Column, ...]:
        """What ``rows`` gives beside geometry; empty for terrain and imagery."""
        ...

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the formats it can be exported in: :data:`FEATURE_FORMATS` or :data:`RASTER_FORMATS`, and more."""
        ...

    def rows(self, world: World) -> Rows:
        """Return the layer's rows at an instant; empty rows for terrain and imagery."""
        ...

    def draw(self, world: World, rows: Rows) -> Drawing:
        """Return what to draw for ``rows`` (some or all of what ``rows`` gave)."""
        ...

    def status(self, world: World) -> LayerStatus:
        """Return what the layer tree says of it."""
        ...
